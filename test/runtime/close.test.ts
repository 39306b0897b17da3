/** Closing a scheduler: gracefully, and without leaving anything behind. */
import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { allPauses, hosted, plan, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('close', () => {
  it('waits for what runs, and starts nothing more; the runs stay open in the store', async () => {
    const store = memoryStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 1 } } })
    const run = await scheduler.start(plan({ a: {}, b: {} }), { id: 'r1' })
    await turns()
    const closing = scheduler.close()
    await turns()
    expect(work.of('a').context.signal.aborted).toBe(false)
    work.of('a').finish('kept')
    await closing
    expect(work.called).toEqual(['a'])
    await expect(run.outcome).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'The scheduler was closed before the run ended.',
    })
    const next = hosted({ store })
    const resumed = await next.scheduler.resume('r1')
    await turns()
    expect(next.work.called).toEqual(['b'])
    next.work.of('b').finish(2)
    expect((await resumed.outcome).results).toEqual({ a: 'kept', b: 2 })
    await next.scheduler.close()
  })

  it('a run whose last task ends meanwhile has its outcome', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const closing = scheduler.close()
    await turns()
    work.of('a').finish(1)
    await closing
    expect(await run.outcome).toMatchObject({ verdict: 'succeeded', results: { a: 1 } })
  })

  it('tells what runs to stop when the grace is over, and gives back what has not ended', async () => {
    const store = memoryStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ polite: {}, deaf: {} }), { id: 'r1' })
    await turns()
    const { signal } = work.of('polite').context
    signal.addEventListener('abort', () => work.of('polite').fail(signal.reason))
    const closing = scheduler.close({ graceMs: 5000 })
    await turns()
    vi.advanceTimersByTime(4999)
    await turns()
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    await turns()
    expect(signal.aborted).toBe(true)
    vi.advanceTimersByTime(100)
    await closing
    await expect(run.outcome).rejects.toMatchObject({ code: 'CLOSED' })
    const next = hosted({ store })
    const resumed = await next.scheduler.resume('r1')
    await turns()
    expect([...next.work.called].sort()).toEqual(['deaf', 'polite'])
    expect(resumed.progress()).toMatchObject({ running: 2, failed: 0 })
    await Promise.all([next.scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('waits for what was about to start when it was called', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 1 } } })
    const run = await scheduler.start(plan({ a: { priority: 1 }, b: {}, c: {} }))
    await turns()
    store.isHolding = true
    work.of('a').finish(1)
    await turns()
    // That `b` starts is decided, and being stored.
    const closing = scheduler.close()
    await turns()
    store.release()
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    expect(work.of('b').context.signal.aborted).toBe(false)
    work.of('b').finish(2)
    await closing
    expect(work.called).toEqual(['a', 'b'])
    expect(run.explain('b')).toEqual([{ kind: 'succeeded' }])
  })

  it('is not over for anybody before it is over', async () => {
    const { scheduler, work } = hosted()
    await scheduler.start(plan({ a: {} }))
    await turns()
    let over = 0
    for (let n = 0; n < 2; n += 1) {
      void scheduler.close().then(() => {
        over += 1
      })
    }
    await turns()
    expect(over).toBe(0)
    work.of('a').finish()
    await turns()
    expect(over).toBe(2)
  })

  it('is done once, however often it is asked for, and afterwards the scheduler is of no use', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const both = Promise.all([scheduler.close({ graceMs: 0 }), scheduler.close()])
    await allPauses()
    await both
    const closed = { code: 'CLOSED', message: 'The scheduler is closed.' }
    await expect(scheduler.start(plan({ a: {} }))).rejects.toMatchObject(closed)
    await expect(scheduler.resume('r1')).rejects.toMatchObject(closed)
    await expect(run.cancel()).rejects.toMatchObject(closed)
  })

  it('of a scheduler that was never used stores nothing, and closes the store', async () => {
    let isClosed = false
    const store = {
      ...testStore(),
      close: async () => {
        isClosed = true
      },
    }
    const { scheduler } = hosted({ store })
    await scheduler.close()
    expect([store.batches.length, isClosed]).toEqual([0, true])
  })

  it('leaves no timer behind', async () => {
    const { scheduler, clock } = hosted()
    await scheduler.start(plan({ a: { timeouts: { startToClose: '1h' } } }))
    expect(clock.next()).not.toBeNull()
    await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
    expect(clock.next()).toBeNull()
    expect(vi.getTimerCount()).toBe(0)
  })
})
