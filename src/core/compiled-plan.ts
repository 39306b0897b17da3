/** The plan as the core reads it: arrays by dense index, made by `compile`, shared by all runs of the plan. */
import type { Pattern } from '../claims/pattern.js'
import type { ClaimSetSpec } from '../claims/table.js'
import type { Limit, Use } from './limit.js'
import type {
  DurationMs,
  FailureKind,
  JsonValue,
  NodeIndex,
  PoolId,
  RunId,
  StreamId,
  TaskId,
  TaskIndex,
} from './words.js'

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
  /** How many attempts may fail verification before the task fails; `null`: they are counted as tries like others. */
  readonly maxVerify: number | null
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

/** Paths that an attempt may not claim while it runs, though nobody holds them. */
export interface GuardedPattern {
  readonly pattern: Pattern
  /** The stream that owns them: only its tasks may write there. `null`: they are protected, nobody may claim them. */
  readonly stream: number | null
}

/**
 * Which ends of what a point watches count towards it. `success`: it succeeded or was reached · `done`: so, or it was not
 * needed · `end`: it ended in any way · `failure`: it failed for good.
 */
export type Hit = 'success' | 'done' | 'end' | 'failure'

/**
 * A place in the graph that is no task. It is a counter: each node it watches ends once, as a hit or as a miss; with
 * `needed` hits it is reached, and with more than `spare` misses it never will be.
 */
export interface Point {
  readonly kind: PointKind
  /** As people write it: a stream's or phase's id, `api/build#schema`, `2 of a, b, c`. Unique in the plan. */
  readonly id: string
  readonly hit: Hit
  readonly needed: number
  readonly spare: number
  /** What each hit counts, by task; absent: 1. */
  readonly weight?: Int32Array
  /** How long after it was reached it lets others go on, in ms. */
  readonly lagMs?: DurationMs
  /** The stream whose tasks it watches, for conditions on streams; absent for others, and for the streams themselves. */
  readonly stream?: number
  /** The share of that stream's work that must be done, above 0, at most 1. */
  readonly share?: number
  /** An amendment changed what it watches: if it had been reached or missed by then, it still is. */
  readonly isAmended?: true
}

export type PointKind = 'stream' | 'phase' | 'milestone' | 'outcome' | 'choice' | 'progress' | 'lag' | 'sequence'

/** Work that must pass before a completed attempt counts: written by the plan, not by the worker. */
export interface VerifyStep {
  /** Name of a registered handler. */
  readonly handler: string
  /** With references; `$result` is what the attempt returned. */
  readonly input?: JsonValue | undefined
  readonly timeoutMs: DurationMs | null
}

/** An ordered group of streams. */
export interface CompiledPhase {
  readonly id: string
  readonly title: string | null
  /** Reached when all its streams are done, and the phases before it are passed. */
  readonly point: NodeIndex
  /** What must be passed before the next phase begins; null: nothing. */
  readonly gate: TaskIndex | null
  readonly streams: readonly number[]
}

/** Who may touch a shared path, in which order. */
export interface CompiledSequence {
  readonly path: Pattern
  readonly entries: readonly SequenceEntry[]
}

/** A task, or a stream with those of its tasks that claim the path. */
export interface SequenceEntry {
  /** -1 for a stream. */
  readonly task: TaskIndex
  /** -1 for a task. */
  readonly stream: number
  /** What its claimants wait for: it watches those of the entry before, and their turn. Null for the first entry. */
  readonly turn: NodeIndex | null
}

/** Who answers a gate: a person (`approval`), or a handler that a worker runs (`check`). */
export type GateKind = 'approval' | 'check'

export type OnFailure = 'continue' | 'drain' | 'abort'

/** What the core needs of the plan's task itself; the parsed plan's tasks fit. */
export interface TaskSource {
  readonly title?: string | undefined
  readonly input?: JsonValue | undefined
}

/** Finds tasks by their full ids; a `Map` will do. */
export interface TaskLookup {
  get(id: string): TaskIndex | undefined
  has(id: string): boolean
}

/**
 * A plan as arrays, made by `compile`. Read-only and shared by all runs of the plan. Arrays named by task have
 * `taskCount` entries; `successors`, `predecessors` and `dependencyCount` have one per node. A task waits for all of its
 * predecessors to succeed or be reached; whatever else there is to wait for is a point.
 */
export interface CompiledPlan {
  readonly name: string
  readonly taskCount: number
  readonly taskIds: readonly TaskId[]
  readonly taskIndex: TaskLookup
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
  /** Predecessors of a task; what a point needs. */
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
  /** Index into `useSets`, -1 for a task that uses no resource and has no key. */
  readonly useSet: Int32Array
  /** What tasks use, their keys included; no limiter twice in one set. */
  readonly useSets: readonly (readonly Use[])[]
  /** What the plan declares of resources, by name. */
  readonly resources: ReadonlyMap<string, Limit>
  /** Idempotency keys, by task. */
  readonly keys: ReadonlyMap<TaskIndex, string>
  /** What streams own and what is protected. */
  readonly guarded: readonly GuardedPattern[]
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
  /** All streams in the order in which they merge: each after those of its `mergeAfter`, else as they are declared. */
  readonly mergeOrder: readonly StreamId[]
  readonly onFailure: OnFailure
  /** 1 for tasks whose end the run and its streams do not depend on. */
  readonly optional: Uint8Array
  /** The points of the milestones that each task declares, by name; the rest declares none. */
  readonly milestones: ReadonlyMap<TaskIndex, ReadonlyMap<string, NodeIndex>>
  /** The tasks that start only if a part of another task's result is there and not false; the rest has none. */
  readonly conditions: ReadonlyMap<TaskIndex, Condition>
  /** The tasks that are gates. */
  readonly gates: ReadonlyMap<TaskIndex, GateKind>
  /** The steps of tasks that have any. */
  readonly verify: ReadonlyMap<TaskIndex, readonly VerifyStep[]>
  /** In their order. */
  readonly phases: readonly CompiledPhase[]
  readonly sequences: readonly CompiledSequence[]
}

/** A part of a result: of which task, and the keys that lead to it. */
export interface Condition {
  readonly task: TaskIndex
  readonly path: readonly (string | number)[]
}

/** The compiled plan of each open run. The host compiles before it opens or folds: compiling is not the core's work. */
export type Plans = ReadonlyMap<RunId, CompiledPlan>
