/** A scheduler with one task of the fleet, on a store that outlives it: killed and started again, it goes on. */
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { bullmqExecutor } from 'signalbox/executors/bullmq'
import { fileStore } from 'signalbox/stores/file'

const [connection, queue, folder] = process.argv.slice(2) as [string, string, string]
const via = bullmqExecutor({ connection, queue, lookMs: 100 })
const handlers = defineHandlers({ work: handler({ via }) })
const scheduler = createScheduler({ store: fileStore(folder), handlers, pools: { fleet: { slots: 4 } } })
const tasks = {
  a: { handler: 'work', milestones: ['half'], retry: { maxAttempts: 1 }, claims: { write: ['x'] } },
  b: { handler: 'work', dependsOn: ['a#half'] },
}
const run = await scheduler.start({ tasks }, { id: 'r1', idempotencyKey: 'once' })
run.on('attempt.started', ({ task, attempt }) => void process.send?.({ started: `${task}#${attempt}` }))
const { verdict, results, tasks: ended } = await run.outcome
process.send?.({ verdict, results, attempts: [...ended.values()].map(({ attempts }) => attempts) })
await scheduler.close()
await via.close()
process.disconnect()
