/** Everything that goes wrong with workers that ask for work, and with their hosts. On a virtual clock. */
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, LEASE } from './members.js'
import { code, pulled, stale } from './pulled.js'
import { allPauses, START, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('what goes wrong with workers', () => {
  it('double completion: the second is refused with a reason, and changes nothing', async () => {
    const { scheduler, take, store, end } = pulled()
    const run = await scheduler.start(code({ a: {}, b: {} }), { id: 'r1' })
    const lease = await take('w1')
    const both = await Promise.allSettled([lease.complete('first'), lease.complete('second')])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((both[1] as PromiseRejectedResult).reason).toMatchObject(stale(/r1\/a#1 is over: it was completed before/))
    await expect(lease.fail('no')).rejects.toMatchObject(stale(/completed before/))
    await expect(lease.heartbeat()).rejects.toMatchObject(stale(/completed before/))
    await (await take('w1')).complete()
    expect((await run.outcome).results).toEqual({ a: 'first', b: null })
    expect(await allOf(store, 'attempt.succeeded')).toHaveLength(2)
    await end()
  })

  it('a worker that dies: it is lost by its lease, its files stay its own until it must have stopped, then another has them', async () => {
    const { scheduler, take, ask, pass, store, end } = pulled()
    const claims = { claims: { write: ['src/'] } }
    const run = await scheduler.start(code({ a: { ...claims, retry: { maxAttempts: 1 } } }), { id: 'r1' })
    await take('w1')
    const second = await ask('w2', { waitMs: 600_000 })
    await pass(98_999)
    expect(run.explain('a')).toMatchObject([{ kind: 'running' }])
    await pass(1)
    expect(run.explain('a')).toMatchObject([{ kind: 'claim', heldBy: 'r1/a#1', closing: 'lost' }, { kind: 'closing' }])
    expect(second.lease).toBeUndefined()
    // One and a half leases after it was last heard of, and no later (L3).
    await pass(135_000 - 99_000 - 1)
    expect(second.lease).toBeUndefined()
    await pass(1)
    expect(second.lease?.attempt.id).toBe('r1/a#2')
    const [lost] = await allOf(store, 'attempt.failed')
    expect(lost).toMatchObject({
      failure: { kind: 'lost', message: 'No sign of life for 90000 ms (the lease of its worker).' },
    })
    await second.lease?.complete()
    expect((await run.outcome).verdict).toBe('succeeded')
    expect((await allOf(store, 'worker.left'))[0]).toMatchObject({
      worker: 'w1',
      reason: expect.stringContaining('135000 ms'),
    })
    expect((await scheduler.workers()).find(({ id }) => id === 'w1')).toMatchObject({
      health: 'dead',
      lastBeatAt: START,
    })
    await end()
  })

  it('a worker paused past its lease wakes and reports: refused with what has become of it, and nothing changes', async () => {
    const { scheduler, take, ask, pass, end } = pulled()
    const run = await scheduler.start(code({ a: { claims: { write: ['src/'] } } }), { id: 'r1' })
    const paused = await take('w1')
    const second = await ask('w2', { waitMs: 600_000 })
    await pass(135_000)
    expect(paused.signal.aborted).toBe(true)
    await expect(paused.heartbeat({ done: 1 })).rejects.toMatchObject(
      stale(/nothing was heard of it for too long, so it was taken back .*; worker "w2" has attempt 2 of it now/),
    )
    await expect(paused.complete('from the grave')).rejects.toMatchObject(stale(/worker "w2" has attempt 2/))
    await second.lease!.complete('from the living')
    expect((await run.outcome).results).toEqual({ a: 'from the living' })
    await expect(paused.fail('again')).rejects.toMatchObject(stale(/completed before/))
    await end()
  })

  it('a worker paused past its lease that reports before its files are given on frees them by that', async () => {
    const { scheduler, take, ask, pass, store, end } = pulled()
    await scheduler.start(code({ a: { claims: { write: ['src/'] } } }), { id: 'r1' })
    const paused = await take('w1')
    const second = await ask('w2', { waitMs: 600_000 })
    await pass(100_000)
    expect(second.lease).toBeUndefined()
    await expect(paused.complete()).rejects.toMatchObject(stale(/the task is ready/))
    await turns()
    expect((await allOf(store, 'attempt.closed'))[0]).toMatchObject({ by: 'executor' })
    expect(second.lease?.attempt.id).toBe('r1/a#2')
    await end()
  })

  it('a worker that beats but makes no progress: stalled is not dead, and `stall` takes the attempt back', async () => {
    const { scheduler, take, ask, pass, end } = pulled({ workers: { stalledAfterMs: 120_000 } })
    const run = await scheduler.start(code({ a: {}, b: { timeouts: { stall: '5m' } } }), { id: 'r1' })
    const [a, b] = [await take('w1'), await take('w2')]
    const health = () => run.workers().map(({ id, health }) => `${id} ${health}`)
    for (let n = 0; n < 4; n += 1) {
      await pass(30_000)
      await a.heartbeat()
      await b.heartbeat({ at: n })
    }
    expect(health()).toEqual(['w1 stalled', 'w2 live'])
    await a.heartbeat({ at: 1 })
    expect(health()).toEqual(['w1 live', 'w2 live'])
    // The plan of b gives it five minutes, and some.
    for (let n = 0; n < 11; n += 1) {
      await pass(30_000)
      await a.heartbeat({ n })
      await b.heartbeat().catch(() => undefined)
    }
    expect(b.signal.aborted).toBe(true)
    expect(health()).toEqual(['w1 live', 'w2 stalled'])
    await expect(b.complete()).rejects.toMatchObject(stale(/made no progress/))
    await turns()
    expect(run.explain('b')).toMatchObject([{ kind: 'failed', failure: { kind: 'stalled' } }])
    expect((await ask('w2', { waitMs: 0 })).lease).toBeNull()
    await end()
  })

  it('a worker that dies while it is told to stop is given up, so that its files are free again', async () => {
    const { scheduler, take, ask, pass, end } = pulled()
    const claims = { claims: { write: ['src/'] } }
    const run = await scheduler.start(code({ a: { ...claims, priority: 1 }, b: claims }), { id: 'r1' })
    await take('w1')
    await run.cancel('a')
    const second = await ask('w2', { waitMs: 600_000 })
    await pass(134_000)
    expect(second.lease).toBeUndefined()
    await pass(1000)
    expect(second.lease?.task).toBe('b')
    await end()
  })

  it('a worker whose plan lets it be silent for longer is believed for that long', async () => {
    const { scheduler, take, pass, end } = pulled()
    const run = await scheduler.start(code({ a: { timeouts: { heartbeat: '10m' } } }))
    const lease = await take('w1')
    expect(lease.beatMs).toBe(30_000)
    await pass(599_000)
    expect(run.workers()).toMatchObject([{ id: 'w1', health: 'dead', holds: [{ task: 'a' }] }])
    await lease.complete('at last')
    expect((await run.outcome).results).toEqual({ a: 'at last' })
    await end()
  })

  it('a worker that asks no more leaves after its lease, and may come back', async () => {
    const { scheduler, ask, pass, store, end } = pulled({ workers: { beatMs: 1000, deadAfterMs: 3000 } })
    expect((await ask('w1', { waitMs: 0 })).lease).toBeNull()
    await pass(2999)
    expect(await scheduler.workers()).toMatchObject([{ id: 'w1', health: 'live', lastBeatAt: START }])
    await pass(1)
    expect(await scheduler.workers()).toMatchObject([{ id: 'w1', health: 'dead', lastBeatAt: START }])
    expect(await allOf(store, 'worker.left')).toHaveLength(1)
    const call = await ask('w1')
    await pass(10_000)
    expect(await scheduler.workers()).toMatchObject([{ id: 'w1', health: 'live', lastBeatAt: START + 13_000 }])
    expect(call.lease).toBeUndefined()
    await end()
  })

  it('tells what each of its workers holds, of a run only what is of it', async () => {
    const { scheduler, take, end } = pulled()
    const one = await scheduler.start(code({ a: {} }), { id: 'r1' })
    await scheduler.start(code({ b: {} }), { id: 'r2' })
    const held = [await take('w1', { slots: 2 }), await take('w1', { slots: 2 })]
    await held[0]!.heartbeat('halfway')
    const [all] = await scheduler.workers()
    expect(all?.holds.map(({ id, progress, isClosing }) => [id, progress, isClosing])).toEqual([
      ['r1/a#1', 'halfway', false],
      ['r2/b#1', undefined, false],
    ])
    expect(one.workers()[0]?.holds.map(({ run }) => run)).toEqual(['r1'])
    await end()
  })
})

describe('hosts that come and go', () => {
  it('a worker outlives its host: the next one believes it for a lease, and gives it back what it held', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const dead = pulled({ store, clock })
    await dead.scheduler.start(
      code({ a: { input: 'x', claims: { write: ['src/'] } }, b: { claims: { write: ['src/'] } } }),
      { id: 'r1' },
    )
    await dead.take('w1')
    await dead.ask('w2')
    await clock.advance(60_000)
    const next = pulled({ store, clock })
    const run = await next.scheduler.resume('r1')
    await turns()
    expect((await next.scheduler.workers()).map(({ id }) => id)).toEqual(['w1'])
    expect(run.explain('b')).toMatchObject([{ kind: 'claim', heldBy: 'r1/a#1' }, { kind: 'capacity' }])
    const [lease] = await next.scheduler.leases('w1')
    expect([lease?.task, lease?.input]).toEqual(['a', 'x'])
    await lease?.complete('after all')
    await (await next.take('w1')).complete()
    expect(await run.outcome).toMatchObject({ verdict: 'succeeded', results: { a: 'after all' } })
    await next.end()
  })

  it('a worker that died with its host is found lost one lease later', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const dead = pulled({ store, clock })
    await dead.scheduler.start(code({ a: { claims: { write: ['src/'] } } }), { id: 'r1' })
    await dead.take('w1')
    await clock.advance(60_000)
    const next = pulled({ store, clock })
    const run = await next.scheduler.resume('r1')
    const call = await next.ask('w2', { waitMs: 600_000 })
    await next.pass(134_999)
    expect(call.lease).toBeUndefined()
    await next.pass(1)
    expect(call.lease?.attempt.id).toBe('r1/a#2')
    await call.lease?.complete()
    expect((await run.outcome).verdict).toBe('succeeded')
    await next.end()
  })

  it('close sends those away who wait, and lets those end who hold a lease', async () => {
    const { scheduler, ask, take, store } = pulled()
    const run = await scheduler.start(code({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
    run.outcome.catch(() => undefined)
    const lease = await take('w1')
    const idle = await ask('w2')
    const closing = scheduler.close({ graceMs: 60_000 })
    await turns()
    expect(idle.lease).toBeNull()
    expect((await ask('w3')).error).toMatchObject({ code: 'CLOSED' })
    await lease.complete('in time')
    await Promise.all([closing, allPauses()])
    expect((await allOf(store, 'attempt.succeeded')).map(({ task }) => task)).toEqual(['a'])
    expect(await allOf(store, 'attempt.started')).toHaveLength(1)
    expect((await allOf(store, 'worker.left')).map(({ worker }) => worker).sort()).toEqual(['w1', 'w2'])
  })

  it('close leaves what has not ended to its worker: the next host believes it', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const first = pulled({ store, clock })
    const run = await first.scheduler.start(code({ a: { claims: { write: ['src/'] } } }), { id: 'r1' })
    run.outcome.catch(() => undefined)
    const lease = await first.take('w1')
    await first.end()
    expect(lease.signal.aborted).toBe(true)
    await expect(lease.complete()).rejects.toMatchObject(stale(/the scheduler is closing/))
    const next = pulled({ store, clock })
    await next.scheduler.resume('r1')
    await (await next.scheduler.leases('w1'))[0]?.complete('later')
    expect((await (await next.scheduler.resume('r1')).outcome).results).toEqual({ a: 'later' })
    await next.end()
  })
})

describe('a worker that stops waiting while the answer is on its way', () => {
  it('is given what was decided before, and who waits beside it under its name keeps its place', async () => {
    const store = testStore()
    const { scheduler, ask, pass, end } = pulled({ store })
    const first = await ask('w1', { slots: 2, waitMs: 1000 })
    const second = await ask('w1', { slots: 2, waitMs: 600_000 })
    store.isHolding = true
    const started = scheduler.start(code({ a: {} }))
    await turns()
    await pass(1000)
    expect([first.lease, second.lease]).toEqual([undefined, undefined])
    store.release()
    await started
    await turns()
    expect([first.lease?.task, second.lease]).toEqual(['a', undefined])
    await scheduler.start(code({ b: {} }))
    await turns()
    expect(second.lease?.task).toBe('b')
    await end()
  })

  it('has it handed back where it has gone for good, and who waits beside it under its name is served', async () => {
    const store = testStore()
    const { scheduler, ask, end } = pulled({ store })
    const leave = new AbortController()
    const gone = await ask('w1', { slots: 2, signal: leave.signal })
    const stays = await ask('w1', { slots: 2 })
    store.isHolding = true
    const started = scheduler.start(code({ a: { retry: { maxAttempts: 1 } } }))
    await turns()
    leave.abort(new Error('the line is cut'))
    await turns()
    expect([gone.error, stays.lease]).toEqual([undefined, undefined])
    store.release()
    await started
    await turns()
    expect(gone.error).toMatchObject({ message: 'the line is cut' })
    expect(stays.lease?.attempt.attempt).toBe(2)
    await end()
  })
})

describe('several hosts', () => {
  it('who asks the one that stands by is told who leads; who waits at one that is deposed is told so, and goes on at the other', async () => {
    const store = memoryStore()
    const clock = virtualClock(START)
    const slow = testStore(store)
    const one = pulled({ store: slow, clock, host: 'one', leaseMs: LEASE })
    const two = pulled({ store, clock, host: 'two', leaseMs: LEASE })
    const run = await one.scheduler.start(code({ a: { claims: { write: ['src/'] } }, b: { requires: ['gpu'] } }), {
      id: 'r1',
    })
    const held = await one.take('w1')
    const waits = await one.ask('w2', { requires: [], waitMs: 600_000 })
    const refused = two.ask('w3')
    await clock.advance(LEASE / 2)
    expect((await refused).error).toMatchObject({ code: 'NOT_LEADER', message: expect.stringContaining('"one-') })
    // The first host can store nothing for longer than its lease: it is deposed.
    slow.isHolding = true
    held.heartbeat({ n: 1 }).catch(() => undefined)
    await clock.advance(LEASE * 3)
    expect(two.scheduler.role).toBe('leader')
    slow.release()
    await turns()
    await clock.advance(LEASE)
    expect(waits.error).toMatchObject({ code: 'NOT_LEADER' })
    await expect(held.complete('to the wrong host')).rejects.toMatchObject(stale(/another host may lead/))
    const [again] = await two.scheduler.leases('w1')
    await again!.complete('to the right one')
    await (await two.take('w2', { requires: ['gpu'] })).complete()
    const outcome = await (await two.scheduler.resume('r1')).outcome
    expect(outcome).toMatchObject({ verdict: 'succeeded', results: { a: 'to the right one' } })
    expect(await allOf(store, 'attempt.started')).toHaveLength(2)
    run.close()
    await Promise.all([one.end(), two.end()])
  })
})
