/** A scope and a run as they are before anything happened. */
import { createClaimTable } from '../claims/table.js'
import { createDeadlines } from './deadlines.js'
import { NOTHING_SHARED } from './handed-over.js'
import { isHeldBack, wakeAll, wakeLimiter, wakeParked } from './parking.js'
import { createReadyQueue } from './ready-queue.js'
import { createSmallMap } from './small-map.js'
import type { Attempt, RunState, ScopeState, Waiter } from './state.js'
import { BYPASS_LIMIT, STATUS, STATUS_NAMES } from './state.js'
import type { CompiledPlan, RunEventMap } from './types.js'

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
    leader: null,
    runs: new Map(),
    closedRuns: new Map(),
    runKeys: new Map(),
    ended: new Map(),
    workers: new Map(),
    attempts: createSmallMap(),
    closing: new Map(),
    integrations: createSmallMap(),
    claims: createClaimTable<Attempt, Waiter>({
      bypassLimit,
      isHeldBack,
      onFree: (pattern) => wakeParked(state, pattern),
      onGone: (pattern) => wakeAll(state, pattern),
      onUnreserved({ uses }) {
        for (const { limiter } of uses) wakeLimiter(state, limiter)
      },
    }),
    limiters: new Map(),
    fading: new Set(),
    keyed: new Map(),
    parked: new Map(),
    deadlines: createDeadlines(),
    now: 0,
    offered: 0,
  }
  return state
}

/** A run as it is before anything happened: every task waits, and nothing is ready. */
export function createRun(state: ScopeState, opened: RunEventMap['run.opened'], plan: CompiledPlan): RunState {
  const { run: id, at: openedAt, idempotencyKey = null } = opened
  const nodes = plan.taskCount + plan.points.length
  const counts = new Int32Array(STATUS_NAMES.length)
  counts[STATUS.waiting] = plan.taskCount
  return {
    id,
    plan,
    openedAt,
    // Its opening has been counted.
    openedAfter: state.revision - 1,
    idempotencyKey,
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
    retries: new Map(),
    generations: new Map(),
    unneeded: new Set(),
    shortfall: 0,
    doomed: new Map(),
    reusable: new Set(),
    counts,
    closing: 0,
    paused: null,
    resumedAt: openedAt,
    drainedBy: null,
    cancelled: null,
    closed: null,
    shared: NOTHING_SHARED,
    messages: [],
    claimSets: plan.claimSets.map((set) => state.claims.intern(set)),
    // What it uses of the scope is wired by `openUses`.
    useSet: plan.useSet,
    useSets: [],
    limiters: new Set(),
    waiters: new Map(),
    ready: createReadyQueue(plan),
    cursor: 0,
    needWorkers: plan.needs.map(() => []),
  }
}
