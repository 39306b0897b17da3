/** What an attempt asks to hold beside what its plan says: read with distrust, and taken when the event is there. */
import { overlap } from '../claims/overlap.js'
import { type Pattern, parsePattern } from '../claims/pattern.js'
import type { ClaimSetSpec } from '../claims/table.js'
import type { Attempt, ScopeState } from './state.js'
import type { RunEventMap } from './types.js'

/** Patterns that one attempt may claim while it runs, in all. */
export const MOST_CLAIMED_PATTERNS = 64

/** Why patterns cannot be claimed, whoever holds what. */
export interface ClaimProblem {
  readonly code: 'CLAIM_INVALID' | 'CLAIM_FORBIDDEN'
  readonly path: string
  readonly message: string
  readonly hint: string
}

/** The patterns of a claim that the attempt does not hold yet, or what is wrong with it. The lists may be anything. */
export function readClaim(
  state: ScopeState,
  attempt: Attempt,
  asked: { readonly write: unknown; readonly read: unknown },
): ClaimSetSpec | ClaimProblem {
  const write = readPatterns(asked.write)
  if ('code' in write) return write
  const read = readPatterns(asked.read)
  if ('code' in read) return read
  const forbidden = findGuarded(attempt, write, 'write') ?? findGuarded(attempt, read, 'read')
  if (forbidden !== null) return forbidden
  const held = heldTexts(state, attempt)
  const mine = write.filter(({ text }) => !held.write.has(text))
  for (const { text } of write) held.write.add(text)
  const theirs = read.filter(({ text }) => !held.write.has(text) && !held.read.has(text))
  const before = (attempt.extensions ?? []).reduce((sum, set) => sum + set.write.length + set.read.length, 0)
  if (before + mine.length + theirs.length > MOST_CLAIMED_PATTERNS) return tooMany([...mine, ...theirs][0]!.text)
  return { write: mine, read: theirs, integrate: [], advisory: [] }
}

/** Takes what an event says was granted. */
export function extendClaims(state: ScopeState, attempt: Attempt, event: RunEventMap['claim.extended']): void {
  const { claims } = state
  const { write, read, at } = event
  const set = claims.intern({ write: write.map(stored), read: read.map(stored), integrate: [], advisory: [] })
  claims.extend(attempt, set, at)
  attempt.extensions ??= []
  attempt.extensions.push(set)
  attempt.beatAt = at
}

/** Different patterns, in their order. */
function readPatterns(texts: unknown): readonly Pattern[] | ClaimProblem {
  if (!Array.isArray(texts)) return invalid('', 'A claim has lists of path patterns, "write" and "read".')
  if (texts.length > MOST_CLAIMED_PATTERNS) return tooMany(String(texts[0]).slice(0, 512))
  const patterns = new Map<string, Pattern>()
  for (const text of texts as readonly unknown[]) {
    if (typeof text !== 'string') return invalid('', 'A path pattern is a text.')
    const pattern = parsePattern(text)
    if (!pattern.ok) return invalid(text.slice(0, 512), pattern.message, pattern.hint)
    patterns.set(pattern.text, pattern)
  }
  return [...patterns.values()]
}

/** What the plan protects, or another stream owns. O(patterns owned and protected). */
function findGuarded({ run, task }: Attempt, asked: readonly Pattern[], mode: 'write' | 'read'): ClaimProblem | null {
  const { guarded, streamOf, streamIds } = run.plan
  for (const { pattern, stream } of guarded) {
    if (stream !== null && (mode === 'read' || stream === streamOf[task])) continue
    for (const mine of asked) {
      const path = overlap(mine, pattern)
      if (path === null) continue
      const whose = stream === null ? 'is protected' : `belongs to stream "${streamIds[stream]!}"`
      const message = `"${mine.text}" cannot be claimed: "${pattern.text}" ${whose} (both cover "${path}").`
      return { code: 'CLAIM_FORBIDDEN', path, message, hint: 'Claim less, or leave the work to whoever may do it.' }
    }
  }
  return null
}

function heldTexts({ claims }: ScopeState, attempt: Attempt): { write: Set<string>; read: Set<string> } {
  const held = claims.held.get(attempt)
  const texts = (ids: readonly number[] = []): Set<string> => new Set(ids.map((id) => claims.index.pattern(id).text))
  return { write: texts(held?.write), read: texts(held?.read) }
}

function invalid(path: string, message: string, hint = 'See the docs of path patterns.'): ClaimProblem {
  return { code: 'CLAIM_INVALID', path, message, hint }
}

function tooMany(path: string): ClaimProblem {
  const message = `An attempt claims at most ${MOST_CLAIMED_PATTERNS} patterns while it runs.`
  return invalid(path, message, 'Claim folders in place of files, or say it in the plan.')
}

function stored(text: string): Pattern {
  const pattern = parsePattern(text)
  if (pattern.ok) return pattern
  throw new Error(`The journal has a claim on "${text}", which is no pattern.`)
}
