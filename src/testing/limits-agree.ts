/** Whether the limiters of the core are as the history says: what holds, who has it, the last minute, and the breaker. */
import { RATE_WINDOW_MS } from '../core/limit.js'
import type { Limiter } from '../core/state.js'
import type { LimiterPast } from './history-uses.js'
import type { Machine } from './machine-state.js'

/** To be asked after a decision at `at`. @throws Error where a limiter is not what events have made of it. */
export function checkLimitersAgree({ state, history }: Machine, at: number): void {
  for (const limiter of state.limiters.values()) {
    const ours = JSON.stringify(factsOf(limiter, at))
    const theirs = JSON.stringify(history.limiter(limiter.name, at))
    if (ours !== theirs)
      throw new Error(`Limiter "${limiter.name}" is not what happened to it: ${ours}, not ${theirs}.`)
  }
}

function factsOf({ limit, holders, starts, openUntil, probe }: Limiter, at: number): LimiterPast {
  const { capacity, perMinute } = limit
  const held = [...holders].map(([{ fence }]) => fence).sort((a, b) => a - b)
  const recent = starts.filter((start) => start > at - RATE_WINDOW_MS).length
  return { capacity, perMinute, held, recent, openUntil, probe: probe?.fence ?? null }
}
