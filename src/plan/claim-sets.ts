/** The claims of all tasks, as sets of patterns that are shared, and the patterns that meet. */
import { type Pattern, parsePattern } from '../claims/pattern.js'
import { createPatternIndex, type PatternIndex } from '../claims/pattern-index.js'
import type { ClaimSetSpec } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, taskPointer } from './layout.js'
import type { PlanLimits } from './limits.js'
import { count } from './text.js'
import type { Claims, Stream, Task } from './types.js'

/** Number of a pattern in the index, dense from 0 in the order of mention. */
export type PatternNumber = number

/** A set of claims by pattern numbers, ascending; no pattern is both written and read. */
export interface NumberedSet {
  readonly write: readonly PatternNumber[]
  readonly read: readonly PatternNumber[]
  readonly integrate: readonly PatternNumber[]
  readonly advisory: readonly PatternNumber[]
}

/** The claims of a plan, by numbers. */
export interface ClaimSets {
  /** By task: index into `sets`, -1 for a task that claims nothing. */
  readonly claimSet: Int32Array
  readonly sets: readonly NumberedSet[]
  readonly index: PatternIndex
  /** The number of a pattern, by its text as written; null for one that is refused. */
  readonly numberOf: (text: string) => PatternNumber | null
  /** Numbers of the patterns each stream owns, and of those that are protected. */
  readonly owned: readonly (readonly PatternNumber[])[]
  readonly protectedPatterns: readonly PatternNumber[]
  /** Number of the path of each sequence of the plan; null for one that is refused. */
  readonly sequenced: readonly (PatternNumber | null)[]
}

interface Interner {
  readonly index: PatternIndex
  /** By the text as written; null for one that is refused. */
  readonly numbers: Map<string, PatternNumber | null>
  readonly sets: NumberedSet[]
  readonly setByKey: Map<string, number>
  readonly limits: PlanLimits
  readonly reporter: Reporter
}

/** Reads all patterns of a plan, reports those that are refused, and gives equal sets one number. */
export function compileClaims(layout: Layout, limits: PlanLimits, reporter: Reporter): ClaimSets {
  const { plan, tasks, streams, streamOf, origin } = layout
  const index = createPatternIndex()
  const interner: Interner = { index, numbers: new Map(), sets: [], setByKey: new Map(), limits, reporter }
  const protectedPatterns = numberAll(plan.protect ?? [], () => '/protect', interner)
  const owned = streams.map(({ owns = [] }: Stream, stream) =>
    numberAll(owns, () => `${origin.stream(stream)}/owns`, interner),
  )
  const inherited = owned.map((write) => internSet({ ...NOTHING, write }, interner))
  const claimSet = new Int32Array(tasks.length).fill(-1)
  for (let task = 0; task < tasks.length; task++) {
    const { claims } = tasks[task] as Task
    const stream = streamOf[task] as number
    if (claims !== undefined)
      claimSet[task] = compileTaskClaims(claims, () => `${taskPointer(layout, task)}/claims`, interner)
    else if (stream !== -1) claimSet[task] = inherited[stream] as number
  }
  const sequenced = (plan.sequences ?? []).map(
    ({ path }, sequence) =>
      interner.numbers.get(path) ?? addPattern(path, () => `/sequences/${sequence}/path`, interner),
  )
  if (interner.numbers.size > limits.patterns) reportTooMany(interner)
  const numberOf = (text: string): PatternNumber | null => interner.numbers.get(text) ?? null
  return { claimSet, sets: interner.sets, index, numberOf, owned, protectedPatterns, sequenced }
}

/** The sets with their patterns in place of the numbers. */
export function spellOut({ sets, index }: ClaimSets): readonly ClaimSetSpec[] {
  const pattern = (number: PatternNumber): Pattern => index.pattern(number)
  return sets.map(({ write, read, integrate, advisory }) => ({
    write: write.map(pattern),
    read: read.map(pattern),
    integrate: integrate.map(pattern),
    advisory: advisory.map(pattern),
  }))
}

const NOTHING: NumberedSet = { write: [], read: [], integrate: [], advisory: [] }

function compileTaskClaims(claims: Claims, at: () => string, interner: Interner): number {
  const numbers = (kind: keyof Claims): readonly PatternNumber[] => {
    const texts = claims[kind]
    return texts === undefined ? NOTHING[kind] : numberAll(texts, () => `${at()}/${kind}`, interner)
  }
  const write = numbers('write')
  const read = numbers('read')
  return internSet({ write, read, integrate: numbers('integrate'), advisory: numbers('advisory') }, interner)
}

function numberAll(texts: readonly string[], at: () => string, interner: Interner): readonly PatternNumber[] {
  const numbers: PatternNumber[] = []
  for (let position = 0; position < texts.length; position++) {
    const text = texts[position] as string
    const known = interner.numbers.get(text)
    const number =
      known === undefined || known === null ? addPattern(text, () => `${at()}/${position}`, interner) : known
    if (number !== null) numbers.push(number)
  }
  return numbers
}

function addPattern(text: string, at: () => string, interner: Interner): PatternNumber | null {
  const { index, numbers, limits, reporter } = interner
  const pattern = parsePattern(text)
  if (!pattern.ok) reporter.error('BAD_PATH', at(), pattern.message, pattern.hint)
  // Beyond the limit patterns are only counted: to compare them is what costs.
  const number = pattern.ok && numbers.size < limits.patterns ? index.add(pattern) : null
  numbers.set(text, number)
  return number
}

function internSet(given: NumberedSet, interner: Interner): number {
  if (given.write.length + given.read.length + given.integrate.length + given.advisory.length === 0) return -1
  const write = ascending(given.write)
  const read = ascending(given.read).filter((number) => !write.includes(number))
  const integrate = ascending(given.integrate)
  const advisory = ascending(given.advisory)
  const rest = integrate.length + advisory.length === 0 ? '' : `|${integrate.join()}|${advisory.join()}`
  const key = `${write.join()}|${read.join()}${rest}`
  const known = interner.setByKey.get(key)
  if (known !== undefined) return known
  interner.setByKey.set(key, interner.sets.length)
  return interner.sets.push({ write, read, integrate, advisory }) - 1
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.length < 2 ? numbers : [...new Set(numbers)].sort((a, b) => a - b)
}

function reportTooMany({ limits, reporter }: Interner): void {
  const message = `The plan has more than ${count(limits.patterns, 'different path pattern')}.`
  reporter.error('TOO_LARGE', '', message, 'Claim folders in place of files, or raise the limit "patterns".')
}
