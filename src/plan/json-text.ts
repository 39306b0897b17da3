/**
 * JSON text, read with limits: its size before anything else, then its depth, its syntax and its keys in one pass without
 * recursion, and only then `JSON.parse`. (That would nest without limit, keep the last of two equal keys in silence, and
 * word its errors differently in each version.)
 */
import { type Diagnostic, type Locate, type Position, place, pointerSegment } from './diagnostic.js'
import { DEFAULT_LIMITS, type PlanLimits, withLimits } from './limits.js'
import { quote, thousands } from './text.js'

/** How a document is read. */
export interface TextOptions {
  readonly limits?: Partial<PlanLimits> | undefined
  /** Name of the document, for its diagnostics. */
  readonly file?: string | undefined
}

/** A document's value, and how to find the lines of its parts: both are for `checkPlan`. */
export type ParsedText =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/** An object or list that is open. */
interface Frame {
  /** The keys so far; null for a list. */
  readonly keys: Set<string> | null
  /** The key or index of the value at hand. */
  key: string | number
}

interface Visitor {
  readonly maxDepth: number
  /** A value begins. */
  value(offset: number, frames: readonly Frame[]): void
  duplicateKey(offset: number, frames: readonly Frame[]): void
}

interface Problem {
  readonly code: 'BAD_SYNTAX' | 'TOO_DEEP'
  readonly offset: number
  readonly message: string
  readonly hint: string
}

/**
 * Parses a JSON document. Never throws. Finds all duplicate keys, but only the first error of syntax. O(length).
 *
 * @example
 * const text = parseJson(await readFile(path, 'utf8'), { file: path })
 * const check = text.ok ? checkPlan(text.value, { file: path, locate: text.locate }) : text
 */
export function parseJson(text: string, options: TextOptions = {}): ParsedText {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const tooLarge = checkSize(utf8Length(text, limits.jsonBytes), 'json', options)
  if (tooLarge !== null) return { ok: false, diagnostics: [tooLarge] }
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  const duplicates: { readonly at: string; readonly offset: number }[] = []
  const problem = scan(source, {
    maxDepth: limits.depth,
    value: () => {},
    duplicateKey: (offset, frames) => {
      if (duplicates.length < limits.diagnostics) duplicates.push({ at: pointerOf(frames), offset })
    },
  })
  const diagnostics = duplicates.map(({ at, offset }) => duplicateKey(at, positionOf(source, offset)))
  if (problem !== null) {
    const { code, message, hint, offset } = problem
    diagnostics.push({ code, severity: 'error', message, at: '', hint, ...positionOf(source, offset) })
  }
  if (diagnostics.length > 0) return { ok: false, diagnostics: place(diagnostics, options.file, undefined) }
  return { ok: true, value: JSON.parse(source), locate: (pointers) => locateIn(source, pointers) }
}

/**
 * The refusal of a document that is too large, by its size in bytes: ask before reading a file. Null where it may be read.
 */
export function checkSize(bytes: number, format: 'json' | 'yaml', options: TextOptions = {}): Diagnostic | null {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const name = format === 'json' ? 'jsonBytes' : 'yamlBytes'
  if (bytes <= limits[name]) return null
  return {
    code: 'TOO_LARGE',
    severity: 'error',
    message: `The document is larger than ${thousands(limits[name])} bytes.`,
    at: '',
    hint: `Split the plan, or raise the limit "${name}".`,
    ...(options.file === undefined ? undefined : { file: options.file }),
  }
}

/** Bytes of the text in UTF-8; above `enough` only that there are more. */
export function utf8Length(text: string, enough: number): number {
  if (text.length > enough) return text.length
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    // The two halves of a pair have two bytes each.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/** The diagnostic of a key that an object has twice. */
export function duplicateKey(at: string, position: Position): Diagnostic {
  const key = at
    .slice(at.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  const message = `The key ${quote(key)} is used twice in one object.`
  return { code: 'DUPLICATE_KEY', severity: 'error', message, at, hint: 'Rename one of them.', ...position }
}

/** Line and column of an offset. O(offset). */
export function positionOf(text: string, offset: number): Position {
  let line = 1
  let lineStart = 0
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', end + 1)) {
    line++
    lineStart = end + 1
  }
  return { line, column: offset - lineStart + 1 }
}

function locateIn(source: string, pointers: ReadonlySet<string>): ReadonlyMap<string, Position> {
  const found = new Map<string, Position>()
  let line = 1
  let lineStart = 0
  let counted = 0
  scan(source, {
    maxDepth: Number.POSITIVE_INFINITY,
    duplicateKey: () => {},
    value: (offset, frames) => {
      for (; counted < offset; counted++) {
        if (source.charCodeAt(counted) !== NEWLINE) continue
        line++
        lineStart = counted + 1
      }
      const pointer = pointerOf(frames)
      if (pointers.has(pointer)) found.set(pointer, { line, column: offset - lineStart + 1 })
    },
  })
  return found
}

function pointerOf(frames: readonly Frame[]): string {
  return frames.map((frame) => `/${pointerSegment(frame.key)}`).join('')
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Goes over the text once; the first error of syntax ends it. */
function scan(text: string, visitor: Visitor): Problem | null {
  const frames: Frame[] = []
  let at = skipSpace(text, 0)
  for (;;) {
    visitor.value(at, frames)
    const opens = text[at] === '{' || text[at] === '['
    if (opens) {
      if (frames.length >= visitor.maxDepth) return tooDeep(at, visitor.maxDepth)
      const isObject = text[at] === '{'
      at = skipSpace(text, at + 1)
      frames.push({ keys: isObject ? new Set() : null, key: -1 })
      if (text[at] !== (isObject ? '}' : ']')) {
        at = nextValue(text, at, frames, visitor)
        if (at < 0) return expected(text, ~at, 'a key in double quotes and ":"')
        continue
      }
      frames.pop()
      at++
    } else {
      const end = endOfScalar(text, at)
      if (end === at) return expected(text, at, 'a value')
      at = end
    }
    at = closeContainers(text, at, frames)
    if (frames.length === 0) return at === text.length ? null : expected(text, at, 'the end')
    if (text[at] !== ',') return expected(text, at, frames.at(-1)?.keys === null ? '"," or "]"' : '"," or "}"')
    at = nextValue(text, skipSpace(text, at + 1), frames, visitor)
    if (at < 0) return expected(text, ~at, 'a key in double quotes and ":"')
  }
}

/** Steps over the brackets that close here, and the space around them. */
function closeContainers(text: string, from: number, frames: Frame[]): number {
  let at = skipSpace(text, from)
  while (frames.length > 0 && text[at] === (frames.at(-1)?.keys === null ? ']' : '}')) {
    frames.pop()
    at = skipSpace(text, at + 1)
  }
  return at
}

/** Where the next value of the innermost container begins, its key read; `~offset` where that is no key. */
function nextValue(text: string, at: number, frames: readonly Frame[], visitor: Visitor): number {
  const frame = frames.at(-1) as Frame
  if (frame.keys === null) {
    frame.key = (frame.key as number) + 1
    return at
  }
  const end = text.charCodeAt(at) === QUOTE ? endOfString(text, at) : at
  if (end === at) return ~at
  const colon = skipSpace(text, end)
  if (text[colon] !== ':') return ~colon
  const raw = text.slice(at, end)
  frame.key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
  if (frame.keys.has(frame.key)) visitor.duplicateKey(at, frames)
  frame.keys.add(frame.key)
  return skipSpace(text, colon + 1)
}

const NUMBER_OR_WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Where the text, number or word that begins at `at` ends; `at` where there is none. */
function endOfScalar(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return endOfString(text, at)
  NUMBER_OR_WORD.lastIndex = at
  return NUMBER_OR_WORD.test(text) ? NUMBER_OR_WORD.lastIndex : at
}

const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return at + 1
    if (unit < 0x20) return start
    if (unit !== BACKSLASH) continue
    ESCAPE.lastIndex = at + 1
    if (!ESCAPE.test(text)) return start
    at = ESCAPE.lastIndex - 1
  }
  return start
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const character = text[at]
    if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') break
  }
  return at
}

function expected(text: string, offset: number, what: string): Problem {
  const found =
    offset >= text.length
      ? 'the text ends'
      : `there is ${quote(String.fromCodePoint(text.codePointAt(offset) as number))}`
  const message = `The document is not JSON: expected ${what}, but ${found}.`
  return {
    code: 'BAD_SYNTAX',
    offset,
    message,
    hint: 'JSON has no comments, no trailing commas and only double quotes.',
  }
}

function tooDeep(offset: number, depth: number): Problem {
  const message = `Lists and objects are nested more than ${depth} deep.`
  return { code: 'TOO_DEEP', offset, message, hint: 'Flatten the value, or raise the limit "depth".' }
}
