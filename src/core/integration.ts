/**
 * Who integrates, and who waits for it: the bookkeeping of integrate claims, in the order of asking.
 *
 * From the start of an attempt its integrate claims exclude the writes and reads of others, and not their integrate claims
 * (see `claims/table.ts`). So whoever integrates waits for nothing more, and whoever waits for it waits for such a one, or
 * for one that asked before: no circle is possible, and nobody is passed.
 */
import type { PatternId } from '../claims/table.js'
import type { Attempt, ScopeState } from './state.js'
import type { EpochMs } from './types.js'

/** The patterns an attempt takes when it integrates; none for most. */
export function integratePatterns({ run, task }: Attempt): readonly PatternId[] {
  const set = run.plan.claimSet[task]!
  return set === -1 ? NONE : run.claimSets[set]!.integrate
}

const NONE: readonly PatternId[] = []

export function askToIntegrate(state: ScopeState, attempt: Attempt, at: EpochMs): void {
  attempt.integration = { askedAt: at, grantedAt: null }
  state.integrations.set(attempt.fence, attempt)
  // Whoever asks is alive and gets on.
  attempt.beatAt = at
  attempt.progressAt = at
}

/** Grants what was asked for; the clock of `stall`, which stood still, begins anew. */
export function grantIntegration(state: ScopeState, attempt: Attempt, at: EpochMs): void {
  const { run, task, fence, integration } = attempt
  if (integration === null) throw new Error(`The journal speaks of an integration nobody asked for, by ${fence}.`)
  integration.grantedAt = at
  const { stallMs } = run.plan.policies[run.plan.policy[task]!]!
  if (stallMs !== null) state.deadlines.add({ at: at + stallMs, kind: 'stall', run: run.id, task, fence })
}

/** Whether the attempt has asked to integrate and may not yet. */
export function waitsToIntegrate({ integration }: Attempt): boolean {
  return integration !== null && integration.grantedAt === null
}

/** Those that may integrate now: nobody who asked before, and has not ended, meets them. O(patterns of all who asked). */
export function nextToIntegrate({ integrations, claims }: ScopeState): readonly Attempt[] {
  const next: Attempt[] = []
  const taken = new Set<PatternId>()
  for (const attempt of integrations.values()) {
    const patterns = integratePatterns(attempt)
    if (waitsToIntegrate(attempt) && !patterns.some((pattern) => taken.has(pattern))) next.push(attempt)
    for (const pattern of patterns) for (const other of claims.index.neighbours(pattern)) taken.add(other)
  }
  return next
}

/** Who is before `attempt`: those that asked earlier and meet it, in their order, each with the first of its patterns that does. */
export function aheadOf(
  { integrations, claims }: ScopeState,
  attempt: Attempt,
): readonly { readonly attempt: Attempt; readonly path: string }[] {
  const ahead: { attempt: Attempt; path: string }[] = []
  const met = new Set(integratePatterns(attempt).flatMap((pattern) => claims.index.neighbours(pattern)))
  for (const other of integrations.values()) {
    if (other === attempt) break
    const pattern = integratePatterns(other).find((each) => met.has(each))
    if (pattern !== undefined) ahead.push({ attempt: other, path: claims.index.pattern(pattern).text })
  }
  return ahead
}
