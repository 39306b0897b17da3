/** YAML text, read with limits. Only importers and the command line load it: a YAML parser is 100 KB. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml'
import {
  type Diagnostic,
  type DiagnosticCode,
  type Locate,
  type Position,
  place,
  pointerSegment,
} from '../../plan/diagnostic.js'
import { checkSize, type ParsedText, type TextOptions, utf8Length } from '../../plan/json-text.js'
import { DEFAULT_LIMITS, withLimits } from '../../plan/limits.js'
import { escapeUnprintable, quote, thousands } from '../../plan/text.js'

/** A value of the document, its place in it, and the key it stands under. */
interface Visited {
  readonly node: unknown
  readonly key: unknown
  readonly at: string
  readonly depth: number
}

interface Reading {
  readonly lines: LineCounter
  readonly maxDepth: number
  readonly diagnostics: Diagnostic[]
}

/** Longest part of the parser's own message that is passed on. */
const LONGEST_MESSAGE = 200

/**
 * Parses a YAML 1.2 document into plain data. Never throws. Refused: documents over the limits of bytes and marks, aliases (a few
 * hundred bytes of them can stand for gigabytes), tags of other languages, duplicate keys, keys that are no text, and
 * nesting over the limit. Keys that look like numbers stay as they were written.
 *
 * @example
 * const text = parseYaml(await readFile(path, 'utf8'), { file: path })
 * const check = text.ok ? checkPlan(text.value, { file: path, locate: text.locate }) : text
 */
export function parseYaml(text: string, options: TextOptions = {}): ParsedText {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const tooLarge = checkSize(utf8Length(text, limits.yamlBytes), 'yaml', options)
  if (tooLarge !== null) return { ok: false, diagnostics: [tooLarge] }
  if (marksIn(text) > limits.yamlMarks) {
    const message = `The document has more than ${thousands(limits.yamlMarks)} lines and signs between values.`
    const hint = 'Split the plan, write it as JSON, or raise the limit "yamlMarks".'
    const tooDense: Diagnostic = { code: 'TOO_LARGE', severity: 'error', message, at: '', hint }
    return { ok: false, diagnostics: place([tooDense], options.file, undefined) }
  }
  const lines = new LineCounter()
  const reading: Reading = { lines, maxDepth: limits.depth, diagnostics: [] }
  // The parser compares each key with each other to find equal ones: we do that ourselves, in linear time.
  const document = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: false, lineCounter: lines })
  reportSyntax(document, limits.diagnostics, reading)
  const value =
    reading.diagnostics.length > 0 ? null : toValue({ node: document.contents, key: null, at: '', depth: 1 }, reading)
  const diagnostics = reading.diagnostics.slice(0, limits.diagnostics)
  if (diagnostics.length > 0) return { ok: false, diagnostics: place(diagnostics, options.file, undefined) }
  return { ok: true, value, locate: locateIn(document, lines) }
}

/** A value of its own costs far more than a character of a text: what may begin one is counted. O(length). */
function marksIn(text: string): number {
  let marks = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === NEWLINE || code === COMMA || code === BRACKET || code === BRACE) marks++
    else if ((code === HYPHEN || code === COLON) && text.charCodeAt(at + 1) === SPACE) marks++
  }
  return marks
}

const [NEWLINE, SPACE, COMMA, HYPHEN, COLON, BRACKET, BRACE] = [10, 32, 44, 45, 58, 91, 123]

function reportSyntax({ errors, warnings }: Document, most: number, reading: Reading): void {
  for (const { code, message, pos } of [...errors, ...warnings].slice(0, most)) {
    if (code === 'RESOURCE_EXHAUSTION') {
      // Where that happened depends on the machine's stack.
      reading.diagnostics.length = 0
      report('TOO_DEEP', '', tooDeep(reading.maxDepth), 'Flatten the value.', undefined, reading)
      return
    }
    const position = positionOf(pos[0], reading)
    if (code === 'MULTIPLE_DOCS') {
      report('BAD_SYNTAX', '', 'The file holds several YAML documents.', 'Keep one plan in a file.', position, reading)
      continue
    }
    // The parser's message goes on with the place and a drawing of the line.
    const [sentence = ''] = message.split(/ at line \d+, column \d+|\n/, 1)
    const problem = escapeUnprintable(sentence.slice(0, LONGEST_MESSAGE)).replace(/\.?$/, '.')
    report('BAD_SYNTAX', '', `The document is not YAML: ${problem}`, 'Mend the line.', position, reading)
  }
}

function toValue(visited: Visited, reading: Reading): unknown {
  const { node, at, depth } = visited
  if (isScalar(node)) return node.value
  if (isAlias(node)) {
    const message = `The alias ${quote(`*${node.source}`)} is refused: aliases can make a document of any size.`
    report('BAD_SYNTAX', at, message, 'Write the value out.', positionOfValue(visited, reading), reading)
    return null
  }
  if (!isMap(node) && !isSeq(node)) return null
  if (depth > reading.maxDepth) {
    report('TOO_DEEP', at, tooDeep(reading.maxDepth), 'Flatten the value.', positionOfValue(visited, reading), reading)
    return null
  }
  if (isSeq(node)) return childrenOf(visited).map((child) => toValue(child, reading))
  const keys = new Set<string>()
  const entries: [string, unknown][] = []
  for (const child of childrenOf(visited)) {
    const key = keyText(child.key)
    const position = positionOf(startOf(child.key), reading)
    if (key === null) {
      report('BAD_SYNTAX', at, 'A key must be text.', 'Write "key: value".', position, reading)
      continue
    }
    if (keys.has(key)) {
      const message = `The key ${quote(key)} is used twice in one object.`
      report('DUPLICATE_KEY', child.at, message, 'Rename one of them.', position, reading)
    }
    keys.add(key)
    entries.push([key, toValue(child, reading)])
  }
  // Not by assignment: a key "__proto__" must be seen by the check of the plan.
  return Object.fromEntries(entries)
}

/** What a list or mapping holds, in order. */
function childrenOf({ node, at, depth }: Visited): readonly Visited[] {
  if (isSeq(node))
    return node.items.map((item, index) => ({ node: item, key: null, at: `${at}/${index}`, depth: depth + 1 }))
  if (!isMap(node)) return []
  return node.items.map(({ key, value }: Pair) => ({
    node: value,
    key,
    at: `${at}/${pointerSegment(keyText(key) ?? '')}`,
    depth: depth + 1,
  }))
}

/** A key as it was written: `001` is "001". */
function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null) return null
  return typeof key.value === 'string' ? key.value : String(key.source)
}

function locateIn(document: Document, lines: LineCounter): Locate {
  return (pointers) => {
    const found = new Map<string, Position>()
    const pending: Visited[] = [{ node: document.contents, key: null, at: '', depth: 1 }]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (pointers.has(next.at)) found.set(next.at, positionOfValue(next, { lines }))
      pending.push(...childrenOf(next))
    }
    return found
  }
}

/** Where a value begins; for a block under a key, where the key does, as that is the line people look for. */
function positionOfValue({ node, key }: Visited, reading: Pick<Reading, 'lines'>): Position {
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true
  const isEmpty = node === null || (isScalar(node) && node.source === '')
  return positionOf(key !== null && (isBlock || isEmpty) ? startOf(key) : startOf(node), reading)
}

function startOf(node: unknown): number {
  const range = (node as { readonly range?: readonly number[] } | null)?.range
  // An empty document has no value.
  return range?.[0] ?? 0
}

function positionOf(offset: number, { lines }: Pick<Reading, 'lines'>): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function report(
  code: DiagnosticCode,
  at: string,
  message: string,
  hint: string,
  position: Position | undefined,
  { diagnostics }: Reading,
): void {
  diagnostics.push({ code, severity: 'error', message, at, hint, ...position })
}

function tooDeep(depth: number): string {
  return `Lists and objects are nested more than ${depth} deep.`
}
