/**
 * Whether two patterns may name the same path. On this rests that no two attempts write one file, so the answer is exact:
 * no overlap is missed and none is invented.
 *
 * A segment is a sequence of characters with gaps (`*`), and a path is a sequence of segments with gaps (`**`), so one
 * argument serves both levels. Two sequences with gaps have something in common if and only if:
 *
 * 1. both have gaps: their heads agree as far as both reach, and so do their tails. Then the longer head, the middles of
 *    the one, the middles of the other, and the longer tail are an example: the first and last gap of each take in what
 *    belongs to the other.
 * 2. one has gaps: it can be placed on the other (see `place`), an item agreeing with what it stands on.
 * 3. none has gaps: they have the same length and agree item by item.
 *
 * Hence no product of automata is needed: a pair of alternatives costs O(a + b) in cases 1 and 3, O(a × b) in case 2.
 *
 * Names that no path may have (`.`, `..`, and a drive letter as the first segment) are not counted as common. Characters
 * are code points; that a path is in Unicode NFC is not looked at, so a pattern that puts a wildcard before a combining
 * accent may be found to overlap by a path that only exists decomposed.
 */
import { covers, place, spells } from './match.js'
import { startsWithDrive } from './path-text.js'
import type { Alternative, Gapped, Pattern, Segment } from './pattern.js'
import { ANY_CHARACTER } from './pattern.js'

/** Whether two items agree that are, or may be, at place `at` of what is common. */
type Agree<T> = (a: T, b: T, at: number) => boolean

/** The parts of what two sequences with gaps have in common: heads and tails merged, what stands between in each. */
interface Spelling<R> {
  readonly head: readonly R[]
  readonly mine: readonly R[]
  readonly other: readonly R[]
  readonly tail: readonly R[]
}

/** The place of an item in a tail. A gap before it can always be filled, so it need not be the first. */
const NOT_FIRST = 1

/** Fills what a pattern leaves open. The second serves where a letter would make a drive of what follows. */
const LETTER = 0x61
const NO_LETTER = 0x5f
const COLON = 0x3a
const DOT = 0x2e
const FILLER_NAME = 'a'

/**
 * Whether some path is covered by both patterns; the same for `(a, b)` and `(b, a)`. Patterns parsed with different
 * options must not be compared. O(a + b) for most pairs; bounded by the limits of patterns for all.
 */
export function overlaps(a: Pattern, b: Pattern): boolean {
  for (const mine of a.alternatives) {
    for (const other of b.alternatives) {
      if (haveCommon(mine, other, segmentsAgree)) return true
    }
  }
  return false
}

/**
 * An example of a path that both patterns cover, in the normal form of `Path`, or null if there is none; the same for
 * `(a, b)` and `(b, a)`. It is short, not always the shortest.
 *
 * @example
 * // With a and b parsed from "src" and "src/*.ts":
 * overlap(a, b) // 'src/a.ts'
 */
export function overlap(a: Pattern, b: Pattern): string | null {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a]
  for (const mine of first.alternatives) {
    for (const other of second.alternatives) {
      if (haveCommon(mine, other, segmentsAgree)) return commonPath(mine, other).join('/')
    }
  }
  return null
}

function haveCommon<T>(a: Gapped<T>, b: Gapped<T>, agree: Agree<T>): boolean {
  if (b.tail === null) return place(a, b.head, agree) !== null
  if (a.tail === null) return place(b, a.head, agree) !== null
  return headsAgree(a.head, b.head, agree) && tailsAgree(a.tail, b.tail, agree)
}

function headsAgree<T>(a: readonly T[], b: readonly T[], agree: Agree<T>): boolean {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    if (!agree(a[at]!, b[at]!, at)) return false
  }
  return true
}

function tailsAgree<T>(a: readonly T[], b: readonly T[], agree: Agree<T>): boolean {
  const length = Math.min(a.length, b.length)
  for (let back = 1; back <= length; back += 1) {
    if (!agree(a[a.length - back]!, b[b.length - back]!, NOT_FIRST)) return false
  }
  return true
}

function segmentsAgree(a: Segment, b: Segment, at: number): boolean {
  if (a.literal && b.literal) return a.text === b.text
  if (!haveCommon(a, b, charactersAgree)) return false
  if (a.literal || b.literal) return isAllowed(a.literal ? a.text : b.text, at)
  // What is left are names that no path may have: the first one if it has a drive, and those of dots alone.
  if (at === 0 && (a.text.includes(':') || b.text.includes(':'))) return commonName(a, b, at) !== null
  if (a.tail !== null && b.tail !== null) return true
  return a.tail === null ? !areDotsAlone(b, a.head) : !areDotsAlone(a, b.head)
}

/** Whether placing `gapped` on `plain`, where it can be placed, makes no other names than "." and "..". */
function areDotsAlone({ text }: Segment, plain: readonly number[]): boolean {
  if (plain.length > 2 || !text.includes('.')) return false
  const [first, second] = plain
  if (second === undefined) return true
  const characters = text.replaceAll('*', '')
  // One dot on two places: it has the first, the second, or between two gaps the choice.
  if (characters === '.') return (text.startsWith('.') && second === DOT) || (text.endsWith('.') && first === DOT)
  return (first === DOT || characters.startsWith('.')) && (second === DOT || characters.endsWith('.'))
}

function charactersAgree(a: number, b: number): boolean {
  return a === b || a === ANY_CHARACTER || b === ANY_CHARACTER
}

/** A path that both cover, as segments. They have one. */
function commonPath(a: Alternative, b: Alternative): readonly string[] {
  if (b.tail === null) return placedPath(a, b.head)
  if (a.tail === null) return placedPath(b, a.head)
  const spelling: Spelling<string> = {
    head: common(a.head, b.head, (mine, other, at) => commonName(mine, other, at)!),
    mine: a.middle.flat().map(anyName),
    other: b.middle.flat().map(anyName),
    tail: common(a.tail.toReversed(), b.tail.toReversed(), (x, y) => commonName(x, y, NOT_FIRST)!).reverse(),
  }
  const isExample = (names: readonly string[]): boolean =>
    names.length > 0 && isAllowed(names[0]!, 0) && covers(a, names) && covers(b, names)
  return shortened(spelling).find(isExample) ?? inFull(spelling, FILLER_NAME)
}

function placedPath(gapped: Gapped<Segment>, plain: readonly Segment[]): readonly string[] {
  const placed = placedItems(gapped, plain, segmentsAgree)
  return plain.map((segment, at) => commonName(placed[at] ?? segment, segment, at)!)
}

/** A name that `segment` spells, good anywhere but at the start of a path. */
function anyName(segment: Segment): string {
  return commonName(segment, segment, NOT_FIRST)!
}

/** A name that both spell and that a path may have at place `at`; null if there is none. Their characters agree. */
function commonName(a: Segment, b: Segment, at: number): string | null {
  if (b.tail === null) return placedName(a, b.head, at)
  if (a.tail === null) return placedName(b, a.head, at)
  const head = fill(common(a.head, b.head, commonCharacter))
  const tail = fill(common(a.tail.toReversed(), b.tail.toReversed(), commonCharacter).reverse())
  const spelling: Spelling<number> = { head, mine: fill(a.middle.flat()), other: fill(b.middle.flat()), tail }
  const isExample = (codes: readonly number[]): boolean =>
    isAllowed(toText(codes), at) && spells(a, codes) && spells(b, codes)
  // A name such as ".ts" is shorter than "a.ts", but reads worse.
  const readable = head.length > 0 ? spelling : { ...spelling, head: [LETTER] }
  return toText(shortened(readable).find(isExample) ?? []) || allowedText(inFull(spelling, NO_LETTER), at)
}

/**
 * The name that comes of placing `gapped` on `plain`. A leftmost place can make a name that no path may have where a
 * rightmost one does not: `*.*` on `?.` makes ".." and "a.". No place between can do better, as such names have two
 * characters, or start with two (a drive) that are both left of where they could be.
 */
function placedName(gapped: Gapped<number>, plain: readonly number[], at: number): string | null {
  const leftmost = allowedText(placedCharacters(gapped, plain), at)
  if (leftmost !== null) return leftmost
  return allowedText(placedCharacters(mirrored(gapped), plain.toReversed()).reverse(), at)
}

function placedCharacters(gapped: Gapped<number>, plain: readonly number[]): number[] {
  const placed = placedItems(gapped, plain, charactersAgree)
  return plain.map((code, at) => commonCharacter(placed[at] ?? ANY_CHARACTER, code))
}

/** The item of `gapped` that stands on each place of `plain`, none where there is a gap. It can be placed. */
function placedItems<T>(gapped: Gapped<T>, plain: readonly T[], agree: Agree<T>): readonly (T | undefined)[] {
  const items: (T | undefined)[] = plain.map(() => undefined)
  const starts = place(gapped, plain, agree)!
  items.splice(0, gapped.head.length, ...gapped.head)
  gapped.middle.forEach((part, index) => {
    items.splice(starts[index]!, part.length, ...part)
  })
  const tail = gapped.tail ?? []
  items.splice(plain.length - tail.length, tail.length, ...tail)
  return items
}

function mirrored<T>({ head, middle, tail }: Gapped<T>): Gapped<T> {
  if (tail === null) return { head: head.toReversed(), middle, tail }
  return {
    head: tail.toReversed(),
    middle: middle.map((part) => part.toReversed()).reverse(),
    tail: head.toReversed(),
  }
}

/** What two parts that agree have in common, as long as the longer of them. */
function common<T, R>(a: readonly T[], b: readonly T[], both: (a: T, b: T, at: number) => R): R[] {
  const longer = a.length > b.length ? a : b
  return longer.map((item, at) => both(a[at] ?? item, b[at] ?? item, at))
}

function commonCharacter(a: number, b: number): number {
  return a === ANY_CHARACTER ? b : a
}

function fill(codes: readonly number[]): number[] {
  return codes.map((code, at) => {
    if (code !== ANY_CHARACTER) return code
    return at === 0 && codes[1] === COLON ? NO_LETTER : LETTER
  })
}

function allowedText(codes: readonly number[], at: number): string | null {
  const name = toText(fill(codes))
  return isAllowed(name, at) ? name : null
}

function toText(codes: readonly number[]): string {
  return String.fromCodePoint(...codes)
}

function isAllowed(name: string, at: number): boolean {
  return name !== '.' && name !== '..' && !(at === 0 && startsWithDrive(name))
}

/** What may be an example of what both have in common, shortest first. Not all of them are. */
function shortened<R>({ head, mine, other, tail }: Spelling<R>): readonly (readonly R[])[] {
  return [[tail], [mine, tail], [other, tail], [mine, other, tail]].map((parts) => parts.reduce(join, head))
}

/** What is an example by the argument at the top of this file. */
function inFull<R>({ head, mine, other, tail }: Spelling<R>, filler: R): readonly R[] {
  return [...head, filler, ...mine, ...other, ...tail]
}

/** Puts `right` after `left`; what the one ends and the other starts with appears once. */
function join<R>(left: readonly R[], right: readonly R[]): readonly R[] {
  const start = left.findIndex((_, at) => left.slice(at).every((item, after) => item === right[after]))
  return start === -1 ? [...left, ...right] : [...left.slice(0, start), ...right, ...left.slice(start + right.length)]
}
