/** Whether the limiters of the core are as the history says: what holds, who has it, the last minute, and the breaker. */
import { RATE_WINDOW_MS } from '../core/limit.js'
import type { Limiter } from '../core/state.js'
import type { LimiterPast } from './history-uses.js'
import type { Machine } from './machine-state.js'

/** To be asked after a decision at `at`. @throws Error where a limiter is not what events have made of it. */
export function checkLimitersAgree({ state, history }: Machine, at: number): void {
  for (const limiter of state.limiters.values()) {
    const ours = factsOf(limiter, at)
    const theirs = history.limiter(limiter.name, at)
    if (areEqual(ours, theirs)) continue
    const what = `${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`
    throw new Error(`Limiter "${limiter.name}" is not what happened to it: ${what}.`)
  }
}

function factsOf({ limit, holders, starts, openUntil, probe }: Limiter, at: number): LimiterPast {
  const { capacity, perMinute } = limit
  const held: number[] = []
  for (const { fence } of holders.keys()) held.push(fence)
  held.sort((a, b) => a - b)
  let recent = 0
  for (const start of starts) if (start > at - RATE_WINDOW_MS) recent += 1
  return { capacity, perMinute, held, recent, openUntil, probe: probe?.fence ?? null }
}

/** Written out, as it is asked after each decision for each limiter. */
function areEqual(one: LimiterPast, other: LimiterPast): boolean {
  return (
    one.capacity === other.capacity &&
    one.perMinute === other.perMinute &&
    one.recent === other.recent &&
    one.openUntil === other.openUntil &&
    one.probe === other.probe &&
    one.held.length === other.held.length &&
    one.held.every((fence, place) => fence === other.held[place])
  )
}
