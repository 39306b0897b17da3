/**
 * A thousand workers that ask for work wait all the time; whoever is given a task reports at once and asks again. How long does it
 * take from the report of a task until a worker has the next one, which waits for it? Once with few tasks under way at a
 * time, and once with as many as there are workers.
 */
import { createScheduler, defineHandlers, handler } from '../dist/index.js'
import { machine, median, percentile, short, table } from './units.mjs'

const WORKERS = 1000
const TASKS = 10_000
const GOAL_MS = 5
/** Chains of tasks side by side: as many tasks are under way. */
const CHAINS = [1, 10, 100, 1000]
const ROUNDS = 3

const rows = [['tasks under way', 'median', '99 %', 'most', 'per task']]
for (const chains of CHAINS) {
  const rounds = []
  for (let n = 0; n < ROUNDS; n += 1) rounds.push(await round(chains))
  const figures = ['half', 'almost', 'most', 'perTask'].map((figure) =>
    short(median(rounds.map((each) => each[figure]))),
  )
  rows.push([String(chains), ...figures])
}
console.log(
  `${WORKERS.toLocaleString('en-US')} workers that ask for work, ${TASKS.toLocaleString('en-US')} tasks · ${machine()}`,
)
console.log('milliseconds from the report of a task until a worker has the next one')
console.log(table(rows))
console.log(`goal: 99 % within ${GOAL_MS} ms, one task under way`)

/** Milliseconds. */
async function round(chains) {
  const handlers = defineHandlers({ work: handler({ pull: true }) })
  const scheduler = createScheduler({ handlers, pools: { agents: { pull: true } } })
  const reportedAt = new Map()
  const handOvers = []
  let isOver = false
  const work = async (worker) => {
    while (!isOver) {
      const lease = await scheduler.lease({ worker, waitMs: 60_000 })
      if (lease === null) continue
      const now = performance.now()
      const [chain, link] = lease.task.split('-')
      const since = reportedAt.get(`${chain}-${Number(link) - 1}`)
      if (since !== undefined) handOvers.push(now - since)
      reportedAt.set(lease.task, performance.now())
      await lease.complete()
    }
  }
  const workers = Array.from({ length: WORKERS }, (_, n) => work(`w${n}`))
  await scheduler.ready()
  const began = performance.now()
  const run = await scheduler.start(planOf(chains))
  const { verdict } = await run.outcome
  const perTask = (performance.now() - began) / TASKS
  isOver = true
  await scheduler.close()
  await Promise.allSettled(workers)
  if (verdict !== 'succeeded' || handOvers.length !== TASKS - chains) throw new Error('It did not do all of its work.')
  const half = percentile(handOvers, 0.5)
  return { half, almost: percentile(handOvers, 0.99), most: Math.max(...handOvers), perTask }
}

function planOf(chains) {
  const links = TASKS / chains
  const tasks = {}
  for (let chain = 0; chain < chains; chain += 1) {
    for (let link = 0; link < links; link += 1) {
      tasks[`c${chain}-${link}`] = link === 0 ? {} : { dependsOn: [`c${chain}-${link - 1}`] }
    }
  }
  return { defaults: { handler: 'work' }, tasks }
}
