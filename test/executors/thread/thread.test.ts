/** Functions in threads, which can be ended wherever they are. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleInside } from '../../../scripts/bundle.mjs'
import { createScheduler } from '../../../src/embedded.js'
import { type ThreadOptions, threadExecutor } from '../../../src/executors/thread/index.js'
import { defineHandlers, handler } from '../../../src/runtime/handlers.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor } from '../command/world.js'
import { conforms } from '../conformance.js'

let folder = ''
const module = () => join(folder, 'work.mjs')

beforeAll(async () => {
  folder = await bundleInside({ work: join(import.meta.dirname, 'work.ts') })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (handlerName: string, input: unknown = null, options: Partial<ThreadOptions> = {}, line = new Line()) =>
  threadExecutor({ module: module(), threads: 1, ...options }).execute(
    requestFor(input, { handler: handlerName }),
    line.context,
  )

describe('the law of executors', () => {
  // A thread ends with its host.
  conforms(() => ({ open: () => threadExecutor({ module: module(), threads: 8 }) }), { without: ['attach'] })
})

describe('a thread', () => {
  it('is given the input, the attempt, and what the host hands over with it, moved if it says so', async () => {
    const buffer = new ArrayBuffer(1000)
    const data = () => ({ value: buffer, transfer: [buffer] })
    const options = { module: pathToFileURL(module()), data }
    expect(await run('echo', { n: 1 }, options)).toEqual({
      ok: true,
      result: [{ n: 1 }, expect.stringMatching(/^r\//), 1000],
    })
    expect(buffer.byteLength).toBe(0)
    expect(await run('echo', 1, { data: async () => ({ value: { a: 1 } }) })).toMatchObject({
      result: [1, expect.anything(), { a: 1 }],
    })
  })

  it('that never comes back is ended', async () => {
    const line = new Line()
    const executor = threadExecutor({ module: module(), threads: 1 })
    const ended = executor.execute(requestFor(null, { handler: 'loop', heartbeatMs: 10 }), line.context)
    await line.until(({ beats }) => beats > 2)
    line.stop()
    expect(await ended).toMatchObject({ ok: false, failure: { kind: 'cancelled' } })
    expect(await executor.execute(requestFor(2, { handler: 'echo' }), new Line().context)).toMatchObject({ ok: true })
  })

  it('is used again, and what waits for one is stopped without it', async () => {
    const executor = threadExecutor({ module: module(), threads: 1 })
    const busy = new Line()
    const loop = executor.execute(requestFor(null, { handler: 'loop', heartbeatMs: 10 }), busy.context)
    const waiting = new Line()
    const second = executor.execute(requestFor(null, { handler: 'echo' }), waiting.context)
    await busy.until(({ beats }) => beats > 0)
    waiting.stop()
    busy.stop()
    expect(await Promise.all([loop, second])).toMatchObject([{ ok: false }, { ok: false }])
  })

  it('that dies of an error nobody catches, or for want of memory, fails its attempt alone', async () => {
    await expect(run('throwLater')).rejects.toThrow('too late to be caught')
    await expect(run('hoard', null, { resourceLimits: { maxOldGenerationSizeMb: 16 } })).rejects.toThrow(/memory/)
  })

  it('that returns what cannot be cloned fails', async () => {
    await expect(run('unclonable')).rejects.toThrow('what its function returned can perhaps not be handed over')
  })

  it('tells its errors with their fields, and what is no error as it is', async () => {
    await expect(run('fields')).rejects.toMatchObject({
      name: 'TaskFailure',
      message: 'busy',
      kind: 'rate-limited',
      retryAfterMs: 5,
    })
    await expect(run('noError')).rejects.toBe('just words')
  })

  it('says which handler its module lacks', async () => {
    await expect(run('nobody')).rejects.toThrow('The module for threads has no function for handler "nobody".')
  })

  it('that cannot load its module fails the attempt', async () => {
    await expect(run('echo', null, { module: join(folder, 'nothing.mjs') })).rejects.toThrow(/nothing\.mjs/)
  })

  it('refuses a number of threads that is none', () => {
    for (const threads of [0, -1, 1.5]) expect(() => threadExecutor({ module: 'x', threads })).toThrow(TypeError)
  })
})

it('carries out plans: failures with their kinds, values and messages handed over', async () => {
  const via = threadExecutor({ module: module(), threads: 2 })
  const handlers = defineHandlers({ handOver: handler({ via }), fields: handler({ via }) })
  const scheduler = createScheduler({ handlers })
  const tasks = { r: { handler: 'handOver' }, f: { handler: 'fields', retry: { maxAttempts: 1 } } }
  const started = await scheduler.start({ tasks }, { id: 'r1' })
  const outcome = await started.outcome
  expect(outcome.tasks.get('f')!.failure).toMatchObject({ kind: 'rate-limited', message: 'busy', retryAfterMs: 5 })
  expect(outcome.results.r).toMatchObject({
    shared: {},
    inbox: [{ body: 'hi', seq: 1 }],
    next: { body: 'hi' },
    refused: 'ID_INVALID',
  })
  await scheduler.close()
})
