/** One of several hosts that lead in turn: when it is woken it opens a scheduler, resumes what is open, and waits for that. */
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { bullmqTick } from 'signalbox/executors/bullmq'
import { sqliteStore } from 'signalbox/stores/sqlite'

const [connection, queue, file, lockMs] = process.argv.slice(2) as [string, string, string, string]
const tell = (message: object): unknown => process.send?.(message)
const handlers = defineHandlers({
  // The first attempt of all never ends: its host is killed.
  work: handler({
    run: (_: unknown, { attempt }) => {
      tell({ begun: attempt.id })
      return attempt.attempt === 1 ? new Promise<never>(() => undefined) : attempt.attempt
    },
  }),
})

async function lead(): Promise<void> {
  tell({ woken: true })
  const scheduler = createScheduler({ store: sqliteStore(file), handlers, leaseMs: Number(lockMs) })
  const run = await scheduler.start({ tasks: { a: { handler: 'work' } } }, { id: 'r1', idempotencyKey: 'once' })
  tell({ leads: true })
  const { verdict, results } = await run.outcome
  tell({ verdict, results })
  await scheduler.close()
}

const tick = bullmqTick({ connection, queue, everyMs: 100, lockMs: Number(lockMs), tick: lead })
process.on('disconnect', () => process.exit())
await tick.ready()
tell({ isReady: true })
