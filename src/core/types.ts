/**
 * The words of signalbox: ids, inputs, events, instructions, and the compiled plan they speak about.
 *
 * Read this file and `decide.ts` in one sitting and you know the library. Nothing here does anything.
 * An *input* asks or reports (imperative, never stored). An *event* is what happened (past tense, the only thing
 * stored). An *instruction* is what the host must now do, and each has exactly one event as its cause.
 */
import type { ClaimSetSpec } from '../claims/table.js'

export type { ClaimSetSpec } from '../claims/table.js'

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

// ── Tasks and attempts ──────────────────────────────────────────────────────────────────────────────────────────

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

/** Why a task was skipped. `because` names the nearest task whose end made it impossible, where there is one. */
export type SkipReason =
  | { readonly kind: 'dependency'; readonly because: TaskId; readonly status: 'failed' | 'cancelled' | 'skipped' }
  | { readonly kind: 'on-failure'; readonly because: TaskId; readonly rule: 'drain' | 'abort' }

/** Why an attempt was told to stop. */
export type ClosingReason = 'timeout' | 'stalled' | 'lost' | 'cancelled' | 'aborted'

export type Verdict = 'succeeded' | 'failed' | 'cancelled'

// ── The compiled plan ───────────────────────────────────────────────────────────────────────────────────────────

/** Compressed sparse rows: the targets of node n are `targets[start[n]] … targets[start[n + 1] - 1]`, ascending. */
export interface Adjacency {
  readonly start: Int32Array
  readonly targets: Int32Array
}

/** Which workers can serve a task. Equal needs share one entry, so that one ready queue serves them all. */
export interface Need {
  /** Only workers of this pool; `null`: of any. */
  readonly pool: PoolId | null
  /** Capabilities a worker must have, sorted. */
  readonly requires: readonly string[]
}

/** Retry, timeouts and heartbeat of a task, defaults filled in; `null` in a time means: no limit. Equal ones are shared. */
export interface Policy {
  /** Counts the first try; lost attempts are not counted. */
  readonly maxAttempts: number
  readonly initialDelayMs: DurationMs
  readonly factor: number
  readonly maxDelayMs: DurationMs
  /** Share of the delay (0 to 1) that the hash of the attempt id may take away. */
  readonly jitter: number
  /** Failure kinds that are tried again. `lost` has `maxLost` instead; `cancelled` is never tried again. */
  readonly on: readonly FailureKind[]
  /** How many attempts may be lost with their worker before the task fails. */
  readonly maxLost: number
  readonly startToCloseMs: DurationMs | null
  readonly scheduleToStartMs: DurationMs | null
  readonly scheduleToCloseMs: DurationMs | null
  /** Silence after which an attempt is believed lost: its lease. */
  readonly heartbeatMs: DurationMs | null
  /** Time without progress after which an attempt is believed stalled. */
  readonly stallMs: DurationMs | null
  /** How long an attempt told to stop keeps its claims without confirmation; `null`: until confirmed. */
  readonly closeMs: DurationMs | null
}

/** A named place in the graph that is no task: reached when all its dependencies hold. */
export interface Point {
  readonly kind: 'stream'
  readonly id: StreamId
}

export type OnFailure = 'continue' | 'drain' | 'abort'

/** What the core needs of the plan's task itself; the parsed plan's tasks fit. */
export interface TaskSource {
  readonly title?: string | undefined
  readonly input?: JsonValue | undefined
}

/**
 * A plan as arrays, made by `compile`. Read-only and shared by all runs of the plan. Arrays named by task have
 * `taskCount` entries; `successors`, `predecessors` and `dependencyCount` have one per node.
 */
export interface CompiledPlan {
  readonly name: string
  readonly taskCount: number
  readonly taskIds: readonly TaskId[]
  readonly taskIndex: ReadonlyMap<string, TaskIndex>
  readonly sources: readonly TaskSource[]
  /** 1 for tasks whose source has an input. */
  readonly hasInput: Uint8Array
  readonly streamIds: readonly StreamId[]
  readonly streamIndex: ReadonlyMap<string, number>
  /** Stream of a task, -1 for none. */
  readonly streamOf: Int32Array
  /** Node `taskCount + i` is `points[i]`. */
  readonly points: readonly Point[]
  readonly successors: Adjacency
  readonly predecessors: Adjacency
  readonly dependencyCount: Int32Array
  /** The person's priority: higher starts first. */
  readonly priority: Float64Array
  /** Tail of the critical path + own estimate + 0.2 × work of the tasks it excludes, in ms: higher starts first. */
  readonly rank: Float64Array
  /** Dense order of (need, priority, rank): within one need, the lower class starts first. */
  readonly dispatchClass: Int32Array
  readonly classCount: number
  readonly need: Int32Array
  readonly needs: readonly Need[]
  /** Index into `claimSets`, -1 for a task that claims nothing. */
  readonly claimSet: Int32Array
  readonly claimSets: readonly ClaimSetSpec[]
  readonly policy: Int32Array
  readonly policies: readonly Policy[]
  /** Index into `handlers`, -1 where the plan names none. */
  readonly handler: Int32Array
  readonly handlers: readonly string[]
  /** Expected duration in ms (the mean of min and max), 0 where the plan gives none. */
  readonly estimateMs: Float64Array
  /** Earliest wave by dependencies alone, from 0. */
  readonly wave: Int32Array
  readonly waveCount: number
  readonly onFailure: OnFailure
}

/** The compiled plan of each open run. The host compiles before it opens or folds: compiling is not the core's work. */
export type Plans = ReadonlyMap<RunId, CompiledPlan>

// ── Inputs ──────────────────────────────────────────────────────────────────────────────────────────────────────

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
  /** The executor confirms that an attempt it was told to stop has stopped. */
  | ({ readonly type: 'confirmStop' } & AttemptRef)
  | { readonly type: 'cancel'; readonly run: RunId; readonly target: CancelTarget; readonly reason: string }
  | { readonly type: 'pause'; readonly run: RunId; readonly reason: string }
  | { readonly type: 'resume'; readonly run: RunId }
  /** Time has passed. */
  | { readonly type: 'tick' }

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

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
  /** The task failed while no attempt of it was live (it waited too long). */
  'task.failed': OfTask & { readonly type: 'task.failed'; readonly failure: Failure }
  'task.skipped': OfTask & { readonly type: 'task.skipped'; readonly reason: SkipReason }
  'task.cancelled': OfTask & { readonly type: 'task.cancelled'; readonly reason: string }
}

export type RunEventType = keyof RunEventMap
export type RunEvent = RunEventMap[RunEventType]

// ── Decisions ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What the host must now do. Made from a stored event by `instruct`, never before the event is durable. */
export type Instruction =
  | {
      readonly type: 'startAttempt'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
      readonly worker: WorkerId
    }
  | {
      readonly type: 'stopAttempt'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
      readonly reason: ClosingReason
    }

export type RejectionCode =
  | 'RUN_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_CLOSED'
  | 'STREAM_UNKNOWN'
  | 'TASK_UNKNOWN'
  | 'TASK_FINISHED'
  | 'ATTEMPT_STALE'
  | 'WORKER_EXISTS'
  | 'WORKER_UNKNOWN'

/** This input is refused: a value. It changed nothing. */
export interface Rejection {
  readonly code: RejectionCode
  readonly message: string
  readonly hint: string
}

/**
 * What one input led to. The state already contains the events. The host must, in this order: store `events` (the only
 * await), tell listeners, set its one timer to `wakeAt`, and perform `instructions`. If storing fails, nothing of this
 * happened: the host throws the state away and folds the journal again.
 */
export interface Decision {
  readonly events: readonly RunEvent[]
  readonly instructions: readonly Instruction[]
  /** When to send the next `tick`; null: there is nothing to wait for. */
  readonly wakeAt: EpochMs | null
  readonly rejection: Rejection | null
}

/** What several inputs led to together: one decision, with the rejection of each refused input by its position. */
export interface BatchDecision extends Omit<Decision, 'rejection'> {
  readonly rejections: ReadonlyMap<number, Rejection>
}

/** `run/stream/task#2`. */
export function attemptId(run: RunId, task: TaskId, attempt: number): AttemptId {
  return `${run}/${task}#${attempt}` as AttemptId
}
