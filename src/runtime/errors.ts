/** What is thrown: `SchedulerError` when the world failed us, `InvariantError` when we failed. Plans and work never throw. */
import type { Rejection } from '../core/types.js'

/**
 * `CLOSED`: the scheduler was closed · `STORE_FAILED`: the store could not be reached after repeated tries ·
 * `SCOPE_TAKEN`: another scheduler writes to this scope · `PLAN_INVALID`: the plan has errors · `HANDLER_UNKNOWN`: the
 * plan names handlers nobody registered · `RUN_EXISTS`, `RUN_UNKNOWN`, `RUN_CLOSED`, `TASK_UNKNOWN`, `STREAM_UNKNOWN`,
 * `TASK_FINISHED`, `MILESTONE_UNKNOWN`, `ATTEMPT_STALE`, `GATE_UNKNOWN`, `GATE_NOT_READY`, `GATE_ANSWERED`: the request
 * cannot be met as things stand · `POOL_INVALID`: slots or capabilities are not usable ·
 * `ID_INVALID`: an id has characters or a length that ids must not have · `JOURNAL_INVALID`: what is stored cannot have happened, or not be read.
 */
export type SchedulerErrorCode =
  | 'CLOSED'
  | 'STORE_FAILED'
  | 'SCOPE_TAKEN'
  | 'PLAN_INVALID'
  | 'HANDLER_UNKNOWN'
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'TASK_UNKNOWN'
  | 'STREAM_UNKNOWN'
  | 'TASK_FINISHED'
  | 'MILESTONE_UNKNOWN'
  | 'ATTEMPT_STALE'
  | 'GATE_UNKNOWN'
  | 'GATE_NOT_READY'
  | 'GATE_ANSWERED'
  | 'POOL_INVALID'
  | 'ID_INVALID'
  | 'JOURNAL_INVALID'

/** The world failed: store, peer, workspace, or a request that cannot be met. */
export interface SchedulerError extends Error {
  readonly name: 'SchedulerError'
  readonly code: SchedulerErrorCode
  /** What to do about it. */
  readonly hint: string
}

/** The library failed: a promise of its own is broken. The scheduler is frozen and starts nothing more. */
export interface InvariantError extends Error {
  readonly name: 'InvariantError'
  readonly code: 'INVARIANT'
  readonly hint: string
}

export function schedulerError(
  code: SchedulerErrorCode,
  message: string,
  hint: string,
  cause?: unknown,
): SchedulerError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  return Object.assign(error, { name: 'SchedulerError' as const, code, hint })
}

export function invariantError(story: string, cause?: unknown): InvariantError {
  const error = new Error(`${story} This is a bug in signalbox.`, { cause })
  const hint = 'Please report it with the journal of the scope; nothing more is started.'
  return Object.assign(error, { name: 'InvariantError' as const, code: 'INVARIANT' as const, hint })
}

/** @throws SchedulerError with the rejection's code */
export function throwIfRefused(rejection: Rejection | null): void {
  if (rejection !== null) throw schedulerError(rejection.code as SchedulerErrorCode, rejection.message, rejection.hint)
}

export function isSchedulerError(error: unknown): error is SchedulerError {
  return error instanceof Error && error.name === 'SchedulerError'
}
