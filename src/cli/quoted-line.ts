/** The line of a source that a diagnostic is about, with its place marked. */
import { type Line, textWidth } from '../reporters/shared/line.js'

/** Columns of the source that are shown, and how many of them before the place where the line is cut. */
const MOST_COLUMNS = 100
const COLUMNS_BEFORE = 40

/** Texts by the names of their files. */
export type Sources = ReadonlyMap<string, string>

/** Finds lines; each text is split once. */
export type LineOf = (file: string | undefined, line: number | undefined) => string | null

export function lineFinder(sources: Sources): LineOf {
  const known = new Map<string, readonly string[]>()
  return (file, line) => {
    if (file === undefined || line === undefined) return null
    const rows = known.get(file) ?? (sources.get(file) ?? '').split(/\r\n|\n|\r/)
    known.set(file, rows)
    return rows[line - 1] ?? null
  }
}

/**
 * `21 │       auth: { estimate: 8h }` and below it a `^` under the column. A long line is cut around the place. Empty where
 * the line is blank: there is nothing to see.
 */
export function quotedLine(text: string, line: number, column: number | undefined): readonly Line[] {
  if (text.trim() === '') return []
  const at = Math.min((column ?? 1) - 1, text.length)
  const from = at <= MOST_COLUMNS - COLUMNS_BEFORE ? 0 : at - COLUMNS_BEFORE
  const before = `${from === 0 ? '' : '…'}${plain(text.slice(from, at))}`
  const after = plain(text.slice(at, from + MOST_COLUMNS))
  const more = text.length > from + MOST_COLUMNS ? '…' : ''
  const number = String(line)
  const rule = { text: `    ${number} │ `, style: 'dim' } as const
  const shown: Line = [rule, `${before}${after}${more}`.trimEnd()]
  if (column === undefined) return [shown]
  const gap = { text: `    ${' '.repeat(number.length)} │ `, style: 'dim' } as const
  return [shown, [gap, ' '.repeat(textWidth(before)), { text: '^', style: 'cyan' }]]
}

/** Tabs have no width of their own; half of a character that was cut is none. */
function plain(text: string): string {
  return text.replaceAll('\t', ' ').replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '')
}
