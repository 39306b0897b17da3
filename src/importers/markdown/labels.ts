/** Fields on a line: `**Label:** value`, `**Label**: value`, `Label: value`, several on one line. */
import { within } from '../shared/lines.js'
import { matchesOf } from '../shared/matches.js'
import type { FieldName, Piece } from './types.js'
import { fieldOf } from './vocabulary.js'

/** A label and what follows it on its line. */
export interface Labelled {
  readonly label: string
  /** Null: a bold label that the reader does not know. */
  readonly field: FieldName | null
  readonly bold: boolean
  readonly value: Piece
}

const BOLD = /\*\*([^*]{1,80}?)(:?)\*\*(\s*\([^()]{0,60}\))?(:?)\s*/g
const PLAIN = /^(?=[^:]{1,120}:)([\p{L}][\p{L}\d /&'._-]{0,47}?)(?:\s*\([^()]{0,60}\))?:(?:\s+|$)/u
const NO_DEPENDENCIES = /^\**no dependencies\b/i
const AFTER = /^\*\*((?:start |starts |begin )?after [^*]{1,80})\*\*$/i

/** "Depends on #10 and #12", without a colon, where the name of a unit follows. */
const BARE =
  /^(depends on|blocked by|waits for|can start after)\s+(?=(?:#?\d|[A-Z](?![A-Za-z])|[A-Z][A-Za-z]*[-_]?\d|(?:agents?|streams?|tasks?|tracks?|issues?|epics?|phases?|squads?|stor(?:y|ies))\s+#?[A-Z0-9]))/i

/** The fields that a line begins with; empty: it is no line of fields. */
export function labelsOf(piece: Piece): readonly Labelled[] {
  const { text } = piece
  const isBold = text.includes('**')
  if (!isBold && !text.includes(':') && !/^(?:no dep|depends|blocked|waits|can start)/i.test(text)) return NO_LABELS
  const bare = isBold || text.includes(':') ? null : BARE.exec(text)
  if (bare !== null) {
    const [whole, label = ''] = bare
    return [{ label, field: 'dependsOn', bold: false, value: within(piece, whole.length, text.slice(whole.length)) }]
  }
  if (NO_DEPENDENCIES.test(text)) return [{ label: 'No dependencies', field: 'dependsOn', bold: true, value: piece }]
  const after = isBold ? AFTER.exec(text) : null
  if (after !== null) {
    return [{ label: 'After', field: 'canStart', bold: true, value: within(piece, 2, after[1] as string) }]
  }
  const bold = isBold ? boldLabels(piece) : NO_LABELS
  return bold.length > 0 || !text.includes(':') ? bold : plainLabels(piece)
}

const NO_LABELS: readonly Labelled[] = []

function boldLabels(piece: Piece): readonly Labelled[] {
  const { text } = piece
  const marks: RegExpExecArray[] = []
  for (const match of matchesOf(BOLD, text)) {
    // What is bold inside of a value is a part of it.
    if (isLabel(match, text) && (marks.length === 0 || fieldOf(match[1] as string) !== null)) marks.push(match)
  }
  const first = marks[0]
  if (first === undefined || (first.index > 0 && /[\p{L}\p{N}`]/u.test(text.slice(0, first.index)))) return NO_LABELS
  return marks.map((match, at) => {
    const begin = match.index + match[0].length
    const end = marks[at + 1]?.index ?? text.length
    const value = text.slice(begin, end).replace(/\s*[|·•]?\s*$/, '')
    const label = match[1] as string
    return { label, field: fieldOf(label), bold: true, value: within(piece, begin, value) }
  })
}

/** A bold text with a colon, or one that is all of its line and known. */
function isLabel(match: RegExpExecArray, text: string): boolean {
  if (match[2] === ':' || match[4] === ':') return true
  return match[0].trim() === text.trim() && fieldOf(match[1] as string) !== null
}

function plainLabels(piece: Piece): readonly Labelled[] {
  const isItalic = /^_[^_].*_$/.test(piece.text)
  const text = isItalic ? piece.text.slice(1, -1) : piece.text
  const found: Labelled[] = []
  let begin = isItalic ? 1 : 0
  for (const part of text.split(' | ')) {
    const match = PLAIN.exec(part)
    const field = match === null ? null : fieldOf(match[1] as string)
    if (match === null || field === null) return found
    const value = within(piece, begin + match[0].length, part.slice(match[0].length).trim())
    found.push({ label: match[1] as string, field, bold: false, value })
    begin += part.length + 3
  }
  return found
}
