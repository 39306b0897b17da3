/** A host with a store, one task and a command: started again, it goes on. Prints how the run ended. */
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { commandExecutor } from 'signalbox/executors/command'
import { fileStore } from 'signalbox/stores/file'

const [folder, argv, outlives] = process.argv.slice(2) as [string, string, string]
const via = commandExecutor({
  argv: JSON.parse(argv),
  folder: `${folder}/commands`,
  outlives: outlives === 'true',
  graceMs: 200,
})
const handlers = defineHandlers({ agent: handler({ via }) })
const scheduler = createScheduler({ store: fileStore(`${folder}/store`), handlers, pools: { local: { slots: 1 } } })
const tasks = { a: { handler: 'agent', claims: { write: ['x'] }, retry: { maxAttempts: 1 } } }
const run = await scheduler.start({ tasks }, { id: 'r1', idempotencyKey: 'once' })
const { verdict, results, tasks: ended } = await run.outcome
const { attempts, failure } = ended.get('a')!
process.stdout.write(JSON.stringify({ verdict, result: results.a, attempts, before: failure?.kind ?? null }))
await scheduler.close()
