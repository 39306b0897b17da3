/** A scope and a run as they are before anything happened. */
import { createClaimTable } from '../claims/table.js'
import { createDeadlines } from './deadlines.js'
import { wakeAll, wakeParked } from './parking.js'
import { createReadyQueue } from './ready-queue.js'
import { createSmallMap } from './small-map.js'
import type { Attempt, RunState, ScopeState, Waiter } from './state.js'
import { BYPASS_LIMIT, STATUS, STATUS_NAMES } from './state.js'
import type { CompiledPlan, EpochMs, RunId } from './types.js'

/**
 * The state of a scope before anything happened.
 *
 * @param bypassLimit - How often a waiting task is passed before its claims are reserved. A journal must be folded with the
 * limit it was written with.
 */
export function createState(bypassLimit: number = BYPASS_LIMIT): ScopeState {
  const state: ScopeState = {
    revision: 0,
    fence: 0,
    clock: 0,
    readySeq: 0,
    runs: new Map(),
    closedRuns: new Set(),
    ended: new Map(),
    workers: new Map(),
    attempts: createSmallMap(),
    closing: new Map(),
    claims: createClaimTable<Attempt, Waiter>({
      bypassLimit,
      isHeldBack: ({ run, task }) => run.paused !== null || run.needWorkers[run.plan.need[task]!]!.length === 0,
      onFree: (pattern) => wakeParked(state, pattern),
      onGone: (pattern) => wakeAll(state, pattern),
    }),
    parked: new Map(),
    deadlines: createDeadlines(),
  }
  return state
}

/** A run as it is before anything happened: every task waits, and nothing is ready. */
export function createRun(state: ScopeState, id: RunId, plan: CompiledPlan, openedAt: EpochMs): RunState {
  const nodes = plan.taskCount + plan.points.length
  const counts = new Int32Array(STATUS_NAMES.length)
  counts[STATUS.waiting] = plan.taskCount
  return {
    id,
    plan,
    openedAt,
    status: new Uint8Array(nodes),
    remaining: plan.dependencyCount.slice(),
    spare: Int32Array.from(plan.points, ({ spare }) => spare),
    harmed: new Uint8Array(plan.points.length),
    notBefore: new Map(),
    attempts: new Int32Array(plan.taskCount),
    readyAt: new Float64Array(plan.taskCount).fill(Number.NaN),
    startedAt: new Float64Array(plan.taskCount).fill(Number.NaN),
    endedAt: new Float64Array(plan.taskCount).fill(Number.NaN),
    place: new Uint8Array(plan.taskCount),
    live: createSmallMap(),
    lost: new Map(),
    unverified: new Map(),
    results: new Map(),
    failures: new Map(),
    skips: new Map(),
    cancels: new Map(),
    scheduledAt: new Map(),
    unneeded: new Set(),
    shortfall: 0,
    doomed: new Map(),
    counts,
    closing: 0,
    paused: null,
    resumedAt: openedAt,
    drainedBy: null,
    cancelled: null,
    closed: null,
    claimSets: plan.claimSets.map((set) => state.claims.intern(set)),
    waiters: new Map(),
    ready: createReadyQueue(plan),
    cursor: 0,
    needWorkers: plan.needs.map(() => []),
  }
}
