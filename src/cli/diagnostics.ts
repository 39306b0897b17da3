/** Diagnostics for people. */
import type { Diagnostic, Severity } from '../plan/diagnostic.js'
import type { Line, Style } from '../reporters/shared/line.js'
import { formatCount, thousands } from '../reporters/shared/quantity.js'
import { type LineOf, lineFinder, quotedLine, type Sources } from './quoted-line.js'

interface Group {
  readonly severity: Severity
  readonly noun: string
  readonly nouns: string
  readonly style: Style
  /** Diagnostics shown; the others are counted. */
  readonly most: number
}

const GROUPS: readonly Group[] = [
  { severity: 'error', noun: 'error', nouns: 'errors', style: 'red', most: 20 },
  { severity: 'warning', noun: 'warning', nouns: 'warnings', style: 'yellow', most: 8 },
  { severity: 'info', noun: 'note', nouns: 'notes', style: 'cyan', most: 8 },
]

/** Errors first, each with its place, the line it is about and its hint; a blank line before each group. */
export function diagnosticLines(diagnostics: readonly Diagnostic[], sources: Sources): readonly Line[] {
  const lineOf = lineFinder(sources)
  return GROUPS.flatMap(({ severity, noun, nouns, style, most }) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity)
    if (found.length === 0) return []
    const shown = found.slice(0, most)
    const lines = shown.flatMap((diagnostic, at) => linesOf(diagnostic, style, shown[at + 1]?.hint, lineOf))
    const rest: readonly Line[] =
      found.length > most ? [[`  … ${thousands(found.length - most)} more; --json lists all`]] : []
    return [[], [{ text: formatCount(found.length, noun, nouns), style }], ...lines, ...rest]
  })
}

/** `2 errors and 1 warning`; null where there is nothing. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string | null {
  const counts = GROUPS.map(({ severity, noun, nouns }) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
    return found === 0 ? null : formatCount(found, noun, nouns)
  }).filter((text) => text !== null)
  if (counts.length === 0) return null
  return counts.length === 1 ? counts[0]! : `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}`
}

export function countOf(diagnostics: readonly Diagnostic[], severity: Severity): number {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
}

/** A hint that the next one repeats is left to the next one. */
function linesOf(
  { code, message, hint, ...place }: Diagnostic,
  style: Style,
  nextHint: string | undefined,
  lineOf: LineOf,
): readonly Line[] {
  const { file, line, column } = place
  const text = lineOf(file, line)
  return [
    ['  ', { text: placeText(place), style: 'bold' }, '  ', { text: code, style }],
    [`    ${message}`],
    ...(text === null ? [] : quotedLine(text, line!, column)),
    ...(hint === nextHint ? [] : [[{ text: `    ${hint}`, style: 'dim' }] as const]),
  ]
}

/** `plan.yaml:12:3  /streams/a/tasks/b`, as much of it as is known. */
function placeText({ file, line, column, at }: Pick<Diagnostic, 'file' | 'line' | 'column' | 'at'>): string {
  const where = [file, line, column].filter((part) => part !== undefined).join(':')
  return [where, at].filter((part) => part !== '').join('  ') || 'plan'
}
