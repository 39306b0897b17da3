/** Turns what zod found into diagnostics: sentences of our own, with codes and hints. */
import type * as z from 'zod/mini'
import { type DiagnosticCode, pointerTo, type Reporter } from './diagnostic.js'
import { explainId, idHint, isReserved } from './ids.js'
import { nearest } from './nearest.js'
import { knownFields, PHRASES, type Section } from './schema.js'
import { describe, quote, quoteAll } from './text.js'

type Issue = z.core.$ZodIssue
type Path = readonly (string | number)[]

/** Where a checked value stands in the plan. */
export interface Place {
  readonly section: Section
  /** JSON pointer of the value. */
  readonly at: string
  readonly value: unknown
  /** Its id is the key it stands under, not a field. */
  readonly idIsKey: boolean
}

/** Reports each issue, and returns the names of the fields that have errors. Keys that begin with `x-` are no issue. */
export function reportIssues(issues: readonly Issue[], place: Place, reporter: Reporter): ReadonlySet<string> {
  const broken = new Set<string>()
  for (const issue of issues) {
    const errors = reporter.errorCount()
    reportIssue(issue, [], place, reporter)
    if (reporter.errorCount() > errors && issue.path.length > 0) broken.add(String(issue.path[0]))
  }
  return broken
}

function reportIssue(issue: Issue, base: Path, place: Place, reporter: Reporter): void {
  const path = [...base, ...(issue.path as Path)]
  if (issue.code === 'invalid_key') return reportKey(path, place, reporter)
  const branch = issue.code === 'invalid_union' ? bestBranch(issue.errors) : null
  if (branch !== null) {
    for (const inner of branch) reportIssue(inner, path, place, reporter)
  } else if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownField(key, path, place, reporter)
  } else {
    reportValue(issue.message, path, place, reporter)
  }
}

/** The branch of a union that somebody most probably meant: of those that fit the kind of value, the nearest. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  let best: readonly Issue[] | null = null
  for (const issues of branches) {
    const otherKind = issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys')
    if (!otherKind && (best === null || issues.length < best.length)) best = issues
  }
  return best
}

/** A key of a mapping by name that is no name. */
function reportKey(path: Path, place: Place, reporter: Reporter): void {
  reportId(String(path.at(-1)), 'name', pointerTo(place.at, path), reporter)
}

/** Reports an id or name that is refused. */
export function reportId(text: string, grammar: 'id' | 'name', at: string, reporter: Reporter): void {
  const code = isReserved(text) ? 'RESERVED_NAME' : 'BAD_ID'
  reporter.error(code, at, explainId(text, grammar), idHint(grammar))
}

function reportUnknownField(key: string, path: Path, place: Place, reporter: Reporter): void {
  if (key.startsWith('x-')) return
  const known = knownFields(place.section, path)
  const near = nearest(key, known)
  const hint = near === null ? `Known here: ${quoteAll(known)}.` : `Did you mean ${quote(near)}?`
  const message = `The field ${quote(key)} is not known here.`
  reporter.error(
    'UNKNOWN_FIELD',
    pointerTo(place.at, [...path, key]),
    message,
    `${hint} Your own fields begin with "x-".`,
  )
}

function reportValue(phrase: string, path: Path, place: Place, reporter: Reporter): void {
  const parent = valueAt(place.value, path.slice(0, -1))
  const value = valueAt(place.value, path)
  const key = path.at(-1)
  if (value === undefined && typeof key === 'string' && typeof parent === 'object') {
    const at = pointerTo(place.at, path.slice(0, -1))
    reporter.error('MISSING_FIELD', at, `The field ${quote(key)} is missing.`, `It must be ${phrase}.`)
    return
  }
  const at = place.idIsKey && key === 'id' && path.length === 1 ? place.at : pointerTo(place.at, path)
  if ((phrase === PHRASES.id || phrase === PHRASES.name) && typeof value === 'string') {
    return reportId(value, phrase === PHRASES.id ? 'id' : 'name', at, reporter)
  }
  const message = `${nameOf(path)} must be ${phrase}, not ${describe(value)}.`
  const [code, hint] = adviceFor(phrase)
  reporter.error(code, at, message, hint)
}

function adviceFor(phrase: string): readonly [DiagnosticCode, string] {
  const isDuration = phrase === PHRASES.duration || phrase === PHRASES.positiveDuration || phrase === PHRASES.estimate
  if (isDuration) return ['BAD_DURATION', 'A duration has one unit: "ms", "s", "m", "h" or "d", and at most 100 years.']
  return ['BAD_VALUE', 'See docs/reference/plan.md for what each field may hold.']
}

function nameOf(path: Path): string {
  const key = path.at(-1) as string | number
  if (typeof key === 'string') return quote(key)
  const list = path.findLast((part) => typeof part === 'string')
  return `Entry ${key + 1} of ${quote(String(list))}`
}

function valueAt(value: unknown, path: Path): unknown {
  // An issue is about something inside an object, if only about what is missing there.
  return path.reduce((current, key) => (current as Record<string | number, unknown>)[key], value)
}
