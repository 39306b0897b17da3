/** From the events of a run to what it was like. */
import type { PoolId, RunEvent } from './core/types.js'
import { type Past, type PastOptions, pastOf } from './past.js'
import type { History } from './reporters/summary/history.js'
import { longestWaits } from './reporters/summary/waits.js'
import type { PoolUse, Summary } from './reporters/summary.js'

export interface SummarizeOptions extends PastOptions {
  /** How many waits are listed. Default 5. */
  readonly longestWaits?: number
}

const DEFAULT_LONGEST_WAITS = 5

/**
 * What a run was like, from its events alone: `run.events()` collected, or a stored journal. They must begin with the
 * run's opening, which holds its plan. O(plan + events), and for each wait that is listed once more the attempts.
 *
 * @throws SchedulerError JOURNAL_INVALID when there is no opening, or its plan cannot be read.
 * @example
 * const events: RunEvent[] = []
 * for await (const event of run.events()) events.push(event)
 * console.log(formatSummary(summarize(events)))
 */
export function summarize(events: Iterable<RunEvent>, options: SummarizeOptions = {}): Summary {
  return summaryOf(pastOf(events, options), options)
}

/** `summarize`, where the past has been read already. */
export function summaryOf({ run, plan, history, conflictOf }: Past, options: SummarizeOptions = {}): Summary {
  const { verdict, tasks, retries, failures, until, openedAt, holds } = history
  return {
    run,
    name: plan.name,
    verdict,
    makespanMs: until - openedAt,
    tasks,
    attempts: holds.length,
    retries,
    pools: poolsOf(history),
    waits: longestWaits(history, plan, conflictOf, options.longestWaits ?? DEFAULT_LONGEST_WAITS),
    failures,
  }
}

function poolsOf({ workers, holds, openedAt, until }: History): readonly PoolUse[] {
  const pools = new Map<PoolId, { slots: number; attempts: number; busyMs: number }>()
  const useOf = (pool: PoolId): { slots: number; attempts: number; busyMs: number } => {
    const use = pools.get(pool) ?? { slots: 0, attempts: 0, busyMs: 0 }
    pools.set(pool, use)
    return use
  }
  for (const { pool, slots } of workers.values()) useOf(pool).slots += slots
  for (const { worker, from, to } of holds) {
    const use = useOf(workers.get(worker)!.pool)
    use.attempts += 1
    use.busyMs += to - from
  }
  return [...pools].map(([pool, { slots, attempts, busyMs }]) => {
    const offered = slots * (until - openedAt)
    return { pool, slots, attempts, busyMs, busyShare: offered === 0 ? 0 : busyMs / offered }
  })
}
