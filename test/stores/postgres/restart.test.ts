/** The server goes away and comes back: nothing that was acknowledged is lost, and everything goes on. */

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createScheduler } from '../../../src/embedded.js'
import type { PlanDocument } from '../../../src/plan/types.js'
import { defineHandlers } from '../../../src/runtime/handlers.js'
import { postgresStore } from '../../../src/stores/postgres/index.js'
import { batchOf, mustHold, notesOf, readAll, SCOPE } from '../../../src/testing/store-conformance/journal.js'
import { openDatabase } from './database.js'
import { type OwnServer, ownServer } from './server.js'

const LIMIT_MS = 60_000
const found = await ownServer()
vi.setConfig({ testTimeout: LIMIT_MS, hookTimeout: LIMIT_MS })

if (typeof found === 'string') await openDatabase()
else {
  const server: OwnServer = found
  let pool: pg.Pool

  beforeAll(() => {
    pool = new pg.Pool({ connectionString: server.url })
    pool.on('error', () => undefined)
  })

  afterAll(async () => {
    // In this order: a pool does not listen to connections that it is ending.
    await server.remove()
    await pool.end()
  })

  describe.each(['SIGINT', 'SIGKILL'] as const)('a server that ends by %s', (how) => {
    it('does not end the host, nor lose anything; a lost answer is repeated', async () => {
      const store = postgresStore(pool, { schema: `appends_${how.toLowerCase()}` })
      const notes = notesOf('n', 60)
      let head = 0
      let failures = 0
      let ending: Promise<void> | null = null
      for (const [n, note] of notes.entries()) {
        if (n === 20) ending = server.end(how)
        for (let ok = false; !ok; ) {
          // The same batch at the same place, as the host does it, however often the server is not there.
          const answer = await store.append(SCOPE, n, batchOf(note, note)).catch(() => null)
          if (answer === null) failures += 1
          if (failures === 3 && ending !== null) {
            await ending
            await server.start()
            ending = null
          }
          if (answer !== null) expect(answer).toEqual({ ok: true, head: n + 1 })
          ok = answer !== null
        }
        head = n + 1
      }
      expect(head).toBe(60)
      expect(failures).toBeGreaterThanOrEqual(3)
      await mustHold(store, notes)
      await store.close()
    })

    it('is listened to again', async () => {
      const store = postgresStore(pool, { schema: `watch_${how.toLowerCase()}` })
      let woken = 0
      let onWake: () => void = () => undefined
      const nextWake = (): Promise<void> => new Promise((resolve) => (onWake = resolve))
      const first = nextWake()
      store.watch!(SCOPE, () => {
        woken += 1
        onWake()
      })
      await first
      const afterwards = nextWake()
      await server.end(how)
      await server.start()
      // Woken when it listens again: something may have been missed.
      await afterwards
      const again = nextWake()
      await appendAnyway(store, 0)
      await again
      expect(woken).toBeGreaterThanOrEqual(3)
      await store.close()
    })

    it('holds a run up, and nothing more: every result is committed once', async () => {
      const store = postgresStore(pool, { schema: `run_${how.toLowerCase()}` })
      const called: string[] = []
      let restarted: Promise<void> | null = null
      const restart = async (): Promise<void> => {
        await server.end(how)
        await server.start()
      }
      const work = async (
        _: unknown,
        { attempt }: { readonly attempt: { readonly task: string } },
      ): Promise<string> => {
        called.push(attempt.task)
        if (called.length === 5) restarted = restart()
        return attempt.task
      }
      const tasks = Object.fromEntries(notesOf('t', 30).map((id, n) => [id, { dependsOn: n > 2 ? [`t${n - 2}`] : [] }]))
      const scheduler = createScheduler({ store, handlers: defineHandlers({ work: { run: work } }) })
      const run = await scheduler.start({ defaults: { handler: 'work' }, tasks } as PlanDocument)
      const { verdict, results } = await run.outcome
      await restarted
      expect(verdict).toBe('succeeded')
      expect(Object.keys(results)).toHaveLength(30)
      expect(called).toHaveLength(30)
      const reader = postgresStore(pool, { schema: `run_${how.toLowerCase()}` })
      const types = (await readAll(reader, 0, 'default' as never)).map(({ event }) => event.type)
      expect(types.filter((type) => type === 'attempt.succeeded')).toHaveLength(30)
      await scheduler.close()
      await reader.close()
    })
  })
}

async function appendAnyway(store: ReturnType<typeof postgresStore>, at: number): Promise<void> {
  for (;;) {
    const answer = await store.append(SCOPE, at, batchOf('x', 'a')).catch(() => null)
    if (answer !== null) return
  }
}
