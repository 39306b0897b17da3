/** YAML at the head of a document, as far as plans use it: keys with a text, or with a list of texts. */
import { quote } from '../../plan/text.js'
import { type Line, within } from './lines.js'
import type { Notes } from './notes.js'
import type { Piece } from './types.js'

export interface FrontMatter {
  readonly entries: readonly Entry[]
  /** Lines it takes, both marks included. */
  readonly end: number
}

export interface Entry {
  readonly key: string
  readonly piece: Piece
  readonly values: readonly Piece[]
}

/** Most lines of front matter. */
const MOST_LINES = 500
/** The text of a key stands on the lines below it. */
const FOLDED = /(?:^|: )[|>][+-]?$/
const KEY = /^([A-Za-z_][\w -]{0,60}):\s*(.*)$/

/** Null where the document has none. Digits stay as they are written: `001` is "001". */
export function readFrontMatter(lines: readonly Line[], notes: Notes): FrontMatter | null {
  if (lines[0]?.piece.text !== '---') return null
  const end = lines.findIndex(({ piece }, at) => at > 0 && piece.text === '---')
  if (end === -1 || end > MOST_LINES) return null
  const entries: { readonly key: string; readonly piece: Piece; readonly values: Piece[] }[] = []
  let folded = false
  for (const { piece, indent } of lines.slice(1, end)) {
    const last = entries.at(-1)
    if (folded && last !== undefined && (indent > 0 || piece.text === '')) {
      goOn(last.values, piece)
      continue
    }
    folded = FOLDED.test(piece.text)
    const isItem = piece.text.startsWith('- ')
    const match = isItem ? null : KEY.exec(piece.text)
    const value = isItem ? piece.text.slice(2) : (match?.[2] ?? '')
    const at = piece.text.length - value.length
    if (match !== null) entries.push({ key: match[1] as string, piece, values: [] })
    entries.at(-1)?.values.push(...valuesOf(within(piece, at, value), notes))
  }
  return { entries, end: end + 1 }
}

function goOn(values: Piece[], piece: Piece): void {
  const last = values.pop()
  const text = `${last?.text ?? ''} ${piece.text}`.trim().slice(0, LONGEST_TEXT)
  if (text !== '') values.push({ ...(last ?? piece), text })
}

/** Characters of a text of several lines. */
const LONGEST_TEXT = 2_000

function valuesOf(piece: Piece, notes: Notes): readonly Piece[] {
  const { text } = piece
  if (/^[*&]\w/.test(text) || /[[,]\s*\*\w/.test(text)) {
    const message = `Aliases and anchors such as ${quote(text)} are not read.`
    notes.add('BAD_SYNTAX', 'warning', piece, message, 'Write the value out.')
    return []
  }
  if (!text.startsWith('[')) return text === '' || FOLDED.test(text) ? [] : [within(piece, 0, unquoted(text))]
  const inside = text.slice(1).replace(/\][^\]]*$/, '')
  return inside
    .split(',')
    .map((part) => unquoted(part.trim()))
    .filter((part) => part !== '')
    .map((part) => within(piece, 1, part))
}

function unquoted(text: string): string {
  const match = /^(["'])(.*)\1$/.exec(text.trim())
  return match === null ? text.trim() : (match[2] as string)
}
