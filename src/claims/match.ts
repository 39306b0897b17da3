/** Whether a pattern covers a path: concrete paths, and the placing of a sequence with gaps on one without. */

import type { PathProblemCode, TextKind, TextOptions, TextProblem } from './path-text.js'
import { checkText, keepSegments, normaliseText } from './path-text.js'
import type { Alternative, Gapped, Pattern, Segment } from './pattern.js'
import { ANY_CHARACTER } from './pattern.js'

/**
 * Length of a path, in UTF-16 code units. This and the segments are more than twice what a pattern may have, so that a path
 * which two patterns at their limits share is still a path.
 */
export const MAX_PATH_CHARACTERS = 4096
export const MAX_PATH_SEGMENTS = 256

/** A concrete path inside the repository. */
export interface Path {
  readonly ok: true
  /** The normal form: no `.`, no empty segment, no slash at either end. */
  readonly text: string
}

export type PathProblem = TextProblem<PathProblemCode>

/** Whether an item of a sequence with gaps may stand for `plain`, which is at place `at` of a sequence without. */
export type Fits<T, U> = (item: T, plain: U, at: number) => boolean

const KIND: TextKind = { noun: 'path', maxCharacters: MAX_PATH_CHARACTERS, maxSegments: MAX_PATH_SEGMENTS }

/** The places of no parts. */
const NOWHERE: readonly number[] = []

/**
 * Reads a concrete path, such as one a version control system reports. It refuses what `parsePattern` refuses; wildcards
 * and braces are plain characters here. Give the options that the patterns were parsed with. Never throws.
 */
export function parsePath(text: string, options: TextOptions = {}): Path | PathProblem {
  const refused = checkText(text, KIND)
  if (refused !== null) return refused
  const source = normaliseText(text, KIND, options)
  if (typeof source !== 'string') return source
  let offset = 0
  const segments = source.split('/').map((segment) => {
    const start = offset
    offset += segment.length + 1
    return { text: segment, offset: start }
  })
  const kept = keepSegments(source, KIND, segments)
  if ('code' in kept) return kept
  return { ok: true, text: kept.map((segment) => segment.text).join('/') }
}

/**
 * Whether `pattern` covers `path`, the `text` of a `Path`: any other spelling may be taken for another path.
 * O(pattern × path), at worst; for most patterns O(path).
 */
export function matches(pattern: Pattern, path: string): boolean {
  const names = path.split('/')
  return pattern.alternatives.some((alternative) => covers(alternative, names))
}

/** Whether `alternative` covers the path of these segments. */
export function covers(alternative: Alternative, names: readonly string[]): boolean {
  return place(alternative, names, standsFor) !== null
}

/** Whether `segment` stands for a name given as code points. */
export function spells(segment: Gapped<number>, name: readonly number[]): boolean {
  return place(segment, name, isCharacter) !== null
}

/**
 * Places a sequence with gaps on one without: where each of `middle` starts, leftmost; null if it cannot be placed. Head
 * and tail have one place each. Taking the leftmost place for each part between loses nothing, since it leaves the most
 * room for the rest (R. Cox, "Glob Matching Can Be Simple And Fast Too", 2017). Each item is held against each place once
 * at most: O(gapped × plain).
 */
export function place<T, U>(gapped: Gapped<T>, plain: readonly U[], fits: Fits<T, U>): readonly number[] | null {
  const { head, middle, tail } = gapped
  if (tail === null) return head.length === plain.length && standsAt(head, plain, 0, fits) ? NOWHERE : null
  const end = plain.length - tail.length
  if (end < head.length || !standsAt(head, plain, 0, fits) || !standsAt(tail, plain, end, fits)) return null
  if (middle.length === 0) return NOWHERE
  const starts: number[] = []
  let from = head.length
  for (const part of middle) {
    while (from + part.length <= end && !standsAt(part, plain, from, fits)) from += 1
    if (from + part.length > end) return null
    starts.push(from)
    from += part.length
  }
  return starts
}

function standsAt<T, U>(part: readonly T[], plain: readonly U[], start: number, fits: Fits<T, U>): boolean {
  for (let at = 0; at < part.length; at += 1) {
    if (!fits(part[at]!, plain[start + at]!, start + at)) return false
  }
  return true
}

function standsFor(segment: Segment, name: string): boolean {
  return segment.literal ? segment.text === name : spells(segment, Array.from(name, toCode))
}

function toCode(character: string): number {
  return character.codePointAt(0)!
}

function isCharacter(item: number, code: number): boolean {
  return item === code || item === ANY_CHARACTER
}
