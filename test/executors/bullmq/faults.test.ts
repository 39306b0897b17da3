/** What goes wrong between a scheduler and its machines, with real processes and a real Redis. Nothing is lost or done twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { RunEvent, ScopeId } from '../../../src/core/types.js'
import { createScheduler } from '../../../src/embedded.js'
import {
  type BullmqContext,
  type BullmqWorkerOptions,
  bullmqExecutor,
  bullmqWorker,
} from '../../../src/executors/bullmq/index.js'
import { defineHandlers, handler } from '../../../src/runtime/handlers.js'
import type { Store } from '../../../src/runtime/ports.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor } from '../command/world.js'
import { commitsOf, eventsOf, programs, Remote } from './fleet.js'
import { openRedis, sayMissing } from './redis.js'
import { type OwnRedis, ownRedis } from './server.js'

/** Short, so that nobody has to wait: a worker that is silent for so long is dead, in ms. */
const LOCK_MS = 600
const LOOK_MS = 50
/** Longer than a restart: only what was being handed over to a worker when Redis died waits for it, and is lost. */
const RESTART_LOCK_MS = 3000

const redis = await openRedis()
let program: Awaited<ReturnType<typeof programs>>
beforeAll(async () => {
  program = await programs()
})
afterAll(() => program.remove())

/** A scheduler whose handlers all go into one queue. */
function schedulerOn(connection: string, queue: string, store = memoryStore()) {
  const via = bullmqExecutor({ connection, queue, lookMs: LOOK_MS, onWarning: () => undefined })
  const handlers = defineHandlers({ wait: handler({ via }), count: handler({ via }) })
  const scheduler = createScheduler({ store, handlers, pools: { fleet: { slots: 8 } } })
  onTestFinished(async () => {
    await scheduler.close({ graceMs: 0 })
    await via.close()
  })
  return scheduler
}

function workerOn(connection: string, queue: string, handlers: BullmqWorkerOptions['handlers'], more: object = {}) {
  const quiet = { onWarning: () => undefined }
  const worker = bullmqWorker({ connection, queue, handlers, lockMs: LOCK_MS, concurrency: 8, ...quiet, ...more })
  onTestFinished(() => worker.close({ graceMs: 0 }))
  return worker
}

function machine(url: string, queue: string, name: string): Remote {
  return new Remote(join(program.folder, 'machine.mjs'), [url, queue, String(LOCK_MS), name])
}

const once = { retry: { maxAttempts: 1 } }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

if (redis !== null) {
  const { url, freshQueue } = redis

  describe('a machine', () => {
    it('that is killed: its attempts are lost, and done by another, which costs none of their retries', async () => {
      const queue = freshQueue()
      const first = machine(url, queue, 'first')
      await first.says('isReady')
      // More at once than a worker of a host may lose without having to rest.
      const names = ['a', 'b', 'c', 'd', 'e', 'f']
      const tasks = Object.fromEntries(names.map((name) => [name, { handler: 'wait', ...once }]))
      const store = memoryStore()
      const run = await schedulerOn(url, queue, store).start({ tasks }, { id: 'r1' })
      while (first.heard.filter(({ begun }) => begun !== undefined).length < names.length) await turn()
      await first.kill()
      const second = machine(url, queue, 'second')
      while (second.heard.filter(({ begun }) => begun !== undefined).length < names.length) await turn()
      second.child.send({ go: true })
      const { verdict, results, tasks: ended } = await run.outcome
      expect({ verdict, results }).toEqual({
        verdict: 'succeeded',
        results: Object.fromEntries(names.map((name) => [name, 'second'])),
      })
      const events = await eventsOf(run)
      expect(Object.values(commitsOf(events))).toEqual(names.map(() => 1))
      expect([...ended.values()].map(({ attempts }) => attempts)).toEqual(names.map(() => 2))
      const failures = events.flatMap((event) => (event.type === 'attempt.failed' ? [event.failure.kind] : []))
      expect(failures).toEqual(names.map(() => 'lost'))
      expect((await scopeEventsOf(store)).filter(({ type }) => type === 'worker.quarantined')).toEqual([])
    })

    it('that is stopped past its lock, wakes and reports: it is refused, and what another did in its place counts', async () => {
      const queue = freshQueue()
      const sleeper = machine(url, queue, 'sleeper')
      await sleeper.says('isReady')
      const tasks = { a: { handler: 'wait', claims: { write: ['src/'] }, ...once } }
      const run = await schedulerOn(url, queue).start({ tasks }, { id: 'r1' })
      expect(await sleeper.says('begun')).toEqual({ begun: 'r1/a#1' })
      sleeper.child.kill('SIGSTOP')
      // It wakes with its work done, and reports at once.
      sleeper.child.send({ go: true })
      const other = machine(url, queue, 'other')
      expect(await other.says('begun')).toEqual({ begun: 'r1/a#2' })
      sleeper.child.kill('SIGCONT')
      const { warning } = await sleeper.says('warning')
      expect(warning).toMatch(/^A report was refused: /)
      other.child.send({ go: true })
      const { results, tasks: ended } = await run.outcome
      expect(results).toEqual({ a: 'other' })
      expect(ended.get('a')!.attempts).toBe(2)
      expect(commitsOf(await eventsOf(run))).toEqual({ a: 1 })
    })
  })

  describe('a job', () => {
    it('that is removed by hand before anybody took it: its attempt is lost, and the task done by the next', async () => {
      const queue = freshQueue()
      const jobs = new Queue(queue, { connection: client(url) })
      const run = await schedulerOn(url, queue).start({ tasks: { a: { handler: 'count', input: { n: 7 }, ...once } } })
      const lost = new Promise((resolve) => run.on('attempt.failed', ({ failure }) => resolve(failure.message)))
      let job = (await jobs.getWaiting())[0]
      while (job === undefined) [job] = await jobs.getWaiting()
      await job.remove()
      expect(await lost).toBe('Its job is not in the queue any more: somebody has removed it, or Redis has lost it.')
      workerOn(url, queue, { count: ({ n }: { readonly n: number }) => n })
      const { results, tasks } = await run.outcome
      expect([results, tasks.get('a')!.attempts]).toEqual([{ a: 7 }, 2])
    })

    it('whose keys are deleted while it is worked on: its worker is told to stop, its report is refused', async () => {
      const queue = freshQueue()
      const keys = client(url)
      const warnings: string[] = []
      const stopped: string[] = []
      const work = async (
        _: unknown,
        { attempt, signal }: { attempt: { id: string; attempt: number }; signal: AbortSignal },
      ) => {
        if (attempt.attempt > 1) return 'the second'
        await keys.del(`bull:${queue}:${(await keys.keys(`bull:${queue}:attempt-*:lock`))[0]!.split(':')[2]}`)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        stopped.push(attempt.id)
        return 'the first'
      }
      workerOn(url, queue, { count: work }, { onWarning: (warning: string) => warnings.push(warning) })
      const run = await schedulerOn(url, queue).start({ tasks: { a: { handler: 'count', ...once } } }, { id: 'r1' })
      const { results } = await run.outcome
      expect(results).toEqual({ a: 'the second' })
      expect(stopped).toEqual(['r1/a#1'])
      expect(warnings[0]).toMatch(/^A report was refused: Missing key for job/)
      expect(commitsOf(await eventsOf(run))).toEqual({ a: 1 })
    })
  })

  describe('a scheduler', () => {
    const whens = [
      'ended before the next one is there',
      'ends when it is',
      'asks in between, and waits for the answer',
    ] as const
    for (const when of whens) {
      it(`that is killed: an attempt that ${when} is taken up, and all that it said meanwhile is heard`, async () => {
        const [endsBefore, endsAfter, asks] = whens.map((each) => each === when)
        const queue = freshQueue()
        const folder = mkdtempSync(join(tmpdir(), 'signalbox-bullmq-'))
        onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
        const begun: string[] = []
        let goOn = (): void => undefined
        const mayGo = new Promise<void>((resolve) => {
          goOn = resolve
        })
        const work = async (_: unknown, { attempt, milestone }: BullmqContext) => {
          begun.push(attempt.id)
          if (attempt.id.startsWith('r1/b')) return 'b'
          await mayGo
          const reached = milestone('half')
          if (asks) await reached
          return 'a'
        }
        workerOn(url, queue, { work })
        const keys = client(url)
        const jobs = new Queue(queue, { connection: keys })
        const begin = (): Remote => new Remote(join(program.folder, 'host.mjs'), [url, queue, folder])
        const first = begin()
        while (begun.length === 0) await turn()
        await first.kill()
        if (!endsAfter) goOn()
        while (endsBefore && (await jobs.getCompletedCount()) === 0) await turn()
        while (asks && (await keys.keys(`bull:${queue}:*:said`)).length === 0) await turn()
        const second = begin()
        if (endsAfter) goOn()
        expect(await second.says('verdict')).toEqual({
          verdict: 'succeeded',
          results: { a: 'a', b: 'b' },
          attempts: [1, 1],
        })
        expect(begun).toEqual(['r1/a#1', 'r1/b#1'])
      })
    }
  })
}

function client(url: string): Redis {
  const connected = new Redis(url)
  onTestFinished(() => connected.disconnect())
  return connected
}

/** Also those of no run. */
async function scopeEventsOf(store: Store): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  for await (const { event } of store.read('default' as ScopeId, 0)) events.push(event)
  return events
}

const own = await ownRedis()
if (typeof own === 'string') sayMissing(own)
else restarts(own)

function restarts(server: OwnRedis): void {
  afterAll(() => server.remove())
  beforeEach(() => server.start())

  describe('Redis', () => {
    it('is away: attempts wait for it, said once; both sides close without it', async () => {
      const warnings: string[] = []
      const place = { connection: server.url, queue: 'away', onWarning: (text: string) => void warnings.push(text) }
      await server.end('SIGTERM')
      const executor = bullmqExecutor(place)
      const worker = bullmqWorker({ ...place, handlers: { h: () => 'done' } })
      const ended = executor.execute(requestFor(null), new Line().context)
      while (warnings.length < 2) await turn()
      await server.start()
      expect(await ended).toEqual({ ok: true, result: 'done' })
      const away = 'Redis does not answer; the queue "away" waits for it. '
      expect(warnings.filter((text) => text.startsWith(away))).toHaveLength(2)
      const line = new Line()
      const never = bullmqExecutor(place)
      await server.end('SIGKILL')
      void executor.execute(requestFor(null), line.context)
      void never.execute(requestFor(null), line.context)
      while (warnings.length < 4) await turn()
      await Promise.all([executor.close(), never.close(), worker.close({ graceMs: 0 })])
      await server.start()
    })

    it('is out of reach for longer than a lock: a worker stops what it does by itself, and the task is done again', async () => {
      const reasons: string[] = []
      const begun: string[] = []
      let restarted = Promise.resolve()
      const work = async (_: unknown, { attempt, signal }: { attempt: { id: string }; signal: AbortSignal }) => {
        begun.push(attempt.id)
        if (begun.length > 1) return 'again'
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
        await server.end('SIGKILL')
        await aborted
        reasons.push((signal.reason as Error).message)
        restarted = server.start()
        throw signal.reason
      }
      workerOn(server.url, 'cut-off', { count: work })
      const scheduler = schedulerOn(server.url, 'cut-off')
      const run = await scheduler.start({ tasks: { a: { handler: 'count', ...once } } }, { id: 'r1' })
      expect((await run.outcome).results).toEqual({ a: 'again' })
      await restarted
      expect(begun).toEqual(['r1/a#1', 'r1/a#2'])
      expect(reasons).toEqual(['Its lock was lost: the attempt was given up, and may have been given to another.'])
    })

    it('is killed and restarted under load, twice: every result is committed once, and nothing is begun twice', async () => {
      const tasks = Object.fromEntries(
        Array.from({ length: 60 }, (_, n) => [`t${n}`, { handler: 'count', input: { n }, ...once }]),
      )
      const begun: string[] = []
      const work = async (
        { n }: { readonly n: number },
        { attempt, log }: { attempt: { id: string }; log(text: string): void },
      ) => {
        begun.push(attempt.id)
        log(`begins ${n}`)
        for (let turns = 0; turns < 20; turns += 1) await turn()
        return n
      }
      const queue = 'restarts'
      for (let workers = 0; workers < 2; workers += 1)
        workerOn(server.url, queue, { count: work }, { lockMs: RESTART_LOCK_MS })
      const scheduler = schedulerOn(server.url, queue)
      const run = await scheduler.start({ tasks }, { id: 'r1' })
      let done = 0
      let restarting: Promise<void> = Promise.resolve()
      run.on('attempt.succeeded', () => {
        done += 1
        if (done === 15 || done === 35) restarting = restart()
      })
      let restarts = 0
      async function restart(): Promise<void> {
        restarts += 1
        await server.end('SIGKILL')
        await server.start()
      }
      const { verdict, results } = await run.outcome
      await restarting
      expect(restarts).toBe(2)
      expect(verdict).toBe('succeeded')
      expect(results).toEqual(Object.fromEntries(Object.entries(tasks).map(([id, { input }]) => [id, input.n])))
      expect(commitsOf(await eventsOf(run))).toEqual(Object.fromEntries(Object.keys(tasks).map((id) => [id, 1])))
      expect(begun.length).toBe(new Set(begun).size)
    })
  })
}
