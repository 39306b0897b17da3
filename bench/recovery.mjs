/**
 * How long a scope takes to open, the folding included: from its whole journal, and from a snapshot. Each opening is a process of its
 * own, as after a crash: `npm run bench -- recovery`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadInside } from './inside.mjs'
import { machine, median, short, table } from './units.mjs'

/** Events of the journals, and tasks of the runs that they are made of; the last run is left open in its middle. */
const JOURNALS = [
  { events: 1_000_000, tasks: 5000, goals: { journal: 3000, snapshot: 300 } },
  { events: 10_000, tasks: 500, goals: {} },
]
const SLOTS = 50
const BATCH = 100
const OPENINGS = 3

const [, , word, folder] = process.argv
const { createScheduler, defineHandlers, fileStore, decide, createState, checkPlan } = await loadInside(`
  export { createScheduler, defineHandlers, checkPlan } from './src/index.ts'
  export { fileStore } from './src/stores/file.ts'
  export { decideAll as decide } from './src/core/decide.ts'
  export { createState } from './src/core/create.ts'
`)
if (word === 'open') await openAndSay()
else await compare()

async function compare() {
  console.log(`opening a scope in a new process, file store · ${machine()}`)
  const rows = [['ms until it can be worked with (of the processor)', 'whole journal', 'snapshot', 'goals']]
  for (const { events, tasks, goals } of JOURNALS) {
    const place = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
    try {
      await fill(place, events, tasks)
      const journal = openings(place)
      // Closing saves one.
      await openAndClose(place)
      const snapshot = openings(place)
      const goal = goals.journal === undefined ? '' : `${goals.journal} and ${goals.snapshot}`
      rows.push([`${events.toLocaleString('en-US')} events, runs of ${tasks} tasks`, journal, snapshot, goal])
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }
  console.log(table(rows))
}

function openings(place) {
  const found = []
  for (let n = 0; n < OPENINGS; n += 1) {
    const words = [fileURLToPath(import.meta.url), 'open', place]
    const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    found.push(JSON.parse(stdout))
  }
  const middle = (name) => short(median(found.map((each) => each[name])))
  return `${middle('ms')} (${middle('cpuMs')})`
}

/** Nothing is saved and nothing is run: what is measured is the opening. */
async function openAndSay() {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const scheduler = schedulerOn(folder, null)
  await scheduler.list()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }))
  process.exit(0)
}

async function openAndClose(place) {
  const scheduler = schedulerOn(place, 10)
  await scheduler.list()
  await scheduler.close({ graceMs: 0 })
}

function schedulerOn(place, snapshotEvery) {
  const handlers = defineHandlers({ work: { run: () => new Promise(() => undefined) } })
  return createScheduler({ store: fileStore(place), handlers, snapshotEvery, pools: { local: { slots: SLOTS } } })
}

/** A journal as the core writes it, of runs one after the other. */
async function fill(place, events, tasks) {
  const plan = { defaults: { handler: 'work' }, tasks: Array.from({ length: tasks }, (_, n) => ({ id: `task-${n}` })) }
  const { compiled } = checkPlan(plan, { limits: { tasks } })
  const plans = new Map()
  const state = createState()
  const store = fileStore(place)
  let stored = 0
  let gathered = []
  let started = []
  const now = 1_700_000_000_000
  const flush = async () => {
    if (gathered.length === 0) return
    await store.append('default', stored, { id: `b-${stored}`, events: gathered, writer: 'bench/1' })
    stored += gathered.length
    gathered = []
  }
  const send = async (inputs) => {
    const decision = decide(plans, state, inputs, now + stored)
    started = decision.instructions
    gathered.push(...decision.events)
    state.ended.clear()
    if (gathered.length >= BATCH) await flush()
  }
  await send([{ type: 'join', worker: 'local', pool: 'local', slots: SLOTS, capabilities: ['*'] }])
  for (let run = 0; stored < events; run += 1) {
    plans.set(`r${run}`, compiled)
    await send([{ type: 'open', run: `r${run}`, plan }])
    while (started.length > 0 && stored < events) {
      await send(started.map(({ run: id, task, fence }) => ({ type: 'complete', run: id, task, fence, result: null })))
    }
  }
  await flush()
  await store.close()
}
