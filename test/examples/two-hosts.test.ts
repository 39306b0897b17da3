/** The example with two processes, as its reader runs it: one is killed, the other goes on. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { libraryEntries } from '../../scripts/entries.mjs'
import type { RunEvent } from '../../src/core/types.js'
import { postgresStore } from '../../src/stores/postgres/index.js'
import { openDatabase } from '../stores/postgres/database.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const parent = join(root, '.vitest')
const timeout = 120_000
/** Half of it is what the second host may be late by, on a machine that does much else. */
const LONG_LEASE_MS = 4000
const EXPECTED = {
  status: 0,
  stdout: [
    'The second host is on standby.',
    'The first host was killed; the second is leader, and the run has succeeded.',
    '12 of 12 results are committed, each of them once.',
    '',
  ].join('\n'),
  stderr: '',
}
let folder = ''

beforeAll(() => {
  // Inside the repository, so that it finds its packages.
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, 'two-hosts-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the example prints, with the library from the sources. */
async function outputOf(leaseMs: number, ...words: readonly string[]) {
  const sources = Object.entries(libraryEntries).map(([name, source]) => [
    name === 'index' ? 'signalbox' : `signalbox/${name}`,
    join(root, source),
  ])
  const outfile = join(folder, `two-hosts-${leaseMs}.mjs`)
  await build({
    entryPoints: [join(root, 'examples/two-hosts.mjs')],
    outfile,
    alias: Object.fromEntries(sources),
    plugins: [withLease(leaseMs)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['pg'],
    // Packages of CommonJS inside a module ask for it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
  const all = ['--disable-warning=ExperimentalWarning', outfile, ...words]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

function withLease(leaseMs: number): Plugin {
  return {
    name: 'lease',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]two-hosts\.mjs$/ }, ({ path }) => {
        const parts = readFileSync(path, 'utf8').split('leaseMs: 1000')
        expect(parts).toHaveLength(2)
        return { contents: parts.join(`leaseMs: ${leaseMs}`), loader: 'js' }
      })
    },
  }
}

it('two-hosts.mjs: the leader is killed, the other goes on, and every result is committed once', {
  timeout,
}, async () => {
  expect(await outputOf(1000)).toEqual(EXPECTED)
})

const database = await openDatabase()
if (database !== null) {
  it('on PostgreSQL the other leads within 1.5 leases, and within one where it sees that the process is gone', {
    timeout,
  }, async () => {
    const name = database.freshSchema()
    await database.pool.query(`CREATE DATABASE "${name}"`)
    const url = Object.assign(new URL(database.url), { pathname: `/${name}` }).href
    try {
      expect(await outputOf(LONG_LEASE_MS, url)).toEqual(EXPECTED)
      const events = await eventsIn(url)
      const elections = events.flatMap(({ type }, at) => (type === 'host.elected' ? [at] : []))
      expect(elections).toHaveLength(2)
      const [, second] = elections
      // Each event is a sign of life, so that the lease runs from the last one.
      const goneMs = events[second!]!.at - events[second! - 1]!.at
      // On Linux it sees that the process is gone, and does not wait for its lease.
      expect(goneMs).toBeLessThanOrEqual((process.platform === 'linux' ? 1 : 1.5) * LONG_LEASE_MS)
      const committed = events.flatMap((event) => (event.type === 'attempt.succeeded' ? [event.task] : []))
      expect([committed.length, new Set(committed).size]).toEqual([12, 12])
    } finally {
      await database.pool.query(`DROP DATABASE "${name}" WITH (FORCE)`)
    }
  })
}

/** The events of the only scope. */
async function eventsIn(url: string): Promise<readonly RunEvent[]> {
  const client = new pg.Client({ connectionString: url })
  // The server may end it before it has ended by itself.
  client.on('error', () => undefined)
  await client.connect()
  const store = postgresStore(client)
  const events: RunEvent[] = []
  const [scope] = await store.scopes()
  for await (const { event } of store.read(scope!, 0)) events.push(event)
  await client.end()
  return events
}
