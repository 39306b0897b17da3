/**
 * Walks a value that claims to be JSON, before anything trusts it: zod would drop a key `__proto__` in silence, and
 * nothing else would notice a function, a cycle or a text of a gigabyte.
 */
import { pointerTo, type Reporter } from './diagnostic.js'
import type { PlanLimits } from './limits.js'
import { isPlainObject } from './plain-object.js'
import { count, describe, quote } from './text.js'

/** Values in a plan for each task it may have: bounds the walk where objects are shared (`[x, x]`, 64 deep). */
const VALUES_PER_TASK = 100

type Path = (string | number)[]

/** What one walk over a plan shares: its limits and what is left of them. */
export interface Inspection {
  readonly limits: PlanLimits
  readonly reporter: Reporter
  /** Values that may still be looked at. */
  valuesLeft: number
  /** Records so far, by kind. */
  readonly counted: Map<string, number>
  /** The field at hand is too deep to look further: it may contain itself. */
  fieldTooDeep: boolean
  /** The plan is too large to look further. */
  abandoned: boolean
}

/** Begins the walk over one plan. */
export function createInspection(limits: PlanLimits, reporter: Reporter): Inspection {
  const valuesLeft = VALUES_PER_TASK * limits.tasks
  return { limits, reporter, valuesLeft, counted: new Map(), fieldTooDeep: false, abandoned: false }
}

/**
 * Reports what in the fields of `record` is not JSON or too large, and returns the names of those fields. `depth` is
 * how deep the record itself stands, from 1. Fields in `except` are left out.
 */
export function inspectFields(
  record: Readonly<Record<string, unknown>>,
  at: string,
  depth: number,
  except: ReadonlySet<string>,
  inspection: Inspection,
): ReadonlySet<string> {
  const broken = new Set<string>()
  for (const key of Object.keys(record)) {
    if (except.has(key)) continue
    const errors = inspection.reporter.errorCount()
    inspection.fieldTooDeep = false
    inspectEntry(key, record[key], at, [key], depth, inspection)
    if (inspection.reporter.errorCount() > errors) broken.add(key)
  }
  return broken
}

function inspectEntry(
  key: string,
  value: unknown,
  at: string,
  path: Path,
  depth: number,
  inspection: Inspection,
): void {
  const { limits, reporter } = inspection
  if (key === '__proto__') {
    const message = 'The name "__proto__" is reserved: every JavaScript object has it.'
    reporter.error('RESERVED_NAME', pointerTo(at, path), message, 'Use another name.')
  } else if (key.length > limits.stringLength) {
    reportTooLong('name', key, at, path, inspection)
  } else if (value !== undefined) {
    inspectValue(value, at, path, depth, inspection)
  }
}

function inspectValue(value: unknown, at: string, path: Path, depth: number, inspection: Inspection): void {
  if (--inspection.valuesLeft === 0) reportTooMany(inspection)
  if (inspection.valuesLeft <= 0 || inspection.fieldTooDeep) return
  if (typeof value === 'string') {
    if (value.length > inspection.limits.stringLength) reportTooLong('text', value, at, path, inspection)
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) reportNotJson(`The number ${value}`, at, path, inspection)
  } else if (typeof value === 'object' && value !== null) {
    inspectContainer(value, at, path, depth + 1, inspection)
  } else if (typeof value !== 'boolean' && value !== null) {
    reportNotJson(value === undefined ? 'An empty place in a list' : capitalized(describe(value)), at, path, inspection)
  }
}

function inspectContainer(value: object, at: string, path: Path, depth: number, inspection: Inspection): void {
  const { limits, reporter } = inspection
  if (depth > limits.depth) {
    inspection.fieldTooDeep = true
    const message = `Lists and objects are nested more than ${limits.depth} deep.`
    reporter.error('TOO_DEEP', pointerTo(at, path), message, 'Flatten the value, or raise the limit "depth".')
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length && inspection.valuesLeft > 0; index++) {
      path.push(index)
      inspectValue(value[index], at, path, depth, inspection)
      path.pop()
    }
  } else if (isPlainObject(value)) {
    for (const key of Object.keys(value)) {
      path.push(key)
      inspectEntry(key, value[key], at, path, depth, inspection)
      path.pop()
    }
  } else {
    reportNotJson(capitalized(describe(value)), at, path, inspection)
  }
}

function reportTooLong(kind: string, text: string, at: string, path: Path, { limits, reporter }: Inspection): void {
  const message = `The ${kind} ${quote(text)} is too long: at most ${count(limits.stringLength, 'character')}.`
  reporter.error('TOO_LARGE', pointerTo(at, path), message, 'Shorten it, or raise the limit "stringLength".')
}

function reportNotJson(what: string, at: string, path: Path, { reporter }: Inspection): void {
  const hint = 'A plan is plain data: null, true, false, finite numbers, texts, lists and objects.'
  reporter.error('NOT_JSON', pointerTo(at, path), `${what} cannot be written as JSON.`, hint)
}

function reportTooMany(inspection: Inspection): void {
  const { limits, reporter } = inspection
  inspection.abandoned = true
  const most = VALUES_PER_TASK * limits.tasks
  const message = `The plan has more than ${count(most, 'value')}.`
  const hint = 'Does an object contain itself? If not, raise the limit "tasks"; a hundred values are allowed for each.'
  reporter.error('TOO_LARGE', '', message, hint)
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
