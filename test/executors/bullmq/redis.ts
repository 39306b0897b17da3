/** A Redis for the tests of one file, and queues in it; loud where there is none. */
import { writeSync } from 'node:fs'
import { afterAll, it, vi } from 'vitest'
import { ownRedis } from './server.js'

/** A machine that does much else may take its time, in ms. */
const PATIENCE_MS = 60_000

// The optional native part of a package that BullMQ uses is not installed, as it is not to be had everywhere.
process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true'

export interface TestRedis {
  readonly url: string
  /** A name that no queue has yet. */
  freshQueue(): string
}

/**
 * `REDIS_URL`, or a server of our own. Where there is neither, one test says so: skipped on a person's machine, failed where
 * `CI` is set.
 */
export async function openRedis(): Promise<TestRedis | null> {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })
  const given = process.env.REDIS_URL
  const server = given === undefined ? await ownRedis() : null
  if (typeof server === 'string') {
    sayMissing(server)
    return null
  }
  if (server !== null) afterAll(() => server.remove())
  return { url: server?.url ?? given!, freshQueue }
}

let queues = 0

export function freshQueue(): string {
  queues += 1
  return `test-${process.pid}-${Math.random().toString(36).slice(2, 10)}-${queues}`
}

export function sayMissing(why: string): void {
  const reason = `No Redis: set REDIS_URL, or install redis-server. ${why}`
  // Not by console, which is silent about tests that pass.
  writeSync(2, `\nSKIPPED ${reason}\n`)
  it('there is a Redis server', (context) => {
    if (process.env.CI !== undefined) throw new Error(reason)
    context.skip(reason)
  })
}
