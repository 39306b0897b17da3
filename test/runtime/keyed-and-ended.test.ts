// Starting twice under one key gives one run; and runs that have ended can be listed, and looked at again.
import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import { defineHandlers, definePlan } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allPauses, hosted, plan, START, takeTimers, testStore, turns, typesOf, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

const idempotencyKey = 'deploy 7'
const KEY = { idempotencyKey }

describe('starting under a key that was used', () => {
  it('gives the same run while it is open', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }), KEY)
    expect(await scheduler.start(plan({ a: {} }), { ...KEY, id: 'another' })).toBe(run)
    await turns()
    expect(work.called).toEqual(['a'])
    expect(await scheduler.start(plan({ a: {} }))).not.toBe(run)
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('gives the same run when it has ended, its outcome read from the journal', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: {} }), KEY)
    await turns()
    work.of('a').finish({ sha: 'x' })
    work.of('b').fail()
    const outcome = await run.outcome
    const again = await scheduler.start(plan({ a: {}, b: {} }), KEY)
    expect(again.id).toBe(run.id)
    const other = await again.outcome
    expect(other.results).toEqual({ a: { sha: 'x' } })
    expect([other.verdict, other.makespanMs, [...other.tasks]]).toEqual([
      outcome.verdict,
      outcome.makespanMs,
      [...outcome.tasks],
    ])
    expect(work.called).toEqual(['a', 'b'])
    await scheduler.close()
  })

  it('gives the same run after a restart, open or ended', async () => {
    const store = memoryStore()
    const first = hosted({ store })
    const { id } = await first.scheduler.start(plan({ a: {} }), KEY)
    const second = hosted({ store })
    const run = await second.scheduler.start(plan({ a: {} }), KEY)
    expect(run.id).toBe(id)
    await turns()
    second.work.of('a').finish(1)
    await run.outcome
    const third = hosted({ store })
    const again = await third.scheduler.start(plan({ a: {} }), KEY)
    expect(again.id).toBe(id)
    expect((await again.outcome).results).toEqual({ a: 1 })
    await Promise.all([second.scheduler.close(), third.scheduler.close()])
  })

  it('gives the same run to calls that are under way at once, whatever their ids, once it is stored', async () => {
    const store = testStore()
    const { scheduler } = hosted({ store })
    await scheduler.list()
    store.isHolding = true
    let answered = 0
    const starts = [{}, { id: 'r1' }, { id: 'r1' }, { id: 'r2' }].map(async (options) => {
      const run = await scheduler.start(plan({ a: {} }), { ...KEY, ...options })
      answered += 1
      return run
    })
    await turns()
    expect(answered).toBe(0)
    store.release()
    const runs = await Promise.all(starts)
    expect(new Set(runs).size).toBe(1)
    expect((await scheduler.list()).length).toBe(1)
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('with another plan is refused, and nothing is done; the order of fields is no difference', async () => {
    const store = memoryStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: { priority: 1, title: 'A' } }), { ...KEY, id: 'r1' })
    expect(await scheduler.start(plan({ a: { title: 'A', priority: 1 } }), KEY)).toBe(run)
    const count = async () => {
      let events = 0
      for await (const { revision } of store.read('default' as never, 0)) events = revision
      return events
    }
    const before = await count()
    const other = { ...plan({ a: { priority: 2 } }), pools: { spare: { slots: 1 } } }
    const differs = { code: 'PLAN_DIFFERS', message: 'Run "r1" was started with another plan.' }
    await expect(scheduler.start(other, KEY)).rejects.toMatchObject(differs)
    expect(await count()).toBe(before)
    await turns()
    work.of('a').finish()
    await run.outcome
    await expect(scheduler.start(other, KEY)).rejects.toMatchObject(differs)
    await scheduler.close()
  })

  it('tells a list from a record with the same entries', async () => {
    const { scheduler } = hosted()
    await scheduler.start(plan({ a: { input: [1] } }), KEY)
    for (const input of [{ 0: 1 }, [1, 2], [], null]) {
      await expect(scheduler.start(plan({ a: { input } }), KEY)).rejects.toMatchObject({ code: 'PLAN_DIFFERS' })
    }
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('does not take the place of a start that is refused: its id is free', async () => {
    const { scheduler } = hosted()
    const starts = await Promise.all([
      scheduler.start(plan({ a: {} }), { ...KEY, id: 'r1' }),
      scheduler.start(plan({ a: {} }), { ...KEY, id: 'r2' }),
      scheduler.start(plan({ b: {} }), { id: 'r2' }),
    ])
    expect(starts.map(({ id }) => id)).toEqual(['r1', 'r1', 'r2'])
    expect(starts[2]!.explain('b')).toMatchObject([{ kind: 'running' }])
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it.each(['', 'é', 'x'.repeat(257), 'a\nb', 7 as never])('is refused where the key is %j', async (key) => {
    const { scheduler } = hosted()
    await expect(scheduler.start(plan({ a: {} }), { idempotencyKey: key })).rejects.toMatchObject({
      code: 'ID_INVALID',
      message: `${JSON.stringify(key)} cannot be an idempotency key.`,
    })
    await scheduler.close()
  })
})

describe('the list of runs', () => {
  it('has open, paused and ended ones in the order of their opening, with name, times, verdict and key', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const { scheduler, work } = hosted({ store, clock })
    expect(await scheduler.list()).toEqual([])
    const first = await scheduler.start(plan({ a: {} }, { name: 'first' }), { ...KEY, id: 'r1' })
    await (await scheduler.start(plan({ b: {} }), { id: 'r2' })).pause()
    await clock.advance(10)
    await scheduler.start(plan({ c: {} }), { id: 'r3' })
    await turns()
    work.of('a').finish()
    await first.outcome
    const open = { closedAt: null, verdict: null, idempotencyKey: null }
    const runs = [
      {
        id: 'r1',
        name: 'first',
        status: 'closed',
        openedAt: START,
        closedAt: START + 10,
        verdict: 'succeeded',
        idempotencyKey,
      },
      { id: 'r2', name: 'plan', status: 'paused', openedAt: START, ...open },
      { id: 'r3', name: 'plan', status: 'open', openedAt: START + 10, ...open },
    ]
    expect(await scheduler.list()).toEqual(runs)
    const next = hosted({ store, clock })
    expect(await next.scheduler.list()).toEqual(runs)
    await Promise.all([next.scheduler.close({ graceMs: 0 }), allPauses()])
  })
})

it('the list of runs has only what is stored', async () => {
  const store = testStore()
  const { scheduler } = hosted({ store })
  await scheduler.list()
  store.isHolding = true
  const starting = scheduler.start(plan({ a: {} }), { id: 'r1' })
  await turns()
  let listed: readonly unknown[] | null = null
  const listing = scheduler.list().then((runs) => {
    listed = runs
  })
  await turns()
  expect(listed).toBeNull()
  store.release()
  await Promise.all([starting, listing])
  expect(listed).toMatchObject([{ id: 'r1' }])
  await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
})

describe('the handle of a run that has ended', () => {
  it('has its outcome, tasks, events and messages; it cannot be steered any more', async () => {
    const { scheduler, work } = hosted()
    // Another run on the same worker: its events are between those of the one that is read.
    await scheduler.start(plan({ x: { priority: 9 }, y: { priority: 9, dependsOn: ['x'] } }), { id: 'r0' })
    const retry = { maxAttempts: 2, initialDelay: 0, jitter: 0 }
    const tasks = { a: { retry, claims: { write: ['src/**'] } }, b: { dependsOn: ['a'] }, c: { dependsOn: ['b'] } }
    const run = await scheduler.start(plan(tasks), { id: 'r1' })
    await turns()
    await run.send({ to: { task: 'a' }, body: 'hello' })
    work.of('x').finish()
    work.of('a').fail()
    await turns()
    work.of('a').finish(1)
    await turns()
    work.of('b').fail(new Error('no'))
    const outcome = await run.outcome
    const again = await scheduler.resume('r1')
    expect(again).not.toBe(run)
    const other = await again.outcome
    expect([other.verdict, other.results, [...other.tasks]]).toEqual([
      outcome.verdict,
      outcome.results,
      [...outcome.tasks],
    ])
    expect(await typesOf(again, 'none')).toEqual(await typesOf(run, 'run.closed'))
    expect(again.explain('c')).toMatchObject([{ kind: 'skipped' }])
    expect(again.progress()).toMatchObject({ total: 3, done: 3, percent: 100 })
    expect((await again.messages()).map(({ body }) => body)).toEqual(['hello'])
    await expect(again.pause()).rejects.toMatchObject({ code: 'RUN_CLOSED' })
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('has typed results by name where its plan is given', async () => {
    const handlers = defineHandlers({})
    const scheduler = createScheduler({ handlers, clock: virtualClock(START) })
    const typed = handlers.plan('p', (p) => ({ sum: p.task('add', () => ({ of: 3 })).out.of }))
    await (await scheduler.start(typed, { id: 'r1' })).outcome
    const run = await scheduler.resume('r1', typed)
    const outcome = await run.outcome
    expect(outcome.results).toEqual({ sum: 3 })
    if (outcome.verdict === 'succeeded') outcome.results.sum satisfies number
    expect((await (await scheduler.resume('r1')).outcome).results).toEqual({ add: { of: 3 } })
    await scheduler.close()
  })

  it('is refused where the journal has been cut off', async () => {
    const store = memoryStore()
    const { scheduler, work } = hosted({
      store: {
        ...store,
        read: (scope, after) => (isCut ? memoryStore().read(scope, after) : store.read(scope, after)),
      },
    })
    let isCut = false
    const run = await scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    work.of('a').finish()
    await run.outcome
    isCut = true
    const message = 'The journal of scope "default" has no end of run "r1".'
    await expect(scheduler.resume('r1')).rejects.toMatchObject({ code: 'JOURNAL_INVALID', message })
    await scheduler.close()
  })

  it('is not known by a plan where the beginning of the journal is gone', async () => {
    let isCut = false
    const store = memoryStore()
    const { scheduler } = hosted({
      store: {
        ...store,
        read: (scope, after) => (isCut ? memoryStore().read(scope, after) : store.read(scope, after)),
      },
    })
    await scheduler.start(plan({ a: {} }), { id: 'r1' })
    isCut = true
    await expect(scheduler.resume('r1', plan({ a: {} }))).rejects.toMatchObject({ code: 'JOURNAL_INVALID' })
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })
})

describe('taking up a run with its plan', () => {
  const calls: string[] = []
  const withFunctions = definePlan({
    tasks: { a: { handler: 'work' }, b: { handler: () => calls.push('b'), dependsOn: ['a'] } },
  })

  it('brings the functions in the plan: until then the run is paused, and nothing fails', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    await dead.scheduler.start(withFunctions, { id: 'r1' })
    await turns()
    const next = hosted({ store })
    expect(await next.scheduler.list()).toMatchObject([{ id: 'r1', status: 'paused' }])
    const run = await next.scheduler.resume('r1', withFunctions)
    await turns()
    next.work.of('a').finish()
    const outcome = await run.outcome
    expect([outcome.verdict, calls]).toEqual(['succeeded', ['b']])
    expect(outcome.tasks.get('b')).toMatchObject({ attempts: 1 })
    await next.scheduler.close()
  })

  it('goes on by itself where the handlers are registered, and does where its functions have had their turn', async () => {
    const store = memoryStore()
    const dead = hosted({ store, more: { rare: { run: () => new Promise(() => undefined) } } })
    await dead.scheduler.start({ tasks: { a: { handler: 'rare' } } }, { id: 'r1' })
    const second = hosted({ store })
    expect(await second.scheduler.list()).toMatchObject([{ status: 'paused' }])
    const third = hosted({ store, more: { rare: { run: () => 1 } } })
    expect((await (await third.scheduler.resume('r1')).outcome).results).toEqual({ a: 1 })
    const before = definePlan({ tasks: { a: { handler: () => 1 }, b: { handler: 'work', dependsOn: ['a'] } } })
    await third.scheduler.start(before, { id: 'r2' })
    await turns()
    const fourth = hosted({ store })
    expect(await fourth.scheduler.list()).toMatchObject([{ id: 'r1' }, { id: 'r2', status: 'open' }])
    await Promise.all([fourth.scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('may come while it is being started: both get the same handle once it is stored', async () => {
    const store = testStore()
    const { scheduler } = hosted({ store })
    await scheduler.list()
    store.isHolding = true
    const starting = scheduler.start(withFunctions, { id: 'r1' })
    await turns()
    const resuming = scheduler.resume('r1', withFunctions)
    await turns()
    store.release()
    expect(await resuming).toBe(await starting)
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('leaves a run paused that somebody has paused', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    await (await dead.scheduler.start(withFunctions, { id: 'r1' })).pause('lunch')
    const next = hosted({ store })
    await next.scheduler.resume('r1', withFunctions)
    expect(await next.scheduler.list()).toMatchObject([{ status: 'paused' }])
    await next.scheduler.close()
  })

  it('of another run is refused, as is one that has errors or lacks handlers; the run stays as it is', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    await dead.scheduler.start(withFunctions, { id: 'r1' })
    const next = hosted({ store })
    const { scheduler } = next
    await expect(scheduler.resume('r1', plan({ a: {} }))).rejects.toMatchObject({ code: 'PLAN_DIFFERS' })
    await expect(scheduler.resume('r1', { tasks: 5 } as never)).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    await expect(scheduler.resume('r1', withFunctions.plan)).rejects.toMatchObject({
      code: 'HANDLER_UNKNOWN',
      message: 'Handler "b" is not registered.',
    })
    expect(await scheduler.list()).toMatchObject([{ id: 'r1', status: 'paused' }])
    await scheduler.close()
  })
})
