/**
 * What carrying out an attempt costs, beside the same work without an executor: `npm run bench -- executors`. The executors alone:
 * no scheduler, no store. Rounds take turns with their floors, so that a slow minute of the machine is everybody's.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Tinypool } from 'tinypool'
import { bundleInside } from '../scripts/bundle.mjs'
import { bullmqRows } from './executors-bullmq.mjs'
import { machine, median, short, table } from './units.mjs'

const ROUNDS = 7
const THREADS = 2
/** Attempts of a round. */
const CALLS = { inline: 50_000, thread: 2000, threads: 4000, command: 60 }
const IN_FLIGHT = 100

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const bundles = await bundleInside({
  inline: path('../src/executors/inline.ts'),
  command: path('../src/executors/command/index.ts'),
  thread: path('../src/executors/thread/index.ts'),
  bullmq: path('../src/executors/bullmq/index.ts'),
  server: path('../test/executors/bullmq/server.ts'),
})
const load = (name) => import(pathToFileURL(join(bundles, `${name}.mjs`)).href)
const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
let attempts = 0

try {
  const { inlineExecutor } = await load('inline')
  const { threadExecutor } = await load('thread')
  const { commandExecutor } = await load('command')
  const module = join(folder, 'work.mjs')
  writeFileSync(
    module,
    `import { threadHandlers } from ${JSON.stringify(pathToFileURL(join(bundles, 'thread.mjs')).href)}
export const attempts = threadHandlers({ nothing: () => null })
export const nothing = () => null
`,
  )
  const nothing = async () => null
  const inline = inlineExecutor({ functionOf: () => nothing })
  const threads = threadExecutor({ module, threads: THREADS })
  const pool = new Tinypool({ minThreads: THREADS, maxThreads: THREADS, filename: module, name: 'nothing' })
  const command = commandExecutor({ argv: ['/bin/true'], folder: join(folder, 'commands') })
  const rows = [['', 'executor', 'floor', 'more', 'goal']]
  rows.push(await compare('inline, µs', CALLS.inline, 1000, 1, () => begin(inline), nothing, 'executor at most 3'))
  rows.push(
    await compare(
      'thread, one at a time, µs',
      CALLS.thread,
      1000,
      1,
      () => begin(threads),
      () => pool.run(null),
      '',
    ),
  )
  const inFlight = `thread, ${IN_FLIGHT} in flight, µs`
  const goal = 'executor at most 60'
  rows.push(
    await compare(
      inFlight,
      CALLS.threads,
      1000,
      IN_FLIGHT,
      () => begin(threads),
      () => pool.run(null),
      goal,
    ),
  )
  rows.push(await compare('command, ms', CALLS.command, 1, 1, () => begin(command), bareSpawn, 'more at most 1'))
  const { ownRedis } = await load('server')
  rows.push(...(await bullmqRows({ ...(await load('bullmq')), ownRedis, compare, begin })))
  console.log(`carrying out one attempt that does nothing · ${machine()}`)
  console.log(table(rows))
  console.log(
    'floors: the function itself; tinypool; spawn of /bin/true with pipes and a group of its own, to its end;',
  )
  console.log('a job of BullMQ on the same Redis, to its event')
  await pool.destroy()
} finally {
  rmSync(folder, { recursive: true, force: true })
  rmSync(bundles, { recursive: true, force: true })
}

function begin(executor) {
  attempts += 1
  const id = `bench/t${attempts}#1`
  const ids = {
    id,
    run: 'bench',
    task: `t${attempts}`,
    attempt: 1,
    fence: attempts,
    startedAt: attempts,
    worker: 'local',
  }
  const claims = { write: [], read: [], integrate: [], advisory: [] }
  const attempt = { ...ids, handler: 'nothing', input: null, claims, heartbeatMs: null, deadlineAt: null }
  return executor.execute(attempt, {
    signal: new AbortController().signal,
    heartbeat: () => undefined,
    log: () => undefined,
  })
}

function bareSpawn() {
  return new Promise((resolve) => {
    const child = spawn('/bin/true', [], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end()
    child.stdout.resume()
    child.stderr.resume()
    child.once('close', resolve)
  })
}

/**
 * Medians over the rounds, in the unit of which a millisecond has `perMs`.
 *
 * @param finish - Does what ours has put off; its time counts. Returns what comes before the next round, which does not.
 */
async function compare(name, calls, perMs, inFlight, ours, floor, goal, finish) {
  const times = { ours: [], floor: [] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    const mine = await timeOf(ours, calls, inFlight, finish)
    const bare = await timeOf(floor, calls, inFlight)
    // The first one is for the compiler, and for threads to start.
    if (round === 0) continue
    times.ours.push(mine * perMs)
    times.floor.push(bare * perMs)
  }
  const [mine, bare] = [median(times.ours), median(times.floor)]
  return [name, short(mine), short(bare), short(mine - bare), typeof goal === 'function' ? goal(mine / bare) : goal]
}

/** Milliseconds for one call. */
async function timeOf(call, calls, inFlight, finish) {
  const start = performance.now()
  const worker = async () => {
    for (let n = 0; n < calls / inFlight; n += 1) await call()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const next = await finish?.()
  const passedMs = performance.now() - start
  await next?.()
  return passedMs / calls
}
