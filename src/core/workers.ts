/** Which workers can serve which needs, and which of them to take: the least flexible free one. */
import type { Attempt, RunState, ScopeState, Worker } from './state.js'
import type { DurationMs, EpochMs, Need } from './types.js'

/** The capability of a worker that can do whatever is required. */
export const ANYTHING = '*'

export function canServe(worker: Worker, need: Need): boolean {
  if (need.pool !== null && need.pool !== worker.pool) return false
  if (worker.capabilities.has(ANYTHING)) return true
  return need.requires.every((capability) => worker.capabilities.has(capability))
}

/**
 * Finds anew who can serve whom, after a worker or a run came or went, and lets those look again who stand behind a
 * reservation, which rests while nobody can serve its owner. O(needs × workers).
 */
export function refreshWorkers(state: ScopeState): void {
  const served = new Map<Worker, number>()
  const runs = [...state.runs.values()]
  for (const worker of state.workers.values()) {
    if (worker.isDraining) continue
    const needs = runs.reduce((sum, run) => sum + run.plan.needs.filter((need) => canServe(worker, need)).length, 0)
    served.set(worker, needs)
  }
  const leastFlexible = [...served.keys()].sort(
    (a, b) => served.get(a)! - served.get(b)! || a.capabilities.size - b.capabilities.size || (a.id < b.id ? -1 : 1),
  )
  for (const run of runs) {
    run.needWorkers = run.plan.needs.map((need) => leastFlexible.filter((worker) => canServe(worker, need)))
  }
  state.claims.refresh()
}

/** Slots that a worker can still fill. */
export function room({ freeSlots, excess }: Worker): number {
  return Math.max(0, freeSlots.length - excess)
}

/** Whether a worker can be given an attempt now. */
export function isFree({ freeSlots, excess, leaseMs, offers, restsUntil }: Worker, now: EpochMs): boolean {
  return (
    freeSlots.length > excess && (leaseMs === null || offers.length > 0) && (restsUntil === null || restsUntil <= now)
  )
}

/**
 * The worker to take for a need, null if all that could serve it are busy, or there is none: the least flexible one that the
 * host gives work, else of those that ask for work the one that has waited longest. O(workers that can serve it).
 */
export function freeWorker(run: RunState, need: number, now: EpochMs): Worker | null {
  let waiting: Worker | null = null
  for (const worker of run.needWorkers[need]!) {
    if (!isFree(worker, now)) continue
    if (worker.leaseMs === null) return worker
    if (waiting === null || worker.offers[0]! < waiting.offers[0]!) waiting = worker
  }
  return waiting
}

/** How long an attempt is believed without a sign of life; null: as long as its worker is there. */
export function leaseOf({ run, task, worker }: Attempt): DurationMs | null {
  return run.plan.policies[run.plan.policy[task]!]!.heartbeatMs ?? worker.leaseMs
}
