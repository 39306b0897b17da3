/**
 * What the core knows of one scope: facts, folded from the journal by `reduce`, and the dispatcher's indexes over them.
 *
 * Facts are written by `reduce` alone. Indexes (`ready`, `parked`, `deadlines`) only speed up the next decision: they can
 * be rebuilt from the facts, so `decide` may move entries between them. Each collection says what exactly it contains;
 * `invariants.ts` checks that sentence.
 */
import type { ClaimMode, ClaimSet, ClaimTable, ClaimWaiter, PatternId } from '../claims/table.js'
import type { Deadlines } from './deadlines.js'
import type { ReadyQueue } from './ready-queue.js'
import type { SmallMap } from './small-map.js'
import type {
  ClosingReason,
  CompiledPlan,
  EpochMs,
  Failure,
  Fence,
  JsonValue,
  NodeIndex,
  PoolId,
  Revision,
  RunId,
  SkipReason,
  TaskIndex,
  TaskStatus,
  Verdict,
  WorkerId,
} from './types.js'

/** How often a ready task is passed by younger conflicting ones before its claims are reserved for it. */
export const BYPASS_LIMIT = 32

/** A sign of life is recorded if the last recorded one is older than this share of the lease. */
export const BEAT_SHARE = 0.1

/** Task status as stored in `RunState.status`. A point is `waiting`, `succeeded` (reached) or `skipped` (never will be). */
export const STATUS: { readonly [S in TaskStatus]: number } = {
  waiting: 0,
  ready: 1,
  running: 2,
  succeeded: 3,
  failed: 4,
  cancelled: 5,
  skipped: 6,
}
export const STATUS_NAMES: readonly TaskStatus[] = [
  'waiting',
  'ready',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
]

/** Where a ready task stands in the dispatcher: `nowhere` if it is not ready; `gate` if it awaits approval. */
export const PLACE = { nowhere: 0, queued: 1, parked: 2, delayed: 3, gate: 4 } as const

export interface Worker {
  readonly id: WorkerId
  readonly pool: PoolId
  readonly slots: number
  readonly capabilities: ReadonlySet<string>
  /** Slots (from 1) that no attempt occupies; the last one is taken next. */
  readonly freeSlots: number[]
  readonly joinedAt: EpochMs
  /** It gets nothing more. */
  isDraining: boolean
}

/** One try of one task that occupies a slot: live until fenced, closing until it is known to have stopped. */
export interface Attempt {
  readonly run: RunState
  readonly task: TaskIndex
  readonly number: number
  readonly fence: Fence
  readonly worker: Worker
  readonly slot: number
  readonly startedAt: EpochMs
  /** Last recorded sign of life, the start included: a new attempt has a fresh heartbeat clock. */
  beatAt: EpochMs
  /** Last recorded progress, the start included. */
  progressAt: EpochMs
  progress: JsonValue | undefined
  /** What is verified, and the step (from 1) that is under way since then; null while the work itself is. */
  verifying: { readonly result: JsonValue; readonly step: number; readonly since: EpochMs } | null
  /** Null while live. */
  closing: { readonly reason: ClosingReason; readonly at: EpochMs; readonly closeBy: EpochMs | null } | null
}

/** A ready task with claims, waiting for them. */
export interface Waiter extends ClaimWaiter {
  readonly run: RunState
  readonly task: TaskIndex
  /** Held pattern it is parked on, with the way it meets it; null while it is queued or delayed. */
  parkedAt: { readonly pattern: PatternId; readonly mode: ClaimMode } | null
  /** Where it was parked before it was queued; the next in that line is woken when this one has been dealt with. */
  wokenFrom: { readonly pattern: PatternId; readonly mode: ClaimMode } | null
}

/** Tasks of one run that wait on one pattern, equal in need and mode: if the first cannot start, none can. */
export interface ParkedLine {
  readonly run: RunState
  readonly need: number
  readonly mode: ClaimMode
  /** Binary heap, first to start on top; entries no longer parked here are dropped when they come up. */
  readonly waiters: Waiter[]
}

/** Why a waiting task can never be ready. */
export interface Doom {
  /** The task whose end decided it. */
  readonly because: TaskIndex
  /** The point it waits for, -1 where it waits for that task itself; null where its own condition does not hold. */
  readonly through: NodeIndex | null
  /** Nothing went wrong: there is nothing to do. */
  readonly isUnneeded: boolean
}

export interface RunState {
  readonly id: RunId
  readonly plan: CompiledPlan
  readonly openedAt: EpochMs
  /** Status code of each node. */
  readonly status: Uint8Array
  /** Unmet dependencies of each task; hits that each point lacks. */
  readonly remaining: Int32Array
  /** Misses that each point can still bear; below 0 it never will be reached. By index of the point. */
  readonly spare: Int32Array
  /** 1 for points that had a miss because something went wrong, before it was settled what became of them. By index of the point. */
  readonly harmed: Uint8Array
  /** When a node that a lag holds up may go on; absent: at once. */
  readonly notBefore: Map<NodeIndex, EpochMs>
  /** Number of the last attempt of each task, 0 for none. */
  readonly attempts: Int32Array
  /** When each task last became ready (NaN: never), or will be tried again; when it last started, and ended. */
  readonly readyAt: Float64Array
  readonly startedAt: Float64Array
  readonly endedAt: Float64Array
  /** `PLACE` of each task. */
  readonly place: Uint8Array
  /** All and only live attempts, by task. */
  readonly live: SmallMap<TaskIndex, Attempt>
  /** How many attempts of a task were lost; absent for 0. */
  readonly lost: Map<TaskIndex, number>
  /** How many attempts of a task with `maxVerify` failed verification; absent for 0. */
  readonly unverified: Map<TaskIndex, number>
  /** Results other than null, by succeeded task. */
  readonly results: Map<TaskIndex, JsonValue>
  /** The last failure of each task that has had one. */
  readonly failures: Map<TaskIndex, Failure>
  readonly skips: Map<TaskIndex, SkipReason>
  readonly cancels: Map<TaskIndex, string>
  /** When a task with `scheduleToClose` first became ready. */
  readonly scheduledAt: Map<TaskIndex, EpochMs>
  /** All and only skipped tasks for which there was nothing to do. */
  readonly unneeded: Set<TaskIndex>
  /** How many tasks the run needs ended otherwise than succeeded. */
  shortfall: number
  /** All and only waiting tasks that can never be ready, with what made it so; empty after each decision. */
  readonly doomed: Map<TaskIndex, Doom>
  /** How many tasks have each status. */
  readonly counts: Int32Array
  /** Attempts of this run that are closing. */
  closing: number
  paused: { readonly at: EpochMs; readonly reason: string } | null
  resumedAt: EpochMs
  /** The first task that failed for good, where `onFailure` is not `continue`: nothing starts any more. */
  drainedBy: TaskIndex | null
  cancelled: { readonly at: EpochMs; readonly reason: string } | null
  closed: { readonly at: EpochMs; readonly verdict: Verdict } | null
  /** The run's claim sets in the table of the scope. */
  readonly claimSets: readonly ClaimSet[]
  /** All and only ready tasks with claims. */
  readonly waiters: Map<TaskIndex, Waiter>
  /** All and only ready tasks whose place is `queued`. */
  readonly ready: ReadyQueue
  /** The task that was looked up last: events come in pairs. Not a fact. */
  cursor: TaskIndex
  /** For each need of the plan, the workers that can serve it and are not draining, least flexible first. */
  needWorkers: readonly (readonly Worker[])[]
}

export interface ScopeState {
  /** Events folded so far. */
  revision: Revision
  /** The newest fence. */
  fence: Fence
  /** Time of the last event: events never go back in time, whatever the clock does. */
  clock: EpochMs
  /** Order in which tasks became ready. */
  readySeq: number
  /** All and only open runs. */
  readonly runs: Map<RunId, RunState>
  /** Ids of the runs that are closed: an id is used once. */
  readonly closedRuns: Set<RunId>
  /** Closed runs that the host has not let go of: it clears this when it has told everybody. Not a fact. */
  readonly ended: Map<RunId, RunState>
  /** All and only workers that have joined and not left. */
  readonly workers: Map<WorkerId, Worker>
  /** All and only live and closing attempts. */
  readonly attempts: SmallMap<Fence, Attempt>
  /** All and only attempts told to stop that are not known to have stopped. */
  readonly closing: Map<Fence, Attempt>
  /** Holds exactly the claims of live and closing attempts; its waiters are those of the runs. */
  readonly claims: ClaimTable<Attempt, Waiter>
  /** All waiters whose `parkedAt` is not null, by the pattern they are parked on. */
  readonly parked: Map<PatternId, ParkedLine[]>
  /** Every moment at which something may be due, and some at which nothing is any more. */
  readonly deadlines: Deadlines
}

/** Tasks that have not reached an end state. */
export function unfinished(run: RunState): number {
  return run.counts[STATUS.waiting]! + run.counts[STATUS.ready]! + run.counts[STATUS.running]!
}

export function isFinal(status: number): boolean {
  return status >= STATUS.succeeded
}

/** Index of a task by its full id, undefined where the plan has none. Asking again for the last one is free. */
export function findTask(run: RunState, id: string): TaskIndex | undefined {
  const { taskIds, taskIndex } = run.plan
  if (taskIds[run.cursor] === id) return run.cursor
  const task = taskIndex.get(id)
  if (task !== undefined) run.cursor = task
  return task
}
