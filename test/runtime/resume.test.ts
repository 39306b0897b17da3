/** Taking up runs that an earlier host left open. */
import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import { defineHandlers } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allPauses, hosted, plan, START, scripted, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('resume', () => {
  it('after the host died: what it ran is lost with its workers, and tried again', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    await dead.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
    await turns()
    dead.work.of('a').finish({ sha: 'x' })
    await turns()
    expect(dead.work.called).toEqual(['a', 'b'])
    // From here on nothing is heard of it.
    const next = hosted({ store })
    const run = await next.scheduler.resume('r1')
    await turns()
    expect(next.work.called).toEqual(['b'])
    expect(next.work.of('b').context.attempt).toMatchObject({ id: 'r1/b#2', attempt: 2, fence: 3 })
    next.work.of('b').finish('again')
    const outcome = await run.outcome
    expect(outcome.results).toEqual({ a: { sha: 'x' }, b: 'again' })
    expect(outcome.tasks.get('b')).toMatchObject({
      attempts: 2,
      failure: { kind: 'lost', message: 'Worker "local" left: its host was restarted' },
    })
    await next.scheduler.close()
  })

  it('needs no pools from the host: those of the stored plan, or the default one, join again', async () => {
    for (const pools of [undefined, { builders: { slots: 2 } }]) {
      const store = memoryStore()
      const work = scripted()
      const handlers = defineHandlers({ work: work.handler })
      const dead = createScheduler({ store, handlers, clock: virtualClock(START) })
      await dead.start(plan({ a: {} }, { pools }), { id: 'r1' })
      await turns()
      const next = createScheduler({ store, handlers, clock: virtualClock(START) })
      const run = await next.resume('r1')
      await turns()
      expect(work.called).toEqual(['a', 'a'])
      work.of('a').finish()
      expect((await run.outcome).verdict).toBe('succeeded')
      await next.close()
    }
  })

  it('gives the same handle to everybody, also to whoever started the run', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start(plan({ a: {} }), { id: 'r1' })
    expect(await scheduler.resume('r1')).toBe(run)
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('of a run nobody knows is refused', async () => {
    const { scheduler } = hosted()
    await expect(scheduler.resume('r2')).rejects.toMatchObject({
      code: 'RUN_UNKNOWN',
      message: 'There is no run "r2" in this scope.',
    })
    await scheduler.close()
  })

  it('a run that only waited for the old workers to stop ends while it is taken up, and its handle says how', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    const run = await dead.scheduler.start(plan({ a: { claims: { write: ['x'] } } }), { id: 'r1' })
    await turns()
    await run.cancel()
    const next = hosted({ store })
    const resumed = await next.scheduler.resume('r1')
    expect(await resumed.outcome).toMatchObject({ verdict: 'cancelled' })
    await next.scheduler.close()
  })

  it('tells its listeners what happened since it was taken up', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    await dead.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    const next = hosted({ store })
    const run = await next.scheduler.resume('r1')
    const seen: string[] = []
    run.on('*', ({ type }) => seen.push(type))
    await turns()
    next.work.of('a').finish()
    await run.outcome
    expect(seen).toEqual(['attempt.failed', 'attempt.started', 'attempt.succeeded', 'run.closed'])
    await next.scheduler.close()
  })

  it('goes on with the retries and timeouts that were due meanwhile', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const retry = { maxAttempts: 2, initialDelay: 60_000, jitter: 0 }
    const dead = hosted({ store, clock })
    await dead.scheduler.start(plan({ a: { retry } }), { id: 'r1' })
    await turns()
    dead.work.of('a').fail()
    await turns()
    const next = hosted({ store, clock })
    const run = await next.scheduler.resume('r1')
    expect(run.explain('a')).toMatchObject([{ kind: 'retry', inMs: 60_000 }])
    await clock.advance(59_999)
    expect(next.work.called).toEqual([])
    await clock.advance(1)
    expect(next.work.called).toEqual(['a'])
    await Promise.all([next.scheduler.close({ graceMs: 0 }), allPauses()])
  })
})
