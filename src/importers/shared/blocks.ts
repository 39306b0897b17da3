/** From lines to blocks: headings, items, rows of tables, code blocks, front matter, lines of text. */
import { thousands } from '../../plan/text.js'
import { type FrontMatter, readFrontMatter } from './front-matter.js'
import { type Line, readLines, within } from './lines.js'
import type { Notes } from './notes.js'
import type { Block, Piece, State } from './types.js'

/** Most columns of a table that are read. */
export const MOST_COLUMNS = 100

interface Reading {
  readonly lines: readonly Line[]
  readonly notes: Notes
  readonly blocks: Block[]
  at: number
  afterBlank: boolean
  /** The last line on which a comment ends, -1 where none does; null until it is looked for. */
  lastComment: number | null
}

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/
const ITEM_SIGNS = '-*+•0123456789'
const ITEM = /^(?:[-*+•]|(\d{1,4})[.)])\s+(.*)$/
const CHECK = /^\[([ xX~/-])\]\*?\s*(.*)$/
const FENCE = /^(`{3,}|~{3,})\s*([^\s`]*)/
const SEPARATOR = /^\|?[\s|:-]*-{2,}[\s|:-]*$/
const RULE_SIGNS = '-*_='
const RULE = /^(?:-{3,}|\*{3,}|_{3,}|={3,})$/

/** The blocks of one document. O(length). */
export function readBlocks(
  source: { readonly text: string; readonly file: string | undefined },
  notes: Notes,
): readonly Block[] {
  const reading: Reading = {
    lines: readLines(source, notes),
    notes,
    blocks: [],
    at: 0,
    afterBlank: true,
    lastComment: null,
  }
  takeFrontMatter(reading)
  while (reading.at < reading.lines.length) takeBlock(reading)
  return reading.blocks
}

function takeFrontMatter(reading: Reading): void {
  const matter: FrontMatter | null = readFrontMatter(reading.lines, reading.notes)
  if (matter === null) return
  for (const { key, piece, values } of matter.entries) {
    reading.blocks.push({ kind: 'entry', key, values, piece, indent: 0, afterBlank: false })
  }
  reading.at = matter.end
}

function takeBlock(reading: Reading): void {
  const { piece, indent } = reading.lines[reading.at] as Line
  const { text } = piece
  const base = { piece, indent, afterBlank: reading.afterBlank }
  reading.afterBlank = false
  // Most lines are told by their first character.
  const first = text[0]
  if (first === undefined || (RULE_SIGNS.includes(first) && RULE.test(text))) {
    reading.afterBlank = true
    reading.at++
    return
  }
  if (first === '<' && text.startsWith('<!--')) return skipComment(reading)
  const fence = first === '`' || first === '~' ? FENCE.exec(text) : null
  if (fence !== null) return takeFence(fence, base, reading)
  const heading = first === '#' ? HEADING.exec(text) : null
  if (heading !== null) {
    const level = (heading[1] as string).length
    push({ ...base, kind: 'heading', level, piece: within(piece, level + 1, heading[2] as string) }, reading)
    return
  }
  const next = reading.lines[reading.at + 1]?.piece.text ?? ''
  if (next.includes('|') && text.includes('|') && SEPARATOR.test(next)) return takeTable(base, reading)
  if (next.startsWith('===') && /^={3,}$/.test(next)) {
    reading.at++
    push({ ...base, kind: 'heading', level: 1 }, reading)
    return
  }
  takeItemOrText(base, reading)
}

type Base = Pick<Block, 'piece' | 'indent' | 'afterBlank'>

function push(block: Block, reading: Reading): void {
  reading.blocks.push(block)
  reading.at++
}

/** A line that is indented below an item goes on with it. */
function takeItemOrText(base: Base, reading: Reading): void {
  const { piece, indent, afterBlank } = base
  const item = ITEM_SIGNS.includes(piece.text[0] as string) ? ITEM.exec(piece.text) : null
  const last = reading.blocks.at(-1)
  if (item === null) {
    if (last?.kind === 'item' && indent > last.indent && !afterBlank && !piece.text.startsWith('**')) {
      reading.blocks[reading.blocks.length - 1] = { ...last, piece: joined(last.piece, piece.text) }
      reading.at++
      return
    }
    push({ kind: 'text', piece, indent, afterBlank }, reading)
    return
  }
  const text = item[2] as string
  const check = text.startsWith('[') ? CHECK.exec(text) : null
  const body = check === null ? text : (check[2] as string)
  const state = check === null ? null : stateOf(check[1] as string)
  const ofItem = within(piece, piece.text.length - body.length, body)
  const ordered = item[1] !== undefined
  push({ kind: 'item', piece: ofItem, indent, afterBlank, ordered, check: state }, reading)
}

/** Longest item that is put together from its lines. */
const LONGEST_ITEM = 20_000

function joined(piece: Piece, text: string): Piece {
  return piece.text.length > LONGEST_ITEM ? piece : { ...piece, text: `${piece.text} ${text}` }
}

function stateOf(mark: string): State {
  if (mark === ' ') return 'open'
  return mark === 'x' || mark === 'X' ? 'done' : 'active'
}

function skipComment(reading: Reading): void {
  const { lines } = reading
  reading.lastComment ??= lines.findLastIndex(({ piece }) => piece.text.includes('-->'))
  // A comment that never ends is text.
  if (reading.at <= reading.lastComment) while (!(lines[reading.at] as Line).piece.text.includes('-->')) reading.at++
  reading.at++
}

function takeFence(fence: RegExpExecArray, base: Base, reading: Reading): void {
  const { lines, notes } = reading
  const mark = fence[1] as string
  let end = reading.at + 1
  while (end < lines.length && !closes((lines[end] as Line).piece.text, mark)) end++
  if (end === lines.length) {
    const message = 'The code block that begins here is never closed: everything after it was read as code.'
    notes.add('BAD_SYNTAX', 'warning', base.piece, message, `Close it with ${mark.slice(0, 3)} on a line of its own.`)
  }
  // A drawing needs its columns, so the indentation comes back.
  const inside = lines.slice(reading.at + 1, end).map(({ piece, indent }) => {
    const cut = Math.min(indent, base.indent)
    return { ...piece, text: `${' '.repeat(Math.min(indent - cut, 200))}${piece.text}` }
  })
  reading.blocks.push({ ...base, kind: 'fence', language: (fence[2] as string).toLowerCase(), lines: inside })
  reading.at = end + 1
}

function closes(text: string, mark: string): boolean {
  return text.startsWith(mark) && text.replaceAll(mark[0] as string, '') === ''
}

function takeTable(base: Base, reading: Reading): void {
  const header = cellsOf(base.piece, reading.notes).map((cell) => cell.text)
  reading.at += 2
  for (; reading.at < reading.lines.length; reading.at++) {
    const { piece } = reading.lines[reading.at] as Line
    if (!piece.text.includes('|')) break
    reading.blocks.push({ ...base, kind: 'row', piece, header, cells: cellsOf(piece, null) })
  }
}

/** The cells of a row; a bar in quotes of code or after a backslash is text. */
function cellsOf(piece: Piece, notes: Notes | null): readonly Piece[] {
  const cells: Piece[] = []
  const { text } = piece
  let begin = text.startsWith('|') ? 1 : 0
  let inCode = false
  for (let at = begin; at <= text.length; at++) {
    if (text[at] === '`') inCode = !inCode
    const isBar = text[at] === '|' && !inCode && text[at - 1] !== '\\'
    if (!isBar && !(at === text.length && begin < at)) continue
    if (cells.length === MOST_COLUMNS) {
      const message = `The table has more than ${thousands(MOST_COLUMNS)} columns; the others were not read.`
      notes?.add('TOO_LARGE', 'warning', piece, message, 'Split the table.')
      break
    }
    const cell = text.slice(begin, at)
    cells.push(within(piece, begin + (cell.length - cell.trimStart().length), cell.trim()))
    begin = at + 1
  }
  return cells
}
