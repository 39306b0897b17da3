/** What is wrong with a plan: values, all at once, in the same words each time. */
import type { DurationMs } from '../core/types.js'
import { thousands } from './text.js'

/**
 * The codes of diagnostics; `docs/reference/plan.md` lists what each one means.
 *
 * The text: `BAD_SYNTAX` `DUPLICATE_KEY` `TOO_LARGE` `TOO_DEEP` · the values: `NOT_JSON` `UNREADABLE` `RESERVED_NAME`
 * `MISSING_FIELD` `UNKNOWN_FIELD` `BAD_VALUE` `BAD_DURATION` `BAD_ID` `BAD_PATH` `BAD_REFERENCE` `BAD_TEMPLATE` · what they mean
 * together: `DUPLICATE_ID` `UNKNOWN_ID` `AMBIGUOUS_ID` `CYCLE` `OWNED_PATH` `PROTECTED_PATH` `INTEGRATE_MEETS_CLAIM`
 * `NO_POOL` `UNKNOWN_HANDLER` `OVER_CAPACITY` `BAD_DEPENDENCY` `BAD_SEQUENCE` · no errors: `EMPTY_PLAN`
 * `LOOSE_SEQUENCE` `UNDECLARED_RESOURCE`
 * `SOFT_CYCLE` `WILL_NOT_RUN_SIDE_BY_SIDE` · of importers, no errors: `FREE_TEXT_DEPENDENCY` `ALREADY_SATISFIED` `INFERRED`
 * `DISAGREEMENT` `UNREAD_ESTIMATE` `SHARED_PATH` `MENDED_TEXT` `NO_UNITS` · `TOO_MANY_PROBLEMS`.
 */
export type DiagnosticCode =
  | 'BAD_SYNTAX'
  | 'DUPLICATE_KEY'
  | 'TOO_LARGE'
  | 'TOO_DEEP'
  | 'NOT_JSON'
  | 'UNREADABLE'
  | 'RESERVED_NAME'
  | 'MISSING_FIELD'
  | 'UNKNOWN_FIELD'
  | 'BAD_VALUE'
  | 'BAD_DURATION'
  | 'BAD_ID'
  | 'BAD_PATH'
  | 'BAD_REFERENCE'
  | 'BAD_TEMPLATE'
  | 'DUPLICATE_ID'
  | 'UNKNOWN_ID'
  | 'AMBIGUOUS_ID'
  | 'CYCLE'
  | 'OWNED_PATH'
  | 'PROTECTED_PATH'
  | 'INTEGRATE_MEETS_CLAIM'
  | 'NO_POOL'
  | 'UNKNOWN_HANDLER'
  | 'BAD_DEPENDENCY'
  | 'BAD_SEQUENCE'
  | 'OVER_CAPACITY'
  | 'EMPTY_PLAN'
  | 'LOOSE_SEQUENCE'
  | 'SOFT_CYCLE'
  | 'WILL_NOT_RUN_SIDE_BY_SIDE'
  | 'FREE_TEXT_DEPENDENCY'
  | 'ALREADY_SATISFIED'
  | 'INFERRED'
  | 'DISAGREEMENT'
  | 'UNREAD_ESTIMATE'
  | 'SHARED_PATH'
  | 'MENDED_TEXT'
  | 'NO_UNITS'
  | 'UNDECLARED_RESOURCE'
  | 'TOO_MANY_PROBLEMS'

/** `error`: the plan is refused. `warning`: it runs, but probably not as meant. `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** Something about a plan. The same plan gives the same diagnostics, in the same order, in the same words. */
export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly severity: Severity
  /** One sentence. Names are in quotes, with control and bidi characters escaped: fit for a terminal. */
  readonly message: string
  /** JSON pointer (RFC 6901) into the value or document as it was written; not escaped for a terminal. */
  readonly at: string
  /** What to do about it. */
  readonly hint: string
  /** By how much it makes the plan longer, where it does and that is known. */
  readonly costMs?: DurationMs
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** From 1, in UTF-16 units. */
  readonly column?: number
}

/** A place in a text. */
export interface Position {
  readonly line: number
  readonly column: number
  /** Where the values of one plan come from several files; else the document's name is used. */
  readonly file?: string
}

/** Where in the text the values at these JSON pointers begin. One pass for all, so ask for all at once. */
export type Locate = (pointers: ReadonlySet<string>) => ReadonlyMap<string, Position>

/** Collects diagnostics, up to a limit. */
export interface Reporter {
  report(diagnostic: Diagnostic): void
  error(code: DiagnosticCode, at: string, message: string, hint: string): void
  /** Errors so far, those beyond the limit included. */
  errorCount(): number
  /** In the order of report, with a last entry if there were too many. */
  list(): readonly Diagnostic[]
}

/** A reporter that lists `limit` diagnostics, and counts the others. */
export function createReporter(limit: number): Reporter {
  const kept: Diagnostic[] = []
  let reported = 0
  let errors = 0
  const report = (diagnostic: Diagnostic): void => {
    reported++
    if (diagnostic.severity === 'error') errors++
    if (kept.length < limit) kept.push(diagnostic)
  }
  return {
    report,
    error: (code, at, message, hint) => report({ code, severity: 'error', message, at, hint }),
    errorCount: () => errors,
    list: () => (reported > kept.length ? [...kept, tooMany(reported - kept.length, errors)] : kept),
  }
}

/**
 * The diagnostics with file, line and column where known, sorted by their place: line and column, else pointer (list
 * positions as numbers); but those with a cost come first, the costliest before the others. Equal ones keep their order.
 */
export function place(
  diagnostics: readonly Diagnostic[],
  file: string | undefined,
  locate: Locate | undefined,
): readonly Diagnostic[] {
  const positions = locate?.(new Set(diagnostics.map((diagnostic) => diagnostic.at)))
  const placed = diagnostics.map((diagnostic) => {
    const position = positions?.get(diagnostic.at)
    return {
      segments: diagnostic.at.split('/'),
      isSummary: diagnostic.code === 'TOO_MANY_PROBLEMS',
      diagnostic: { ...diagnostic, ...(file === undefined ? undefined : { file }), ...position },
    }
  })
  placed.sort(
    (a, b) =>
      Number(a.isSummary) - Number(b.isSummary) ||
      (b.diagnostic.costMs ?? 0) - (a.diagnostic.costMs ?? 0) ||
      (a.diagnostic.line ?? 0) - (b.diagnostic.line ?? 0) ||
      (a.diagnostic.column ?? 0) - (b.diagnostic.column ?? 0) ||
      compareSegments(a.segments, b.segments),
  )
  return placed.map(({ diagnostic }) => diagnostic)
}

/** `key` as a segment of a JSON pointer. */
export function pointerSegment(key: string | number): string {
  return typeof key === 'number' ? String(key) : key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The pointer of `path` below `base`. */
export function pointerTo(base: string, path: readonly (string | number)[]): string {
  return path.reduce<string>((pointer, key) => `${pointer}/${pointerSegment(key)}`, base)
}

function tooMany(more: number, errors: number): Diagnostic {
  return {
    code: 'TOO_MANY_PROBLEMS',
    severity: errors > 0 ? 'error' : 'warning',
    message: `There are ${thousands(more)} more problems than are listed here.`,
    at: '',
    hint: 'Mend these first, or raise the limit "diagnostics".',
  }
}

const INTEGER = /^\d+$/

function compareSegments(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const left = a[index] as string
    const right = b[index] as string
    if (left === right) continue
    if (INTEGER.test(left) && INTEGER.test(right)) return Number(left) - Number(right)
    return left < right ? -1 : 1
  }
  return a.length - b.length
}
