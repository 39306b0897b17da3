/**
 * Path patterns: the grammar, and the normal form in which they are compared.
 *
 * A pattern is relative to the repository: segments between `/`, with `?` for exactly one character (a code point), `*` for
 * any number of them inside a segment (also of a leading dot), `**` as a whole segment for any number of segments, none
 * included, and `{a,b}` for alternatives, which may nest and may contain `/`. Everything else stands for itself, `[` and
 * `]` included; there are no escapes. A pattern means the union of the alternatives that it writes out to, and each
 * alternative covers:
 *
 * | alternative           | covers                                                              |
 * |-----------------------|---------------------------------------------------------------------|
 * | `src` (no wildcard)   | `src` and everything below it                                       |
 * | `src/`                | everything below `src`, not `src` itself                            |
 * | `src/**`              | `src` and everything below it, as `**` may stand for no segment     |
 * | `src/*`, `src/*.ts`   | what is spelled so directly in `src`, and nothing below it          |
 */

import type { PathProblemCode, TextKind, TextOptions, TextProblem } from './path-text.js'
import { checkText, keepSegments, normaliseText, quoteText } from './path-text.js'

/** Length of a pattern, in UTF-16 code units, as given and as normalised. */
export const MAX_PATTERN_CHARACTERS = 512
/** Segments of one alternative. */
export const MAX_PATTERN_SEGMENTS = 64
/** Alternatives that the braces of a pattern may stand for, equal ones counted twice. */
export const MAX_ALTERNATIVES = 64
/** Characters of all alternatives together: it bounds the work of comparing two patterns. */
export const MAX_EXPANDED_CHARACTERS = 2048

/** Stands among the code points of a segment for `?`. */
export const ANY_CHARACTER = -1

/**
 * A sequence with gaps that anything may fill: characters with `*` between them, or segments with `**` between them. It
 * reads head, gap, middle[0], gap, …, gap, tail. Without a gap `tail` is null and `head` is all of it.
 */
export interface Gapped<T> {
  readonly head: readonly T[]
  /** None of them is empty. */
  readonly middle: readonly (readonly T[])[]
  readonly tail: readonly T[] | null
}

/** One segment that is not `**`: code points or `ANY_CHARACTER`, and `*` as gaps. */
export interface Segment extends Gapped<number> {
  readonly text: string
  /** No wildcard: it names `text` only. */
  readonly literal: boolean
}

/** One pattern without braces; `**` are its gaps. That a path covers what is below it is a gap at its end. */
export interface Alternative extends Gapped<Segment> {
  readonly text: string
}

export interface Pattern {
  readonly ok: true
  /**
   * The normal form. Parsing it again gives the same pattern, and patterns with the same text cover the same paths; so
   * patterns may be interned by it, and stored as it. Two texts may still cover the same (`src` and `src/**`).
   */
  readonly text: string
  /** It is a plain path: no wildcard, no alternatives, no trailing slash. */
  readonly literal: boolean
  /** At least one; each text once, ordered by text. */
  readonly alternatives: readonly Alternative[]
}

export type PatternProblemCode = PathProblemCode | 'BAD_BRACES' | 'BAD_GLOBSTAR' | 'TOO_MANY_ALTERNATIVES'

export type PatternProblem = TextProblem<PatternProblemCode>

export type PatternOptions = TextOptions

/** A `{` that is not closed yet, or the whole text. */
interface Group {
  readonly offset: number
  /** What the text before the `{` writes out to. */
  readonly before: readonly string[]
  /** What the options that ended with a comma write out to. */
  readonly done: string[]
  /** How many options have been read, the one at hand included. */
  options: number
  /** What the option at hand writes out to. */
  current: string[]
}

/** What stands between two slashes; `segment` is null for `**`. */
interface Part {
  readonly text: string
  readonly offset: number
  readonly segment: Segment | null
}

const KIND: TextKind = {
  noun: 'pattern',
  maxCharacters: MAX_PATTERN_CHARACTERS,
  maxSegments: MAX_PATTERN_SEGMENTS,
}

/**
 * Stands for `**` while braces are written out, so that the two `*` of `{*,a}*` are not taken for one. It cannot be in a
 * text that has passed its check.
 */
const GLOBSTAR = '\0'

/**
 * Reads a pattern. Never throws; of several problems the first one found is told. O(length × alternatives).
 *
 * @example
 * parsePattern('./src//{b,a}.ts') // { ok: true, text: 'src/{a.ts,b.ts}', … }
 * parsePattern('../x')            // { ok: false, code: 'PARENT_SEGMENT', … }
 */
export function parsePattern(text: string, options: PatternOptions = {}): Pattern | PatternProblem {
  const refused = checkText(text, KIND)
  if (refused !== null) return refused
  const source = normaliseText(text, KIND, options)
  if (typeof source !== 'string') return source
  const expanded = expand(source)
  if ('code' in expanded) return expanded
  const alternatives = new Map<string, Alternative>()
  for (const text of expanded) {
    const alternative = readAlternative(source, text)
    if ('code' in alternative) return alternative
    alternatives.set(alternative.text, alternative)
  }
  return toPattern(source, [...alternatives.values()])
}

/** Writes out the braces, one pass over the text. The limits are checked at each comma and brace, so it cannot blow up. */
function expand(source: string): readonly string[] | PatternProblem {
  if (!hasBraces(source)) return [source.replaceAll('**', GLOBSTAR)]
  const outer: Group[] = []
  let group = openGroup(0, [''])
  for (let offset = 0; offset < source.length; ) {
    const token = source.startsWith('**', offset) ? GLOBSTAR : source[offset]!
    if (token === '{') {
      outer.push(group)
      group = openGroup(offset, group.current)
    } else if (token === ',' && outer.length > 0) {
      endOption(group)
      group.options += 1
    } else if (token === '}') {
      const parent = outer.pop()
      if (parent === undefined) return badBraces(source, offset, 'a "}" without a "{"')
      if (group.options < 2) return badBraces(source, group.offset, 'braces with fewer than two alternatives')
      endOption(group)
      parent.current = group.before.flatMap((before) => group.done.map((option) => before + option))
      group = parent
    } else {
      group.current = group.current.map((text) => text + token)
    }
    if (isTooMuch(group.done) || isTooMuch(group.current)) return tooManyAlternatives(source, offset)
    offset += token === GLOBSTAR ? 2 : 1
  }
  return outer.length === 0 ? group.current : badBraces(source, group.offset, 'a "{" that is never closed')
}

function hasBraces(source: string): boolean {
  return source.includes('{') || source.includes('}')
}

function openGroup(offset: number, before: readonly string[]): Group {
  return { offset, before, done: [], options: 1, current: [''] }
}

function endOption(group: Group): void {
  group.done.push(...group.current)
  group.current = ['']
}

function isTooMuch(alternatives: readonly string[]): boolean {
  if (alternatives.length > MAX_ALTERNATIVES) return true
  return alternatives.reduce((sum, text) => sum + text.length, 0) > MAX_EXPANDED_CHARACTERS
}

function readAlternative(source: string, text: string): Alternative | PatternProblem {
  const parts: Part[] = []
  // Where braces were written out, no place in the result is a place in the source.
  const step = hasBraces(source) ? 0 : 1
  let offset = 0
  for (const written of text.split('/')) {
    const globstar = written.indexOf(GLOBSTAR)
    if (globstar !== -1 && written.length > 1) return badGlobstar(source, offset + step * globstar)
    const segment = globstar === -1 ? readSegment(written) : null
    parts.push({ text: segment?.text ?? '**', offset, segment })
    offset += step * (written.length + (segment === null ? 2 : 1))
  }
  const kept = keepSegments(source, KIND, parts)
  if ('code' in kept) return kept
  return toAlternative(kept, parts.at(-1)!.text === '')
}

function readSegment(written: string): Segment {
  // Writing out braces can bring a letter and its accent together, which then have to be composed.
  const text = (written.includes('*') ? orderWildcards(written) : written).normalize('NFC')
  const items: (number | null)[] = []
  let literal = true
  for (const character of text) {
    const item = character === '*' ? null : character === '?' ? ANY_CHARACTER : character.codePointAt(0)!
    if (item === null || item === ANY_CHARACTER) literal = false
    items.push(item)
  }
  return { text, literal, ...toGapped(items) }
}

/** Spells a segment so that equal ones read the same: of adjacent wildcards `?` come first, then one `*`. */
function orderWildcards(written: string): string {
  let text = ''
  let star = ''
  for (const character of written) {
    if (character === '*') star = '*'
    else if (character === '?') text += '?'
    else {
      text += star + character
      star = ''
    }
  }
  return text + star
}

/** Null is a gap. */
function toGapped<T>(items: readonly (T | null)[]): Gapped<T> {
  let run: T[] = []
  const runs = [run]
  for (const item of items) {
    if (item === null) {
      run = []
      runs.push(run)
    } else run.push(item)
  }
  const head = runs.shift()!
  return { head, tail: runs.pop() ?? null, middle: runs }
}

function toAlternative(parts: readonly Part[], endsWithSlash: boolean): Alternative {
  // `**/**` is `**`.
  const kept = parts.filter((part, at) => part.segment !== null || parts[at + 1]?.segment !== null)
  const [last] = kept.slice(-1)
  // Any number of segments and then at least one: the `**` in `src/**/` adds nothing to `src/`, and `**/` is `**`.
  if (endsWithSlash && last?.segment === null) kept.pop()
  const below = endsWithSlash && kept.length > 0
  const segments = kept.map((part) => part.segment)
  if (below) segments.push(readSegment('*'), null)
  else if (segments.every((segment) => segment?.literal)) segments.push(null)
  const text = kept.map((part) => part.text).join('/')
  return { text: below ? `${text}/` : text || '**', ...toGapped(segments) }
}

function toPattern(source: string, unordered: readonly Alternative[]): Pattern {
  const alternatives = unordered.toSorted((a, b) => (a.text < b.text ? -1 : 1))
  if (alternatives.length > 1) return { ok: true, text: groupText(source, alternatives), literal: false, alternatives }
  const { text } = alternatives[0]!
  const literal = !(text.includes('*') || text.includes('?') || text.endsWith('/'))
  return { ok: true, text, literal, alternatives }
}

/**
 * Spells alternatives as one pattern: the segments that all of them start and end with, and braces around the rest. Where
 * that would read as something else, or be too long to be read again, the source serves.
 */
function groupText(source: string, alternatives: readonly Alternative[]): string {
  const rows = alternatives.map((alternative) => alternative.text.split('/'))
  const shortest = Math.min(...rows.map((row) => row.length))
  const [row] = rows
  let start = 0
  while (start < shortest - 1 && rows.every((other) => other[start] === row![start])) start += 1
  let end = 0
  while (end < shortest - 1 - start && rows.every((other) => other.at(-1 - end) === row!.at(-1 - end))) end += 1
  const options = rows.map((other) => other.slice(start, other.length - end).join('/'))
  const text = [...row!.slice(0, start), `{${options.join(',')}}`, ...row!.slice(row!.length - end)].join('/')
  return text.length > MAX_PATTERN_CHARACTERS || options.some((option) => option.includes(',')) ? source : text
}

function badGlobstar(source: string, offset: number): PatternProblem {
  return {
    ok: false,
    code: 'BAD_GLOBSTAR',
    message: `The pattern ${quoteText(source)} has "**" inside a longer segment.`,
    hint: '"**" is a segment of its own, such as "src/**/*.ts"; inside a segment write "*".',
    offset,
  }
}

function badBraces(source: string, offset: number, what: string): PatternProblem {
  return {
    ok: false,
    code: 'BAD_BRACES',
    message: `The pattern ${quoteText(source)} has ${what} at offset ${offset}.`,
    hint: 'Write alternatives as "{a,b}". For a brace that is part of a name write "?".',
    offset,
  }
}

function tooManyAlternatives(source: string, offset: number): PatternProblem {
  return {
    ok: false,
    code: 'TOO_MANY_ALTERNATIVES',
    message:
      `The pattern ${quoteText(source)} stands for more than ${MAX_ALTERNATIVES} alternatives, ` +
      `or for more than ${MAX_EXPANDED_CHARACTERS} characters when they are written out.`,
    hint: 'Split it into several patterns.',
    offset,
  }
}
