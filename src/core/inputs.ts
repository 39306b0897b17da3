/** What somebody asks of the core or reports to it, and how the core says no. */
import type { Limit } from './limit.js'
import type {
  AttemptId,
  DurationMs,
  Failure,
  Fence,
  HostId,
  JsonValue,
  MessageTarget,
  PoolId,
  RunId,
  TaskId,
  WorkerId,
} from './words.js'

/** What names an attempt in a report. The task is there for people; the fence decides. */
export interface AttemptRef {
  readonly run: RunId
  readonly task: TaskId
  readonly fence: Fence
}

/** An amendment that fits the plan: what to store, and what the core must look at before it agrees. */
export interface Amending {
  readonly run: RunId
  readonly amendment: JsonValue
  /** Full ids. */
  readonly removed: readonly TaskId[]
  readonly changed: readonly TaskId[]
}

export type CancelTarget =
  | { readonly kind: 'run' }
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'task'; readonly task: string }

/** What somebody asks or reports. Imperative, never stored, may be late, doubled or wrong. */
export type Input =
  | {
      readonly type: 'open'
      readonly run: RunId
      readonly plan: JsonValue
      /** Refused where a run has been opened under it before, open or ended. */
      readonly idempotencyKey?: string
    }
  | {
      readonly type: 'join'
      readonly worker: WorkerId
      readonly pool: PoolId
      readonly slots: number
      readonly capabilities: readonly string[]
      /** It asks for work. Absent: the host gives it work. */
      readonly leaseMs?: DurationMs
    }
  /** The worker asks for one attempt; nothing starts on it unasked. Never stored: who leads next must be told again. */
  | { readonly type: 'offer'; readonly worker: WorkerId }
  /** It takes back what it asked for last, unless it has been given everything. */
  | { readonly type: 'withdraw'; readonly worker: WorkerId }
  /** The worker has so many slots from now on. */
  | { readonly type: 'resize'; readonly worker: WorkerId; readonly slots: number }
  /** The worker has lost so many attempts in a row: it gets nothing for so long. */
  | { readonly type: 'quarantine'; readonly worker: WorkerId; readonly losses: number; readonly forMs: DurationMs }
  /** The worker finishes what it runs and gets nothing more. */
  | { readonly type: 'drain'; readonly worker: WorkerId }
  | { readonly type: 'leave'; readonly worker: WorkerId; readonly reason: string }
  /** With `amending`, the plan grows in the same step; refused together. */
  | ({ readonly type: 'complete'; readonly result: JsonValue; readonly amending?: Amending } & AttemptRef)
  /** With `step`: that verification step could not be carried out to its end. */
  | ({ readonly type: 'fail'; readonly failure: Failure; readonly step?: number } & AttemptRef)
  /** A verification step (from 1) has ended; it has passed unless its result says otherwise. */
  | ({ readonly type: 'verify'; readonly step: number; readonly result: JsonValue } & AttemptRef)
  /** A sign of life; with `progress`, also a sign of progress. */
  | ({ readonly type: 'beat'; readonly progress?: JsonValue } & AttemptRef)
  /** Hands a value over to whatever starts later. */
  | ({ readonly type: 'share'; readonly key: string; readonly value: JsonValue } & AttemptRef)
  /** Sends a message; `from` null: from outside of the run. */
  | {
      readonly type: 'send'
      readonly run: RunId
      readonly from: Omit<AttemptRef, 'run'> | null
      readonly to: MessageTarget
      readonly body: JsonValue
    }
  /** The attempt has come to a milestone that its task declares. */
  | ({ readonly type: 'milestone'; readonly name: string } & AttemptRef)
  /** The attempt wants to take its integrate claims; it may have to wait for its turn. */
  | ({ readonly type: 'integrate' } & AttemptRef)
  /** The attempt wants to hold more: answered at once. What it says is not trusted. */
  | ({ readonly type: 'claim'; readonly write: readonly string[]; readonly read: readonly string[] } & AttemptRef)
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
  /** Changes the plan of an open run; the host has compiled the amended plan and put it in place of the old one. */
  | ({ readonly type: 'amend' } & Amending)
  /** Does a task again that has ended: see `task.reopened`. */
  | {
      readonly type: 'reopen'
      readonly run: RunId
      readonly task: string
      /** Also what came after it and has ended. */
      readonly downstream: boolean
      readonly reason: string
    }
  /** The host gives a limit, or takes back the one it gave. */
  | { readonly type: 'setLimit'; readonly name: string; readonly limit: Limit | null }
  /** The host takes the lead; it is believed for `leaseMs` without a sign of life. `process`: see `host.elected`. */
  | { readonly type: 'lead'; readonly host: HostId; readonly leaseMs: DurationMs; readonly process?: string }
  /** The leading host says that it lives. */
  | { readonly type: 'renew'; readonly host: HostId; readonly leaseMs: DurationMs }
  /** The leading host gives up the lead. */
  | { readonly type: 'resign'; readonly host: HostId }
  /** Time has passed. */
  | { readonly type: 'tick' }

export type RejectionCode =
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'KEY_USED'
  | 'STREAM_UNKNOWN'
  | 'TASK_UNKNOWN'
  | 'TASK_FINISHED'
  | 'MILESTONE_UNKNOWN'
  | 'TASK_OPEN'
  | 'TASK_STARTED'
  | 'STREAM_FINISHED'
  | 'GATE_UNKNOWN'
  | 'GATE_NOT_READY'
  | 'GATE_ANSWERED'
  | 'ATTEMPT_STALE'
  | 'NOTHING_TO_INTEGRATE'
  | 'CLAIM_INVALID'
  | 'CLAIM_FORBIDDEN'
  | 'CLAIM_HELD'
  | 'WORKER_EXISTS'
  | 'WORKER_UNKNOWN'
  | 'LIMIT_EXCEEDED'
  | 'NOT_LEADER'

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
