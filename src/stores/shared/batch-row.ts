/**
 * A batch as one row of a table: what the stores on SQL databases have in common.
 *
 * One row per batch, not per event: an append writes one row and one entry of the index however many events it has, and
 * opening a journal of many events costs one `JSON.parse` per batch. Rows are named by the revision before them; that
 * name is unique, so storing a row is the compare-and-set.
 */
import { crc32 } from 'node:zlib'
import type { Revision, RunEvent, ScopeId } from '../../core/types.js'
import { schedulerError } from '../../runtime/errors.js'
import type { Batch, StoredEvent, StoredSnapshot } from '../../runtime/ports.js'

export interface BatchRow {
  /** The revision before the first event. */
  readonly base: Revision
  /** The revision after the last event. */
  readonly head: Revision
  readonly id: string
  readonly writer: string
  /** A JSON list. */
  readonly events: string
  readonly checksum: number
}

export interface SnapshotRow {
  readonly revision: Revision
  readonly writer: string
  readonly data: string
  readonly checksum: number
}

/**
 * A name as a database can keep it: JSON without its quotation marks. Ordinary names stay as they are; NUL and lone
 * surrogates, which UTF-8 columns refuse or replace, become escapes, so that no two names are taken for one.
 */
export function keyOf(name: string): string {
  return JSON.stringify(name).slice(1, -1)
}

export function nameOf(key: string): string {
  return JSON.parse(`"${key}"`) as string
}

export function batchRow(scope: ScopeId, base: Revision, batch: Batch): BatchRow {
  const head = base + batch.events.length
  const row = { base, head, id: keyOf(batch.id), writer: keyOf(batch.writer), events: JSON.stringify(batch.events) }
  return { ...row, checksum: batchChecksum(scope, row) }
}

/**
 * The events of rows after revision `after`, and nothing else.
 *
 * @throws SchedulerError STORE_CORRUPT at the first row that is not what was stored, or does not follow the one before.
 */
export function* eventsOf(
  scope: ScopeId,
  rows: readonly BatchRow[],
  after: Revision,
): Generator<StoredEvent, void, undefined> {
  let last: Revision | null = null
  for (const row of rows) {
    // The first row may begin before the place that is asked for; the others begin where the one before ends.
    if (last === null ? row.base > after : row.base !== last) {
      throw corrupt(scope, 'events are missing after', last ?? after)
    }
    if (batchChecksum(scope, row) !== row.checksum) throw corrupt(scope, 'what is stored has changed after', row.base)
    const writer = nameOf(row.writer)
    const events = JSON.parse(row.events) as readonly RunEvent[]
    for (let i = Math.max(0, after - row.base); i < events.length; i += 1) {
      yield { revision: row.base + i + 1, event: events[i]!, writer }
    }
    last = row.head
  }
}

export function snapshotRow(scope: ScopeId, { revision, writer, data }: StoredSnapshot): SnapshotRow {
  const row = { revision, writer: keyOf(writer), data: JSON.stringify(data) }
  return { ...row, checksum: snapshotChecksum(scope, row) }
}

/** @throws SchedulerError STORE_CORRUPT where it is damaged */
export function snapshotIn(scope: ScopeId, row: SnapshotRow | undefined): StoredSnapshot | null {
  if (row === undefined) return null
  if (snapshotChecksum(scope, row) !== row.checksum) {
    const message = `The snapshot of scope "${scope}" is damaged.`
    throw schedulerError('STORE_CORRUPT', message, 'The journal has it all; the next snapshot takes its place.')
  }
  return { revision: row.revision, writer: nameOf(row.writer), data: JSON.parse(row.data) }
}

function batchChecksum(scope: ScopeId, { base, head, id, writer, events }: Omit<BatchRow, 'checksum'>): number {
  return crc32(events, crc32(JSON.stringify([scope, base, head, id, writer])))
}

function snapshotChecksum(scope: ScopeId, { revision, writer, data }: Omit<SnapshotRow, 'checksum'>): number {
  return crc32(data, crc32(JSON.stringify([scope, revision, writer])))
}

function corrupt(scope: ScopeId, what: string, revision: Revision): Error {
  const message = `The journal of scope "${scope}" is damaged: ${what} revision ${revision}.`
  return schedulerError('STORE_CORRUPT', message, 'What is before can be read. Restore the database from a copy.')
}

/** Whether a number can be the head of a journal at all: what no database need be asked about. */
export function isPlace(expected: Revision): boolean {
  return Number.isSafeInteger(expected) && expected >= 0
}

/** Rows that are asked for at first, and at most; and about how many characters of events at once. */
const FIRST_ROWS = 64
const MOST_ROWS = 2048
const PAGE_CHARACTERS = 4_000_000

/**
 * The events of a scope after `after`, page by page, so that a journal is read in bounded memory. `page` gives rows in
 * order, from the one that holds the event after a revision, and none at the head.
 */
export async function* readPages(
  scope: ScopeId,
  after: Revision,
  page: (after: Revision, limit: number) => Promise<readonly BatchRow[]>,
): AsyncGenerator<StoredEvent, void, undefined> {
  let limit = FIRST_ROWS
  for (let at = after; ; ) {
    const rows = await page(at, limit)
    yield* eventsOf(scope, rows, at)
    if (rows.length < limit) return
    at = rows.at(-1)!.head
    const characters = rows.reduce((sum, { events }) => sum + events.length, 0)
    limit = Math.max(1, Math.min(MOST_ROWS, limit * 4, Math.floor((rows.length * PAGE_CHARACTERS) / characters)))
  }
}
