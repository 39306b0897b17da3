/**
 * The one way to a terminal: what is printed is made of lines, lines of spans, and `renderLine` escapes the text of each
 * span. Colour and cursor movement come from us alone, whatever a plan, a path or a message holds.
 */
import { characterWidth, escapeText } from './escape.js'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface StyledText {
  readonly text: string
  readonly style: Style
}

/** Text of any origin; it is escaped when the line is rendered. */
export type Span = string | StyledText
export type Line = readonly Span[]

export interface RenderOptions {
  readonly colour: 'colour' | 'plain'
  /** Columns; a longer line ends in `…`. Default: no limit. */
  readonly width?: number
}

const CODES: { readonly [S in Style]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

/** The line as it is sent to the terminal, without a line break. */
export function renderLine(line: Line, { colour, width = Number.POSITIVE_INFINITY }: RenderOptions): string {
  let rendered = ''
  let left = width
  for (const span of line) {
    const text = typeof span === 'string' ? span : span.text
    const fitting = cut(escapeText(text, left + 1), left)
    left -= fitting.width
    rendered += colour === 'plain' || typeof span === 'string' ? fitting.text : paint(fitting.text, span.style)
    if (fitting.isCut) break
  }
  return rendered
}

/** Columns the line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, span) => sum + textWidth(typeof span === 'string' ? span : span.text), 0)
}

export function textWidth(text: string): number {
  let width = 0
  for (const character of escapeText(text)) width += characterWidth(character)
  return width
}

/** The text in exactly `width` columns: cut with `…`, or filled with spaces behind it (`start`) or before it (`end`). */
export function inColumns(text: string, width: number, side: 'start' | 'end' = 'start'): string {
  const fitting = cut(escapeText(text, width + 1), width)
  const space = ' '.repeat(width - fitting.width)
  return side === 'start' ? fitting.text + space : space + fitting.text
}

function paint(text: string, style: Style): string {
  if (text === '') return ''
  const [on, off] = CODES[style]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

interface Fitting {
  readonly text: string
  readonly width: number
  readonly isCut: boolean
}

function cut(text: string, limit: number): Fitting {
  let width = 0
  let end = 0
  /** Where to cut if the rest does not fit: the last place with room for the `…`. */
  let cutAt = 0
  let cutWidth = 0
  for (const character of text) {
    const next = width + characterWidth(character)
    if (next > limit) {
      return limit < 1
        ? { text: '', width: 0, isCut: true }
        : { text: `${text.slice(0, cutAt)}…`, width: cutWidth + 1, isCut: true }
    }
    width = next
    end += character.length
    if (width < limit) {
      cutAt = end
      cutWidth = width
    }
  }
  return { text, width, isCut: false }
}
