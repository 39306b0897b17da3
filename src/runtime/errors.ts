/** What is thrown: `SchedulerError` when the world failed us, `InvariantError` when we failed. Plans and work never throw. */

/**
 * `CLOSED`: the scheduler was closed · `STORE_FAILED`: the store could not be reached after repeated tries ·
 * `SCOPE_TAKEN`: another scheduler writes to this scope · `NOT_LEADER`: another host leads the scope, and this one
 * stands by · `PLAN_INVALID`: the plan has errors · `HANDLER_UNKNOWN`: the plan names handlers nobody registered ·
 * `RUN_EXISTS`, `RUN_UNKNOWN`, `RUN_CLOSED`, `TASK_UNKNOWN`, `STREAM_UNKNOWN`, `TASK_FINISHED`, `TASK_OPEN`,
 * `TASK_STARTED`, `STREAM_FINISHED`, `MILESTONE_UNKNOWN`, `GATE_UNKNOWN`, `GATE_NOT_READY`, `GATE_ANSWERED`: the
 * request cannot be met as things stand · `POOL_INVALID`: slots or capabilities are not usable · `ID_INVALID`: an id
 * has characters or a length that ids must not have · `JOURNAL_INVALID`: what is stored cannot have happened, or not be
 * read · `PLAN_DIFFERS`: the run was started with another plan · `ATTEMPT_STALE`, `WORKER_UNKNOWN`: an attempt that has
 * been taken back or has ended hands something over, or something is sent to a worker that is not there ·
 * `WORKER_EXISTS`: a worker asks for work under the name of another one ·
 * `VALUE_INVALID`: a value is not what it must be · `LIMIT_EXCEEDED`: a named limit would be passed · `LIMIT_INVALID`:
 * a limit is not usable · `STORE_CORRUPT`: what was stored is damaged · `STORE_FORMAT`: another version stored it ·
 * `STORE_LOCKED`: another process writes to the store · `STORE_CLOSED`, `STORE_READ_ONLY`: the store takes no more, or
 * nothing · `STORE_LIMIT`: a value is too large · `STORE_COMPACTED`: what is asked for was removed.
 */
export type SchedulerErrorCode =
  | 'CLOSED'
  | 'STORE_FAILED'
  | 'SCOPE_TAKEN'
  | 'NOT_LEADER'
  | 'PLAN_INVALID'
  | 'HANDLER_UNKNOWN'
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'TASK_UNKNOWN'
  | 'STREAM_UNKNOWN'
  | 'TASK_FINISHED'
  | 'MILESTONE_UNKNOWN'
  | 'TASK_OPEN'
  | 'TASK_STARTED'
  | 'STREAM_FINISHED'
  | 'GATE_UNKNOWN'
  | 'GATE_NOT_READY'
  | 'GATE_ANSWERED'
  | 'POOL_INVALID'
  | 'LIMIT_INVALID'
  | 'ID_INVALID'
  | 'JOURNAL_INVALID'
  | 'PLAN_DIFFERS'
  | 'ATTEMPT_STALE'
  | 'WORKER_UNKNOWN'
  | 'WORKER_EXISTS'
  | 'VALUE_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'STORE_CORRUPT'
  | 'STORE_FORMAT'
  | 'STORE_LOCKED'
  | 'STORE_CLOSED'
  | 'STORE_READ_ONLY'
  | 'STORE_LIMIT'
  | 'STORE_COMPACTED'

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

export function isSchedulerError(error: unknown): error is SchedulerError {
  return error instanceof Error && error.name === 'SchedulerError'
}

export function closedError(): SchedulerError {
  return schedulerError('CLOSED', 'The scheduler is closed.', 'Create a new one.')
}
