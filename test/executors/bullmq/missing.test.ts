/** Where the packages are missing, attempts and workers say which line installs them. */
import { expect, it, vi } from 'vitest'
import { bullmqExecutor, bullmqWorker } from '../../../src/executors/bullmq/index.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor } from '../command/world.js'

vi.mock('bullmq', () => {
  throw new Error("Cannot find package 'bullmq'")
})

const message = 'BullMQ needs the packages "bullmq" and "ioredis". Run `npm install bullmq ioredis`.'
const place = { connection: 'redis://localhost:1', queue: 'q' }

it('an attempt without the packages fails for good, with the line that installs them', async () => {
  const executor = bullmqExecutor(place)
  const failure = { kind: 'error', message, retryable: false }
  expect(await executor.execute(requestFor(null), new Line().context)).toEqual({ ok: false, failure })
  await executor.close()
})

it('a worker without them is never ready', async () => {
  const worker = bullmqWorker({ ...place, handlers: {} })
  await expect(worker.ready()).rejects.toThrow(message)
  await worker.close()
})

it('options that are none are refused at once', () => {
  const names: readonly unknown[] = ['a:b', '', 'a b', 'x'.repeat(129), 7]
  for (const queue of names as readonly string[]) {
    expect(() => bullmqExecutor({ ...place, queue })).toThrow(TypeError)
    expect(() => bullmqWorker({ ...place, queue, handlers: {} })).toThrow(/^"queue" must be/)
    expect(() => bullmqExecutor({ ...place, prefix: queue })).toThrow(/^"prefix" must be/)
  }
  for (const value of [0, -1, 1.5, Number.NaN]) {
    expect(() => bullmqExecutor({ ...place, lookMs: value })).toThrow(/^"lookMs" must be a whole number from 1/)
    expect(() => bullmqExecutor({ ...place, maxCharacters: value })).toThrow(/^"maxCharacters"/)
    expect(() => bullmqWorker({ ...place, handlers: {}, concurrency: value })).toThrow(/^"concurrency"/)
    expect(() => bullmqWorker({ ...place, handlers: {}, lockMs: value })).toThrow(/^"lockMs"/)
  }
})
