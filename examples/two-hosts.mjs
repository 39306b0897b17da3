// Two processes on one SQLite file. The one that leads is killed in the middle of a run; the other goes on, and every
// result is committed once.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { sqliteStore } from 'signalbox/stores/sqlite'

const TASKS = 12
const [, , role, file] = process.argv

/** Both hosts know the same handlers, by the same names. */
const handlers = defineHandlers({ work: handler({ run: () => sleep(40).then(() => process.pid) }) })
const plan = {
  defaults: { handler: 'work' },
  tasks: Object.fromEntries(
    Array.from({ length: TASKS }, (_, n) => [`t${n}`, { dependsOn: n > 1 ? [`t${n - 2}`] : [] }]),
  ),
}

function host(name, path) {
  const pools = { local: { slots: 2 } }
  // A second instead of the usual ten, so that nobody has to wait for this example.
  return createScheduler({ store: sqliteStore(path), handlers, pools, host: name, leaseMs: 1000 })
}

/** The first host: starts the run, says how far it is, and never ends by itself. */
async function first(path) {
  const run = await host('first', path).start(plan, { id: 'r1' })
  let done = 0
  run.on('attempt.succeeded', () => {
    done += 1
    console.log(`done ${done}`)
  })
  await run.outcome
}

/** The second host: stands by, kills the first one half-way, and goes on. */
async function second() {
  const folder = mkdtempSync(join(tmpdir(), 'two-hosts-'))
  const path = join(folder, 'signalbox.db')
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'first', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const isHalfWay = new Promise((resolve) => {
    child.stdout.on('data', (text) => String(text).includes('done 4') && resolve())
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const scheduler = host('second', path)
  const run = await scheduler.resume('r1')
  console.log(`The second host is on ${scheduler.role}.`)
  await isHalfWay
  child.kill('SIGKILL')
  const { verdict } = await run.outcome
  console.log(`The first host was killed; the second is ${scheduler.role}, and the run has ${verdict}.`)
  const committed = new Map()
  for await (const event of (await scheduler.resume('r1')).events()) {
    if (event.type === 'attempt.succeeded') committed.set(event.task, (committed.get(event.task) ?? 0) + 1)
  }
  const isOnce = committed.size === TASKS && [...committed.values()].every((times) => times === 1)
  console.log(
    `${committed.size} of ${TASKS} results are committed, ${isOnce ? 'each of them once' : 'not each of them once'}.`,
  )
  await scheduler.close()
  rmSync(folder, { recursive: true, force: true })
}

if (role === 'first') await first(file)
else await second()
