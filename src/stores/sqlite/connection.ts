/** One open file: opened when it is first needed, waited for when another process writes, closed once. */
import type { DurationMs } from '../../core/types.js'
import { openFile, type SqliteDriver, type SqliteFile, type SqliteStatement } from './driver.js'
import { prepareFile } from './schema.js'
import { isBusy, sqliteClosed, sqliteFailed } from './trouble.js'

export interface SqliteConnection {
  /** Whether `close` was called. */
  isClosed(): boolean
  /**
   * Does `work` with the open file. While somebody else writes it is done again after a pause, in which the process goes
   * on; it must be fit for that.
   *
   * @throws SchedulerError STORE_CLOSED, STORE_FAILED, STORE_CORRUPT, STORE_FORMAT
   */
  use<T>(work: (statement: (sql: string) => SqliteStatement) => T): Promise<T>
  close(): Promise<void>
}

/** Pauses between tries grow from the first to the longest, in ms. */
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 25

interface Open {
  readonly db: SqliteFile
  readonly statement: (sql: string) => SqliteStatement
}

export function connect(name: string, driver: SqliteDriver | undefined, busyMs: DurationMs): SqliteConnection {
  let opening: Promise<Open> | null = null
  let isClosed = false

  function opened(): Promise<Open> {
    opening ??= patiently(busyMs, () => open(name, driver)).catch((error: unknown) => {
      opening = null
      throw error
    })
    return opening
  }

  async function use<T>(work: (statement: Open['statement']) => T): Promise<T> {
    try {
      return await patiently(busyMs, async () => {
        if (isClosed) throw sqliteClosed()
        const { statement } = await opened()
        if (isClosed) throw sqliteClosed()
        return work(statement)
      })
    } catch (error) {
      throw sqliteFailed(name, error)
    }
  }

  async function close(): Promise<void> {
    isClosed = true
    const closing = opening
    opening = null
    // One that could not be opened has told whoever asked for it.
    const open = await closing?.catch(() => null)
    open?.db.close()
  }

  return { isClosed: () => isClosed, use, close }
}

async function open(name: string, driver: SqliteDriver | undefined): Promise<Open> {
  const db = await openFile(name, driver)
  try {
    prepareFile(db, name)
  } catch (error) {
    db.close()
    throw error
  }
  const prepared = new Map<string, SqliteStatement>()
  const statement = (sql: string): SqliteStatement => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = db.prepare(sql)
    prepared.set(sql, made)
    return made
  }
  return { db, statement }
}

async function patiently<T>(busyMs: DurationMs, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > busyMs) throw error
    }
    // By chance, so that two who met do not meet again.
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
  }
}
