/** Paths that belong to one stream, and paths that nobody may touch. */
import { matches } from '../claims/match.js'
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import type { GuardedPattern } from '../core/types.js'
import type { ClaimSets, PatternNumber } from './claim-sets.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, taskPointer } from './layout.js'
import { quote } from './text.js'
import type { Stream, Task } from './types.js'

/** A pattern that is in the way of others. */
interface Reserved {
  readonly pattern: PatternNumber
  /** Who owns it; `PROTECTED`: nobody may touch it. */
  readonly stream: number
}

/** No stream, and not the -1 of a task that belongs to none. */
const PROTECTED = -2

/** Somebody who claims. */
interface Claimant {
  /** `Stream "a" owns` or `Task "a/b" claims`. */
  readonly who: string
  /** Pointer of the list of patterns. */
  readonly at: string
  readonly texts: readonly string[]
  /** Whether a reserved pattern is in its way. */
  readonly mindsOf: (reserved: Reserved) => boolean
}

/**
 * Reports claims on protected paths, writes on paths that another stream owns, and paths that two streams own: each
 * claim with each pattern in its way. Linear in the claims and in the meetings of patterns.
 */
export function reportForeignClaims(layout: Layout, claims: ClaimSets, reporter: Reporter): void {
  const reserved = reservedByPattern(claims)
  if (reserved.size === 0) return
  const { tasks, taskIds, streams, streamOf, origin } = layout
  const report = (claimant: Claimant): void => reportClaimant(claimant, reserved, layout, claims, reporter)
  for (const [stream, { id, owns = [] }] of streams.entries()) {
    const mindsOf = (by: Reserved): boolean => by.stream < stream
    report({ who: `Stream ${quote(id)} owns`, at: `${origin.stream(stream)}/owns`, texts: owns, mindsOf })
  }
  for (let task = 0; task < tasks.length; task++) {
    // What a task claims because its stream owns it is reported with the stream.
    const { write = [], read = [], integrate = [] } = (tasks[task] as Task).claims ?? {}
    if (write.length + read.length + integrate.length === 0) continue
    const who = `Task ${quote(taskIds[task] as string)} claims`
    const at = `${taskPointer(layout, task)}/claims`
    report({ who, at: `${at}/write`, texts: write, mindsOf: (by) => by.stream !== streamOf[task] })
    report({ who, at: `${at}/integrate`, texts: integrate, mindsOf: (by) => by.stream !== streamOf[task] })
    report({ who, at: `${at}/read`, texts: read, mindsOf: (by) => by.stream === PROTECTED })
  }
}

function reportClaimant(
  { who, at, texts, mindsOf }: Claimant,
  reserved: ReadonlyMap<PatternNumber, readonly Reserved[]>,
  { streams }: Layout,
  { index, numberOf }: ClaimSets,
  reporter: Reporter,
): void {
  for (const [position, text] of texts.entries()) {
    const number = numberOf(text)
    const inTheWay = number === null ? [] : (reserved.get(number) ?? []).filter(mindsOf)
    for (const by of inTheWay) {
      const mine = index.pattern(number as PatternNumber)
      const theirs = index.pattern(by.pattern)
      if (meetBelowFile(mine, theirs)) continue
      const both = `(both cover ${quote(overlap(mine, theirs) as string)})`
      const owner = streams[by.stream] as Stream | undefined
      if (owner === undefined) {
        const message = `${who} ${quote(mine.text)}, but ${quote(theirs.text)} is protected ${both}.`
        reporter.error('PROTECTED_PATH', `${at}/${position}`, message, 'Narrow the pattern, or what "protect" lists.')
      } else {
        const message = `${who} ${quote(mine.text)}, but stream ${quote(owner.id)} owns ${quote(theirs.text)} ${both}.`
        const hint = `Only stream ${quote(owner.id)} may write there: move the work, or narrow one of the patterns.`
        reporter.error('OWNED_PATH', `${at}/${position}`, message, hint)
      }
    }
  }
}

/** A name with an ending, and nothing that stands for others. */
const FILE = /^[^*?{}]*\.[A-Za-z0-9]{1,8}$/

/**
 * Whether they meet only if a path that is written as a file were a folder, as `lib/base.py` and any `main.py` one folder
 * below `lib` do. When work runs they exclude each other; that is no reason to refuse a plan.
 */
function meetBelowFile(mine: Pattern, theirs: Pattern): boolean {
  if (FILE.test(mine.text) === FILE.test(theirs.text)) return false
  return FILE.test(mine.text) ? !matches(theirs, mine.text) : !matches(mine, theirs.text)
}

/** The protected patterns and those that streams own, for claims that are made while an attempt runs. */
export function guardedPatterns({ index, owned, protectedPatterns }: ClaimSets): readonly GuardedPattern[] {
  const guard = (numbers: readonly PatternNumber[], stream: number | null): readonly GuardedPattern[] =>
    [...new Set(numbers)].map((number) => ({ pattern: index.pattern(number), stream }))
  return [...guard(protectedPatterns, null), ...owned.flatMap((numbers, stream) => guard(numbers, stream))]
}

/** By pattern: the protected and owned patterns that it meets. */
function reservedByPattern({
  index,
  owned,
  protectedPatterns,
}: ClaimSets): ReadonlyMap<PatternNumber, readonly Reserved[]> {
  const met = new Map<PatternNumber, Reserved[]>()
  const add = (reserved: Reserved): void => {
    for (const pattern of index.neighbours(reserved.pattern)) {
      const list = met.get(pattern) ?? []
      if (list.push(reserved) === 1) met.set(pattern, list)
    }
  }
  for (const pattern of new Set(protectedPatterns)) add({ pattern, stream: PROTECTED })
  for (const [stream, patterns] of owned.entries()) for (const pattern of new Set(patterns)) add({ pattern, stream })
  return met
}
