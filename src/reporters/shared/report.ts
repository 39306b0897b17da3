/** What a report shows of a run. Times are milliseconds since the run was opened. */
import type { DurationMs, EpochMs, PoolId, TaskId, Verdict, WorkerId } from '../../core/types.js'

export interface RunReport {
  readonly run: string
  /** Name of the plan. */
  readonly name: string
  /** Null while the run is open; times then count up to its last event. */
  readonly verdict: Verdict | null
  readonly openedAt: EpochMs
  readonly makespanMs: DurationMs
  readonly retries: number
  readonly pools: readonly ReportPool[]
  /** Slots at which something was done, in the order of the pools. */
  readonly lanes: readonly ReportLane[]
  /** In the order of their starts. */
  readonly attempts: readonly ReportAttempt[]
  /** In the order of the plan. */
  readonly tasks: readonly ReportTask[]
  /** Paths that several attempts claimed, those that were waited for longest first. */
  readonly paths: readonly ReportPath[]
  /** How many such paths there are besides. */
  readonly morePaths: number
  /** What the end of the run hung on, from its beginning to its last attempt. */
  readonly chain: readonly ReportLink[]
  readonly pauses: readonly ReportSpan[]
}

export interface ReportSpan {
  readonly from: DurationMs
  readonly to: DurationMs
}

export interface ReportPool {
  readonly pool: string
  readonly slots: number
  readonly attempts: number
  /** Share of the time of its slots: 0 to 1. */
  readonly busyShare: number
}

export interface ReportLane {
  readonly worker: WorkerId
  /** From 1. */
  readonly slot: number
  readonly pool: PoolId
}

export interface ReportAttempt extends ReportSpan {
  /** Places in `tasks` and `lanes`. */
  readonly task: number
  readonly lane: number
  /** From 1. */
  readonly attempt: number
  /** `stopped`: told to, before its end. `running`: the events end before it does. */
  readonly end: 'succeeded' | 'failed' | 'stopped' | 'running'
  /** Why it failed; null where it did not. */
  readonly failure: string | null
  readonly isCritical: boolean
}

export interface ReportTask {
  readonly id: TaskId
  readonly title: string | null
  readonly stream: string | null
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'running' | 'waiting'
  /** Places in `attempts`. */
  readonly attempts: readonly number[]
  /** Times in which it was ready to start and did not. */
  readonly waits: readonly ReportSpan[]
  readonly waitedMs: DurationMs
  /** What it waited for and for how long, in words, longest first. */
  readonly reasons: readonly string[]
  readonly writes: readonly string[]
  readonly reads: readonly string[]
  readonly isCritical: boolean
}

export interface ReportPath {
  readonly path: string
  readonly holds: readonly ReportHold[]
  /** Together, by all who waited for it. */
  readonly waitedMs: DurationMs
}

/** Time in which an attempt held a path: from its start on, from when it claimed it while it ran, or while it integrated. */
export interface ReportHold extends ReportSpan {
  /** Place in `attempts`. */
  readonly attempt: number
  readonly mode: 'write' | 'read' | 'integrate'
}

export interface ReportLink {
  /** Place in `attempts`. */
  readonly attempt: number
  /** What let it start: the opening of the run (or somebody from outside), or the end of the attempt before. */
  readonly because: 'opening' | 'dependency' | 'retry' | 'claim' | 'slot'
}
