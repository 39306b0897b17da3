/**
 * The text of patterns and paths: what is refused in both, and the one spelling that is kept.
 *
 * A path that leaves the repository, or that prints as another one, would slip past every claim; so such text is refused
 * here and never repaired. Character codes only, no regular expressions: the text is hostile until it has passed.
 */

/** Why the text of a path is refused. */
export type PathProblemCode =
  | 'ABSOLUTE'
  | 'BACKSLASH'
  | 'BIDI_CHARACTER'
  | 'CONTROL_CHARACTER'
  | 'DRIVE_LETTER'
  | 'EMPTY'
  | 'LONE_SURROGATE'
  | 'NUL'
  | 'PARENT_SEGMENT'
  | 'TOO_LONG'
  | 'TOO_MANY_SEGMENTS'
  | 'ZERO_WIDTH_CHARACTER'

/** A refused text. The same text gives the same problem; the first one found is told. */
export interface TextProblem<Code extends string> {
  readonly ok: false
  readonly code: Code
  readonly message: string
  readonly hint: string
  /**
   * Where in the text, in UTF-16 code units; in its normalised form where that differs from what was given. 0 for what
   * shows only when braces are written out.
   */
  readonly offset: number
}

/** What a text is checked as: the word for it in messages, and its limits. */
export interface TextKind {
  readonly noun: 'pattern' | 'path'
  /** In UTF-16 code units. */
  readonly maxCharacters: number
  readonly maxSegments: number
}

/** What stands between two slashes, and where it starts. */
export interface SegmentText {
  readonly text: string
  readonly offset: number
}

export interface TextOptions {
  /** Makes names that differ only in case one name, as on case-blind file systems. Default false. */
  readonly caseFold?: boolean
}

type CharacterCode = Extract<
  PathProblemCode,
  'BACKSLASH' | 'BIDI_CHARACTER' | 'CONTROL_CHARACTER' | 'LONE_SURROGATE' | 'NUL' | 'ZERO_WIDTH_CHARACTER'
>

type Range = readonly [first: number, last: number]

const COLON = 0x3a
const BACKSLASH = 0x5c

/** Marks that change the direction in which text is shown (Unicode TR 9), with which a name can show as another. */
const BIDI: readonly Range[] = [
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
]

/** Unicode's Default_Ignorable_Code_Point without the above and the variation selectors: they show as nothing. */
const ZERO_WIDTH: readonly Range[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180e, 0x180e],
  [0x200b, 0x200d],
  [0x2060, 0x2065],
  [0x206a, 0x206f],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe00ff],
  [0xe01f0, 0xe0fff],
]

const CHARACTER_NAMES: Readonly<Record<CharacterCode, string>> = {
  BACKSLASH: 'a backslash',
  BIDI_CHARACTER: 'a bidirectional control',
  CONTROL_CHARACTER: 'a control character',
  LONE_SURROGATE: 'half of a surrogate pair',
  NUL: 'a NUL character',
  ZERO_WIDTH_CHARACTER: 'a zero-width character',
}

const QUOTED_CHARACTERS = 60

/** Tells what is wrong with the length or the characters of `text`, or null. O(length), and O(1) if it is too long. */
export function checkText(text: string, kind: TextKind): TextProblem<PathProblemCode> | null {
  if (text.length > kind.maxCharacters) return tooLong(text, kind)
  if (text === '') return empty(text, kind)
  for (let offset = 0; offset < text.length; ) {
    const point = text.codePointAt(offset)!
    const code = forbidden(point)
    if (code !== null) return forbiddenCharacter(text, kind, { code, point, offset })
    offset += point > 0xffff ? 2 : 1
  }
  return null
}

/**
 * Tells the one spelling of `text` that has passed `checkText`: Unicode NFC, and with `caseFold` in lower case. Folding
 * goes character by character and never changes their number, so that `?` and `*` beside a letter cannot change what it
 * folds to; where Unicode folds to several characters ("ß" to "ss") the letter stays.
 */
export function normaliseText(text: string, kind: TextKind, options: TextOptions): string | TextProblem<'TOO_LONG'> {
  const composed = text.normalize('NFC')
  const normal = options.caseFold === true ? Array.from(composed, foldCharacter).join('').normalize('NFC') : composed
  return normal.length > kind.maxCharacters ? tooLong(normal, kind) : normal
}

/**
 * Drops what means nothing (`.` and empty segments, so `./a//b` is `a/b`) and refuses what leaves the repository.
 * `segments` is all of what stands between the slashes of `text`, or of one of its alternatives, in order.
 */
export function keepSegments<S extends SegmentText>(
  text: string,
  kind: TextKind,
  segments: readonly S[],
): readonly S[] | TextProblem<PathProblemCode> {
  const kept = segments.filter((segment) => segment.text !== '' && segment.text !== '.')
  const [first] = kept
  if (segments.length > 1 && segments[0]!.text === '') return absolute(text, kind)
  if (first === undefined) return empty(text, kind)
  const parent = kept.find((segment) => segment.text === '..')
  if (parent !== undefined) return parentSegment(text, kind, parent.offset)
  if (startsWithDrive(first.text)) return driveLetter(text, kind, first.offset)
  if (kept.length > kind.maxSegments) return tooManySegments(text, kind, kept)
  return kept
}

/** Whether `text` starts with a drive letter: an ASCII letter and a colon. */
export function startsWithDrive(text: string): boolean {
  if (text.charCodeAt(1) !== COLON) return false
  const lower = text.charCodeAt(0) | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** Puts `text` in quotes for a message: shortened, and with everything escaped that a terminal could obey. */
export function quoteText(text: string): string {
  const cut = text.length > QUOTED_CHARACTERS
  const shown = Array.from(cut ? text.slice(0, QUOTED_CHARACTERS) : text, (character) => {
    const point = character.codePointAt(0)!
    const code = forbidden(point)
    return code === null || code === 'BACKSLASH' ? character : `\\u{${point.toString(16)}}`
  })
  return `"${shown.join('')}${cut ? '…' : ''}"`
}

/** By way of upper case, so that letters with two lower-case forms ("σ" and "ς") come out as one. */
function foldCharacter(character: string): string {
  const upper = oneCharacter(character, character.toUpperCase())
  return oneCharacter(upper, upper.toLowerCase())
}

function oneCharacter(before: string, after: string): string {
  return Array.from(after).length === 1 ? after : before
}

function forbidden(point: number): CharacterCode | null {
  if (point >= 0x20 && point < 0x7f) return point === BACKSLASH ? 'BACKSLASH' : null
  if (point === 0) return 'NUL'
  if (point < 0xa0 || point === 0x2028 || point === 0x2029) return 'CONTROL_CHARACTER'
  if (point >= 0xd800 && point <= 0xdfff) return 'LONE_SURROGATE'
  if (isIn(BIDI, point)) return 'BIDI_CHARACTER'
  return isIn(ZERO_WIDTH, point) ? 'ZERO_WIDTH_CHARACTER' : null
}

function isIn(ranges: readonly Range[], point: number): boolean {
  return ranges.some(([first, last]) => point >= first && point <= last)
}

function forbiddenCharacter(
  text: string,
  { noun }: TextKind,
  { code, point, offset }: { readonly code: CharacterCode; readonly point: number; readonly offset: number },
): TextProblem<CharacterCode> {
  const name = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
  return {
    ok: false,
    code,
    message: `The ${noun} ${quoteText(text)} contains ${CHARACTER_NAMES[code]} (${name}) at offset ${offset}.`,
    hint:
      code === 'BACKSLASH'
        ? 'Separate segments with "/". Nothing needs escaping: "[" and "]" are plain characters.'
        : 'Remove it: it does not show when the text is printed, so it could pass for another path.',
    offset,
  }
}

function tooLong(text: string, { noun, maxCharacters }: TextKind): TextProblem<'TOO_LONG'> {
  return {
    ok: false,
    code: 'TOO_LONG',
    message: `The ${noun} has ${text.length} characters; at most ${maxCharacters} are allowed.`,
    hint: 'Name a folder further up, or split it.',
    offset: maxCharacters,
  }
}

function empty(text: string, { noun }: TextKind): TextProblem<'EMPTY'> {
  return {
    ok: false,
    code: 'EMPTY',
    message: `The ${noun} ${quoteText(text)} names nothing inside the repository.`,
    hint:
      noun === 'pattern' ? 'Name a file or folder, or write "**" for the whole repository.' : 'Name a file or folder.',
    offset: 0,
  }
}

function absolute(text: string, { noun }: TextKind): TextProblem<'ABSOLUTE'> {
  return {
    ok: false,
    code: 'ABSOLUTE',
    message: `The ${noun} ${quoteText(text)} is absolute; it must be relative to the repository.`,
    hint: 'Remove the leading "/".',
    offset: 0,
  }
}

function driveLetter(text: string, { noun }: TextKind, offset: number): TextProblem<'DRIVE_LETTER'> {
  return {
    ok: false,
    code: 'DRIVE_LETTER',
    message: `The ${noun} ${quoteText(text)} starts with a drive letter; it must be relative to the repository.`,
    hint: 'Remove the drive and everything up to the repository.',
    offset,
  }
}

function parentSegment(text: string, { noun }: TextKind, offset: number): TextProblem<'PARENT_SEGMENT'> {
  return {
    ok: false,
    code: 'PARENT_SEGMENT',
    message: `The ${noun} ${quoteText(text)} has a segment "..", which could leave the repository.`,
    hint: 'Write the path without "..".',
    offset,
  }
}

function tooManySegments(
  text: string,
  { noun, maxSegments }: TextKind,
  kept: readonly SegmentText[],
): TextProblem<'TOO_MANY_SEGMENTS'> {
  return {
    ok: false,
    code: 'TOO_MANY_SEGMENTS',
    message: `The ${noun} ${quoteText(text)} has ${kept.length} segments; at most ${maxSegments} are allowed.`,
    hint: 'Name a folder further up.',
    offset: kept[maxSegments]!.offset,
  }
}
