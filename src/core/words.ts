/** The words everything else is said in: ids, values, where a task stands, and why work failed. */

declare const brand: unique symbol
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }

/** One repository or tenant: its runs share workers and claims, one journal, one writer. */
export type ScopeId = Brand<string, 'ScopeId'>
/** One execution of a plan, unique in its scope for ever. */
export type RunId = Brand<string, 'RunId'>
/** A task's full id: `stream/task`, or `task` where it belongs to no stream. */
export type TaskId = Brand<string, 'TaskId'>
export type StreamId = Brand<string, 'StreamId'>
export type PoolId = Brand<string, 'PoolId'>
export type WorkerId = Brand<string, 'WorkerId'>
/** One scheduler on one scope, for as long as it lives: never used again. */
export type HostId = Brand<string, 'HostId'>
/** `run/stream/task#2`: the idempotency key of everything the attempt does outside. */
export type AttemptId = Brand<string, 'AttemptId'>
/** Grows with each attempt of a scope, never reused; a report with an old one is refused. */
export type Fence = number
/** How many events of a scope are stored; the first append expects 0. */
export type Revision = number
/** Milliseconds since 1970. */
export type EpochMs = number
/** Milliseconds. */
export type DurationMs = number
/** Position of a task in its plan, dense from 0 in the order of declaration. */
export type TaskIndex = number
/** A task's index, or `taskCount` + the index of a point (see `CompiledPlan.points`). */
export type NodeIndex = number

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/**
 * Where a task stands. `waiting` for dependencies; `ready` to start, once claims, capacity and the time of a retry
 * allow; `running` with one live attempt; the other four are end states.
 */
export type TaskStatus = 'waiting' | 'ready' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped'

/**
 * Why work failed. `error`: the work said so · `timeout`: took too long · `stalled`: alive, no progress · `lost`: its
 * worker died · `cancelled`: somebody asked · `rate-limited`: come back later · `claim-violation`: it touched what it
 * did not hold · `verify`: done, but not good.
 */
export type FailureKind =
  | 'error'
  | 'timeout'
  | 'stalled'
  | 'lost'
  | 'cancelled'
  | 'rate-limited'
  | 'claim-violation'
  | 'verify'

/** The work failed: a value inside an event, never thrown by the library. */
export interface Failure {
  readonly kind: FailureKind
  readonly message: string
  /** `false`: no retry, whatever the plan allows. Absent: the plan's `retry.on` decides. */
  readonly retryable?: boolean
  /** Earliest next try, counted from the report; never shortens the plan's own delay. */
  readonly retryAfterMs?: DurationMs
  /** Anything else worth keeping, for people. */
  readonly details?: JsonValue
}

/**
 * Why a task was skipped. `because` names the nearest task whose end decided it. `unneeded`: nothing went wrong, there was
 * nothing to do; a run can succeed with it.
 */
export type SkipReason =
  | {
      readonly kind: 'dependency'
      readonly because: TaskId
      readonly status: 'succeeded' | 'failed' | 'cancelled' | 'skipped'
      /** The id of the point that could no longer be reached, where it is more than the task itself. */
      readonly through?: string
      readonly unneeded?: true
    }
  /** Its `if` looked at a part of the result of `because` that is false, null or not there. */
  | { readonly kind: 'condition'; readonly because: TaskId; readonly unneeded: true }
  /** The plan was amended, without it. */
  | { readonly kind: 'removed'; readonly because: TaskId; readonly unneeded: true }
  | { readonly kind: 'on-failure'; readonly because: TaskId; readonly rule: 'drain' | 'abort' }

/** Who a message is for: whoever works on a task, on any task of a stream, or for a worker. */
export type MessageTarget = { readonly task: TaskId } | { readonly stream: StreamId } | { readonly worker: WorkerId }

/** The attempt that sent a message. */
export interface MessageSender {
  readonly task: TaskId
  /** From 1. */
  readonly attempt: number
  readonly fence: Fence
}

export interface Message {
  /** Counts the messages of the run, from 1. */
  readonly seq: number
  readonly at: EpochMs
  /** Null: it came from outside of the run. */
  readonly from: MessageSender | null
  readonly to: MessageTarget
  readonly body: JsonValue
}

/** Why an attempt was told to stop. */
export type ClosingReason = 'timeout' | 'stalled' | 'lost' | 'cancelled' | 'aborted'

export type Verdict = 'succeeded' | 'failed' | 'cancelled'

/** `run/stream/task#2`. */
export function attemptId(run: RunId, task: TaskId, attempt: number): AttemptId {
  return `${run}/${task}#${attempt}` as AttemptId
}
