/** A machine of the fleet, as a process that can be killed or put to sleep: says what it begins, and waits to be told to go on. */
import { bullmqWorker } from 'signalbox/executors/bullmq'

const [connection, queue, lockMs, name] = process.argv.slice(2) as [string, string, string, string]
/** Attempts that wait. */
const waiting = new Set<() => void>()
const tell = (message: object): unknown => process.send?.(message)

const worker = bullmqWorker({
  connection,
  queue,
  lockMs: Number(lockMs),
  concurrency: 8,
  onWarning: (warning) => tell({ warning }),
  handlers: {
    // Deaf to its signal, as a process that stood still is.
    wait: async (_: unknown, { attempt }) => {
      await new Promise<void>((resolve) => {
        waiting.add(resolve)
        tell({ begun: attempt.id })
      })
      return name
    },
    count: async ({ n }: { readonly n: number }) => n,
  },
})
process.on('message', () => {
  for (const go of waiting) go()
  waiting.clear()
})
process.on('disconnect', () => process.exit())
await worker.ready()
tell({ isReady: true })
