/**
 * What the core knows of one scope: facts, folded from the journal by `reduce`, and the dispatcher's indexes over them.
 *
 * Facts are written by `reduce` alone. Indexes (`ready`, `parked`, `deadlines`) only speed up the next decision: they can
 * be rebuilt from the facts, so `decide` may move entries between them. Each collection says what exactly it contains;
 * `invariants.ts` checks that sentence.
 */
import type { ClaimMode, ClaimSet, ClaimTable, ClaimWaiter, PatternId } from '../claims/table.js'
import type { Deadlines } from './deadlines.js'
import type { Ask } from './limit.js'
import type * as limiters from './limiters.js'
import type { ReadyQueue } from './ready-queue.js'
import type { SmallMap } from './small-map.js'
import type {
  ClosingReason,
  CompiledPlan,
  DurationMs,
  EpochMs,
  Failure,
  Fence,
  HostId,
  JsonValue,
  Message,
  NodeIndex,
  PoolId,
  Revision,
  RunId,
  SkipReason,
  StreamId,
  TaskId,
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
  slots: number
  readonly capabilities: ReadonlySet<string>
  /** Slots (from 1 to `slots`) that no attempt occupies; the last one is taken next. */
  readonly freeSlots: number[]
  /** Attempts in slots above `slots`, which it had before it shrank. */
  excess: number
  readonly joinedAt: EpochMs
  /** It gets nothing more. */
  isDraining: boolean
  /** It gets nothing before this, because it has lost too many attempts in a row; null: it never has. */
  restsUntil: EpochMs | null
  /** Null: the host gives it work. Else it asks for work, and what it runs is believed so long without a sign of life. */
  readonly leaseMs: DurationMs | null
  /** When it asked for attempts that it has not been given, by counting, ascending. Not a fact. */
  readonly offers: number[]
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
  /** What had been shared in its run when it started: all that it sees, whatever is shared later. */
  readonly shared: SharedContexts
  /** What it holds of limiters, null for nothing. */
  uses: UseSet | null
  /** When it asked to integrate, and when it was allowed to (null: it waits); null where it has not asked. */
  integration: { readonly askedAt: EpochMs; grantedAt: EpochMs | null } | null
  /** What it claimed while it ran, beside what its plan says; null for nothing. */
  extensions: ClaimSet[] | null
  /** What is verified, and the step (from 1) that is under way since then; null while the work itself is. */
  verifying: { readonly result: JsonValue; readonly step: number; readonly since: EpochMs } | null
  /** Null while live. */
  closing: { readonly reason: ClosingReason; readonly at: EpochMs; readonly closeBy: EpochMs | null } | null
}

/** A limiter of the scope. */
export type Limiter = limiters.Limiter<Attempt, Waiter>

/** What a task uses: limiters of the scope, none twice. */
export type UseSet = readonly { readonly limiter: Limiter; readonly ask: Ask }[]

/** A ready task with claims or uses, waiting for them. */
export interface Waiter extends ClaimWaiter {
  readonly run: RunState
  readonly task: TaskIndex
  readonly uses: UseSet
  /** What it is parked on; null while it is queued or delayed. */
  parkedAt: Obstacle | null
  /** Where it was parked before it was queued; the next in that line is woken when this one has been dealt with. */
  wokenFrom: Obstacle | null
}

/** The pattern or limiter that blocks a ready task, and the way it meets it. */
export interface Obstacle {
  readonly at: PatternId | Limiter
  readonly how: ClaimMode | Ask
}

/** Tasks of one run that wait on one pattern or limiter, equal in need and in how they meet it: if the first cannot start, none can. */
export interface ParkedLine {
  readonly run: RunState
  readonly need: number
  readonly how: ClaimMode | Ask
  /** Binary heap, first to start on top; entries no longer parked here are dropped when they come up. */
  readonly waiters: Waiter[]
}

/** A task that was reopened. */
export interface Generation {
  /** From 2. */
  readonly generation: number
  readonly attemptsBefore: number
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

/**
 * What has been shared in a run: values by key, by stream; null for the tasks of no stream. Never changed, but replaced, so
 * that an attempt keeps what it saw when it started.
 */
export type SharedContexts = ReadonlyMap<StreamId | null, ReadonlyMap<string, JsonValue>>

/** A message, as its run keeps it. */
export interface KeptMessage extends Message {
  /** Revision of the scope with this message: a reader must not see it before that much is durable. */
  readonly revision: Revision
}

export interface RunState {
  readonly id: RunId
  /** Replaced when the plan is amended, with all arrays: tasks keep their indexes, points move behind the new tasks. */
  plan: CompiledPlan
  readonly openedAt: EpochMs
  /** Revision of the scope before the run was opened: where its history begins. */
  readonly openedAfter: Revision
  readonly idempotencyKey: string | null
  /** Status code of each node. */
  status: Uint8Array
  /** Unmet dependencies of each task; hits that each point lacks. */
  remaining: Int32Array
  /** Misses that each point can still bear; below 0 it never will be reached. By index of the point. */
  spare: Int32Array
  /** 1 for points that had a miss because something went wrong, before it was settled what became of them. By index of the point. */
  harmed: Uint8Array
  /** When a node that a lag holds up may go on; absent: at once. */
  notBefore: Map<NodeIndex, EpochMs>
  /** Number of the last attempt of each task, 0 for none. */
  attempts: Int32Array
  /** When each task last became ready (NaN: never), or will be tried again; when it last started, and ended. */
  readyAt: Float64Array
  startedAt: Float64Array
  endedAt: Float64Array
  /** `PLACE` of each task. */
  place: Uint8Array
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
  /** When each task whose last attempt failed may be tried again, until it is. */
  readonly retries: Map<TaskIndex, EpochMs>
  /** Tasks that were done again: how often, and how many attempts they had had before. */
  readonly generations: Map<TaskIndex, Generation>
  /** All and only skipped tasks for which there was nothing to do. */
  readonly unneeded: Set<TaskIndex>
  /** How many tasks the run needs ended otherwise than succeeded. */
  shortfall: number
  /** All and only waiting tasks that can never be ready, with what made it so; empty after each decision. */
  readonly doomed: Map<TaskIndex, Doom>
  /** All and only ready tasks whose idempotency key has a known result; empty after each decision. */
  readonly reusable: Set<TaskIndex>
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
  /** What its attempts have shared, by stream. */
  shared: SharedContexts
  /** All messages so far: the one at `seq - 1` has that number. */
  readonly messages: KeptMessage[]
  /** The run's claim sets in the table of the scope. */
  claimSets: readonly ClaimSet[]
  /**
   * Index into `useSets` by task, -1 for none: what the plan says, and one unit of the limiter of the task's handler where
   * the host limits that.
   */
  useSet: Int32Array
  useSets: readonly UseSet[]
  /** The limiters of `useSets`. */
  limiters: ReadonlySet<Limiter>
  /** All and only ready tasks with claims or uses. */
  readonly waiters: Map<TaskIndex, Waiter>
  /** All and only ready tasks whose place is `queued`. */
  ready: ReadyQueue
  /** The task that was looked up last: events come in pairs. Not a fact. */
  cursor: TaskIndex
  /** For each need of the plan, the workers that can serve it and are not draining, least flexible first. */
  needWorkers: readonly (readonly Worker[])[]
}

/** What is kept of a closed run: enough to list it, and to find its history. */
export interface ClosedRun {
  /** That of its plan. */
  readonly name: string
  readonly openedAt: EpochMs
  readonly openedAfter: Revision
  readonly closedAt: EpochMs
  readonly verdict: Verdict
}

/** The host that was elected last. */
export interface Leader {
  readonly host: HostId
  readonly epoch: number
  /** How long it is believed without a sign of life; 0: it has resigned. */
  readonly leaseMs: DurationMs
  /** Its process, where that is known. */
  readonly process?: string
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
  /** Null: no host was elected yet, or none needs to be. */
  leader: Leader | null
  /** All and only open runs. */
  readonly runs: Map<RunId, RunState>
  /** All and only runs that are closed, in the order of their ends: an id is used once. */
  readonly closedRuns: Map<RunId, ClosedRun>
  /** All runs that were opened under a key, open and closed, by that key. */
  readonly runKeys: Map<string, RunId>
  /** Closed runs that the host has not let go of: it clears this when it has told everybody. Not a fact. */
  readonly ended: Map<RunId, RunState>
  /** All and only workers that have joined and not left. */
  readonly workers: Map<WorkerId, Worker>
  /** All and only live and closing attempts. */
  readonly attempts: SmallMap<Fence, Attempt>
  /** All and only attempts told to stop that are not known to have stopped. */
  readonly closing: Map<Fence, Attempt>
  /**
   * All and only live attempts that have asked to integrate, and closing ones that were allowed to, in the order of asking.
   */
  readonly integrations: SmallMap<Fence, Attempt>
  /** Holds exactly the claims of live and closing attempts; its waiters are those of the runs. */
  readonly claims: ClaimTable<Attempt, Waiter>
  /** All limiters that the host gave, that an open run declares or uses, or whose last minute still counts. */
  readonly limiters: Map<string, Limiter>
  /** Those of them that nobody may need any more: looked at when a run is opened or closed. Not a fact. */
  readonly fading: Set<Limiter>
  /** The first result of each idempotency key, for good. */
  readonly keyed: Map<string, KeyedResult>
  /** All waiters whose `parkedAt` is not null, by what they are parked on. */
  readonly parked: Map<PatternId | Limiter, ParkedLine[]>
  /** Every moment at which something may be due, and some at which nothing is any more. */
  readonly deadlines: Deadlines
  /** The time of the decision under way. Not a fact. */
  now: EpochMs
  /** Counts how often workers have asked for attempts. Not a fact. */
  offered: number
}

/** A result that is known by its key. */
export interface KeyedResult {
  readonly run: RunId
  readonly task: TaskId
  readonly result: JsonValue
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
