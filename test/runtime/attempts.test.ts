/** Attempts under way: what they are told, their signs of life, how they stop, and who carries them out. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import type { Failure } from '../../src/core/types.js'
import { type HandlerContext, handler, type RegisteredHandler } from '../../src/runtime/handlers.js'
import type { Executor } from '../../src/runtime/ports.js'
import { type Hosted, hosted, plan, START, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()

describe('what an attempt is told', () => {
  it('its id, number, fence, claims, lease and deadline', async () => {
    const { scheduler, work, clock } = hosted()
    clock.set(START + 5)
    await scheduler.start(
      plan({
        a: {
          claims: { write: ['./src/b/', 'src/a.ts'], read: ['docs'] },
          timeouts: { startToClose: '1h', heartbeat: 900 },
        },
        b: {},
      }),
      { id: 'r1' },
    )
    await turns()
    expect(work.of('a').context.attempt).toEqual({
      id: 'r1/a#1',
      run: 'r1',
      task: 'a',
      attempt: 1,
      fence: 1,
      startedAt: START + 5,
      worker: 'local',
      handler: 'work',
      input: null,
      claims: { write: ['src/b/', 'src/a.ts'], read: ['docs'], integrate: [], advisory: [] },
      heartbeatMs: 900,
      deadlineAt: START + 5 + 3_600_000,
    })
    expect(work.of('b').context.attempt).toMatchObject({
      claims: { write: [], read: [] },
      heartbeatMs: null,
      deadlineAt: null,
    })
    expect(() => structuredClone(work.of('a').context.attempt)).not.toThrow()
    await scheduler.close({ graceMs: 0 })
  })

  it('a signal that is made when it is first read, and not before', async () => {
    const made: AbortController[] = []
    const Original = globalThis.AbortController
    globalThis.AbortController = class extends Original {
      constructor() {
        super()
        made.push(this)
      }
    }
    try {
      const { scheduler, work } = hosted()
      await scheduler.start(plan({ a: {}, b: {} }))
      await turns()
      expect(made).toHaveLength(0)
      const { context } = work.of('a')
      expect(context.signal).toBe(context.signal)
      expect(context.signal.aborted).toBe(false)
      expect(made).toHaveLength(1)
      await scheduler.close({ graceMs: 0 })
    } finally {
      globalThis.AbortController = Original
    }
  })

  it('a signal that is already aborted when it is read after the attempt was told to stop', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: {} }))
    await turns()
    const { signal } = work.of('b').context
    await run.cancel()
    for (const each of [work.of('a').context.signal, signal]) {
      expect(each.aborted).toBe(true)
      expect((each.reason as Error).message).toBe('The attempt was told to stop (cancelled).')
    }
    await scheduler.close()
  })
})

describe('signs of life', () => {
  const timeouts = { heartbeat: 900 }

  it('are given by the host, three in a lease, for a function that gives none', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts } }))
    await clock.advance(9000)
    expect(run.explain('a')).toMatchObject([{ kind: 'running', attempt: `${run.id}/a#1` }])
    work.of('a').finish()
    const outcome = await run.outcome
    expect(outcome.tasks.get('a')).toMatchObject({ attempts: 1 })
    let renewed = 0
    for await (const { type } of run.events()) if (type === 'attempt.renewed') renewed += 1
    expect(renewed).toBe(30)
    await scheduler.close()
  })

  it('are given for attempts that start later, too, and end with them: an idle host wakes for nothing', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(
      plan({ a: { timeouts }, b: { dependsOn: ['a'], timeouts: { heartbeat: 90 } }, keep: {} }),
    )
    await clock.advance(1000)
    work.of('a').finish()
    await clock.advance(1000)
    expect(run.explain('b')).toMatchObject([{ kind: 'running', attempt: `${run.id}/b#1` }])
    work.of('b').finish()
    await clock.advance(2000)
    expect(clock.next()).toBeNull()
    await scheduler.close({ graceMs: 0 })
  })

  it('are still given when another attempt, told to stop, comes back late', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts }, b: { timeouts } }))
    await turns()
    await run.cancel('a')
    work.of('a').finish('late')
    await clock.advance(9000)
    expect(run.explain('b')).toMatchObject([{ kind: 'running', attempt: `${run.id}/b#1` }])
    await scheduler.close({ graceMs: 0 })
  })

  it('come in time even if work has blocked the host for many leases', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts }, b: { timeouts }, c: {} }))
    await turns()
    // Nothing could run meanwhile, no timer either; then a report comes before the timer does.
    clock.set(START + 50_000)
    work.of('c').finish()
    await turns()
    expect(run.progress()).toMatchObject({ running: 2, succeeded: 1 })
    expect(run.explain('a')).toMatchObject([{ attempt: `${run.id}/a#1` }])
    await scheduler.close({ graceMs: 0 })
  })

  it('are not given for work that runs somewhere else: it must give its own, or is lost', async () => {
    const contexts: HandlerContext[] = []
    const via: Executor = {
      inProcess: false,
      execute: (_, context) => {
        contexts.push(context as HandlerContext)
        return new Promise(() => undefined)
      },
    }
    const { scheduler, clock } = hosted({ more: { remote: handler({ via }) } })
    const run = await scheduler.start({ tasks: { a: { handler: 'remote', timeouts } } })
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(500)
      contexts[0]!.heartbeat()
    }
    expect(contexts).toHaveLength(1)
    await clock.advance(1000)
    expect(contexts).toHaveLength(2)
    expect(run.explain('a')).toMatchObject([{ attempt: `${run.id}/a#2` }, { kind: 'closing', reason: 'lost' }])
    await scheduler.close({ graceMs: 0 })
  })

  it('do not keep work that does not get on from being found stalled', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts: { heartbeat: 900, stall: 5000 } } }))
    await clock.advance(4000)
    work.of('a').context.heartbeat({ done: 1 })
    await clock.advance(5000)
    expect(run.explain('a')).toMatchObject([{ kind: 'running', progress: { done: 1 } }])
    await clock.advance(501)
    expect((await run.outcome).tasks.get('a')!.failure?.kind).toBe('stalled')
    await scheduler.close()
  })

  it('may carry progress; what JSON cannot hold is no progress, and never throws', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const { context } = work.of('a')
    context.heartbeat({ bad: () => 1 } as never)
    context.heartbeat(Number.NaN)
    context.heartbeat({ step: 1 })
    await turns()
    expect(run.explain('a')).toMatchObject([{ progress: { step: 1 } }])
    await run.cancel()
    context.heartbeat({ step: 2 })
    work.of('a').finish()
    await turns()
    context.heartbeat({ step: 3 })
    await turns()
    expect(run.explain('a')).toMatchObject([{ kind: 'cancelled' }])
    await scheduler.close()
  })
})

describe('an attempt that is told to stop', () => {
  it('by cancelling: its signal is aborted; without claims it counts as stopped at once', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const { signal } = work.of('a').context
    await run.cancel()
    expect(signal.aborted).toBe(true)
    expect((await run.outcome).verdict).toBe('cancelled')
    await scheduler.close()
  })

  it('with claims it counts as stopped when its function has come back', async () => {
    const { scheduler, work } = hosted()
    const claims = { write: ['x'] }
    const run = await scheduler.start(plan({ a: { claims }, b: { claims, priority: -1 } }))
    await turns()
    await run.cancel('a')
    await turns()
    expect(work.called).toEqual(['a'])
    work.of('a').fail(new Error('stopped'))
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    await scheduler.close({ graceMs: 0 })
  })

  it('and ended just before it could be told counts as stopped', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const claims = { write: ['x'] }
    const run = await scheduler.start(plan({ a: { claims }, b: { claims, priority: -1 } }))
    await turns()
    store.isHolding = true
    const cancelling = run.cancel('a')
    await turns()
    work.of('a').finish('a moment too late')
    await turns()
    store.release()
    await cancelling
    await turns()
    expect(run.explain('a')).toMatchObject([{ kind: 'cancelled' }])
    expect(work.called).toEqual(['a', 'b'])
    await scheduler.close({ graceMs: 0 })
  })

  it('by a cancellation that came with what would have started it is never called', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 1 } } })
    const run = await scheduler.start(plan({ a: { priority: 1 }, b: {}, c: {} }))
    await turns()
    store.isHolding = true
    void run.pause()
    await turns()
    void run.resume()
    work.of('a').finish()
    await turns()
    void run.cancel('b')
    store.release()
    await turns(10)
    expect(work.called).toEqual(['a', 'c'])
    await scheduler.close({ graceMs: 0 })
  })

  it('while its input is checked is never called', async () => {
    const called: string[] = []
    let check!: () => void
    const gate = new Promise<void>((resolve) => {
      check = resolve
    })
    const slow = z.unknown().check(z.refine(async () => (await gate) === undefined))
    const { scheduler } = hosted({ more: { slow: { input: slow, run: () => void called.push('a') } } })
    const run = await scheduler.start({ tasks: { a: { handler: 'slow', claims: { write: ['x'] } } } })
    await turns()
    await run.cancel()
    check()
    expect((await run.outcome).verdict).toBe('cancelled')
    expect(called).toEqual([])
    await scheduler.close()
  })
})

describe('an executor', () => {
  const remote = (execute: Executor['execute'], inProcess = false): Readonly<Record<string, RegisteredHandler>> => ({
    remote: handler({ via: { inProcess, execute } }),
  })
  const tasks = { a: { handler: 'remote' } }

  async function failureVia(execute: unknown): Promise<Failure | undefined> {
    const { scheduler } = hosted({ more: remote(execute as Executor['execute']) })
    const run = await scheduler.start({ tasks })
    const outcome = await run.outcome
    await scheduler.close()
    return outcome.tasks.get('a')!.failure
  }

  it('of a handler is used instead of the host’s', async () => {
    const { scheduler } = hosted({ more: remote(async ({ id }) => ({ ok: true, result: id })) })
    const run = await scheduler.start({ tasks }, { id: 'r1' })
    expect((await run.outcome).results).toEqual({ a: 'r1/a#1' })
    await scheduler.close()
  })

  it('of the host is used for handlers without one', async () => {
    const executor: Executor = { inProcess: true, execute: async ({ handler: name }) => ({ ok: true, result: name }) }
    const { scheduler } = hosted({ executor })
    const run = await scheduler.start(plan({ a: {} }))
    expect((await run.outcome).results).toEqual({ a: 'work' })
    await scheduler.close()
  })

  it('may report a failure of any kind', async () => {
    const failure: Failure = { kind: 'verify', message: 'red', retryable: false, retryAfterMs: 5, details: [1] }
    expect(await failureVia(async () => ({ ok: false, failure }))).toEqual(failure)
  })

  it('that throws at once, or rejects, fails the attempt', async () => {
    const throws = (): never => {
      throw new Error('no line')
    }
    expect(await failureVia(throws)).toEqual({ kind: 'error', message: 'no line' })
    expect(await failureVia(() => Promise.reject(new Error('no line')))).toEqual({ kind: 'error', message: 'no line' })
  })

  const unreadable = { kind: 'error', message: 'The executor reported a failure that cannot be read.' }
  const trapped = Object.defineProperty({}, 'kind', {
    get() {
      throw new Error('trap')
    },
  })
  const nonsense: readonly (readonly [string, unknown, Failure])[] = [
    ['nothing', undefined, unreadable as Failure],
    ['no failure', { ok: false }, unreadable as Failure],
    ['text for a failure', { ok: false, failure: 'boom' }, unreadable as Failure],
    ['a failure that cannot be read', { ok: false, failure: trapped }, unreadable as Failure],
    [
      'a failure of an unknown kind, with what cannot be stored',
      { ok: false, failure: { kind: 'tired', message: 'x', retryAfterMs: Number.NaN, retryable: 1, details: 5n } },
      { kind: 'error', message: 'x' },
    ],
  ]
  for (const [what, outcome, failure] of nonsense) {
    it(`that reports ${what} fails the attempt, and the journal stays readable`, async () => {
      expect(await failureVia(async () => outcome)).toEqual(failure)
      expect(await failureVia(() => outcome)).toEqual(failure)
    })
  }

  it('that reports twice, or late, changes nothing', async () => {
    const { scheduler, clock } = hosted({
      more: remote(
        (_, { signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: true, result: 'late' }))),
      ),
    })
    const run = await scheduler.start({ tasks: { a: { handler: 'remote', timeouts: { startToClose: 10 } } } })
    await clock.advance(10)
    const outcome = await run.outcome
    expect(outcome.verdict).toBe('failed')
    expect(outcome.results).toEqual({})
    await scheduler.close()
  })

  it('that runs elsewhere confirms a stop by its end, with or without claims', async () => {
    let end!: () => void
    const { scheduler } = hosted({
      more: remote(() => new Promise((resolve) => (end = () => resolve({ ok: true, result: 1 })))),
    })
    const run = await scheduler.start({ tasks })
    await turns()
    await run.cancel()
    await turns()
    let isOver = false
    void run.outcome.then(() => (isOver = true))
    await turns()
    expect(isOver).toBe(false)
    end()
    expect((await run.outcome).verdict).toBe('cancelled')
    await scheduler.close()
  })
})

it('nothing of an attempt is kept when it has ended', async () => {
  const { scheduler, work }: Hosted = hosted()
  const run = await scheduler.start(plan({ a: {}, b: {} }))
  await turns()
  work.of('a').finish()
  work.of('b').fail()
  await run.outcome
  const { attempts } = scheduler as unknown as { attempts: { underWay: Map<unknown, unknown> } }
  expect(attempts.underWay.size).toBe(0)
  await scheduler.close()
})
