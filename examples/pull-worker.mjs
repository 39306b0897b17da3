// Workers that ask for work. One of them falls silent in the middle of a task, which another one does in its place; when
// it wakes and reports, it is refused, and every result is committed once.
import { createScheduler, defineHandlers, handler } from 'signalbox'

const handlers = defineHandlers({ code: handler({ pull: true }) })
const scheduler = createScheduler({
  handlers,
  pools: { agents: { pull: true } },
  // Shorter than the usual 30 and 90 seconds, so that nobody has to wait for this example.
  workers: { beatMs: 50, deadAfterMs: 200 },
})
const run = await scheduler.start(
  {
    name: 'feature',
    defaults: { handler: 'code' },
    tasks: {
      schema: { claims: { write: ['db/'] } },
      api: { claims: { write: ['api/'] }, dependsOn: ['schema'] },
      docs: { claims: { write: ['docs/'] } },
    },
  },
  { id: 'r1' },
)

/** What every worker does: asks, works, reports, and asks again until the run has ended. */
async function work(worker) {
  while (!isOver) {
    const lease = await scheduler.lease({ worker, waitMs: 100 })
    if (lease === null) continue
    const beat = setInterval(() => lease.heartbeat().catch(() => undefined), lease.beatMs)
    await new Promise((resolve) => setTimeout(resolve, 20))
    clearInterval(beat)
    await lease.complete(`${lease.task} by ${worker}`)
  }
}

let isOver = false
const silent = await scheduler.lease({ worker: 'ann' })
console.log(`ann has ${silent.attempt.id}, and falls silent.`)
const others = ['bob', 'cid'].map(work)
const { verdict, results, tasks } = await run.outcome
isOver = true
await Promise.all(others)

console.log(`The run has ${verdict}; ${silent.task} took ${tasks.get(silent.task).attempts} attempts.`)
const refused = await silent.complete('schema by ann').catch((error) => error)
console.log(`ann wakes and reports: ${refused.code}.`)
console.log(`What counts is ${results.schema === 'schema by ann' ? 'hers' : 'not hers'}.`)
const ann = (await scheduler.workers()).find(({ id }) => id === 'ann')
console.log(`ann is ${ann.health}.`)
await scheduler.close()
