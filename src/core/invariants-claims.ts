/** The sentences about claims made while attempts run: what they hold by now, and who integrates or waits for it (S2, S12). */
import type { ClaimSet } from '../claims/table.js'
import { conflicts, exclude } from './conflict-oracle.js'
import { integratePatterns, waitsToIntegrate } from './integration.js'
import type { Attempt, ScopeState } from './state.js'
import type { ClaimSetSpec, CompiledPlan } from './types.js'
import { broken, brokenBy } from './violation.js'

const NOTHING: ClaimSetSpec = { write: [], read: [], integrate: [], advisory: [] }

/** All that an attempt holds, as patterns. */
function holdingsOf({ claims }: ScopeState, { run, task, extensions }: Attempt): ClaimSetSpec {
  const { plan } = run
  const planned = plan.claimSet[task] === -1 ? NOTHING : plan.claimSets[plan.claimSet[task]!]!
  const more = (mode: 'write' | 'read') =>
    (extensions ?? []).flatMap((set) => set[mode].map((id) => claims.index.pattern(id)))
  return { ...planned, write: [...planned.write, ...more('write')], read: [...planned.read, ...more('read')] }
}

/** Whether two attempts hold what excludes each other. */
export function attemptsConflict(state: ScopeState, a: Attempt, b: Attempt): boolean {
  if (a.extensions !== null || b.extensions !== null) return exclude(holdingsOf(state, a), holdingsOf(state, b))
  return conflicts(a.run.plan, a.run.plan.claimSet[a.task]!, b.run.plan, b.run.plan.claimSet[b.task]!)
}

/** Whether what an attempt holds excludes a claim set of a plan. */
export function attemptConflicts(state: ScopeState, attempt: Attempt, plan: CompiledPlan, claimSet: number): boolean {
  const { run, task, extensions } = attempt
  if (extensions !== null) return exclude(holdingsOf(state, attempt), plan.claimSets[claimSet]!)
  return conflicts(plan, claimSet, run.plan, run.plan.claimSet[task]!)
}

/** The table holds the claims of all and only these attempts (S12). */
export function checkHeld(state: ScopeState, attempts: readonly Attempt[]): void {
  const { held } = state.claims
  let holders = 0
  for (const attempt of attempts) {
    const { run, task, extensions } = attempt
    const claimSet = run.plan.claimSet[task]!
    if (claimSet === -1 && extensions === null) continue
    holders += 1
    const sets = [...(claimSet === -1 ? [] : [run.claimSets[claimSet]!]), ...(extensions ?? [])]
    const set = held.get(attempt)
    const isRight = sets.length === 1 ? set === sets[0] : set !== undefined && isJoined(set, sets)
    if (!isRight) brokenBy('The claims of a live or closing attempt are held, all of them (S2)', attempt)
  }
  if (held.size === holders) return
  for (const holder of held.keys()) {
    if (!attempts.includes(holder)) brokenBy('Claims are held by live and closing attempts only (S12)', holder)
  }
}

function isJoined(set: ClaimSet, sets: readonly ClaimSet[]): boolean {
  return (['write', 'read', 'integrate', 'advisory'] as const).every(
    (kind) => set[kind].join() === sets.flatMap((each) => each[kind]).join(),
  )
}

/** Who has asked to integrate, in the order of asking; those who do hold nothing in common, the others wait for one of them. */
export function checkIntegrations(state: ScopeState, attempts: readonly Attempt[]): void {
  const asked = attempts.filter((attempt) => isListed(attempt))
  if (asked.length !== state.integrations.size) broken('"integrations" has all and only attempts that asked')
  const before: Attempt[] = []
  for (const [fence, attempt] of state.integrations) {
    const { integration } = attempt
    if (fence !== attempt.fence || integration === null || !asked.includes(attempt)) {
      return brokenBy('"integrations" has attempts that asked to integrate and have not ended', attempt)
    }
    if (integratePatterns(attempt).length === 0) brokenBy('Whoever integrates has integrate claims', attempt)
    if (integration.askedAt < (before.at(-1)?.integration?.askedAt ?? 0)) {
      brokenBy('"integrations" is in the order of asking', attempt)
    }
    const inTheWay = before.some((other) => integrateTheSame(attempt, other))
    if (inTheWay !== waitsToIntegrate(attempt)) {
      brokenBy('Whoever asked to integrate waits as long as one before it meets it, and no longer (S2, L2)', attempt)
    }
    before.push(attempt)
  }
}

function isListed(attempt: Attempt): boolean {
  return attempt.integration !== null && (attempt.closing === null || !waitsToIntegrate(attempt))
}

/** Whether what both integrate meets: as if the one would write it. */
function integrateTheSame(a: Attempt, b: Attempt): boolean {
  const [mine, other] = [a, b].map(({ run, task }) => run.plan.claimSets[run.plan.claimSet[task]!]!.integrate)
  return exclude({ ...NOTHING, write: mine! }, { ...NOTHING, integrate: other! })
}
