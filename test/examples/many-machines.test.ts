/** The example with three machines, as its reader runs it: one is killed, and Redis, or there is none. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { libraryEntries } from '../../scripts/entries.mjs'
import { sayMissing } from '../executors/bullmq/redis.js'
import { ownRedis } from '../executors/bullmq/server.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const parent = join(root, '.vitest')
const timeout = 60_000
let folder = ''

beforeAll(async () => {
  // Inside the repository, so that it finds its packages.
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, 'machines-'))
  const sources = Object.entries(libraryEntries).map(([name, file]) => [
    name === 'index' ? 'signalbox' : `signalbox/${name}`,
    join(root, file),
  ])
  await build({
    entryPoints: [join(root, 'examples/many-machines.mjs')],
    outfile: join(folder, 'run.mjs'),
    alias: Object.fromEntries(sources),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['bullmq'],
  })
}, timeout)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function outputOf(environment: Readonly<Record<string, string | undefined>>) {
  const env = { ...process.env, ...environment }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8', env })
  return { status, stdout: stdout.split('\n'), stderr }
}

const told = (redis: string) => ({
  status: 0,
  stdout: [
    'ann was killed while she worked.',
    redis,
    'The run has succeeded. What was lost was done again by others.',
    '36 of 36 results are committed, each of them once.',
    '',
  ],
  stderr: '',
})

it('many-machines: without Redis it says what to install', { timeout }, () => {
  const message = 'This example needs Redis: set REDIS_URL, or install redis-server (apt-get install redis-server).\n'
  expect(outputOf({ REDIS_URL: undefined, PATH: '/nowhere' })).toEqual({ status: 1, stdout: [''], stderr: message })
})

const server = await ownRedis()
if (typeof server === 'string') sayMissing(server)
else {
  afterAll(() => server.remove())

  it('many-machines: a machine is killed, and Redis; every result is committed once', { timeout }, () => {
    expect(outputOf({ REDIS_URL: undefined })).toEqual(told('Redis was killed in the middle, and started again.'))
  })

  it('many-machines: a Redis that is not its own goes on, and keeps nothing of it', { timeout }, async () => {
    expect(outputOf({ REDIS_URL: server.url })).toEqual(told('Redis is not ours, and goes on.'))
    const client = new Redis(server.url)
    const left = await client.keys('*')
    // What was said by attempts that were given up goes by its age.
    expect(left.filter((key) => !/:attempt-[0-9a-f]{32}:(said|orders)$/.test(key))).toEqual([])
    client.disconnect()
  })
}
