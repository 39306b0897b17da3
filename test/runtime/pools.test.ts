/** Pools that grow and shrink while they work, and workers that lose attempt after attempt. On a virtual clock. */
import { describe, expect, it } from 'vitest'
import type { AttemptOutcome, Executor } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf } from './members.js'
import { allPauses, hosted, plan, START, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

const many = plan(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((id) => [id, {}])))

describe('a pool', () => {
  it('grows and shrinks while it works', async () => {
    const { scheduler, work } = hosted({ pools: { local: { slots: 1 } } })
    const run = await scheduler.start(many)
    const pool = await scheduler.pool('local')
    expect([pool.name, pool.status()]).toEqual(['local', { slots: 1, busy: 1 }])
    await pool.resize(3)
    expect(work.called).toEqual(['a', 'b', 'c'])
    await pool.resize(1)
    expect(pool.status()).toEqual({ slots: 1, busy: 3 })
    work.of('a').finish()
    work.of('b').finish()
    await turns()
    expect(work.called).toEqual(['a', 'b', 'c'])
    work.of('c').finish()
    await turns()
    for (const task of ['d', 'e']) {
      expect(work.called.at(-1)).toBe(task)
      work.of(task).finish()
      await turns()
    }
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it('has the slots it was given also when its host leads again, and those of a new host else', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const first = hosted({ store, clock, pools: { local: { slots: 1 } } })
    await first.scheduler.start(many, { id: 'r1' })
    await (await first.scheduler.pool('local')).resize(2)
    const next = hosted({ store, clock, pools: { local: { slots: 1 } } })
    await next.scheduler.resume('r1')
    await turns()
    expect((await next.scheduler.pool('local')).status()).toEqual({ slots: 1, busy: 1 })
    await Promise.all([next.scheduler.close({ graceMs: 0 }), allPauses()])
  })

  it('is there, has a usable number of slots, and is one that the host gives work', async () => {
    const { scheduler } = hosted({ pools: { local: { slots: 1 }, agents: { pull: true } } })
    await expect(scheduler.pool('nobody')).rejects.toMatchObject({ code: 'POOL_INVALID' })
    await scheduler.lease({ worker: 'w1' })
    await expect(scheduler.pool('w1')).rejects.toMatchObject({ code: 'POOL_INVALID' })
    const pool = await scheduler.pool('local')
    for (const slots of [-1, 1.5, 1_000_001])
      await expect(pool.resize(slots)).rejects.toMatchObject({ code: 'POOL_INVALID' })
    await scheduler.close()
    await expect(pool.resize(2)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a worker whose attempts are lost one after another', () => {
  /** An executor whose attempts end as told. */
  function dying() {
    const ends: ((outcome: AttemptOutcome) => void)[] = []
    const via: Executor = { inProcess: false, execute: () => new Promise((resolve) => ends.push(resolve)) }
    const end = async (outcome: AttemptOutcome): Promise<void> => {
      ends.shift()!(outcome)
      await turns()
    }
    return { via, ends, die: () => end({ ok: false, failure: { kind: 'lost', message: 'its program died' } }), end }
  }

  it('rests for longer each time, which is stored and explained; ending one attempt makes up for all', async () => {
    const { via, ends, die, end } = dying()
    const { scheduler, store, clock } = hosted({ pools: { local: { slots: 1 } }, more: { die: { via } } })
    const run = await scheduler.start(
      plan({ a: { retry: { maxLost: 100 } }, b: { dependsOn: ['a'] } }, { defaults: { handler: 'die' } }),
    )
    await turns()
    const rests: number[] = []
    for (let n = 0; n < 13; n += 1) {
      await die()
      const [reason] = run.explain('a')
      if (reason?.kind === 'quarantined') rests.push(reason.inMs)
      if (ends.length === 0) await clock.advance(rests.at(-1)!)
      await turns()
    }
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((s) => s * 1000))
    expect((await allOf(store, 'worker.quarantined')).map(({ losses }) => losses).slice(0, 3)).toEqual([3, 4, 5])
    await end({ ok: true, result: 1 })
    await die()
    await end({ ok: false, failure: { kind: 'error', message: 'no' } })
    expect((await run.outcome).tasks.get('a')!.attempts).toBe(14)
    expect(await allOf(store, 'worker.quarantined')).toHaveLength(11)
    await scheduler.close()
  })

  it('is not one that was told to stop, or whose host was restarted', async () => {
    const { via, die } = dying()
    const { scheduler, store } = hosted({ pools: { local: { slots: 1 } }, more: { die: { via } } })
    for (const id of ['r1', 'r2', 'r3', 'r4']) {
      const run = await scheduler.start(plan({ a: {} }, { defaults: { handler: 'die' } }), { id })
      await turns()
      await run.cancel()
      await die()
      expect((await run.outcome).verdict).toBe('cancelled')
    }
    expect(await allOf(store, 'worker.quarantined')).toEqual([])
    await scheduler.close()
  })
})
