/** The PostgreSQL store: journals in a schema of a database, for hosts on many machines. */
import type { Revision, ScopeId } from '../../core/types.js'
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
import { createListener, createNotifier } from './notices.js'
import { statementsFor } from './schema.js'
import { isPool, type PostgresSource } from './source.js'

export type { PostgresClient, PostgresPool, PostgresQueryable, PostgresSource } from './source.js'

export interface PostgresStoreOptions {
  /**
   * Where the tables are; made where it is not there. Lower-case letters, digits and "_", at most 63. Default `signalbox`.
   */
  readonly schema?: string
  /** `never`: appends wake nobody who watches, which saves a small query after each. Default `always`. */
  readonly notify?: 'always' | 'never'
}

/** A store that can be watched unless it was given a single connection. */
export type PostgresStore = Required<Omit<Store, 'watch'>> & Pick<Store, 'watch'>

/**
 * Keeps journals in PostgreSQL 12 or later. Any number of hosts may use one schema. Asked for the first time it makes its
 * tables; hosts that start at once wait for each other. What is acknowledged is as durable as the server's
 * `synchronous_commit` makes it.
 *
 * An append is one round trip, and two where it is refused. Calls reject with SchedulerError: STORE_FAILED (after a lost
 * connection an append may be stored or not; repeat it with the same batch id), STORE_CORRUPT, STORE_FORMAT (a newer version
 * has made the tables), STORE_CLOSED.
 *
 * @param source - A connection string (needs the package `pg`; the pool is ours), or a pool or client, which stays yours:
 * it is not ended by `close`.
 * @throws SchedulerError ID_INVALID for the name of a schema that would have to be thought about
 * @example
 * const scheduler = createScheduler({ store: postgresStore(process.env.DATABASE_URL), handlers })
 */
export function postgresStore(source: PostgresSource, options: PostgresStoreOptions = {}): PostgresStore {
  const { schema = 'signalbox', notify = 'always' } = options
  const sql = statementsFor(schema)
  const connection = connect(source, schema, sql)
  const { query } = connection
  const notifier = createNotifier(connection.queryAtOnce, schema)
  const listener = createListener(connection.pool, schema)

  async function look(scope: ScopeId, base: Revision, id: string): Promise<{ head: Revision; isRepeated: boolean }> {
    const [row] = (await query(sql.look, [keyOf(scope), base, id])) as readonly Look[]
    return { head: Number(row?.head), isRepeated: row?.is_repeated === true }
  }

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    if (batch.events.length === 0 || !isPlace(expected)) {
      const { head } = await look(scope, 0, '')
      return { ok: batch.events.length === 0 && head === expected, head }
    }
    const { base, head, id, writer, events, checksum } = batchRow(scope, expected, batch)
    const stored = await query(sql.append, [keyOf(scope), base, head, id, writer, events, checksum])
    if (stored.length === 1) {
      if (notify === 'always') notifier.tell(keyOf(scope))
      return { ok: true, head }
    }
    const found = await look(scope, base, id)
    return { ok: found.isRepeated, head: found.head }
  }

  function read(scope: ScopeId, after: Revision): AsyncIterable<StoredEvent> {
    return readPages(scope, after, async (at, limit) => {
      const rows = (await query(sql.page, [keyOf(scope), at, limit])) as readonly BatchRow[]
      // Large numbers come as text.
      return rows.map((row) => {
        const [base, head, checksum] = [Number(row.base), Number(row.head), Number(row.checksum)]
        return { ...row, base, head, checksum }
      })
    })
  }

  async function saveSnapshot(scope: ScopeId, snapshot: StoredSnapshot): Promise<void> {
    const { revision, writer, data, checksum } = snapshotRow(scope, snapshot)
    const { head } = await look(scope, 0, '')
    if (revision > head) throw aboveHead(scope, revision, head)
    await query(sql.save, [keyOf(scope), revision, writer, data, checksum])
  }

  async function loadSnapshot(scope: ScopeId): Promise<StoredSnapshot | null> {
    const [row] = (await query(sql.load, [keyOf(scope)])) as readonly SnapshotRow[]
    if (row === undefined) return null
    return snapshotIn(scope, { ...row, revision: Number(row.revision), checksum: Number(row.checksum) })
  }

  async function scopes(): Promise<readonly ScopeId[]> {
    const rows = (await query(sql.scopes)) as readonly { readonly scope: string }[]
    return rows.map(({ scope }) => nameOf(scope) as ScopeId).sort()
  }

  async function close(): Promise<void> {
    connection.refuse()
    await notifier.settled()
    await listener.close()
    await connection.end()
  }

  const store = { isShared: true, processes: peerProcesses(), append, read, saveSnapshot, loadSnapshot, scopes, close }
  const isWatchable = typeof source === 'string' || isPool(source)
  return isWatchable ? { ...store, watch: (scope, wake) => listener.watch(keyOf(scope), wake) } : store
}

interface Look {
  readonly head: string | number
  readonly is_repeated: boolean
}
