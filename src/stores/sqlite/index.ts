/** The SQLite store: journals in one file, for several processes on one machine. */
import type { DurationMs, Revision, ScopeId } from '../../core/types.js'
import type { Batch, Store, StoredEvent, StoredSnapshot } from '../../runtime/ports.js'
import { aboveHead } from '../shared/above-head.js'
import {
  type BatchRow,
  batchRow,
  isPlace,
  keyOf,
  nameOf,
  readPages,
  type SnapshotRow,
  snapshotIn,
  snapshotRow,
} from '../shared/batch-row.js'
import { peerProcesses } from '../shared/processes.js'
import { connect } from './connection.js'
import type { SqliteDriver, SqliteStatement } from './driver.js'
import { watchFile } from './watch.js'

export type { SqliteDriver } from './driver.js'

export interface SqliteStoreOptions {
  /** What opens the file. Default: `node:sqlite` where the runtime has it, else the package `better-sqlite3`. */
  readonly driver?: SqliteDriver
  /** How long a call waits while another process writes, in ms. Default 5,000. */
  readonly busyMs?: DurationMs
  /** How often a watched file is looked at for what other processes have stored, in ms. Default 100. */
  readonly watchMs?: DurationMs
}

const DEFAULT_BUSY_MS = 5000
const DEFAULT_WATCH_MS = 100

const HEAD = 'SELECT head FROM batch WHERE scope = ? ORDER BY base DESC LIMIT 1'
// One statement, so one transaction: the head cannot move between looking at it and writing.
const APPEND = `
  INSERT INTO batch (scope, base, head, id, writer, events, checksum)
  SELECT ?, ?, ?, ?, ?, ?, ? WHERE coalesce((${HEAD}), 0) = ?
`
const REPEATED = 'SELECT 1 FROM batch WHERE scope = ? AND base = ? AND id = ?'
// From the batch that holds the event after a revision: batches are named by the revision before them.
const PAGE = `
  SELECT base, head, id, writer, events, checksum FROM batch
  WHERE scope = ? AND base >= coalesce((SELECT max(base) FROM batch WHERE scope = ? AND base <= ?), 0) AND head > ?
  ORDER BY base LIMIT ?
`
const SAVE = `
  INSERT INTO snapshot (scope, revision, writer, data, checksum) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (scope) DO UPDATE
  SET revision = excluded.revision, writer = excluded.writer, data = excluded.data, checksum = excluded.checksum
  WHERE excluded.revision > revision
`
const LOAD = 'SELECT revision, writer, data, checksum FROM snapshot WHERE scope = ?'
const SCOPES = 'SELECT scope FROM batch WHERE base = 0'

/**
 * Keeps journals in the SQLite file `file`, made where there is none; its folder must exist. Any number of stores, in this
 * process and others, may be open on one file of a local disk. Opened at the first call.
 *
 * Calls reject with SchedulerError: STORE_FAILED, STORE_CORRUPT, STORE_FORMAT (of something else, or of a newer version),
 * STORE_CLOSED.
 *
 * @example
 * const scheduler = createScheduler({ store: sqliteStore('signalbox.db'), handlers })
 */
export function sqliteStore(file: string, options: SqliteStoreOptions = {}): Required<Store> {
  const { driver, busyMs = DEFAULT_BUSY_MS, watchMs = DEFAULT_WATCH_MS } = options
  const connection = connect(file, driver, busyMs)
  const watched = watchFile(connection, watchMs)

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    const answer = await connection.use((statement) => appendTo(statement, scope, expected, batch))
    if (answer.ok) watched.wake(scope)
    return answer
  }

  function read(scope: ScopeId, after: Revision): AsyncIterable<StoredEvent> {
    const key = keyOf(scope)
    const page = (at: Revision, limit: number): Promise<readonly BatchRow[]> =>
      connection.use((statement) => statement(PAGE).all(key, key, at, at, limit) as readonly BatchRow[])
    return readPages(scope, after, page)
  }

  async function saveSnapshot(scope: ScopeId, snapshot: StoredSnapshot): Promise<void> {
    const { revision, writer, data, checksum } = snapshotRow(scope, snapshot)
    await connection.use((statement) => {
      const head = headOf(statement, scope)
      if (revision > head) throw aboveHead(scope, revision, head)
      statement(SAVE).run(keyOf(scope), revision, writer, data, checksum)
    })
  }

  async function loadSnapshot(scope: ScopeId): Promise<StoredSnapshot | null> {
    const row = await connection.use((statement) => statement(LOAD).get(keyOf(scope)))
    return snapshotIn(scope, row as SnapshotRow | undefined)
  }

  async function scopes(): Promise<readonly ScopeId[]> {
    const rows = await connection.use((statement) => statement(SCOPES).all() as readonly { readonly scope: string }[])
    return rows.map(({ scope }) => nameOf(scope) as ScopeId).sort()
  }

  async function close(): Promise<void> {
    watched.stop()
    await connection.close()
  }

  return {
    isShared: true,
    processes: peerProcesses(),
    append,
    read,
    watch: watched.watch,
    saveSnapshot,
    loadSnapshot,
    scopes,
    close,
  }
}

type Prepare = (sql: string) => SqliteStatement

function headOf(statement: Prepare, scope: ScopeId): Revision {
  const row = statement(HEAD).get(keyOf(scope)) as { readonly head: number } | undefined
  return row?.head ?? 0
}

function appendTo(
  statement: Prepare,
  scope: ScopeId,
  expected: Revision,
  batch: Batch,
): { readonly ok: boolean; readonly head: Revision } {
  const key = keyOf(scope)
  if (batch.events.length === 0 || !isPlace(expected)) {
    const head = headOf(statement, scope)
    return { ok: batch.events.length === 0 && head === expected, head }
  }
  const { base, head, id, writer, events, checksum } = batchRow(scope, expected, batch)
  const { changes } = statement(APPEND).run(key, base, head, id, writer, events, checksum, key, base)
  if (Number(changes) === 1) return { ok: true, head }
  const isRepeated = statement(REPEATED).get(key, base, id) !== undefined
  return { ok: isRepeated, head: headOf(statement, scope) }
}
