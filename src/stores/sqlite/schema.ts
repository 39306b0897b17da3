/** What the file holds: tables, their version, and how it is opened so that nothing acknowledged is lost. */
import { schedulerError } from '../../runtime/errors.js'
import type { SqliteFile } from './driver.js'
import { otherFormat } from './trouble.js'

/** The version of the tables below; files with a higher one are refused. */
export const SCHEMA_VERSION = 1
/** "SBOX": files of signalbox say so in their header. */
const APPLICATION_ID = 0x53424f58

const TABLES = `
  CREATE TABLE batch (
    scope TEXT NOT NULL, base INTEGER NOT NULL, head INTEGER NOT NULL, id TEXT NOT NULL, writer TEXT NOT NULL,
    events TEXT NOT NULL, checksum INTEGER NOT NULL, UNIQUE (scope, base)
  ) STRICT;
  CREATE INDEX scope_of_batch ON batch (scope) WHERE base = 0;
  CREATE TABLE snapshot (
    scope TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, writer TEXT NOT NULL, data TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
`

/**
 * Readies a file that was just opened. May be called by several processes at once; throws "busy" where it has to wait.
 *
 * @throws SchedulerError STORE_FORMAT for a file of something else or of a newer version
 */
export function prepareFile(db: SqliteFile, name: string): void {
  // Waiting is the store's own matter: SQLite would block the whole process meanwhile.
  db.exec('PRAGMA busy_timeout = 0')
  if (isReady(db, name)) return useDurably(db, name)
  useDurably(db, name)
  db.exec('BEGIN IMMEDIATE')
  try {
    // Somebody else may have made the tables in between.
    if (!isReady(db, name)) {
      db.exec(`${TABLES} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** Whether the tables are there; nothing is changed. */
function isReady(db: SqliteFile, name: string): boolean {
  const { application_id: owner } = db.prepare('PRAGMA application_id').get() as { readonly application_id: number }
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { readonly user_version: number }
  if (owner === APPLICATION_ID && version > SCHEMA_VERSION) {
    throw otherFormat(name, `has version ${version} of the tables; this version of signalbox knows ${SCHEMA_VERSION}`)
  }
  if (owner === APPLICATION_ID) return true
  const { count } = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { readonly count: number }
  if (owner !== 0 || version !== 0 || count > 0) throw otherFormat(name, 'holds the data of something else')
  return false
}

/** Every commit is on the disk before it is answered; readers and one writer are not in each other's way. */
function useDurably(db: SqliteFile, name: string): void {
  const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() as { readonly journal_mode: string }
  if (mode !== 'wal') {
    const hint = 'Use a file on a local disk; for data that may be lost, the memory store.'
    throw schedulerError('STORE_FAILED', `"${name}" cannot keep a write-ahead log (its mode is "${mode}").`, hint)
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
}
