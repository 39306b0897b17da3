/** How decisions are written down: an event is recorded, which applies it; an input is rejected, which changes nothing. */
import { reduce } from './reduce.js'
import { retryAt } from './retry.js'
import type { Attempt, RunState, ScopeState } from './state.js'
import { BEAT_SHARE } from './state.js'
import type {
  ClosingReason,
  EpochMs,
  Failure,
  Fence,
  Plans,
  Rejection,
  RejectionCode,
  RunEvent,
  RunId,
  TaskId,
  TaskIndex,
} from './types.js'
import { leaseOf } from './workers.js'

/** A decision in the making. */
export interface Draft {
  readonly plans: Plans
  readonly state: ScopeState
  readonly at: EpochMs
  readonly events: RunEvent[]
  rejection: Rejection | null
}

/** The part that all events of an attempt have. */
export interface AttemptHead {
  readonly at: EpochMs
  readonly run: RunId
  readonly task: TaskId
  readonly attempt: number
  readonly fence: Fence
}

export function record(draft: Draft, event: RunEvent): void {
  reduce(draft.plans, draft.state, event)
  draft.events.push(event)
}

export function reject(draft: Draft, code: RejectionCode, message: string, hint: string): void {
  draft.rejection = { code, message, hint }
}

export function headOf(draft: Draft, attempt: Attempt): AttemptHead {
  const { run, task, number, fence } = attempt
  return { at: draft.at, run: run.id, task: run.plan.taskIds[task]!, attempt: number, fence }
}

/** Writes down that an attempt failed, live or closing, and when its task is tried again. */
export function failAttempt(draft: Draft, attempt: Attempt, failure: Failure): void {
  const next = retryAt(attempt.run, attempt.task, attempt.number, failure, draft.at)
  record(draft, { type: 'attempt.failed', ...headOf(draft, attempt), failure, retryAt: next })
  const { run, task } = attempt
  if (next === null && run.plan.gates.size > 0 && run.plan.gates.has(task)) failGate(draft, run, task, failure, NOBODY)
}

/** Who answered a gate, and what was said with it. */
export interface Answer {
  readonly by: string | null
  readonly note: string | null
}

/** The answer of a check, and of time. */
export const NOBODY: Answer = { by: null, note: null }

/** Writes down that a gate failed: whatever ended it, listeners hear of it by one name. */
export function failGate(draft: Draft, run: RunState, task: TaskIndex, failure: Failure, answer: Answer): void {
  const gate = run.plan.taskIds[task]!
  record(draft, { type: 'gate.failed', at: draft.at, run: run.id, gate, by: answer.by, note: answer.note, failure })
}

/**
 * Fences a live attempt and has it told to stop. A lost one cannot confirm that it has stopped: it is given the rest of one
 * and a half leases since it was last heard of, in which a worker that cannot renew must stop by itself.
 */
export function stopAttempt(draft: Draft, attempt: Attempt, reason: ClosingReason): void {
  const { closeMs } = attempt.run.plan.policies[attempt.run.plan.policy[attempt.task]!]!
  const leaseMs = leaseOf(attempt)
  const limit = reason === 'lost' && leaseMs !== null ? Math.floor(leaseMs * (0.5 - BEAT_SHARE)) : closeMs
  const closeBy = limit === null ? null : draft.at + limit
  record(draft, { type: 'attempt.closing', ...headOf(draft, attempt), reason, closeBy })
}
