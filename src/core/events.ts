/** What happened: the only thing that is stored. */
import type { Limit } from './limit.js'
import type {
  ClosingReason,
  DurationMs,
  EpochMs,
  Failure,
  Fence,
  HostId,
  JsonValue,
  MessageSender,
  MessageTarget,
  PoolId,
  RunId,
  SkipReason,
  StreamId,
  TaskId,
  Verdict,
  WorkerId,
} from './words.js'

interface At {
  /** When it happened; never earlier than the event before it. */
  readonly at: EpochMs
}
interface OfRun extends At {
  readonly run: RunId
}
interface OfTask extends OfRun {
  readonly task: TaskId
}
interface OfAttempt extends OfTask {
  /** From 1. */
  readonly attempt: number
  readonly fence: Fence
}
interface OfHost extends At {
  readonly host: HostId
  /** Counts the elections of the scope, from 1. */
  readonly epoch: number
}

interface OfGate extends OfRun {
  /** Id of the gate. */
  readonly gate: TaskId
  /** Who answered; null for a check, for time, and where nobody said. */
  readonly by: string | null
  /** What was said with it. */
  readonly note: string | null
}

/** Events by name: what happened, in the order of the journal. */
export interface RunEventMap {
  'run.opened': OfRun & {
    readonly type: 'run.opened'
    readonly plan: JsonValue
    /** Opening another run under it gives this one, for ever. Absent: none. */
    readonly idempotencyKey?: string
  }
  /** Tasks were added, removed or changed; what was removed is skipped by events of its own. */
  'run.amended': OfRun & { readonly type: 'run.amended'; readonly amendment: JsonValue }
  'run.paused': OfRun & { readonly type: 'run.paused'; readonly reason: string }
  'run.resumed': OfRun & { readonly type: 'run.resumed' }
  /** Somebody cancelled the whole run; its tasks follow one by one. */
  'run.cancelled': OfRun & { readonly type: 'run.cancelled'; readonly reason: string }
  'run.closed': OfRun & { readonly type: 'run.closed'; readonly verdict: Verdict }
  /**
   * The host leads the scope from here on: whoever led before is deposed, and can store nothing more. `expiresAt`, by the
   * clock of the host, says how long it is believed without a sign of life, which is any event that it stores.
   */
  'host.elected': OfHost & {
    readonly type: 'host.elected'
    readonly expiresAt: EpochMs
    /** The process of the host, for those who can find out whether that still lives. Absent: not known. */
    readonly process?: string
  }
  /** The host had nothing else to store, and leads on. */
  'host.renewed': OfHost & { readonly type: 'host.renewed'; readonly expiresAt: EpochMs }
  /** The host leads no longer: whoever wants to may, at once. */
  'host.resigned': OfHost & { readonly type: 'host.resigned' }
  'worker.joined': At & {
    readonly type: 'worker.joined'
    readonly worker: WorkerId
    readonly pool: PoolId
    readonly slots: number
    readonly capabilities: readonly string[]
    /**
     * It asks for work, and what it runs is believed so long without a sign of life where the plan does not say how long.
     * Absent: its host gives it work.
     */
    readonly leaseMs?: DurationMs
  }
  /** The worker has so many slots from here on. What runs in higher ones goes on, and is not replaced. */
  'worker.resized': At & { readonly type: 'worker.resized'; readonly worker: WorkerId; readonly slots: number }
  /** It has lost attempt after attempt: it gets nothing for a while. */
  'worker.quarantined': At & {
    readonly type: 'worker.quarantined'
    readonly worker: WorkerId
    /** How many attempts it lost without ending one in between. */
    readonly losses: number
    readonly until: EpochMs
  }
  /** The worker will leave: it gets nothing more. */
  'worker.draining': At & { readonly type: 'worker.draining'; readonly worker: WorkerId }
  /** The worker is gone, and with it whatever it was running. */
  'worker.left': At & { readonly type: 'worker.left'; readonly worker: WorkerId; readonly reason: string }
  'attempt.started': OfAttempt & {
    readonly type: 'attempt.started'
    readonly worker: WorkerId
    /** Which of the worker's slots, from 1. */
    readonly slot: number
  }
  /** A sign of life. Recorded at most ten times in a lease, so that a journal does not fill with heartbeats. */
  'attempt.renewed': OfAttempt & { readonly type: 'attempt.renewed' }
  /** Progress, and with it a sign of life. Recorded at most once a second, or ten times in `stall`. */
  'attempt.progressed': OfAttempt & { readonly type: 'attempt.progressed'; readonly progress: JsonValue }
  /** The work is done and must now be verified: the attempt goes on, with its slot and its claims. */
  'attempt.completed': OfAttempt & {
    readonly type: 'attempt.completed'
    readonly result: JsonValue
    /** How many steps there are. */
    readonly of: number
  }
  /** A verification step has passed. */
  'attempt.verified': OfAttempt & {
    readonly type: 'attempt.verified'
    /** From 1. */
    readonly step: number
    readonly of: number
  }
  'attempt.succeeded': OfAttempt & { readonly type: 'attempt.succeeded'; readonly result: JsonValue }
  /** `retryAt` null: no further attempt, the task has failed. */
  'attempt.failed': OfAttempt & {
    readonly type: 'attempt.failed'
    readonly failure: Failure
    readonly retryAt: EpochMs | null
  }
  /** Fenced and told to stop; it keeps its claims and its slot until `attempt.closed`. */
  'attempt.closing': OfAttempt & {
    readonly type: 'attempt.closing'
    readonly reason: ClosingReason
    /** When it is presumed stopped although nobody confirmed it; null: never. */
    readonly closeBy: EpochMs | null
  }
  'attempt.closed': OfAttempt & {
    readonly type: 'attempt.closed'
    /** `executor` confirmed it, its `worker` left, or `closeBy` passed (`time`). */
    readonly by: 'executor' | 'worker' | 'time'
  }
  /** The attempt hands a value over to whatever starts after it. The last value of a key is the one that counts. */
  'context.shared': OfAttempt & {
    readonly type: 'context.shared'
    /** The stream of the task; null: it is of none. */
    readonly stream: StreamId | null
    readonly key: string
    readonly value: JsonValue
  }
  'message.sent': OfRun & {
    readonly type: 'message.sent'
    /** Counts the messages of the run, from 1. */
    readonly seq: number
    /** Null: it came from outside of the run. */
    readonly from: MessageSender | null
    readonly to: MessageTarget
    readonly body: JsonValue
  }
  /**
   * It reported a milestone that its task declares, for the first time: whoever waits for it may go on, whatever becomes of
   * the attempt. A sign of life, and of progress.
   */
  'milestone.reached': OfAttempt & { readonly type: 'milestone.reached'; readonly milestone: string }
  /** It wants to integrate: to take its integrate claims, all at once. A sign of life and of progress. */
  'integration.asked': OfAttempt & { readonly type: 'integration.asked' }
  /** It holds its integrate claims until it has ended: nobody who asked before meets them any more. */
  'integration.granted': OfAttempt & { readonly type: 'integration.granted' }
  /** It claimed more while it ran, and got it: patterns in their normal form. A sign of life. */
  'claim.extended': OfAttempt & {
    readonly type: 'claim.extended'
    readonly write: readonly string[]
    readonly read: readonly string[]
  }
  /** The task failed while no attempt of it was live (it waited too long). */
  'task.failed': OfTask & { readonly type: 'task.failed'; readonly failure: Failure }
  /** The result of another task with the same idempotency key stands for its own: no attempt was made. */
  'task.reused': OfTask & {
    readonly type: 'task.reused'
    /** Whose result it is. */
    readonly from: { readonly run: RunId; readonly task: TaskId }
    readonly result: JsonValue
  }
  'task.skipped': OfTask & { readonly type: 'task.skipped'; readonly reason: SkipReason }
  /** The task has ended and is to be done again. Its attempts count from here on; `generation` counts these events, from 2. */
  'task.reopened': OfTask & { readonly type: 'task.reopened'; readonly generation: number; readonly reason: string }
  'task.cancelled': OfTask & { readonly type: 'task.cancelled'; readonly reason: string }
  /** The host gave a limit, which wins over what plans declare, or took it back (`limit` null). */
  'limit.changed': At & { readonly type: 'limit.changed'; readonly name: string; readonly limit: Limit | null }
  /** Somebody approved the gate; or its check passed, which follows the `attempt.succeeded` of the check. */
  'gate.passed': OfGate & { readonly type: 'gate.passed' }
  /** Somebody refused the gate, nobody answered it in time, or its check failed (then it follows the end of the attempt). */
  'gate.failed': OfGate & { readonly type: 'gate.failed'; readonly failure: Failure }
}

export type RunEventType = keyof RunEventMap
export type RunEvent = RunEventMap[RunEventType]
