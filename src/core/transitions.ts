/** The life of a task and of an attempt, as data: which event moves which state to which. The docs draw their pictures from it. */
import type { PhaseStatus } from './phases.js'
import type { RunEventType, TaskStatus } from './types.js'

export interface Transition<State extends string> {
  readonly from: State
  readonly to: State
  /** The stored event that moves it; `(derived)` where it follows from the events of other tasks. */
  readonly by: RunEventType | '(derived)'
  /** In which case, where one event can lead to several states. */
  readonly when?: string
}

/** Every move a task can make. What is not listed cannot happen. */
export const TRANSITIONS: readonly Transition<TaskStatus>[] = [
  { from: 'waiting', to: 'ready', by: '(derived)', when: 'its last dependency is met' },
  { from: 'waiting', to: 'skipped', by: 'task.skipped' },
  { from: 'waiting', to: 'cancelled', by: 'task.cancelled' },
  { from: 'ready', to: 'waiting', by: 'run.amended', when: 'it was changed' },
  { from: 'ready', to: 'waiting', by: 'task.reopened', when: 'it depends on what was reopened' },
  { from: 'ready', to: 'running', by: 'attempt.started' },
  { from: 'ready', to: 'succeeded', by: 'task.reused' },
  { from: 'ready', to: 'failed', by: 'task.failed', when: 'it waited too long' },
  { from: 'ready', to: 'succeeded', by: 'gate.passed', when: 'somebody approved it' },
  { from: 'ready', to: 'failed', by: 'gate.failed', when: 'somebody refused it, or nobody answered in time' },
  { from: 'ready', to: 'skipped', by: 'task.skipped', when: 'the run drains, or the plan is amended without it' },
  { from: 'ready', to: 'cancelled', by: 'task.cancelled' },
  { from: 'running', to: 'succeeded', by: 'attempt.succeeded' },
  { from: 'running', to: 'ready', by: 'attempt.failed', when: 'it will be tried again' },
  { from: 'running', to: 'waiting', by: 'attempt.failed', when: 'what it depends on was reopened' },
  { from: 'running', to: 'failed', by: 'attempt.failed', when: 'no attempt is left' },
  { from: 'running', to: 'cancelled', by: 'task.cancelled' },
  { from: 'succeeded', to: 'waiting', by: 'task.reopened' },
  { from: 'failed', to: 'waiting', by: 'task.reopened' },
  { from: 'cancelled', to: 'waiting', by: 'task.reopened' },
  { from: 'skipped', to: 'waiting', by: 'task.reopened' },
]

export type AttemptStatus = 'live' | 'closing' | 'ended'

/** Every move an attempt can make. It holds its claims and its slot until it has ended. */
export const ATTEMPT_TRANSITIONS: readonly Transition<AttemptStatus>[] = [
  { from: 'live', to: 'ended', by: 'attempt.succeeded' },
  { from: 'live', to: 'ended', by: 'attempt.failed' },
  { from: 'live', to: 'closing', by: 'attempt.closing' },
  { from: 'closing', to: 'ended', by: 'attempt.closed' },
]

/** Every move a phase can make, by what happens to its streams, its gate, and the phases before it. */
export const PHASE_TRANSITIONS: readonly Transition<PhaseStatus>[] = [
  { from: 'waiting', to: 'running', by: '(derived)', when: 'the phase before it is passed' },
  { from: 'waiting', to: 'gate', by: '(derived)', when: 'so, and it has no streams' },
  { from: 'waiting', to: 'done', by: '(derived)', when: 'so, and it has neither streams nor a gate' },
  { from: 'waiting', to: 'failed', by: '(derived)', when: 'the phase before it failed' },
  { from: 'running', to: 'gate', by: '(derived)', when: 'its streams are done' },
  { from: 'running', to: 'done', by: '(derived)', when: 'so, and it has no gate' },
  { from: 'running', to: 'failed', by: '(derived)', when: 'one of its streams never will be done' },
  { from: 'gate', to: 'done', by: '(derived)', when: 'its gate is passed' },
  { from: 'gate', to: 'failed', by: '(derived)', when: 'its gate is not' },
]
