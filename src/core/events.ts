/** What happened: the only thing that is stored. */
import type {
  ClosingReason,
  EpochMs,
  Failure,
  Fence,
  JsonValue,
  PoolId,
  RunId,
  SkipReason,
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
  'run.opened': OfRun & { readonly type: 'run.opened'; readonly plan: JsonValue }
  'run.paused': OfRun & { readonly type: 'run.paused'; readonly reason: string }
  'run.resumed': OfRun & { readonly type: 'run.resumed' }
  /** Somebody cancelled the whole run; its tasks follow one by one. */
  'run.cancelled': OfRun & { readonly type: 'run.cancelled'; readonly reason: string }
  'run.closed': OfRun & { readonly type: 'run.closed'; readonly verdict: Verdict }
  'worker.joined': At & {
    readonly type: 'worker.joined'
    readonly worker: WorkerId
    readonly pool: PoolId
    readonly slots: number
    readonly capabilities: readonly string[]
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
  /**
   * It reported a milestone that its task declares, for the first time: whoever waits for it may go on, whatever becomes of
   * the attempt. A sign of life, and of progress.
   */
  'milestone.reached': OfAttempt & { readonly type: 'milestone.reached'; readonly milestone: string }
  /** The task failed while no attempt of it was live (it waited too long). */
  'task.failed': OfTask & { readonly type: 'task.failed'; readonly failure: Failure }
  'task.skipped': OfTask & { readonly type: 'task.skipped'; readonly reason: SkipReason }
  'task.cancelled': OfTask & { readonly type: 'task.cancelled'; readonly reason: string }
  /** Somebody approved the gate; or its check passed, which follows the `attempt.succeeded` of the check. */
  'gate.passed': OfGate & { readonly type: 'gate.passed' }
  /** Somebody refused the gate, nobody answered it in time, or its check failed (then it follows the end of the attempt). */
  'gate.failed': OfGate & { readonly type: 'gate.failed'; readonly failure: Failure }
}

export type RunEventType = keyof RunEventMap
export type RunEvent = RunEventMap[RunEventType]
