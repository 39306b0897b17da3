// Three machines on one queue, here three processes. One of them is killed with SIGKILL while it works, and Redis in the middle of it
// all; every result is committed once. On the Redis of REDIS_URL, which is left alone, or on one of its own.
import { fork, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { bullmqExecutor, bullmqWorker } from 'signalbox/executors/bullmq'

const TASKS = 36
/** Two seconds instead of the usual thirty, so that nobody has to wait for this example. */
const LOCK_MS = 2000

/** A machine: takes attempts, and says which it has begun. */
function machine(name, place) {
  const build = async (_input, { attempt }) => {
    process.send({ begun: attempt.id })
    await sleep(100)
    return name
  }
  bullmqWorker({ ...place, handlers: { build }, concurrency: 2, lockMs: LOCK_MS, onWarning: () => undefined })
  process.once('disconnect', () => process.exit())
}

/** A Redis of our own, which keeps what it has said that it keeps. */
function startRedis(folder) {
  const settings = ['--port', '0', '--unixsocket', join(folder, 'redis.sock'), '--dir', folder, '--save', '']
  const server = spawn('redis-server', [...settings, '--appendonly', 'yes', '--appendfsync', 'always'], {
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => server.once('close', resolve))
  const started = new Promise((resolve, reject) => server.once('spawn', resolve).once('error', reject))
  return { server, ended, started }
}

/** Leaves nothing in a Redis that is not ours. */
async function removeQueue({ connection, queue }) {
  const left = new Queue(queue, { connection: { url: connection } })
  await left.obliterate({ force: true })
  await left.close()
}

async function main(folder) {
  const own = process.env.REDIS_URL === undefined
  let redis = own ? startRedis(folder) : null
  await redis?.started
  const connection = own ? { path: join(folder, 'redis.sock') } : process.env.REDIS_URL
  const place = { connection, queue: `many-machines-${Date.now()}` }
  const fleet = bullmqExecutor({ ...place, lookMs: 100, onWarning: () => undefined })
  const machines = ['ann', 'bob', 'cid'].map((name) =>
    fork(fileURLToPath(import.meta.url), [name, JSON.stringify(place)]),
  )

  const handlers = defineHandlers({ build: handler({ via: fleet }) })
  const scheduler = createScheduler({ handlers, pools: { fleet: { slots: 6 } } })
  // One try each: what dies with a machine costs none.
  const defaults = { handler: 'build', retry: { maxAttempts: 1 } }
  const tasks = Object.fromEntries(Array.from({ length: TASKS }, (_, n) => [`t${n}`, {}]))
  const run = await scheduler.start({ defaults, tasks }, { id: 'r1' })

  const [ann] = machines
  let begun = 0
  ann.on('message', () => {
    begun += 1
    if (begun !== 3) return
    ann.kill('SIGKILL')
    console.log('ann was killed while she worked.')
  })
  let done = 0
  run.on('attempt.succeeded', async () => {
    done += 1
    if (done !== TASKS / 2) return
    if (redis === null) return console.log('Redis is not ours, and goes on.')
    redis.server.kill('SIGKILL')
    await redis.ended
    redis = startRedis(folder)
    console.log('Redis was killed in the middle, and started again.')
  })

  const { verdict } = await run.outcome
  const committed = new Map()
  let lost = 0
  for await (const event of run.events()) {
    if (event.type === 'attempt.succeeded') committed.set(event.task, (committed.get(event.task) ?? 0) + 1)
    if (event.type === 'attempt.failed' && event.failure.kind === 'lost') lost += 1
  }
  const isOnce = committed.size === TASKS && [...committed.values()].every((times) => times === 1)
  console.log(`The run has ${verdict}. ${lost > 0 ? 'What was lost was done again by others.' : 'Nothing was lost.'}`)
  console.log(`${committed.size} of ${TASKS} results are committed, ${isOnce ? 'each of them once' : 'not once each'}.`)

  await scheduler.close()
  await fleet.close()
  for (const child of machines) child.kill()
  if (!own) await removeQueue(place)
  redis?.server.kill()
  await redis?.ended
  return verdict === 'succeeded' && isOnce && lost > 0 ? 0 : 1
}

const [name, place] = process.argv.slice(2)
if (place !== undefined) machine(name, JSON.parse(place))
else {
  const folder = mkdtempSync(join(tmpdir(), 'many-machines-'))
  try {
    process.exitCode = await main(folder)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    console.error('This example needs Redis: set REDIS_URL, or install redis-server (apt-get install redis-server).')
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
