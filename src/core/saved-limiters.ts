/** The limiters of a scope as JSON: part of `saved-state.ts`. What they allow and how much is held in all is derived. */
import type { Ask, Limit } from './limit.js'
import { createLimiter, hold, renewLimit } from './limiters.js'
import type { Attempt, Limiter, RunState, ScopeState } from './state.js'
import type { EpochMs, Fence } from './types.js'
import { wire } from './uses.js'

export interface SavedLimiter {
  readonly name: string
  readonly host: Limit | null
  readonly holders: readonly (readonly [Fence, Ask])[]
  readonly starts: readonly EpochMs[]
  readonly firstStart: number
  readonly failures: readonly EpochMs[]
  readonly openUntil: EpochMs | null
  readonly probe: Fence | null
  readonly armedFor: EpochMs | null
  readonly isFading: boolean
}

export function encodeLimiters({ limiters, fading }: ScopeState): readonly SavedLimiter[] {
  return [...limiters.values()].map((limiter) => {
    const { name, host, firstStart, failures, openUntil, armedFor } = limiter
    return {
      name,
      host,
      holders: [...limiter.holders].map(([{ fence }, ask]) => [fence, ask] as const),
      starts: [...limiter.starts],
      firstStart,
      failures,
      openUntil,
      probe: limiter.probe?.fence ?? null,
      armedFor,
      isFading: fading.has(limiter),
    }
  })
}

/** Puts them into a state that has none, before any run. */
export function decodeLimiters(state: ScopeState, saved: readonly SavedLimiter[]): void {
  for (const { name, host, isFading } of saved) {
    const limiter: Limiter = createLimiter(name)
    limiter.host = host
    state.limiters.set(name, limiter)
    if (isFading) state.fading.add(limiter)
  }
}

/** A run finds its limiters: to be called for each in the order of their openings. */
export function declareLimits(state: ScopeState, run: RunState): void {
  for (const [name, limit] of run.plan.resources) state.limiters.get(name)!.declared.push({ by: run, limit })
  wire(state, run)
}

/** What attempts have made of the limiters, once all of these are there. */
export function decodeHolders(state: ScopeState, saved: readonly SavedLimiter[]): void {
  const attemptOf = (fence: Fence): Attempt => state.attempts.get(fence)!
  for (const { name, holders, starts, firstStart, failures, openUntil, probe, armedFor } of saved) {
    const limiter = state.limiters.get(name)!
    renewLimit(limiter)
    for (const [fence, ask] of holders) hold(limiter, attemptOf(fence), ask)
    Object.assign(limiter, { starts: [...starts], firstStart, failures, openUntil, armedFor })
    limiter.probe = probe === null ? null : attemptOf(probe)
  }
}
