/** The law of executors, over a real Redis: the work is done in threads of a worker. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { bundleInside } from '../../../scripts/bundle.mjs'
import { type BullmqExecutor, bullmqExecutor, bullmqWorker } from '../../../src/executors/bullmq/index.js'
import { threadExecutor } from '../../../src/executors/thread/index.js'
import type { ExecutorPlace } from '../../../src/testing/executor-conformance/index.js'
import { conforms } from '../conformance.js'
import { openRedis } from './redis.js'

const redis = await openRedis()
let folder = ''

beforeAll(async () => {
  folder = await bundleInside({ work: join(import.meta.dirname, '../thread/work.ts') })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function place(url: string, queue: string): ExecutorPlace {
  const script = threadExecutor({ module: join(folder, 'work.mjs'), threads: 8 })
  const worker = bullmqWorker({ connection: url, queue, handlers: { script }, concurrency: 16 })
  const opened: BullmqExecutor[] = []
  return {
    open() {
      const executor = bullmqExecutor({ connection: url, queue })
      opened.push(executor)
      return executor
    },
    crash: (executor) => (executor as BullmqExecutor).close(),
    async remove() {
      await worker.close({ graceMs: 0 })
      await Promise.all(opened.map((executor) => executor.close()))
    },
  }
}

if (redis !== null) describe('attempts in a queue', () => conforms(() => place(redis.url, redis.freshQueue())))
