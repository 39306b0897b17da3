/** Reads the records of a document: inspected, checked by the schema, put into parsed form, one at a time. */

import type * as z from 'zod/mini'
import { pointerSegment } from './diagnostic.js'
import { type Inspection, inspectFields } from './inspect.js'
import { reportIssues } from './issues.js'
import type { CollectionOrigin } from './origin.js'
import { isPlainObject } from './plain-object.js'
import type { Section } from './schema.js'
import { count, describe, quote } from './text.js'

/** A record before it is known to be one. */
export type Fields = Readonly<Record<string, unknown>>

/** How one kind of record is read. */
export interface Kind<R> {
  readonly section: Section
  readonly schema: z.ZodMiniType
  /** Depth of the record, the plan being 1. */
  readonly depth: number
  /** Fields that hold further records, which are read for themselves. */
  readonly except: ReadonlySet<string>
  /** `at` is the record's pointer. */
  readonly normalize: (fields: Fields, at: string) => R
  /** A quick way to know a record that is in parsed form already. */
  readonly isParsed?: (value: unknown) => value is R
}

/** The records of a collection, in order. */
export interface Collection<R> {
  readonly records: readonly R[]
  readonly origin: CollectionOrigin
}

/** How a record is given: in a list, with its id inside, or in a mapping, under its id. */
type Form = 'list' | 'mapping'

/**
 * Reads a collection in either form. Records that are none are left out. `undefined` where there is no collection, or
 * where it is refused as a whole. A list whose records are all in parsed form is returned as it is.
 */
export function readCollection<R>(
  value: unknown,
  at: string,
  kind: Kind<R>,
  inspection: Inspection,
): Collection<R> | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) && !isPlainObject(value)) {
    const message = `${quote(`${kind.section}s`)} must be a list, or a mapping from id to ${kind.section}, not ${describe(value)}.`
    inspection.reporter.error('BAD_VALUE', at, message, `Write [ { "id": "a" } ] or { "a": {} }.`)
    return undefined
  }
  const ids = Array.isArray(value) ? null : Object.keys(value)
  if (!isSmallEnough((ids ?? (value as readonly unknown[])).length, at, kind, inspection)) return undefined
  return Array.isArray(value)
    ? readList(value, at, kind, inspection)
    : readMapping(value as Fields, ids as readonly string[], at, kind, inspection)
}

/** Reads one record; null where it is none, or has no id to know it by. */
export function readRecord<R>(value: unknown, at: string, kind: Kind<R>, form: Form, inspection: Inspection): R | null {
  const { reporter } = inspection
  if (!isPlainObject(value)) {
    reporter.error('BAD_VALUE', at, `The ${kind.section} must be an object, not ${describe(value)}.`, 'Write { … }.')
    return null
  }
  const unreadable = inspectFields(value, at, kind.depth, kind.except, inspection)
  if (unreadable.has('id')) return null
  const inspected = without(value, unreadable)
  const result = kind.schema.safeParse(inspected)
  const place = { section: kind.section, at, value: inspected, idIsKey: form === 'mapping' }
  const broken = result.success ? null : reportIssues(result.error.issues, place, reporter)
  if (kind.section !== 'plan' && typeof inspected.id !== 'string') return null
  return kind.normalize(broken === null ? inspected : withoutBroken(inspected, broken), at)
}

function isSmallEnough(size: number, at: string, { section }: Kind<unknown>, inspection: Inspection): boolean {
  const { limits, reporter, counted } = inspection
  const total = (counted.get(section) ?? 0) + size
  counted.set(section, total)
  if (total <= limits.tasks) return true
  inspection.abandoned = true
  const message = `The plan has ${count(total, section)} or more: at most ${count(limits.tasks, section)} are allowed.`
  reporter.error('TOO_LARGE', at, message, 'Split the plan, or raise the limit "tasks".')
  return false
}

function readList<R>(list: readonly unknown[], at: string, kind: Kind<R>, inspection: Inspection): Collection<R> {
  let records: R[] | null = null
  let positions: number[] | null = null
  for (let index = 0; index < list.length; index++) {
    const value = list[index]
    const record = kind.isParsed?.(value) ? value : readRecord(value, `${at}/${index}`, kind, 'list', inspection)
    if (records === null && record === value) continue
    records ??= list.slice(0, index) as R[]
    if (record === null) positions ??= Array.from({ length: index }, (_, before) => before)
    else {
      positions?.push(index)
      records.push(record)
    }
  }
  return { records: records ?? (list as readonly R[]), origin: { byName: false, positions } }
}

function readMapping<R>(
  mapping: Fields,
  ids: readonly string[],
  at: string,
  kind: Kind<R>,
  inspection: Inspection,
): Collection<R> {
  const records: R[] = []
  for (const id of ids) {
    const value = mapping[id]
    if (value === undefined) continue
    const pointer = `${at}/${pointerSegment(id)}`
    const withId = isPlainObject(value) ? nameRecord(id, value, pointer, kind, inspection) : value
    const record = readRecord(withId, pointer, kind, 'mapping', inspection)
    if (record !== null) records.push(record)
  }
  return { records, origin: { byName: true, positions: null } }
}

function nameRecord(id: string, value: Fields, at: string, kind: Kind<unknown>, { reporter }: Inspection): Fields {
  if (value.id !== undefined && value.id !== id) {
    const message = `The ${kind.section} ${quote(id)} has another id inside: ${describe(value.id)}.`
    reporter.error('BAD_ID', `${at}/id`, message, 'Leave "id" out: the key is the id.')
  }
  return { ...value, id }
}

function without(record: Fields, keys: ReadonlySet<string>): Fields {
  if (keys.size === 0) return record
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.has(key)))
}

/** Without the fields that have errors, except for the id, which others may name. */
function withoutBroken(record: Fields, broken: ReadonlySet<string>): Fields {
  return without(record, new Set([...broken].filter((key) => key !== 'id')))
}
