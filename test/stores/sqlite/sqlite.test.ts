/** The SQLite store, with both libraries: the law of the port, and what is its own: the file. */
import { closeSync, fstatSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Batch, Store } from '../../../src/runtime/ports.js'
import { openFile } from '../../../src/stores/sqlite/driver.js'
import { type SqliteDriver, type SqliteStoreOptions, sqliteStore } from '../../../src/stores/sqlite/index.js'
import { batchOf, mustHold, readAll, SCOPE, snapshotOf } from '../../../src/testing/store-conformance/journal.js'
import { conforms } from '../conformance.js'
import { crashAtEveryAppend } from '../crash-at-every-append.js'
import { everyCallFails, failingStore } from '../every-call-fails.js'
import { freshFile } from './files.js'

/** What SQLite reads and writes at once. */
const PAGE_BYTES = 4096

// A file is open in one library at a time: locks of files belong to a process, so that two libraries in one process do not
// see each other's.
const DRIVERS: readonly SqliteDriver[] = ['node:sqlite', 'better-sqlite3']

describe.each(DRIVERS)('conformance with %s', (driver) => {
  conforms(() => {
    const file = freshFile()
    return { open: () => sqliteStore(file, { driver, watchMs: 5 }) }
  })
})

/** A file with three batches: events 1, 2 and 3, and 4. */
async function written(options?: SqliteStoreOptions): Promise<string> {
  const file = freshFile()
  const store = sqliteStore(file, options)
  const batches: readonly Batch[] = [batchOf('x', 'a'), batchOf('y', 'b', 'c'), batchOf('z', 'd')]
  let head = 0
  for (const batch of batches) head = (await store.append(SCOPE, head, batch)).head
  await store.saveSnapshot(SCOPE, snapshotOf(3))
  await store.close()
  return file
}

/** Does something to a file behind the store's back. */
function tamper(file: string, sql: string): void {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

/** Writes nonsense over everything but the first page. */
function overwritePages(file: string): void {
  const open = openSync(file, 'r+')
  const sizeBytes = fstatSync(open).size - PAGE_BYTES
  writeSync(open, Buffer.alloc(sizeBytes, 0xee), 0, sizeBytes, PAGE_BYTES)
  closeSync(open)
}

async function withStore<T>(file: string, work: (store: Required<Store>) => Promise<T>, options?: SqliteStoreOptions) {
  const store = sqliteStore(file, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

describe.each(DRIVERS)('the file, with %s', (driver) => {
  it('is written by one library and read by the other', async () => {
    const other = DRIVERS.find((name) => name !== driver)!
    await withStore(await written({ driver }), (store) => mustHold(store, ['a', 'b', 'c', 'd']), { driver: other })
  })

  it('waits for another that writes, and lets this process go on meanwhile', async () => {
    const file = await written()
    const other = await openFile(file, driver)
    other.exec('BEGIN IMMEDIATE')
    await withStore(
      file,
      async (store) => {
        let isAnswered = false
        const appended = store.append(SCOPE, 4, batchOf('w', 'e')).then((answer) => {
          isAnswered = true
          return answer
        })
        for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
        await mustHold(store, ['a', 'b', 'c', 'd'])
        expect(isAnswered).toBe(false)
        other.exec('COMMIT')
        expect(await appended).toEqual({ ok: true, head: 5 })
      },
      { driver },
    )
    other.close()
  })

  it('is given up when another writes for longer than busyMs', async () => {
    const file = await written()
    const other = await openFile(file, driver)
    other.exec('BEGIN IMMEDIATE')
    const append = (store: Store) => store.append(SCOPE, 4, batchOf('w', 'e'))
    await expect(withStore(file, append, { driver, busyMs: 20 })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `"${file}" could not be used: database is locked.`,
    })
    other.close()
    expect(await withStore(file, append, { driver })).toEqual({ ok: true, head: 5 })
  })

  it('that is no SQLite file is refused by name', async () => {
    const file = freshFile()
    writeFileSync(file, 'Dear diary, '.repeat(1000))
    await expect(withStore(file, readAll, { driver })).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: `"${file}" is no SQLite file.`,
    })
  })

  it('that is damaged inside is refused as such', async () => {
    const file = await written()
    overwritePages(file)
    await expect(withStore(file, readAll, { driver })).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})

describe('the file', () => {
  it.each([
    ['events', `events = replace(events, '"b"', '"B"')`],
    ['writer', `writer = 'me'`],
    ['id', `id = 'other'`],
    ['checksum', 'checksum = checksum + 1'],
  ])('whose %s were changed by hand is read up to there', async (_, change) => {
    const file = await written()
    tamper(file, `UPDATE batch SET ${change} WHERE base = 1`)
    const found: number[] = []
    const reading = withStore(file, async (store) => {
      for await (const { revision } of store.read(SCOPE, 0)) found.push(revision)
    })
    await expect(reading).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: 'The journal of scope "main" is damaged: what is stored has changed after revision 1.',
    })
    expect(found).toEqual([1])
  })

  it.each([
    ['first', 0, 0],
    ['middle', 1, 1],
  ])('from which the %s batch was deleted is refused', async (_, base, revision) => {
    const file = await written()
    tamper(file, `DELETE FROM batch WHERE base = ${base}`)
    await expect(withStore(file, readAll)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: `The journal of scope "main" is damaged: events are missing after revision ${revision}.`,
    })
  })

  it('with a damaged snapshot says so: the journal has it all', async () => {
    const file = await written()
    tamper(file, 'UPDATE snapshot SET data = \'{"revision":4}\'')
    const loading = withStore(file, (store) => store.loadSnapshot(SCOPE))
    await expect(loading).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: 'The snapshot of scope "main" is damaged.',
    })
    await withStore(file, (store) => mustHold(store, ['a', 'b', 'c', 'd']))
  })

  it('of a newer version is refused, and not changed', async () => {
    const file = await written()
    tamper(file, 'PRAGMA user_version = 2')
    await expect(withStore(file, readAll)).rejects.toMatchObject({
      code: 'STORE_FORMAT',
      message: `"${file}" has version 2 of the tables; this version of signalbox knows 1.`,
    })
    tamper(file, 'PRAGMA user_version = 1')
    await withStore(file, (store) => mustHold(store, ['a', 'b', 'c', 'd']))
  })

  it.each(['CREATE TABLE mine (a)', 'PRAGMA user_version = 7', 'PRAGMA application_id = 7'])(
    'of something else (%s) is refused, and not changed',
    async (sql) => {
      const file = freshFile()
      tamper(file, sql)
      await expect(withStore(file, readAll)).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: `"${file}" holds the data of something else.`,
      })
      const db = new DatabaseSync(file)
      expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name = 'batch'`).all()).toEqual([])
      db.close()
    },
  )

  it('in a folder that is not there is told, and can be made later', async () => {
    const store = sqliteStore('/nowhere/at/all/x.db')
    for (let n = 0; n < 2; n += 1) await expect(readAll(store)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.close()
  })

  it('must be a file: what is in memory alone is refused', async () => {
    await expect(withStore(':memory:', readAll)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: '":memory:" cannot keep a write-ahead log (its mode is "memory").',
    })
  })

  it('is written through to the disk before an append is answered', async () => {
    const file = await written()
    await withStore(file, async (store) => {
      await store.append(SCOPE, 4, batchOf('w', 'e'))
      const db = new DatabaseSync(file)
      expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
      expect(db.prepare('SELECT count(*) AS count FROM batch').get()).toEqual({ count: 4 })
      db.close()
    })
  })
})

describe('watch', () => {
  it('survives a watcher that throws: the append is stored and answered', async () => {
    await withStore(freshFile(), async (store) => {
      store.watch(SCOPE, () => {
        throw new Error('not now')
      })
      expect(await store.append(SCOPE, 0, batchOf('x', 'a'))).toEqual({ ok: true, head: 1 })
    })
  })
})

it('a run ends, with every result committed once, whichever call of the store fails', { timeout: 60_000 }, async () => {
  const tried = await everyCallFails((failing) => {
    const file = freshFile()
    return { open: () => failingStore(sqliteStore(file), failing) }
  })
  expect(tried).toBeGreaterThan(10)
})

it('a run ends, with every result committed once, at whichever append its host dies', {
  timeout: 120_000,
}, async () => {
  const tried = await crashAtEveryAppend(() => {
    const file = freshFile()
    return { open: () => sqliteStore(file) }
  })
  expect(tried).toBeGreaterThan(50)
})
