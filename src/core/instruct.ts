/** What a stored event obliges the host to do. Each instruction has exactly one event as its cause. */
import type { Instruction, RunEvent } from './types.js'

/** The instruction `event` gives, null for most. */
export function instruct(event: RunEvent): Instruction | null {
  if (event.type === 'attempt.started') {
    const { run, task, attempt, fence, worker } = event
    return { type: 'startAttempt', run, task, attempt, fence, worker }
  }
  if (event.type === 'attempt.completed' || (event.type === 'attempt.verified' && event.step < event.of)) {
    const { run, task, attempt, fence } = event
    const step = event.type === 'attempt.completed' ? 1 : event.step + 1
    return { type: 'verifyAttempt', run, task, attempt, fence, step }
  }
  if (event.type === 'attempt.closing') {
    const { run, task, attempt, fence, reason } = event
    return { type: 'stopAttempt', run, task, attempt, fence, reason }
  }
  if (event.type === 'integration.granted') {
    const { run, task, attempt, fence } = event
    return { type: 'grantIntegration', run, task, attempt, fence }
  }
  return null
}
