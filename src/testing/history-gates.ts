/** Whether gates are answered as they may be, and each of them once. */
import type { JsonValue, RunEventMap } from '../core/types.js'
import { checkPatience } from './history-limits.js'
import type { RunPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'

/** An answer to a gate, which was ready if it says so; returns how the gate ends by it. */
export function checkAnswer(
  run: RunPast,
  task: TaskPast,
  event: RunEventMap['gate.passed' | 'gate.failed'],
  isReady: boolean,
): 'succeeded' | 'failed' {
  const { id, spec } = task.facts
  const what = `Gate "${run.facts.id}/${id}" has "${event.type}"`
  if (spec.gate === null) return accuse(`${what}, but is no gate`)
  if (task.isAnswered) accuse(`${what} a second time`)
  task.isAnswered = true
  const end = event.type === 'gate.passed' ? 'succeeded' : 'failed'
  if (spec.gate.kind === 'check') {
    if (task.status !== end) accuse(`${what}, but its check ${task.status}`)
    return end
  }
  if (!isReady) accuse(`${what}, but it is ${task.status} and does not await an answer (S1)`)
  if (event.type === 'gate.failed' && event.failure.kind === 'timeout') checkPatience(run, task, event.at, what)
  return end
}

/** Whoever listens for the ends of gates heard of each. */
export function checkAnswered(run: RunPast): void {
  for (const { facts, status, isAnswered } of run.tasks.values()) {
    const isTold = facts.spec.gate === null || status === 'cancelled' || status === 'skipped'
    if (!isTold && !isAnswered) accuse(`Gate "${facts.id}" ${status}, and nobody was told`)
  }
}

/** A check that says no has not passed. */
export function checkVerdict({ facts }: TaskPast, result: JsonValue): void {
  if (facts.spec.gate === null) return
  if (saysNo(result)) accuse(`The check "${facts.id}" says ${JSON.stringify(result)} and passes`)
}

export function saysNo(result: JsonValue): boolean {
  const said = JSON.stringify(result)
  return said === 'false' || said.startsWith('{"passed":false')
}
