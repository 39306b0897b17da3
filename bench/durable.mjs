/**
 * What a task costs on a store that keeps it, beside a bare loop that stores the same events: `npm run bench -- durable`. Everything
 * syncs: a result counts when a power failure would not take it. Then beside queues, on the same servers.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { bundleInside } from '../scripts/bundle.mjs'
import { besideQueues } from './queues.mjs'
import { machine, median, percentile, short, table } from './units.mjs'

const TASKS = 10_000
const CHAIN_LENGTH = 10
const CONCURRENCY = 50
const ROUNDS = 3
/** Before anything is timed, so many tasks on the memory of the engine. */
const WARM_TASKS = 1000
const HAND_OFFS = 300
const GOAL = 0.5
// The optional native part of a package that BullMQ uses is not installed, as it is not to be had everywhere.
process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const bundles = await bundleInside({ inside: path('../test/chaos/inside.ts'), library: path('../src/index.ts') })
const load = (name) => import(pathToFileURL(join(bundles, `${name}.mjs`)).href)
const { ownRedis, ownServer, storeIn } = await load('inside')
const { createScheduler, defineHandlers } = await load('library')
const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
let places = 0

const SHAPES = {
  [`${TASKS.toLocaleString('en-US')} independent tasks`]: (size) => shape(size, 1),
  [`${(TASKS / CHAIN_LENGTH).toLocaleString('en-US')} chains of ${CHAIN_LENGTH}`]: (size) => shape(size, CHAIN_LENGTH),
}

/** How to undo what was started, the last first. Also done where somebody interrupts. */
const undo = [
  () => rmSync(bundles, { recursive: true, force: true }),
  () => rmSync(folder, { recursive: true, force: true }),
]
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt)

let databaseUrl = null
try {
  databaseUrl = await database()
  await besideBareLoop()
  const signalboxOn = (kind) => (tasks) => perSecond(signalbox, tasks, fresh(kind))
  const urls = { redis: await redis(), postgres: databaseUrl }
  const ours = Object.fromEntries(kinds().map((kind) => [kind, signalboxOn(kind)]))
  await besideQueues({ urls, signalbox: ours, shapes: SHAPES, size: TASKS, rounds: ROUNDS, concurrency: CONCURRENCY })
} catch (error) {
  // Whatever was under way has lost its server.
  if (!isInterrupted) throw error
} finally {
  await tidyUp()
}

function interrupt() {
  isInterrupted = true
  process.on('unhandledRejection', () => undefined)
  process.on('uncaughtException', () => undefined)
  void tidyUp().finally(() => process.exit(130))
}

async function tidyUp() {
  for (const step of undo.splice(0).reverse()) await step()
}

/** The address of a new database: on the server of `PG_URL`, or on one of our own; null where there is none. */
async function database() {
  const given = process.env.PG_URL
  if (given === undefined) {
    const server = await ownServer('on')
    if (typeof server === 'string') {
      console.log(`SKIPPED postgres: ${server}`)
      return null
    }
    undo.push(() => server.remove())
    return server.url
  }
  const name = `bench_${process.pid}`
  await query(given, `CREATE DATABASE "${name}"`)
  undo.push(() => query(given, `DROP DATABASE "${name}" WITH (FORCE)`))
  return Object.assign(new URL(given), { pathname: `/${name}` }).href
}

async function query(connectionString, text) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(text)
  await client.end()
}

async function redis() {
  const server = await ownRedis()
  if (typeof server === 'string') {
    console.log(`\nSKIPPED BullMQ: ${server}`)
    return null
  }
  undo.push(() => server.remove())
  return server.url
}

function kinds() {
  return databaseUrl === null ? ['file', 'sqlite'] : ['file', 'sqlite', 'postgres']
}

async function besideBareLoop() {
  console.log(`stores that keep what they were told, ${CONCURRENCY} tasks at a time · ${machine()}`)
  const rows = [['tasks a second', 'signalbox', 'bare loop', 'ratio']]
  const handOffs = [['ms from the end of a task to the start of the next, p50', 'signalbox', 'one append']]
  for (const kind of kinds()) {
    for (const [name, shapeOf] of Object.entries(SHAPES)) rows.push(await rowOf(kind, name, shapeOf))
    handOffs.push(await handOffRow(kind))
  }
  console.log(`${table(rows)}\ngoal: a ratio of at least ${GOAL}\n\n${table(handOffs)}`)
}

async function rowOf(kind, name, shapeOf) {
  await signalbox(shapeOf(WARM_TASKS), fresh(kind))
  await bare(shapeOf(WARM_TASKS), fresh(kind))
  const rounds = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // They take turns, so that a slow minute of the disk is everybody's.
    const ours = await perSecond(signalbox, shapeOf(TASKS), fresh(kind))
    rounds.push({ ours, theirs: await perSecond(bare, shapeOf(TASKS), fresh(kind)) })
  }
  const ratio = median(rounds.map(({ ours, theirs }) => ours / theirs))
  const middle = (of) => short(median(rounds.map((round) => round[of])))
  return [`${kind}, ${name}`, middle('ours'), middle('theirs'), ratio.toFixed(2)]
}

/** From the list of names to the end of the last task. The store is open before, and closed after. */
async function perSecond(contestant, tasks, store) {
  let first = 0
  for await (const _ of store.read('default', 0)) first += 1
  if (first !== 0) throw new Error('The store is not empty.')
  const start = performance.now()
  const { done, endedAt } = await contestant(tasks, store)
  if (done !== tasks.length) throw new Error(`${done} of ${tasks.length} tasks were run.`)
  return (tasks.length * 1000) / (endedAt - start)
}

async function signalbox(tasks, store, slots = CONCURRENCY, work = () => undefined) {
  let done = 0
  const run = () => {
    done += 1
    return work()
  }
  const scheduler = createScheduler({ store, handlers: defineHandlers({ work: { run } }), pools: { local: { slots } } })
  const plan = {
    tasks: tasks.map(({ id, after }) => ({ id, handler: 'work', dependsOn: after === null ? [] : [after] })),
  }
  const started = await scheduler.start(plan, { id: 'r1', limits: { tasks: TASKS } })
  const { verdict } = await started.outcome
  const endedAt = performance.now()
  await scheduler.close()
  if (verdict !== 'succeeded') throw new Error(`The run ${verdict}.`)
  return { done, endedAt }
}

/**
 * The least that is as durable: the start of a task is stored before it runs, its end before what waits for it starts; whatever
 * gathers while an append is under way goes into the next. It checks, claims, retries and explains nothing.
 */
async function bare(tasks, store) {
  const next = new Map(tasks.filter(({ after }) => after !== null).map((task) => [task.after, task]))
  const ready = tasks.filter(({ after }) => after === null).reverse()
  let events = []
  let toRun = []
  let revision = 0
  let done = 0
  const begin = (task) => {
    const { id } = task
    toRun.push(task)
    events.push({ ...eventOf('attempt.started', id, ++done), worker: 'local', slot: 1 })
  }
  for (let n = 0; n < CONCURRENCY && ready.length > 0; n += 1) begin(ready.pop())
  while (events.length > 0) {
    const batch = { id: `b-${revision}`, writer: 'bench/1', events }
    const running = toRun
    const expected = revision
    revision += events.length
    events = []
    toRun = []
    const { ok } = await store.append('default', expected, batch)
    if (!ok) throw new Error('Somebody else has written to the store.')
    for (const task of running) {
      await undefined
      events.push({ ...eventOf('attempt.succeeded', task.id, done), result: null })
      const following = next.get(task.id)
      if (following !== undefined) ready.push(following)
      if (ready.length > 0) begin(ready.pop())
    }
  }
  const endedAt = performance.now()
  await store.close()
  return { done, endedAt }
}

function eventOf(type, task, fence) {
  return { type, at: Date.now(), run: 'r1', task, attempt: 1, fence }
}

/** One slot and a chain: nothing else is under way when a task ends. */
async function handOffRow(kind) {
  const times = []
  let endedAt = Number.NaN
  const work = async () => {
    if (!Number.isNaN(endedAt)) times.push(performance.now() - endedAt)
    // The run is idle by the time the task ends.
    await new Promise((resolve) => setTimeout(resolve, 2))
    endedAt = performance.now()
  }
  await signalbox(shape(HAND_OFFS, HAND_OFFS), fresh(kind), 1, work)
  const appends = []
  const store = fresh(kind)
  for (let n = 0; n < HAND_OFFS; n += 1) {
    const start = performance.now()
    const events = ['attempt.succeeded', 'attempt.started'].map((type) => eventOf(type, `task-${n}`, n))
    await store.append('default', 2 * n, { id: `b-${n}`, writer: 'bench/1', events })
    appends.push(performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await store.close()
  return [kind, percentile(times, 0.5).toFixed(2), percentile(appends, 0.5).toFixed(2)]
}

/** Chains side by side; of length 1, tasks that wait for nothing. */
function shape(size, length) {
  return Array.from({ length: size }, (_, n) => ({ id: `task-${n}`, after: n % length === 0 ? null : `task-${n - 1}` }))
}

function fresh(kind) {
  places += 1
  if (kind === 'postgres') return storeIn(kind, `${databaseUrl}#bench_${process.pid}_${places}`)
  const place = join(folder, String(places))
  mkdirSync(place)
  return storeIn(kind, place)
}
