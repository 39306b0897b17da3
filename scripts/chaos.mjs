/**
 * Kills a host with SIGKILL at random moments while eight workers run a plan, starts the next one, and says at the end what was lost
 * and what was committed twice. Ends with 1 where a promise is broken.
 *
 *   npm run chaos -- --store file|sqlite|postgres --kills 100 [--tasks 500] [--seed 7]
 *
 * PostgreSQL is that of PG_URL, else one of our own that syncs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createDraw } from '../bench/shapes.mjs'
import { machine, percentile, table } from '../bench/units.mjs'
import { bundleInside } from './bundle.mjs'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'file' },
    kills: { type: 'string', default: '100' },
    tasks: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const { store: kind } = values
const [kills, tasks, seed] = [values.kills, values.tasks, values.seed].map(Number)
if (!['file', 'sqlite', 'postgres'].includes(kind) || ![kills, tasks, seed].every(Number.isSafeInteger)) {
  console.error('Usage: npm run chaos -- --store file|sqlite|postgres --kills 100 [--tasks 500] [--seed 7]')
  process.exit(2)
}

/** A kill comes at any moment of this many times the recovery before it, so that some come before the first attempt. */
const WINDOW_SHARE = 3
const FIRST_WINDOW_MS = 1500
const MOST_SHOWN = 5

const draw = createDraw(seed)
const sources = fileURLToPath(new URL('../test/chaos', import.meta.url))
const bundles = await bundleInside({ host: join(sources, 'host.ts'), inside: join(sources, 'inside.ts') })
const { ownServer, accountOf, linesOf, OVERTAKEN, storeIn } = await import(
  pathToFileURL(join(bundles, 'inside.mjs')).href
)
const folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'))
mkdirSync(join(folder, 'effects'))
const server = kind === 'postgres' && process.env.PG_URL === undefined ? await ownServer('on') : null
try {
  if (typeof server === 'string') throw new Error(`There is no PostgreSQL: ${server}`)
  process.exitCode = await chaos(kind === 'postgres' ? `${server?.url ?? process.env.PG_URL}#${schemaName()}` : folder)
} finally {
  if (typeof server !== 'string') await server?.remove()
  rmSync(folder, { recursive: true, force: true })
  rmSync(bundles, { recursive: true, force: true })
}

async function chaos(place) {
  console.log(`chaos · ${kind} store · ${kills} kills · seed ${seed} · ${machine()}`)
  const counts = { killed: 0, idle: 0, overtaken: 0 }
  let run = 1
  while (counts.killed < kills) if ((await life(place, `r${run}`, counts, draw(1_000_000) / 1e6)) === 'ended') run += 1
  while ((await life(place, `r${run}`, counts, null)) !== 'ended');
  const store = storeIn(kind, place)
  const account = await accountOf(store, folder, tasks)
  await store.close()
  tell(account, counts)
  return account.lost.length + account.twice.length === 0 ? 0 : 1
}

/** One process, from its start to its end or to a kill at `share` of the window; null: it is left alone. */
async function life(place, run, counts, share) {
  const before = recoveries()
  const windowMs = (before.at(-1)?.ms ?? FIRST_WINDOW_MS / WINDOW_SHARE) * WINDOW_SHARE
  const words = [join(bundles, 'host.mjs'), kind, place, folder, run, String(tasks), String(Date.now())]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] })
  const timer = share === null ? null : setTimeout(() => child.kill('SIGKILL'), share * windowMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (signal === 'SIGKILL') {
    counts.killed += 1
    if (recoveries().length === before.length) counts.idle += 1
    return 'killed'
  }
  if (code === OVERTAKEN) {
    counts.overtaken += 1
    return 'overtaken'
  }
  if (code !== 0) throw new Error(`A host ended with ${code ?? signal}.`)
  return 'ended'
}

/** Of the processes that came so far: ms from the start to the first attempt, and how much of that Node took to load the code. */
function recoveries() {
  return linesOf(join(folder, 'recovery.log')).map((line) => {
    const [ms, loadedMs] = line.split(' ').map(Number)
    return { ms, loadedMs }
  })
}

function tell({ events, runs, attempts, taken, lost, twice }, { killed, idle, overtaken }) {
  const found = recoveries()
  const spread = (name) => {
    const ms = found.map((each) => each[name])
    return `p50 ${percentile(ms, 0.5)} ms, p99 ${percentile(ms, 0.99)} ms`
  }
  const rows = [
    ['kills', `${killed}, ${idle} of them before the first attempt`],
    ['runs', `${runs} of ${tasks} tasks`],
    ['attempts', `${attempts}, ${taken} of them lost with their process`],
    ['hosts overtaken', String(overtaken)],
    ['lost', String(lost.length)],
    ['committed twice', String(twice.length)],
    ['recovery', spread('ms')],
    ['of it, until the code is loaded', spread('loadedMs')],
    ['journal', `${events} events`],
  ]
  console.log(table(rows.map(([name, text]) => [name, text])).replaceAll(/ {3,}/g, '  '))
  for (const what of lost.slice(0, MOST_SHOWN)) console.log(`LOST: ${what}`)
  for (const what of twice.slice(0, MOST_SHOWN)) console.log(`TWICE: ${what}`)
}

function schemaName() {
  return `chaos_${process.pid}_${seed}`
}
