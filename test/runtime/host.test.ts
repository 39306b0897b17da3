/** The host: one append for many inputs, record first and act second, and what happens when the world fails. */
import { describe, expect, it } from 'vitest'
import type { HostId, RunEvent, RunId, ScopeId } from '../../src/core/types.js'
import { schedulerError } from '../../src/runtime/errors.js'
import { Host } from '../../src/runtime/host.js'
import type { Store } from '../../src/runtime/ports.js'
import { WRITER } from '../../src/runtime/version.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { compilePlan } from '../core/world.js'
import { allPauses, hosted, plan, START, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('group commit', () => {
  it('inputs that gather while an append is under way share the next one', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 1000 } } })
    const tasks = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`t${n}`, {}]))
    const run = await scheduler.start(plan(tasks))
    await turns()
    expect(work.called).toHaveLength(1000)
    const before = store.batches.length
    store.isHolding = true
    work.of('t0').finish()
    await turns()
    for (let n = 1; n < 1000; n += 1) work.of(`t${n}`).finish()
    await turns()
    expect(store.batches.length - before).toBe(1)
    store.release()
    expect((await run.outcome).verdict).toBe('succeeded')
    expect(store.batches.slice(before).map(({ size }) => size)).toEqual([1, 1000])
    await scheduler.close()
  })

  it('an append has at most so many inputs, whatever gathered', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 10_000 } } })
    const tasks = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`t${n}`, {}]))
    const run = await scheduler.start(plan(tasks))
    await turns()
    const before = store.batches.length
    for (let n = 0; n < 5000; n += 1) work.of(`t${n}`).finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    expect(store.batches.slice(before).map(({ size }) => size)).toEqual([4096, 905])
    await scheduler.close()
  })

  it('what changes nothing is not stored', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const before = store.batches.length
    for (let n = 0; n < 100; n += 1) work.of('a').context.heartbeat()
    await run.resume()
    await expect(run.cancel('x')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    expect(store.batches.length).toBe(before)
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('while the store is slow nothing is told, started or acknowledged (L8)', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    await turns()
    store.isHolding = true
    work.of('a').finish()
    await turns()
    const told: string[] = []
    run.on('*', ({ type }) => told.push(type))
    let isPaused = false
    void run.pause().then(() => (isPaused = true))
    await turns(20)
    expect([work.called, told, isPaused]).toEqual([['a'], [], false])
    store.release()
    await turns()
    // The pause came while the end of `a` was being stored, with which `b` had started.
    expect([work.called, isPaused]).toEqual([['a', 'b'], true])
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })
})

describe('a store that throws', () => {
  for (const when of ['before', 'after'] as const) {
    it(`a few times, ${when} it has stored the batch: the same batch is offered again at the same place, and counts once`, async () => {
      const store = testStore()
      const { scheduler, work } = hosted({ store })
      const run = await scheduler.start(plan({ a: {} }))
      await turns()
      const before = store.batches.length
      store.failing = { count: 3, when }
      work.of('a').finish('once')
      await allPauses()
      expect((await run.outcome).results).toEqual({ a: 'once' })
      const tries = store.batches.slice(before)
      expect(tries).toHaveLength(4)
      expect(new Set(tries.map(({ id, expected }) => `${id} ${expected}`)).size).toBe(1)
      const events: RunEvent[] = []
      for await (const event of run.events()) events.push(event)
      expect(events).toHaveLength(4)
      await scheduler.close()
    })
  }

  it('for ever: the scheduler stops, every outcome and request is rejected, and nothing more is started', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    const other = await scheduler.start(plan({ c: {} }))
    await turns()
    store.failing = { count: Number.POSITIVE_INFINITY, when: 'before' }
    const before = store.batches.length
    work.of('a').finish()
    await turns()
    const refused = run.pause().catch((error: unknown) => error)
    await allPauses()
    expect(store.batches.length - before).toBe(8)
    const failed = {
      name: 'SchedulerError',
      code: 'STORE_FAILED',
      message: 'The store could not append to scope "default" in 8 tries.',
      hint: 'See the cause; whatever was acknowledged is stored.',
      cause: { message: 'the disk is full' },
    }
    await expect(run.outcome).rejects.toMatchObject(failed)
    await expect(other.outcome).rejects.toMatchObject(failed)
    expect(await refused).toMatchObject(failed)
    await expect(run.cancel()).rejects.toMatchObject(failed)
    await expect(scheduler.start(plan({ x: {} }))).rejects.toMatchObject(failed)
    await expect(scheduler.resume(run.id)).rejects.toMatchObject(failed)
    expect(work.called).toEqual(['a', 'c'])
    expect(work.of('c').context.signal.aborted).toBe(true)
    const closing = scheduler.close()
    await allPauses()
    await closing
  })

  it('for a reason that no other try can change: the error is handed on at once', async () => {
    const error = schedulerError('STORE_LIMIT', 'The batch is too large.', 'Make it smaller.')
    let tries = 0
    const append = () => {
      tries += 1
      return Promise.reject(error)
    }
    const { scheduler } = hosted({ store: { ...memoryStore(), append } })
    await expect(scheduler.start(plan({ a: {} }))).rejects.toBe(error)
    expect(tries).toBe(1)
    await scheduler.close()
  })

  it('while it is read: start and resume are rejected with what it threw, again and again', async () => {
    const broken: Store = {
      ...memoryStore(),
      // biome-ignore lint/correctness/useYield: it throws before it could.
      async *read() {
        throw new Error('the disk is gone')
      },
    }
    const { scheduler } = hosted({ store: broken })
    for (let n = 0; n < 2; n += 1) {
      await expect(scheduler.start(plan({ a: {} }))).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: 'The journal of scope "default" could not be read.',
        cause: { message: 'the disk is gone' },
      })
    }
    await scheduler.close()
  })

  it('with an error that says enough: it is handed on as it is', async () => {
    const error = schedulerError('STORE_FAILED', 'The disk is gone.', 'Buy another.')
    const broken: Store = {
      ...memoryStore(),
      // biome-ignore lint/correctness/useYield: it throws before it could.
      async *read() {
        throw error
      },
    }
    const { scheduler } = hosted({ store: broken })
    await expect(scheduler.resume('r1')).rejects.toBe(error)
    await scheduler.close()
  })

  it('when it is closed: the open runs are rejected all the same, and the error comes to whoever closed', async () => {
    const store: Store = { ...memoryStore(), close: () => Promise.reject(new Error('still busy')) }
    const { scheduler } = hosted({ store })
    const run = await scheduler.start(plan({ a: {} }))
    const closing = scheduler.close({ graceMs: 0 })
    const rejected = expect(closing).rejects.toThrow('still busy')
    await allPauses()
    await rejected
    await expect(run.outcome).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('two schedulers on one scope', () => {
  it('the second takes over, and the first stops at its next append: SCOPE_TAKEN (S13)', async () => {
    const store = memoryStore()
    const first = hosted({ store })
    const run = await first.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    const second = hosted({ store })
    const resumed = await second.scheduler.resume('r1')
    await turns()
    expect(second.work.called).toEqual(['a'])
    first.work.of('a').finish('from the deposed')
    await expect(run.outcome).rejects.toMatchObject({
      code: 'SCOPE_TAKEN',
      message: 'Another scheduler has written to scope "default".',
    })
    second.work.of('a').finish('from the new one')
    expect((await resumed.outcome).results).toEqual({ a: 'from the new one' })
    const closing = Promise.all([first.scheduler.close(), second.scheduler.close()])
    await allPauses()
    await closing
  })

  it('scopes are apart: the same ids, no claims in common', async () => {
    const store = memoryStore()
    const task = { claims: { write: ['x'] } }
    const schedulers = ['one', 'two'].map((scope) => hosted({ store, scope }))
    const runs = await Promise.all(schedulers.map(({ scheduler }) => scheduler.start(plan({ a: task }), { id: 'r' })))
    await turns()
    for (const { work } of schedulers) work.of('a').finish()
    expect((await Promise.all(runs.map(({ outcome }) => outcome))).map(({ verdict }) => verdict)).toEqual([
      'succeeded',
      'succeeded',
    ])
    await Promise.all(schedulers.map(({ scheduler }) => scheduler.close()))
  })
})

describe('a journal that cannot be folded', () => {
  const scope = 'default' as ScopeId

  async function storeWith(events: readonly unknown[]): Promise<Store> {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events as readonly RunEvent[], writer: 'signalbox/9.9.9' })
    return store
  }

  it('because an event cannot follow: JOURNAL_INVALID, with the place', async () => {
    const store = await storeWith([
      { type: 'worker.joined', at: 1, worker: 'w', pool: 'local', slots: 1, capabilities: [] },
      { type: 'run.paused', at: 1, run: 'ghost', reason: '' },
    ])
    const { scheduler } = hosted({ store })
    await expect(scheduler.resume('r1')).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message:
        'Event 2 of scope "default", written by signalbox/9.9.9, cannot follow: The journal speaks of run "ghost", which is not open.',
    })
    await scheduler.close()
  })

  it('because an event is of a type that only another version knows: JOURNAL_INVALID, with who wrote it', async () => {
    const store = await storeWith([{ type: 'worker.promoted', at: 1, worker: 'w' }])
    const { scheduler } = hosted({ store })
    await expect(scheduler.list()).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message:
        'Event 1 of scope "default", written by signalbox/9.9.9, cannot follow: The journal has an event of unknown type "worker.promoted".',
      hint: expect.stringContaining(`another version than this (${WRITER})`),
    })
    await scheduler.close()
  })

  it('because an event is missing: JOURNAL_INVALID, with the place', async () => {
    const joined = { type: 'worker.joined', at: 1, worker: 'w', pool: 'local', slots: 1, capabilities: [] }
    const whole = await storeWith([joined, joined, { type: 'worker.left', at: 1, worker: 'w', reason: '' }])
    const store: Store = {
      ...whole,
      async *read(of, after) {
        for await (const stored of whole.read(of, after)) if (stored.revision !== 2) yield stored
      },
    }
    const { scheduler } = hosted({ store })
    await expect(scheduler.resume('r1')).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message:
        'Event 3 of scope "default", written by signalbox/9.9.9, cannot follow: The event before it has revision 1.',
    })
    await scheduler.close()
  })

  it('because a plan cannot be read any more: JOURNAL_INVALID, with its first problem', async () => {
    const store = await storeWith([
      { type: 'run.opened', at: 1, run: 'r1', plan: { tasks: { a: { dependsOn: ['a'] } } } },
    ])
    const { scheduler } = hosted({ store })
    const error = await scheduler.resume('r1').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'JOURNAL_INVALID' })
    expect((error as Error).message).toMatch(
      /^Event 1 of scope "default", written by signalbox\/9\.9\.9, cannot follow: The stored plan of run "r1" cannot be read: /,
    )
    await scheduler.close()
  })
})

it('a clock that wakes although it was told not to wakes nobody', async () => {
  const wakes: (() => void)[] = []
  const clock = {
    ...virtualClock(START),
    arm(_: number, wake: () => void) {
      wakes.push(wake)
      return () => undefined
    },
  }
  const store = testStore()
  const { scheduler } = hosted({ clock, store })
  await scheduler.start(plan({ a: { timeouts: { startToClose: 10 } } }))
  await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  const before = store.batches.length
  for (const wake of wakes) wake()
  await turns()
  expect([wakes.length > 0, store.batches.length]).toEqual([true, before])
})

describe('a promise of our own that is broken', () => {
  /** A plan that lost its policies on the way to the core, as no plan of ours can. */
  async function frozenHost() {
    const good = compilePlan({ tasks: { a: { timeouts: { startToClose: 50 } } } })
    const done: RunEvent[][] = []
    const frozen: Error[] = []
    const performed: unknown[] = []
    const host = new Host({
      scope: 's' as ScopeId,
      store: memoryStore(),
      clock: virtualClock(START),
      compile: () => ({ frame: {}, compiled: good }),
      handlersOf: () => new Set(),
      onEvents: (events) => done.push([...events]),
      perform: (instruction) => performed.push(instruction),
      onFrozen: (error) => frozen.push(error),
      onWake: () => null,
      host: 'h' as HostId,
      hostName: null,
      leaseMs: null,
      onLead: () => undefined,
      onElected: () => undefined,
      onDeposed: () => undefined,
      onRefolded: () => undefined,
      snapshotEvery: null,
      warn: () => undefined,
    })
    await host.takePart()
    done.length = 0
    host.plans.put('r' as RunId, { frame: {}, compiled: { ...good, policies: [] } })
    return { host, done, frozen, performed }
  }

  it('freezes the host: whoever waits is told the story, nothing is stored, told or started', async () => {
    const { host, done, frozen, performed } = await frozenHost()
    const story = { name: 'InvariantError', code: 'INVARIANT', hint: expect.stringContaining('report') }
    const asked = [
      host.ask({ type: 'tick' }),
      host.ask({ type: 'open', run: 'r' as RunId, plan: {} }),
      host.ask({ type: 'tick' }),
    ]
    for (const answer of asked) await expect(answer).rejects.toMatchObject(story)
    expect(frozen).toMatchObject([story])
    expect(frozen[0]!.message).toMatch(/^Deciding on "tick", "open" failed: .+\. This is a bug in signalbox\.$/)
    expect([done, performed]).toEqual([[], []])
    await expect(host.ask({ type: 'tick' })).rejects.toMatchObject(story)
    expect(() => host.post({ type: 'tick' })).not.toThrow()
    await host.stop()
  })

  it('and with it every run of the scheduler', async () => {
    const clock = virtualClock(START)
    const { scheduler, work } = hosted({ clock })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    // The nearest thing to a bug of ours that can be had from outside: a clock that breaks.
    Object.assign(clock, {
      now() {
        throw new Error('no time')
      },
    })
    work.of('a').finish()
    await expect(run.outcome).rejects.toMatchObject({ code: 'INVARIANT', cause: { message: 'no time' } })
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })
})
