/** What attempts ask about claims while they run: to integrate (which waits its turn), and for more (answered at once). */
import { overlap } from '../claims/overlap.js'
import type { ClaimSet, ClaimSetSpec, Obstacle } from '../claims/table.js'
import { readClaim } from './extension.js'
import { integratePatterns, nextToIntegrate } from './integration.js'
import { type Draft, headOf, record, reject } from './record.js'
import type { Attempt } from './state.js'
import { attemptId, type Input, type Rejection } from './types.js'

/** An attempt asks to integrate. Asking again changes nothing: it waits, or has been told. */
export function integrate(draft: Draft, attempt: Attempt): void {
  if (attempt.integration !== null) return
  if (integratePatterns(attempt).length > 0) {
    return record(draft, { type: 'integration.asked', ...headOf(draft, attempt) })
  }
  const message = `Task "${headOf(draft, attempt).task}" has no integrate claims.`
  reject(draft, 'NOTHING_TO_INTEGRATE', message, 'Name what it integrates in "claims.integrate"; else it need not ask.')
}

/** Lets those integrate whose turn it is. */
export function grantIntegrations(draft: Draft): void {
  if (draft.state.integrations.size === 0) return
  for (const attempt of nextToIntegrate(draft.state)) {
    record(draft, { type: 'integration.granted', ...headOf(draft, attempt) })
  }
}

/**
 * An attempt asks for more paths: granted or refused at once, never queued, so that nobody waits while it holds something.
 * What it holds already needs no event.
 */
export function claim(draft: Draft, attempt: Attempt, input: Extract<Input, { readonly type: 'claim' }>): void {
  const { claims } = draft.state
  const asked = readClaim(draft.state, attempt, input)
  if ('code' in asked) return refuse(draft, asked.code, asked.message, asked.hint, { path: asked.path, heldBy: null })
  if (asked.write.length + asked.read.length === 0) return
  // Only to see what it meets: what was recorded takes the patterns again.
  const set = claims.intern(asked)
  const obstacle = claims.obstacle(attempt, set)
  const answer = obstacle === null ? null : describe(draft, asked, set, obstacle)
  claims.forget(set)
  if (answer !== null) return refuse(draft, 'CLAIM_HELD', answer.message, HINT, answer.refused)
  const texts = (patterns: ClaimSetSpec['write']): readonly string[] => patterns.map(({ text }) => text)
  const { write, read } = asked
  record(draft, { type: 'claim.extended', ...headOf(draft, attempt), write: texts(write), read: texts(read) })
}

const HINT = 'A claim is never queued: go on without it and ask again later, or fail and let the plan claim it.'

type Refused = NonNullable<Rejection['refused']>

function describe(
  { state }: Draft,
  { write, read }: ClaimSetSpec,
  set: ClaimSet,
  { pattern, holder }: Obstacle<Attempt>,
): { readonly message: string; readonly refused: Refused } {
  const theirs = state.claims.index.pattern(pattern)
  const meets = (ids: readonly number[]): number =>
    ids.findIndex((id) => state.claims.index.neighbours(id).includes(pattern))
  const mine = write[meets(set.write)] ?? read[meets(set.read)]!
  const path = overlap(mine, theirs)!
  const by = holder ?? state.claims.reservation()!
  const task = by.run.plan.taskIds[by.task]!
  const heldBy = holder === null ? null : attemptId(by.run.id, task, holder.number)
  const how = heldBy === null ? `is reserved for "${by.run.id}/${task}"` : `is held by "${heldBy}"`
  return { message: `"${mine.text}" cannot be claimed: "${theirs.text}" ${how}.`, refused: { path, heldBy } }
}

function refuse(draft: Draft, code: Rejection['code'], message: string, hint: string, refused: Refused): void {
  draft.rejection = { code, message, hint, refused }
}
