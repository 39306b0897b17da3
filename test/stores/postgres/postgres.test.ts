/** The PostgreSQL store on a real server: the law of the port, and what is its own: hosts, schemas, connections. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../src/runtime/ports.js'
import { type PostgresSource, postgresStore } from '../../../src/stores/postgres/index.js'
import {
  batchOf,
  fill,
  mustHold,
  notesOf,
  readAll,
  SCOPE,
  snapshotOf,
} from '../../../src/testing/store-conformance/journal.js'
import { conforms } from '../conformance.js'
import { crashAtEveryAppend } from '../crash-at-every-append.js'
import { everyCallFails } from '../every-call-fails.js'
import { openDatabase } from './database.js'

const database = await openDatabase()
if (database !== null) {
  const { url, pool, freshSchema, dropSchema } = database

  /** Does something with a store in a schema of its own. */
  async function withStore<T>(
    work: (store: Required<Omit<Store, 'watch'>> & Pick<Store, 'watch'>, schema: string) => Promise<T>,
    source: PostgresSource = pool,
  ): Promise<T> {
    const schema = freshSchema()
    const store = postgresStore(source, { schema })
    try {
      return await work(store, schema)
    } finally {
      await store.close()
      await dropSchema(schema)
    }
  }

  /** Schemas of cases that have ended, emptied: making one takes longer than most cases. */
  const emptied: string[] = []

  const place = (source: PostgresSource) => () => {
    const schema = emptied.pop() ?? freshSchema()
    const remove = async (): Promise<void> => {
      const { rows } = await pool.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
      if (rows.length > 0) await pool.query(`DELETE FROM "${schema}".batch; DELETE FROM "${schema}".snapshot`)
      emptied.push(schema)
    }
    return { open: () => postgresStore(source, { schema }), remove }
  }

  describe('conformance with a pool', () => {
    conforms(place(pool))
  })

  describe('conformance with a single client', () => {
    const client = new pg.Client({ connectionString: url })
    beforeAll(async () => void (await client.connect()))
    afterAll(() => client.end())
    // What names and values become is the same, whoever carries the query.
    conforms(place(client), { without: ['watch'] }, /^(?:append|repeat|writers|lifetime|snapshots): /)
  })

  describe('with a connection string, the store', () => {
    it('makes a pool of its own, and ends it', async () => {
      await withStore(async (store) => {
        await fill(store, [['a'], ['b']])
        await mustHold(store, ['a', 'b'])
      }, `${url}?application_name=conn_string_test`)
      // The server's side of a connection ends a moment after ours.
      const left = 'SELECT FROM pg_stat_activity WHERE application_name = $1'
      const count = async (): Promise<number> => (await pool.query(left, ['conn_string_test'])).rows.length
      await expect.poll(count, { timeout: 30_000 }).toBe(0)
    })

    it('can be watched', async () => {
      await withStore(async (store) => {
        const woken = new Promise<void>((resolve) => void store.watch!(SCOPE, resolve))
        await fill(store, [['a']])
        await woken
      }, url)
    })

    it('tells who cannot be reached', async () => {
      const store = postgresStore('postgres://nobody@127.0.0.1:1/none')
      await expect(readAll(store)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('ECONNREFUSED'),
      })
      await store.close()
    })
  })

  describe('a pool that was passed', () => {
    it('is not ended by the store, and gets every connection back', async () => {
      const own = new pg.Pool({ connectionString: url, max: 3 })
      await withStore(async (store) => {
        const stop = store.watch!(SCOPE, () => undefined)
        await fill(store, [['a']])
        stop()
      }, own)
      const clients = await Promise.all([own.connect(), own.connect(), own.connect()])
      for (const client of clients) client.release()
      await own.end()
    })

    it('is not listened to any more once the store is closed', async () => {
      const own = new pg.Pool({ connectionString: url })
      await withStore((store) => fill(store, [['a']]), own)
      expect(own.listenerCount('error')).toBe(0)
      await own.end()
    })
  })

  describe('the schema', () => {
    it.each(['Signalbox', '1a', 'a-b', 'a"b', 'a b', '', 'x'.repeat(64), 'a;b', 'ä'])(
      'called %j is refused before anything is asked',
      (schema) => {
        const source = { query: () => Promise.reject(new Error('It was asked.')) }
        expect(() => postgresStore(source, { schema })).toThrow(
          `${JSON.stringify(schema)} cannot be the name of a schema.`,
        )
      },
    )

    it('called like a keyword is quoted', async () => {
      const store = postgresStore(pool, { schema: 'select' })
      await fill(store, [['a']])
      await store.close()
      await dropSchema('select')
    })

    it('is made once by ten hosts that start at once', async () => {
      const schema = freshSchema()
      const stores = Array.from({ length: 10 }, () => postgresStore(pool, { schema }))
      const answers = await Promise.all(stores.map((store, i) => store.append(SCOPE, 0, batchOf(`w${i}`, i))))
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      const { rows } = await pool.query(`SELECT version FROM "${schema}".version`)
      expect(rows).toEqual([{ version: 1 }])
      for (const store of stores) await store.close()
      await dropSchema(schema)
    })

    it('may be made by somebody with the right to, for a host without it', async () => {
      const schema = freshSchema()
      const user = `user_${schema}`
      await pool.query(`CREATE USER ${user}; CREATE SCHEMA "${schema}" AUTHORIZATION ${user}`)
      const { host } = new URL(url)
      const store = postgresStore(`postgres://${user}@${host}/postgres`, { schema })
      await fill(store, [['a']])
      await mustHold(store, ['a'])
      await store.close()
      await dropSchema(schema)
      await pool.query(`DROP USER ${user}`)
    })

    it('of a newer version is refused, and not changed', async () => {
      const schema = freshSchema()
      const before = postgresStore(pool, { schema })
      await fill(before, [['a']])
      await before.close()
      await pool.query(`INSERT INTO "${schema}".version VALUES (2)`)
      const store = postgresStore(pool, { schema })
      await expect(store.append(SCOPE, 1, batchOf('x', 'b'))).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: `Schema "${schema}" has version 2 of the tables; this version of signalbox knows 1.`,
      })
      const { rows } = await pool.query(`SELECT count(*)::int AS count FROM "${schema}".batch`)
      expect(rows).toEqual([{ count: 1 }])
      await store.close()
      await dropSchema(schema)
    })

    it('keeps what is stored apart from that of another schema', async () => {
      await withStore(async (one) => {
        await withStore(async (two) => {
          await fill(one, [['a']])
          await fill(two, [['b', 'c']])
          await mustHold(one, ['a'])
          await mustHold(two, ['b', 'c'])
        })
      })
    })
  })

  describe('what is stored', () => {
    it('is checked: a row that was changed by hand is found', async () => {
      await withStore(async (store, schema) => {
        await fill(store, [['a'], ['b'], ['c']])
        await pool.query(`UPDATE "${schema}".batch SET events = replace(events, '"b"', '"B"')`)
        await expect(readAll(store)).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: 'The journal of scope "main" is damaged: what is stored has changed after revision 1.',
        })
      })
    })

    it('is read without gaps: a row that was deleted by hand is found', async () => {
      await withStore(async (store, schema) => {
        await fill(store, [['a'], ['b'], ['c']])
        await pool.query(`DELETE FROM "${schema}".batch WHERE base = 1`)
        await expect(readAll(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      })
    })

    it('may have snapshots that are damaged, and says so', async () => {
      await withStore(async (store, schema) => {
        await fill(store, [['a']])
        await store.saveSnapshot(SCOPE, snapshotOf(1))
        await pool.query(`UPDATE "${schema}".snapshot SET writer = 'somebody'`)
        await expect(store.loadSnapshot(SCOPE)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      })
    })
  })

  describe('an append', () => {
    it('is one round trip, and two where it is refused', async () => {
      const asked: string[] = []
      const source = {
        query(text: string, values?: unknown[]) {
          asked.push(text.trim().split(' ')[0]!)
          return pool.query(text, values)
        },
      }
      const schema = freshSchema()
      const store = postgresStore(source, { schema, notify: 'never' })
      await fill(store, [['a']])
      asked.length = 0
      await store.append(SCOPE, 1, batchOf('x', 'b', 'c'))
      expect(asked).toEqual(['INSERT'])
      await store.append(SCOPE, 1, batchOf('y', 'd'))
      expect(asked).toEqual(['INSERT', 'INSERT', 'SELECT'])
      await store.close()
      await dropSchema(schema)
    })

    it.each(['repeatable read', 'serializable'])('holds where transactions are %s by default', async (level) => {
      const own = new pg.Pool({
        connectionString: url,
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      const schema = freshSchema()
      const stores = Array.from({ length: 4 }, () => postgresStore(own, { schema }))
      await Promise.all(
        stores.map(async (store, writer) => {
          let head = 0
          for (let n = 0; n < 10; n += 1) {
            for (let ok = false; !ok; )
              ({ ok, head } = await store.append(SCOPE, head, batchOf(`${writer}.${n}`, writer)))
          }
        }),
      )
      expect(await readAll(stores[0]!)).toHaveLength(40)
      for (const store of stores) await store.close()
      await own.end()
      await dropSchema(schema)
    })

    it('whose answer was lost is repeated, and answered', async () => {
      let isCut = false
      const source = {
        async query(text: string, values?: unknown[]) {
          const answer = await pool.query(text, values)
          if (isCut) throw new Error('Connection terminated unexpectedly')
          return answer
        },
      }
      await withStore(async (store) => {
        await fill(store, [['a']])
        isCut = true
        await expect(store.append(SCOPE, 1, batchOf('x', 'b'))).rejects.toMatchObject({
          code: 'STORE_FAILED',
          message: 'PostgreSQL could not be asked: Connection terminated unexpectedly.',
        })
        isCut = false
        expect(await store.append(SCOPE, 1, batchOf('x', 'b'))).toEqual({ ok: true, head: 2 })
        await mustHold(store, ['a', 'b'])
      }, source)
    })

    it('that is repeated while the first is not yet committed waits for it, and is answered', async () => {
      await withStore(async (store, schema) => {
        await fill(store, [['a']])
        const slow = await pool.connect()
        const slowStore = postgresStore(slow, { schema, notify: 'never' })
        await readAll(slowStore)
        await slow.query('BEGIN')
        expect(await slowStore.append(SCOPE, 1, batchOf('x', 'b'))).toEqual({ ok: true, head: 2 })
        const repeated = store.append(SCOPE, 1, batchOf('x', 'b'))
        const other = store.append(SCOPE, 1, batchOf('y', 'c'))
        await mustHold(store, ['a'])
        await slow.query('COMMIT')
        expect(await repeated).toEqual({ ok: true, head: 2 })
        expect(await other).toEqual({ ok: false, head: 2 })
        slow.release()
        await slowStore.close()
        await mustHold(store, ['a', 'b'])
      })
    })
  })

  it('a run ends, with every result committed once, whichever query fails', { timeout: 60_000 }, async () => {
    const tried = await everyCallFails((failing) => {
      const schema = freshSchema()
      const source = { query: (text: string, values?: unknown[]) => failing(() => pool.query(text, values)) }
      return { open: () => postgresStore(source, { schema }), remove: () => dropSchema(schema) }
    })
    expect(tried).toBeGreaterThan(20)
  })

  it('a run ends, with every result committed once, at whichever append its host dies', {
    timeout: 120_000,
  }, async () => {
    expect(await crashAtEveryAppend(place(pool))).toBeGreaterThan(50)
  })

  describe('watch', () => {
    it('wakes hosts with other pools, and only who watches the scope', async () => {
      await withStore(async (store, schema) => {
        const other = postgresStore(url, { schema })
        let wrong = 0
        const quiet = other.watch!('quiet' as never, () => {
          wrong += 1
        })
        await new Promise<void>((resolve) => void other.watch!(SCOPE, resolve))
        // Who begins to listen is woken once, for what may have been missed.
        const before = wrong
        const woken = new Promise<void>((resolve) => void other.watch!(SCOPE, resolve))
        await fill(store, [['a']])
        await woken
        expect(wrong).toBe(before)
        quiet()
        await other.close()
      })
    })

    it('is not told anything with notify: never', async () => {
      const asked: string[] = []
      const source = {
        query(text: string, values?: unknown[]) {
          asked.push(text)
          return pool.query(text, values)
        },
      }
      const schema = freshSchema()
      for (const notify of ['never', 'always'] as const) {
        const store = postgresStore(source, { schema, notify })
        await store.append(notify as never, 0, batchOf('x', ...notesOf('n', 3)))
        await store.close()
        expect(asked.some((text) => text.includes('pg_notify'))).toBe(notify === 'always')
      }
      await dropSchema(schema)
    })
  })
}
