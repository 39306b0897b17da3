/** What somebody asks of the core or reports to it, and how the core says no. */
import type { Limit } from './limit.js'
import type { AttemptId, Failure, Fence, JsonValue, PoolId, RunId, TaskId, WorkerId } from './words.js'

/** What names an attempt in a report. The task is there for people; the fence decides. */
export interface AttemptRef {
  readonly run: RunId
  readonly task: TaskId
  readonly fence: Fence
}

export type CancelTarget =
  | { readonly kind: 'run' }
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'task'; readonly task: string }

/** What somebody asks or reports. Imperative, never stored, may be late, doubled or wrong. */
export type Input =
  | { readonly type: 'open'; readonly run: RunId; readonly plan: JsonValue }
  | {
      readonly type: 'join'
      readonly worker: WorkerId
      readonly pool: PoolId
      readonly slots: number
      readonly capabilities: readonly string[]
    }
  /** The worker finishes what it runs and gets nothing more. */
  | { readonly type: 'drain'; readonly worker: WorkerId }
  | { readonly type: 'leave'; readonly worker: WorkerId; readonly reason: string }
  | ({ readonly type: 'complete'; readonly result: JsonValue } & AttemptRef)
  | ({ readonly type: 'fail'; readonly failure: Failure } & AttemptRef)
  /** A sign of life; with `progress`, also a sign of progress. */
  | ({ readonly type: 'beat'; readonly progress?: JsonValue } & AttemptRef)
  /** The attempt wants to take its integrate claims; it may have to wait for its turn. */
  | ({ readonly type: 'integrate' } & AttemptRef)
  /** The attempt wants to hold more: answered at once. What it says is not trusted. */
  | ({ readonly type: 'claim'; readonly write: readonly string[]; readonly read: readonly string[] } & AttemptRef)
  /** The executor confirms that an attempt it was told to stop has stopped. */
  | ({ readonly type: 'confirmStop' } & AttemptRef)
  | { readonly type: 'cancel'; readonly run: RunId; readonly target: CancelTarget; readonly reason: string }
  | { readonly type: 'pause'; readonly run: RunId; readonly reason: string }
  | { readonly type: 'resume'; readonly run: RunId }
  /** The host gives a limit, or takes back the one it gave. */
  | { readonly type: 'setLimit'; readonly name: string; readonly limit: Limit | null }
  /** Time has passed. */
  | { readonly type: 'tick' }

export type RejectionCode =
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'STREAM_UNKNOWN'
  | 'TASK_UNKNOWN'
  | 'TASK_FINISHED'
  | 'ATTEMPT_STALE'
  | 'NOTHING_TO_INTEGRATE'
  | 'CLAIM_INVALID'
  | 'CLAIM_FORBIDDEN'
  | 'CLAIM_HELD'
  | 'WORKER_EXISTS'
  | 'WORKER_UNKNOWN'

/** This input is refused: a value. It changed nothing. */
export interface Rejection {
  readonly code: RejectionCode
  readonly message: string
  readonly hint: string
  /**
   * Of a claim: a path that was asked for and cannot be had, and who holds it; null where nobody does (it is reserved,
   * protected, another stream's, or no path pattern).
   */
  readonly refused?: { readonly path: string; readonly heldBy: AttemptId | null }
}
