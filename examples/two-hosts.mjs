// Two processes on one store. The one that leads is killed in the middle of a run; the other goes on, and every result is
// committed once. On a SQLite file, or where it is told: `node examples/two-hosts.mjs postgres://localhost/app`.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { postgresStore } from 'signalbox/stores/postgres'
import { sqliteStore } from 'signalbox/stores/sqlite'

const TASKS = 12
const [place, scope] = process.argv.slice(2)

/** Both hosts know the same handlers, by the same names. */
const handlers = defineHandlers({ work: handler({ run: () => sleep(100).then(() => process.pid) }) })
const plan = {
  defaults: { handler: 'work' },
  tasks: Object.fromEntries(
    Array.from({ length: TASKS }, (_, n) => [`t${n}`, { dependsOn: n > 1 ? [`t${n - 2}`] : [] }]),
  ),
}

/** Both see the same runs: they have one store and one scope. */
function host(name, at, scope) {
  const store = at.startsWith('postgres') ? postgresStore(at) : sqliteStore(at)
  // A second instead of the usual ten, so that nobody has to wait for this example.
  return createScheduler({ store, scope, handlers, pools: { local: { slots: 2 } }, host: name, leaseMs: 1000 })
}

/** The first host: starts the run, says how far it is, and never ends by itself. */
async function first(at, scope) {
  const run = await host('first', at, scope).start(plan, { id: 'r1' })
  let done = 0
  run.on('attempt.succeeded', () => {
    done += 1
    console.log(`done ${done}`)
  })
  await run.outcome
}

/** The second host: stands by, kills the first one half-way, and goes on. */
async function second(at, scope) {
  const scheduler = host('second', at, scope)
  await scheduler.ready()
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), at, scope], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const isHalfWay = new Promise((resolve) => {
    child.stdout.on('data', (text) => String(text).includes('done 4') && resolve())
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
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
}

if (scope !== undefined) {
  await first(place, scope)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'two-hosts-'))
  // A scope of its own: whoever calls this twice gets two runs.
  await second(place ?? join(folder, 'signalbox.db'), `two-hosts-${Date.now()}`)
  rmSync(folder, { recursive: true, force: true })
}
