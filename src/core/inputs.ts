/** What somebody asks of the core or reports to it, and how the core says no. */
import type { Failure, Fence, JsonValue, PoolId, RunId, TaskId, WorkerId } from './words.js'

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
  /** With `step`: that verification step could not be carried out to its end. */
  | ({ readonly type: 'fail'; readonly failure: Failure; readonly step?: number } & AttemptRef)
  /** A verification step (from 1) has ended; it has passed unless its result says otherwise. */
  | ({ readonly type: 'verify'; readonly step: number; readonly result: JsonValue } & AttemptRef)
  /** A sign of life; with `progress`, also a sign of progress. */
  | ({ readonly type: 'beat'; readonly progress?: JsonValue } & AttemptRef)
  /** The attempt has come to a milestone that its task declares. */
  | ({ readonly type: 'milestone'; readonly name: string } & AttemptRef)
  /** The executor confirms that an attempt it was told to stop has stopped. */
  | ({ readonly type: 'confirmStop' } & AttemptRef)
  | { readonly type: 'cancel'; readonly run: RunId; readonly target: CancelTarget; readonly reason: string }
  /** Somebody answers a gate that awaits approval. */
  | {
      readonly type: 'approve' | 'refuse'
      readonly run: RunId
      readonly gate: string
      /** Who says so; null: nobody in particular. */
      readonly by: string | null
      readonly note: string | null
    }
  | { readonly type: 'pause'; readonly run: RunId; readonly reason: string }
  | { readonly type: 'resume'; readonly run: RunId }
  /** Time has passed. */
  | { readonly type: 'tick' }

export type RejectionCode =
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'STREAM_UNKNOWN'
  | 'TASK_UNKNOWN'
  | 'TASK_FINISHED'
  | 'MILESTONE_UNKNOWN'
  | 'GATE_UNKNOWN'
  | 'GATE_NOT_READY'
  | 'GATE_ANSWERED'
  | 'ATTEMPT_STALE'
  | 'WORKER_EXISTS'
  | 'WORKER_UNKNOWN'

/** This input is refused: a value. It changed nothing. */
export interface Rejection {
  readonly code: RejectionCode
  readonly message: string
  readonly hint: string
}
