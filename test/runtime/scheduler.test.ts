/** The scheduler as its users see it. */
import { describe, expect, it } from 'vitest'
import { createScheduler, runPlan } from '../../src/embedded.js'
import { defineHandlers, definePlan, handler } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { hosted, plan, START, scripted, testStore, turns } from './world.js'

describe('start', () => {
  it('runs a plan to its end: results by task, verdict, makespan', async () => {
    const { scheduler, work, clock } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
    await turns()
    expect(work.called).toEqual(['a'])
    await clock.advance(1500)
    work.of('a').finish({ sha: 'abc' })
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    work.of('b').finish(7)
    const outcome = await run.outcome
    expect(outcome.verdict).toBe('succeeded')
    expect(outcome.results).toEqual({ a: { sha: 'abc' }, b: 7 })
    expect(outcome.makespanMs).toBe(1500)
    expect(outcome.tasks.get('b')).toEqual({
      id: 'b',
      status: 'succeeded',
      attempts: 1,
      startedAt: START + 1500,
      endedAt: START + 1500,
    })
    expect([...outcome.tasks.keys()]).toEqual(['a', 'b'])
    expect(outcome.results).toBe(outcome.results)
    expect(outcome.tasks).toBe(outcome.tasks)
    await scheduler.close()
  })

  it('makes an id from the name of the plan where none is given', async () => {
    const { scheduler } = hosted()
    const named = await scheduler.start(plan({ a: {} }, { name: 'Ship it, now!' }))
    expect(named.id).toMatch(/^Ship-it-now-[a-z0-9]+$/)
    const strange = await scheduler.start(plan({ a: {} }, { name: '…' }))
    expect(strange.id).toMatch(/^run-[a-z0-9]+$/)
    await scheduler.close({ graceMs: 0 })
  })

  it('refuses a plan with errors, with all of them, and leaves no trace (S16)', async () => {
    const store = testStore()
    const { scheduler } = hosted({ store })
    const wrong = plan({ a: { dependsOn: ['b'] }, b: { dependsOn: ['a'] }, c: { claims: { write: ['../x'] } } })
    const error = await scheduler.start(wrong).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'SchedulerError', code: 'PLAN_INVALID', diagnostics: expect.any(Array) })
    expect((error as Error).message).toMatch(/^The plan has \d errors?\.\n/)
    await expect(scheduler.start(5)).rejects.toThrow(/^The plan has 1 error\.\n {2}\/: /)
    const single = await scheduler.start({ tasks: 5 }).catch((thrown: unknown) => thrown)
    expect((error as { diagnostics: unknown[] }).diagnostics.length).toBeGreaterThan(1)
    expect((single as Error).message).toMatch(/^The plan has 1 error\.\n/)
    // What is stored is that the host's workers joined, when the scheduler was first used.
    expect(store.batches).toHaveLength(1)
    await scheduler.close()
  })

  it('refuses a plan whose handlers nobody registered, naming them and the tasks without one', async () => {
    const { scheduler } = hosted()
    await expect(scheduler.start({ tasks: { a: { handler: 'missing' } } })).rejects.toMatchObject({
      code: 'HANDLER_UNKNOWN',
      message: 'Handler "missing" is not registered.',
    })
    const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => [id, {}]))
    await expect(scheduler.start({ tasks: many })).rejects.toMatchObject({
      code: 'HANDLER_UNKNOWN',
      message: 'No handler is named by "a", "b", "c", "d", "e" and 2 more.',
    })
    await scheduler.close()
  })

  it('refuses an id that is taken, also by a run that has ended, and lets the other go on', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }), { id: 'r1' })
    const taken = { code: 'RUN_EXISTS', message: 'Run "r1" exists already.' }
    await expect(scheduler.start(plan({ a: {} }), { id: 'r1' })).rejects.toMatchObject(taken)
    await turns()
    work.of('a').finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    await expect(scheduler.start(plan({ a: {} }), { id: 'r1' })).rejects.toMatchObject(taken)
    await expect(scheduler.start(plan({ a: {} }), { id: 'r1' })).rejects.toMatchObject(taken)
    await scheduler.close()
  })

  it('keeps nothing of a plan it refused', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    work.of('a').finish()
    await run.outcome
    await expect(scheduler.start(plan({ a: {} }), { id: 'r1' })).rejects.toThrow()
    const { host } = scheduler as unknown as { host: { plans: { compiled: Map<unknown, unknown> } } }
    expect(host.plans.compiled.size).toBe(0)
    await scheduler.close()
  })

  it('two starts of one id at the same time: one wins, the other is told', async () => {
    const { scheduler, work } = hosted()
    const both = await Promise.allSettled(['a', 'b'].map((task) => scheduler.start(plan({ [task]: {} }), { id: 'r1' })))
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await turns()
    expect(work.called).toEqual(['a'])
    await scheduler.close({ graceMs: 0 })
  })

  it('refuses ids and pools that cannot be', async () => {
    const { scheduler } = hosted()
    for (const id of ['', '__proto__', 'a b', `x${'y'.repeat(200)}`, 'a\u0000b', '../x', 'a\u202eb']) {
      const message = `${JSON.stringify(id)} cannot be the id of a run.`
      await expect(scheduler.start(plan({ a: {} }), { id })).rejects.toMatchObject({ code: 'ID_INVALID', message })
    }
    expect(() => createScheduler({ scope: 'no scope' })).toThrow('"no scope" cannot be the id of a scope.')
    expect(() => createScheduler({ pools: { 'a b': { slots: 1 } } })).toThrow('"a b" cannot be the id of a pool.')
    for (const slots of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001]) {
      expect(() => createScheduler({ pools: { p: { slots } } })).toThrow(`Pool "p" has ${slots} slots.`)
    }
    await scheduler.close()
  })

  it('a plan without tasks succeeds at once', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start({ tasks: {} })
    expect(await run.outcome).toMatchObject({ verdict: 'succeeded', makespanMs: 0, results: {} })
    await scheduler.close()
  })
})

describe('pools', () => {
  it('are the host’s and, beside them, the plan’s; without either there is one, local', async () => {
    const work = scripted()
    const handlers = defineHandlers({ work: work.handler })
    const both = createScheduler({ handlers, clock: virtualClock(START), pools: { a: { slots: 1 } } })
    await both.start(
      plan({ x: { pool: 'a' }, y: { pool: 'a' }, z: { pool: 'b' } }, { pools: { a: { slots: 9 }, b: { slots: 1 } } }),
    )
    await turns()
    expect(work.called).toEqual(['x', 'z'])
    await both.close({ graceMs: 0 })
    const none = createScheduler({ handlers, clock: virtualClock(START) })
    const run = await none.start(plan({ x: {} }))
    await turns()
    expect(run.explain('x')).toMatchObject([{ kind: 'running', worker: 'local' }])
    await none.close({ graceMs: 0 })
  })

  it('capabilities decide who runs what', async () => {
    const { scheduler, work } = hosted({
      pools: { ts: { slots: 1, capabilities: ['ts'] }, none: { slots: 1, capabilities: [] } },
    })
    const run = await scheduler.start(plan({ a: { requires: ['ts'] }, b: { requires: ['rust'] } }))
    await turns()
    expect(work.called).toEqual(['a'])
    expect(run.explain('b')).toEqual([{ kind: 'no-worker', requires: ['rust'], pool: null }])
    await scheduler.close({ graceMs: 0 })
  })

  it('a pool that the host gives without capabilities is for everything', async () => {
    const { scheduler, work } = hosted({ pools: { local: { slots: 1 } } })
    await scheduler.start(plan({ a: { requires: ['writer'] } }))
    await turns()
    expect(work.called).toEqual(['a'])
    await scheduler.close({ graceMs: 0 })
  })
})

describe('two runs in one scheduler', () => {
  it('share its workers and keep each other off their paths', async () => {
    const { scheduler, work } = hosted({ pools: { local: { slots: 2 } } })
    const task = { claims: { write: ['src/**'] } }
    const one = await scheduler.start(plan({ a: task }), { id: 'one' })
    const two = await scheduler.start(plan({ b: task, c: {} }), { id: 'two' })
    await turns()
    expect(work.called).toEqual(['a', 'c'])
    expect(two.explain('b')).toMatchObject([{ kind: 'claim', heldBy: 'one/a#1', path: 'src/**' }, { kind: 'capacity' }])
    work.of('a').finish(1)
    expect((await one.outcome).verdict).toBe('succeeded')
    await turns()
    work.of('b').finish(2)
    work.of('c').finish(3)
    expect((await two.outcome).results).toEqual({ b: 2, c: 3 })
    await scheduler.close()
  })
})

describe('runPlan', () => {
  it('is all there is to write: a plan by code, its functions in place', async () => {
    const build = defineHandlers({}).plan('tiny', (p) => {
      const one = p.task('one', () => ({ n: 20 }))
      const two = p.task('two', ({ n }: { n: number }) => n + 1, { n: one.out.n })
      return { answer: two, n: one.out.n }
    })
    const outcome = await runPlan(build)
    expect(outcome.verdict).toBe('succeeded')
    expect(outcome.results).toEqual({ answer: 21, n: 20 })
  })

  it('takes data, with handlers', async () => {
    const handlers = defineHandlers({ double: handler({ run: ({ n }: { n: number }) => n * 2 }) })
    const outcome = await runPlan({ tasks: { a: { handler: 'double', input: { n: 4 } } } }, handlers)
    expect(outcome.results).toEqual({ a: 8 })
  })

  it('takes data with functions in it', async () => {
    const outcome = await runPlan(definePlan({ tasks: { a: { handler: () => 'done' } } }))
    expect(outcome.results).toEqual({ a: 'done' })
  })

  it('does not throw because work failed', async () => {
    const outcome = await runPlan(
      definePlan({
        tasks: { a: { handler: () => Promise.reject(new Error('no')) }, b: { dependsOn: ['a'], handler: () => 1 } },
      }),
    )
    expect(outcome.verdict).toBe('failed')
    expect(outcome.results).toEqual({})
    expect(outcome.tasks.get('a')).toMatchObject({ status: 'failed', failure: { kind: 'error', message: 'no' } })
    expect(outcome.tasks.get('b')).toMatchObject({ status: 'skipped', startedAt: null, skipped: { because: 'a' } })
  })

  it('throws for a plan that is not valid, and closes what it opened', async () => {
    const store = memoryStore()
    let isClosed = false
    const closing = {
      ...store,
      close: async () => {
        isClosed = true
      },
    }
    await expect(runPlan({ tasks: { a: {} } }, undefined, { store: closing })).rejects.toMatchObject({
      code: 'HANDLER_UNKNOWN',
    })
    expect(isClosed).toBe(true)
  })

  it('gives the part of a result that the builder asked for, null where there is no such part', async () => {
    const build = defineHandlers({}).plan('parts', (p) => {
      const one = p.task(
        'one',
        () => ({ deep: { list: [1, 2] } }) as { deep: { list: number[] }; gone?: { x: string } },
      )
      return { second: one.out.deep.list[1]!, gone: one.out.gone!.x }
    })
    expect((await runPlan(build)).results).toEqual({ second: 2, gone: null })
  })
})
