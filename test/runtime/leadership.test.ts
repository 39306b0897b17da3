/** Several schedulers on one scope: one leads, the others stand by, and the journal says who. */
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, closeAll, eventsIn, LEASE, member, mortal, pair } from './members.js'
import { hosted, plan, START, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('a scheduler that is alone', () => {
  it('stores nothing of leadership, and leads as soon as it has read the journal', async () => {
    const store = memoryStore()
    const made = hosted({ store })
    expect(made.scheduler.role).toBe('standby')
    expect(await made.scheduler.ready()).toBe('leader')
    const run = await made.scheduler.start(plan({ a: {} }))
    await turns()
    await made.clock.advance(100_000)
    made.work.of('a').finish()
    await run.outcome
    await made.scheduler.close()
    const types = (await eventsIn(store)).map(({ type }) => type)
    expect(types).toEqual([
      'worker.joined',
      'run.opened',
      'attempt.started',
      'attempt.succeeded',
      'run.closed',
      'worker.draining',
      'worker.left',
    ])
  })

  it('is refused at its next append where another has written all the same: SCOPE_TAKEN', async () => {
    const store = memoryStore()
    const [first, second] = [hosted({ store }), hosted({ store })]
    const run = await first.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await second.scheduler.ready()
    first.work.of('a').finish()
    await expect(run.outcome).rejects.toMatchObject({ code: 'SCOPE_TAKEN' })
    await closeAll(first, second)
  })
})

describe('the lead', () => {
  it('is an event: the first host that has something to do is elected, in the same append as what it does', async () => {
    const store = testStore()
    const { one, two, clock } = pair(store)
    expect(await one.scheduler.ready()).toBe('standby')
    expect(await eventsIn(store)).toEqual([])
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    expect([one.scheduler.role, one.roles]).toEqual(['leader', ['leader']])
    expect(await allOf(store, 'host.elected')).toEqual([
      { type: 'host.elected', at: START, host: one.scheduler.hostId, epoch: 1, expiresAt: START + LEASE },
    ])
    expect(one.scheduler.hostId).toMatch(/^one-[0-9a-z]{10}$/)
    expect(store.batches[0]).toMatchObject({ expected: 0, size: 2 })
    await clock.advance(0)
    await closeAll(one, two)
  })

  it('is renewed a third of the lease after the last event, while there is work', async () => {
    const { store, one, two, clock } = pair()
    const run = await one.scheduler.start(plan({ a: {} }))
    await turns()
    await clock.advance(2 * LEASE + 10)
    const times = (await allOf(store, 'host.renewed')).map(({ at, epoch }) => [Math.round((at - START) / 100), epoch])
    expect(times).toEqual([3, 7, 10, 13, 17, 20].map((tenths) => [tenths, 1]))
    one.work.of('a').finish()
    await run.outcome
    const before = (await eventsIn(store)).length
    await clock.advance(10 * LEASE)
    expect((await eventsIn(store)).length).toBe(before)
    await closeAll(one, two)
  })

  it('needs no renewal where there are other events', async () => {
    const { store, one, two, clock } = pair()
    await one.scheduler.start(plan({ a: {} }))
    await turns()
    for (let n = 0; n < 20; n += 1) {
      await clock.advance(LEASE / 5)
      const [, to] = [null, { task: 'a' }]
      await one.work.of('a').context.send({ to, body: n })
    }
    expect(await allOf(store, 'host.renewed')).toEqual([])
    await closeAll(one, two)
  })

  it('is given up by whoever closes, and the next one need not wait', async () => {
    const { store, one, two } = pair()
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await two.scheduler.ready()
    expect(two.scheduler.role).toBe('standby')
    await closeAll(one)
    expect(await allOf(store, 'host.resigned')).toMatchObject([{ host: one.scheduler.hostId, epoch: 1 }])
    await turns()
    expect(two.roles).toEqual(['leader'])
    expect(two.work.called).toEqual(['a'])
    await closeAll(two)
  })
})

describe('a standby', () => {
  it('refuses requests with the name of the host that leads, and stores nothing', async () => {
    const { store, one, two } = pair()
    await two.scheduler.ready()
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    const before = (await eventsIn(store)).length
    const handle = await two.scheduler.resume('r1')
    const refused = {
      code: 'NOT_LEADER',
      message: `Host "${one.scheduler.hostId}" leads scope "default"; this one ("${two.scheduler.hostId}") stands by.`,
    }
    await expect(two.scheduler.start(plan({ b: {} }))).rejects.toMatchObject(refused)
    await expect(handle.cancel()).rejects.toMatchObject(refused)
    await expect(handle.pause()).rejects.toMatchObject(refused)
    await expect(handle.amend({ add: { tasks: { b: {} } } })).rejects.toMatchObject(refused)
    expect((await eventsIn(store)).length).toBe(before)
    await closeAll(one, two)
  })

  it('reads along: its handles tell, explain and end as those of the host that leads', async () => {
    const { one, two } = pair()
    await two.scheduler.ready()
    const run = await one.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
    await turns()
    const handle = await two.scheduler.resume('r1')
    const told: string[] = []
    handle.on('*', ({ type }) => told.push(type))
    await turns()
    expect(handle.explain('b')).toMatchObject([{ kind: 'dependency', on: 'a' }])
    expect(await two.scheduler.list()).toMatchObject([{ id: 'r1', status: 'open' }])
    one.work.of('a').finish(1)
    await turns()
    one.work.of('b').finish(2)
    expect((await handle.outcome).results).toEqual((await run.outcome).results)
    expect(told).toEqual(['attempt.succeeded', 'attempt.started', 'attempt.succeeded', 'run.closed'])
    expect(two.work.called).toEqual([])
    await closeAll(one, two)
  })

  it('waits with a request until it can know whether the host that led is alive', async () => {
    const store = memoryStore()
    const mortalStore = mortal(store)
    const clock = virtualClock(START)
    const dead = member({ store: mortalStore, clock })
    await dead.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    mortalStore.kill()
    const next = member({ store, clock })
    const started = next.scheduler.start(plan({ b: {} }), { id: 'r2' })
    await clock.advance(1.2 * LEASE)
    expect(next.scheduler.role).toBe('standby')
    await clock.advance(0.1 * LEASE)
    expect(next.scheduler.role).toBe('leader')
    expect((await started).id).toBe('r2')
    expect([...next.work.called].sort()).toEqual(['a', 'b'])
    await closeAll(next)
  })
})

it('two hosts that want the lead at once: one has it, the other stands by', async () => {
  const { store, one, two } = pair()
  const starts = await Promise.allSettled(
    [one, two].map(({ scheduler }, n) => scheduler.start(plan({ a: {} }), { id: `r${n}` })),
  )
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(starts.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'NOT_LEADER' } })
  expect(await allOf(store, 'host.elected')).toHaveLength(1)
  expect(await allOf(store, 'run.opened')).toHaveLength(1)
  await closeAll(one, two)
})

it('a lease must be a whole number of milliseconds that leaves time to renew', () => {
  for (const leaseMs of [0, 99, 1.5, Number.NaN, 86_400_001]) {
    expect(() => hosted({ leaseMs })).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  }
  expect(() => hosted({ host: 'no/slash' })).toThrow(expect.objectContaining({ code: 'ID_INVALID' }))
})
