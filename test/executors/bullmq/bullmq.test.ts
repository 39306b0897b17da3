/** Attempts in a queue, beyond the law of executors: what workers make of handlers, of orders, and of what cannot be. */
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod/mini'
import {
  type BullmqContext,
  type BullmqExecutorOptions,
  type BullmqWorkerOptions,
  bullmqExecutor,
  bullmqWorker,
} from '../../../src/executors/bullmq/index.js'
import { inlineExecutor } from '../../../src/executors/inline.js'
import { defineHandlers, handler } from '../../../src/runtime/handlers.js'
import type { AttemptRequest } from '../../../src/runtime/ports.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor } from '../command/world.js'
import { openRedis } from './redis.js'

const redis = await openRedis()
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const failure = (message: unknown, more: object = {}) => ({ ok: false, failure: { kind: 'error', message, ...more } })

if (redis !== null) {
  const { url, freshQueue } = redis

  function both(
    handlers: BullmqWorkerOptions['handlers'],
    ofWorker: Partial<BullmqWorkerOptions> = {},
    ofExecutor: Partial<BullmqExecutorOptions> = {},
  ) {
    const place = { connection: url, queue: freshQueue(), onWarning: () => undefined }
    const executor = bullmqExecutor({ ...place, ...ofExecutor })
    const worker = bullmqWorker({ ...place, handlers, ...ofWorker })
    const client = new Redis(url, { maxRetriesPerRequest: null })
    onTestFinished(async () => {
      await worker.close({ graceMs: 0 })
      await executor.close()
      client.disconnect()
    })
    const run = (input: unknown, more: Partial<AttemptRequest> = {}, line = new Line()) =>
      executor.execute(requestFor(input, more), line.context)
    const jobs = new Queue(place.queue, { connection: client })
    return { ...place, executor, worker, client, jobs, run }
  }

  describe('what a worker does with handlers', () => {
    it('a function, an executor, and what defineHandlers has: with its schemas, and with its own executor', async () => {
      const functions = inlineExecutor({ functionOf: () => (input) => ({ inline: input }) })
      const plain = both({ h: (input: number) => input + 1, e: functions })
      expect(await plain.run(1)).toEqual({ ok: true, result: 2 })
      expect(await plain.run(1, { handler: 'e' })).toEqual({ ok: true, result: { inline: 1 } })
      const number = z.pipe(
        z.string(),
        z.transform((text) => Number(text)),
      )
      const registered = both(
        defineHandlers({
          h: handler({ input: z.object({ n: number }), output: z.number(), run: ({ n }) => n * 2 }),
          bad: handler({ output: z.number(), run: (() => 'text') as unknown as () => number }),
          e: handler({ via: functions }),
          asks: handler({ pull: true }),
          grows: handler({ run: (_: unknown, context) => context.extend(() => undefined) }),
        }),
      )
      expect(await registered.run({ n: '21' })).toEqual({ ok: true, result: 42 })
      expect(await registered.run({ n: 21 })).toMatchObject(
        failure(expect.stringMatching(/^The input of handler "h" is not valid on its worker: /), { retryable: false }),
      )
      expect(await registered.run(null, { handler: 'bad' })).toMatchObject(
        failure(expect.stringMatching(/^The result of handler "bad" is not valid: /), { retryable: false }),
      )
      expect(await registered.run(3, { handler: 'e' })).toEqual({ ok: true, result: { inline: 3 } })
      const missing = 'Handler "asks" has neither "run" nor "via" on its worker.'
      expect(await registered.run(3, { handler: 'asks' })).toEqual(failure(missing, { retryable: true }))
      const grows = registered.run(3, { handler: 'grows' })
      await expect(grows).rejects.toThrow('An attempt on another machine cannot extend the plan.')
    })

    it('one that it does not have fails the attempt: another worker may have it', async () => {
      const { run } = both({})
      for (const name of ['h', 'constructor', 'toString']) {
        const missing = `Its worker has no handler "${name}".`
        expect(await run(1, { handler: name })).toEqual(failure(missing, { retryable: true }))
      }
    })

    it('what it throws comes with its fields; what is no error, and what is no JSON, as far as it can', async () => {
      const thrown: readonly unknown[] = [
        Object.assign(new Error('busy'), { name: 'TaskFailure', kind: 'rate-limited', retryAfterMs: 5, big: 1n }),
        'just words',
      ]
      const { run } = both({
        h: (n: number) => {
          throw thrown[n]
        },
        big: () => 1n,
      })
      await expect(run(0)).rejects.toMatchObject({
        name: 'TaskFailure',
        message: 'busy',
        kind: 'rate-limited',
        retryAfterMs: 5,
      })
      await expect(run(1)).rejects.toBe('just words')
      expect(await run(0, { handler: 'big' })).toMatchObject(
        failure(expect.stringMatching(/^The result is not JSON: /), { retryable: false }),
      )
    })
  })

  describe('what an attempt hands over', () => {
    it('values, messages and answers, and errors with their codes', async () => {
      const { run } = both({
        h: async (_: unknown, context: BullmqContext) => {
          await context.share('key', 1)
          await context.send({ to: { task: 'x' }, body: 'hi' })
          const refused = await context.milestone('none').catch((error: unknown) => (error as { code: string }).code)
          return {
            shared: await context.shared(null),
            inbox: await context.inbox(),
            next: await context.receive(),
            refused,
          }
        },
      })
      const line = new Line()
      line.milestoneError = Object.assign(new Error('It declares none.'), { code: 'MILESTONE_UNKNOWN' })
      const given: unknown[] = []
      const context = Object.assign(line.context, {
        share: async (...words: unknown[]) => void given.push(words),
        send: async (message: unknown) => void given.push(message),
        shared: (stream: unknown) => ({ stream }),
        receive: async () => ({ body: 'next' }),
      })
      expect(await run(null, {}, { context } as unknown as Line)).toEqual({
        ok: true,
        result: { shared: { stream: null }, inbox: [], next: { body: 'next' }, refused: 'MILESTONE_UNKNOWN' },
      })
      expect(given).toEqual([['key', 1], { to: { task: 'x' }, body: 'hi' }])
    })

    it('has bounds: questions at once, output, progress, what is no JSON', async () => {
      const { run } = both({
        h: async (_: unknown, context: BullmqContext) => {
          const many = Array.from({ length: 70 }, () => context.claim({ read: ['a'] }))
          const refused = (await Promise.allSettled(many.slice(64))).map(({ status }) => status)
          const problem = await context.share('k', 1n).catch((error: unknown) => (error as Error).message)
          for (let lines = 0; lines < 200; lines += 1) context.log('漢'.repeat(20_000), 'stdout')
          context.heartbeat('x'.repeat(100_000))
          return { refused, problem }
        },
      })
      const line = new Line()
      const ended = run(null, {}, line)
      await line.until(({ questions }) => questions.length === 64)
      expect(await ended).toEqual({
        ok: true,
        result: {
          refused: Array.from({ length: 6 }, () => 'rejected'),
          problem: 'It is not JSON of at most 262144 characters.',
        },
      })
      const { logs, progress } = line.heard
      expect(logs).toHaveLength(64)
      expect(logs.at(-1)).toBe('There is more output than 1048576 characters; the rest is not told.')
      expect(progress).toEqual(['100002 characters, of which at most 65536 are told'])
    })

    it('is not larger than "maxCharacters", on either side', async () => {
      const { run } = both({ h: (n: number) => 'x'.repeat(n) }, { maxCharacters: 1000 }, { maxCharacters: 1000 })
      expect(await run(500)).toMatchObject({ ok: true })
      const large = failure(expect.stringMatching(/has \d+ characters as JSON, more than "maxCharacters" \(1000\)/))
      expect(await run(1000)).toMatchObject(large)
      expect(await run('x'.repeat(1000))).toMatchObject(large)
      const narrow = both({ h: () => null }, { maxCharacters: 100 })
      expect(await narrow.run(1)).toMatchObject(
        failure(expect.stringMatching(/^The attempt cannot be read by its worker/)),
      )
      const wide = both({ h: (n: number) => 'x'.repeat(n) }, {}, { maxCharacters: 1000 })
      expect(await wide.run(2000)).toMatchObject(
        failure(expect.stringMatching(/^What its worker reported cannot be read/)),
      )
    })
  })

  it('told to stop: one that no worker has taken is taken out of the queue; a worker is told, with the reason', async () => {
    const reasons: string[] = []
    const { run, jobs, executor, ...place } = both({
      h: async (_: unknown, { signal, heartbeat }: BullmqContext) => {
        heartbeat('begun')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        reasons.push((signal.reason as Error).message)
        throw signal.reason
      },
    })
    const line = new Line()
    const working = run(null, {}, line)
    await line.until(({ progress }) => progress.length > 0)
    const waiting = new Line()
    const second = run(null, {}, waiting)
    while ((await jobs.getWaitingCount()) !== 1) await turn()
    waiting.stop()
    expect(await second).toMatchObject({ ok: false, failure: { kind: 'cancelled' } })
    line.stop()
    await expect(working).rejects.toThrow('The attempt was told to stop (the kit).')
    expect(reasons).toEqual(['The attempt was told to stop (the kit).'])
    await executor.close()
    // Nothing of them is left but what BullMQ has of the queue itself.
    const left = await place.client.keys(`bull:${place.queue}:*`)
    expect(left.filter((key) => key.includes('attempt-'))).toEqual([])
    expect([await jobs.getCompletedCount(), await jobs.getFailedCount(), await jobs.getActiveCount()]).toEqual([
      0, 0, 0,
    ])
  })

  it('asked again for what has ended, it tells the same, and does not begin it again', async () => {
    let begun = 0
    const { executor } = both({ h: () => (begun += 1) })
    const attempt = requestFor(null)
    const first = await executor.execute(attempt, new Line().context)
    expect(await executor.execute(attempt, new Line().context)).toEqual(first)
    expect(await executor.attach(attempt, new Line().context)).toEqual(first)
    expect(begun).toBe(1)
  })

  it('a worker that closes waits for what it has begun, and hands back what takes too long', async () => {
    let isStopped = false
    const { run, worker } = both({
      h: async (_: unknown, { signal, heartbeat }: BullmqContext) => {
        heartbeat('begun')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        isStopped = true
        throw signal.reason
      },
    })
    const line = new Line()
    const ended = run(null, {}, line)
    await line.until(({ progress }) => progress.length > 0)
    await worker.close({ graceMs: 1 })
    expect(isStopped).toBe(true)
    expect(await ended).toEqual({ ok: false, failure: { kind: 'lost', message: 'Its worker was closed.' } })
  })

  it('gives signs of life while an attempt waits for a worker, and while its worker renews its lock', async () => {
    const place = { connection: url, queue: freshQueue() }
    const executor = bullmqExecutor(place)
    const line = new Line()
    const ended = executor.execute(requestFor(null, { heartbeatMs: 30 }), line.context)
    await line.until(({ beats }) => beats > 3)
    let go = (): void => undefined
    const mayGo = new Promise<void>((resolve) => {
      go = resolve
    })
    const worker = bullmqWorker({
      ...place,
      handlers: {
        h: (_: unknown, { log }: BullmqContext) => {
          log('begun')
          return mayGo
        },
      },
    })
    await line.until(({ logs }) => logs.length === 1)
    const before = line.heard.beats
    await line.until(({ beats }) => beats > before + 3)
    go()
    expect(await ended).toEqual({ ok: true, result: null })
    await worker.close()
    await executor.close()
  })

  describe('what Redis holds is not trusted', () => {
    it('reports that are none fail their attempts', async () => {
      const hostile = ['text', '{', '[]', '{"outcome":1}', '{"outcome":null}', 'x'.repeat(2000)]
      for (const returned of hostile) {
        const place = { connection: url, queue: freshQueue(), lookMs: 20 }
        const executor = bullmqExecutor({ ...place, maxCharacters: 1000 })
        const ended = executor.execute(requestFor(1), new Line().context)
        const connection = new Redis(url, { maxRetriesPerRequest: null })
        const { Worker } = await import('bullmq')
        const other = new Worker(place.queue, async () => returned, { connection })
        expect(await ended).toMatchObject(failure(expect.stringMatching(/^What its worker reported cannot be read/)))
        await other.close()
        await executor.close()
        connection.disconnect()
      }
    })

    it('a job of somebody else fails; words and orders that are none are left out', async () => {
      const { jobs, client, run, queue } = both({
        h: async (_: unknown, context: BullmqContext) => {
          context.heartbeat('begun')
          return (await context.claim({ read: ['a'] })).granted
        },
      })
      const line = new Line()
      const ended = run(1, {}, line)
      const question = await line.question()
      const [job] = await jobs.getActive()
      const key = `bull:${queue}:${job!.id}`
      for (const order of ['{', '7', '{"question":"1"}', 'x'.repeat(300_000)])
        await client.rpush(`${key}:orders`, order)
      for (const word of [
        '{',
        '[]',
        '{"what":"log","lines":[[1,"stdout"]]}',
        '{"what":"claim"}',
        'x'.repeat(300_000),
      ]) {
        await client.xadd(`${key}:said`, '*', 'word', word)
      }
      await client.xadd(`${key}:said`, '*', 'nothing', '')
      await client.publish(`bull:${queue}:said`, `said ${job!.id}`)
      await line.until(({ logs }) => logs.filter((text) => text.includes('cannot be read')).length === 6)
      question.answer({ granted: true })
      expect(await ended).toEqual({ ok: true, result: true })
      const foreign = await jobs.add('h', { attempt: '{"id":1}' }, { jobId: 'foreign' })
      while ((await jobs.getJobState(foreign.id!)) !== 'completed') await turn()
      const { returnvalue } = (await jobs.getJob('foreign'))!
      expect(JSON.parse(returnvalue as string).outcome).toMatchObject(
        failure(expect.stringMatching(/^The attempt cannot/)),
      )
    })
  })
}
