/** When a host dies, is cut off, or has another time than the others: who leads then, and what becomes of its work. */
import { describe, expect, it } from 'vitest'
import type { HostId, RunEvent, ScopeId } from '../../src/core/types.js'
import type { Store } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, closeAll, eventsIn, LEASE, type Member, member, mortal, pair } from './members.js'
import { plan, START, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('after the death of the leader', () => {
  for (const watched of [true, false]) {
    it(`a standby ${watched ? 'that is hinted' : 'that only looks'} takes over within one and a half leases`, async () => {
      const { watch: _, ...unwatched } = memoryStore()
      const store: Store = watched ? memoryStore() : unwatched
      const mortalStore = mortal(store)
      const clock = virtualClock(START)
      const one = member({ store: mortalStore, clock })
      const two = member({ store, clock })
      await two.scheduler.ready()
      await one.scheduler.start(plan({ a: { claims: { write: ['x'] } } }), { id: 'r1' })
      await turns()
      const handle = await two.scheduler.resume('r1')
      await clock.advance(5.1 * LEASE)
      expect(two.scheduler.role).toBe('standby')
      const last = (await eventsIn(store)).at(-1)!
      mortalStore.kill()
      await clock.advance(2 * LEASE)
      const [, elected] = await allOf(store, 'host.elected')
      expect(elected).toMatchObject({ host: two.scheduler.hostId, epoch: 2 })
      expect(elected!.at - last.at).toBeGreaterThanOrEqual(LEASE)
      expect(elected!.at - last.at).toBeLessThanOrEqual(1.5 * LEASE)
      expect(two.work.called).toEqual(['a'])
      two.work.of('a').finish('second')
      expect((await handle.outcome).results).toEqual({ a: 'second' })
      expect((await allOf(store, 'attempt.succeeded')).map(({ attempt }) => attempt)).toEqual([2])
      await closeAll(two)
    })
  }

  it('its workers leave with the election, and those of the new leader join', async () => {
    const store = memoryStore()
    const mortalStore = mortal(store)
    const clock = virtualClock(START)
    const one = member({ store: mortalStore, clock, pools: { left: { slots: 1 }, both: { slots: 1 } } })
    const two = member({ store, clock, pools: { right: { slots: 2 }, both: { slots: 3 } } })
    await two.scheduler.ready()
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    mortalStore.kill()
    await clock.advance(2 * LEASE)
    const events = await eventsIn(store)
    const election = events.findLastIndex(({ type }) => type === 'host.elected')
    const moves = events.slice(election + 1).filter(({ type }) => type.startsWith('worker.'))
    expect(moves.map((event) => ('worker' in event ? [event.type, event.worker] : null))).toEqual([
      ['worker.left', 'left'],
      ['worker.left', 'both'],
      ['worker.joined', 'right'],
      ['worker.joined', 'both'],
    ])
    await closeAll(two)
  })

  it('a standby that knows that its process is gone does not wait for its lease', async () => {
    const inner = memoryStore()
    const gone = new Set<string>()
    const of = (self: string | null): Store => ({ ...inner, processes: { self, isGone: (name) => gone.has(name) } })
    const mortalStore = { ...mortal(of('one')), processes: of('one').processes! }
    const clock = virtualClock(START)
    const one = member({ store: mortalStore, clock })
    const two = member({ store: of(null), clock })
    await two.scheduler.ready()
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    mortalStore.kill()
    await clock.advance(LEASE / 4)
    expect(two.roles).toEqual([])
    gone.add('one')
    await clock.advance(LEASE / 4)
    expect(two.roles).toEqual(['leader'])
    const elected = await allOf(inner, 'host.elected')
    expect(elected.map(({ epoch, process }) => [epoch, process])).toEqual([
      [1, 'one'],
      [2, undefined],
    ])
    await closeAll(two)
  })

  it('one that is started in its place, under its name, leads at once', async () => {
    const store = memoryStore()
    const mortalStore = mortal(store)
    const clock = virtualClock(START)
    const one = member({ store: mortalStore, clock, host: 'web-1' })
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    mortalStore.kill()
    const other = member({ store, clock, host: 'web-2' })
    const unnamed = member({ store, clock })
    const next = member({ store, clock, host: 'web-1' })
    await turns()
    expect(await next.scheduler.ready()).toBe('leader')
    expect(next.work.called).toEqual(['a'])
    expect([await other.scheduler.ready(), await unnamed.scheduler.ready()]).toEqual(['standby', 'standby'])
    await closeAll(next, other, unnamed)
  })

  it('the name that every host has by default takes nobody away', async () => {
    const { store, clock } = pair()
    const one = member({ store, clock })
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    const two = member({ store, clock })
    expect(await two.scheduler.ready()).toBe('standby')
    await closeAll(one, two)
  })

  it('of two that live under one name the later one leads, and they do not take turns', async () => {
    const { store, clock } = pair()
    const one = member({ store, clock, host: 'same' })
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    const two = member({ store, clock, host: 'same' })
    expect(await two.scheduler.ready()).toBe('leader')
    await clock.advance(5 * LEASE)
    expect([one.roles, two.roles]).toEqual([['leader', 'standby'], ['leader']])
    await closeAll(one, two)
  })

  it('what the dead one had sent may arrive late: the election is repeated, and no request is lost with it', async () => {
    const inner = memoryStore()
    const store = testStore(inner)
    const processes = { self: 'here', isGone: (name: string) => name === 'gone' }
    const one: Member = member({
      store: {
        ...store,
        processes,
        // Somebody else asks while the journal is read, just before the host is elected.
        async *read(...args) {
          if (store.isHolding && starting.length === 1)
            starting.push(one.scheduler.start(plan({ a: {} }), { id: 'r2' }))
          await turns(1)
          yield* inner.read(...args)
        },
      },
    })
    await one.scheduler.ready()
    store.isHolding = true
    const starting: Promise<{ readonly id: string }>[] = [one.scheduler.start(plan({ a: {} }), { id: 'r1' })]
    await turns(8)
    const answers = Promise.allSettled(starting)
    const host = 'dead-0000000000' as HostId
    const late: RunEvent = {
      type: 'host.elected',
      at: START,
      host,
      epoch: 1,
      expiresAt: START + LEASE,
      process: 'gone',
    }
    await inner.append('default' as ScopeId, 0, { id: 'late', events: [late], writer: 'test/1' })
    store.release()
    expect(await answers).toMatchObject(['r1', 'r2'].map((id) => ({ status: 'fulfilled', value: { id } })))
    expect((await allOf(inner, 'host.elected')).map(({ epoch }) => epoch)).toEqual([1, 2])
    await closeAll(one)
  })

  it('nobody takes over where there is nothing to do', async () => {
    const { store, one, two, clock } = pair()
    await two.scheduler.ready()
    const run = await one.scheduler.start(plan({ a: {} }))
    await turns()
    one.work.of('a').finish()
    await run.outcome
    const before = (await eventsIn(store)).length
    await clock.advance(100 * LEASE)
    expect([two.scheduler.role, (await eventsIn(store)).length]).toEqual(['standby', before])
    // Whoever is asked first leads.
    await two.scheduler.start(plan({ b: {} }))
    expect(two.scheduler.role).toBe('leader')
    await closeAll(one, two)
  })
})

describe('a leader that was deposed', () => {
  /** `one` leads and is cut off from its store; `two` has taken over. */
  async function deposed() {
    const store = memoryStore()
    const slow = testStore(store)
    const clock = virtualClock(START)
    const one = member({ store: slow, clock, host: 'one' })
    const two = member({ store, clock, host: 'two' })
    await two.scheduler.ready()
    const run = await one.scheduler.start(plan({ a: { claims: { write: ['x'] } }, b: {} }), { id: 'r1' })
    await turns()
    slow.isHolding = true
    const signal = one.work.of('a').context.signal
    return { store, slow, clock, one, two, run, signal }
  }

  it('stops its work when it could store nothing for a lease, before another takes over', async () => {
    const { clock, one, two, signal, slow } = await deposed()
    await clock.advance(0.9 * LEASE)
    expect(signal.aborted).toBe(false)
    await clock.advance(0.15 * LEASE)
    expect([signal.aborted, two.scheduler.role]).toEqual([true, 'standby'])
    await clock.advance(0.5 * LEASE)
    expect(two.scheduler.role).toBe('leader')
    slow.release()
    await turns()
    expect(one.roles).toEqual(['leader', 'standby'])
    await closeAll(one, two)
  })

  it('can append nothing: it folds what is new, stands by, and follows its runs to their end', async () => {
    const { store, clock, one, two, run, slow } = await deposed()
    const told: string[] = []
    run.on('attempt.succeeded', ({ task, attempt }) => told.push(`${task}#${attempt}`))
    one.work.of('b').finish('from the deposed')
    const asked = run.cancel('a').catch((error: unknown) => error)
    await clock.advance(2 * LEASE)
    expect(two.scheduler.role).toBe('leader')
    slow.release()
    await turns()
    expect(one.scheduler.role).toBe('standby')
    expect(await asked).toMatchObject({ code: 'NOT_LEADER' })
    two.work.of('a').finish('new')
    two.work.of('b').finish('new')
    expect((await clock.runUntil(run.outcome)).results).toEqual({ a: 'new', b: 'new' })
    expect(told.sort()).toEqual(['a#2', 'b#2'])
    const succeeded = await allOf(store, 'attempt.succeeded')
    expect(succeeded.map(({ task, result }) => [task, result]).sort()).toEqual([
      ['a', 'new'],
      ['b', 'new'],
    ])
    await closeAll(one, two)
  })

  it('whose append was stored, but slower than its lease, leads anew where nobody else does', async () => {
    const { store, clock, one, slow, two } = await deposed()
    await closeAll(two)
    await clock.advance(1.1 * LEASE)
    slow.release()
    await turns()
    expect(one.roles).toEqual(['leader', 'standby', 'leader'])
    expect((await allOf(store, 'host.elected')).map(({ epoch }) => epoch)).toEqual([1, 2])
    expect(one.work.called).toEqual(['a', 'b', 'a', 'b'])
    await closeAll(one)
  })

  it('while it had nothing to do finds that out when it is asked', async () => {
    const { one, two, clock, store } = pair()
    const first = await one.scheduler.start(plan({ a: {} }))
    await turns()
    one.work.of('a').finish()
    await first.outcome
    await clock.advance(3 * LEASE)
    await two.scheduler.ready()
    const started = two.scheduler.start(plan({ b: {} }), { id: 'r2' })
    await clock.advance(2 * LEASE)
    await started
    await expect(one.scheduler.start(plan({ c: {} }))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    expect(await one.scheduler.list()).toHaveLength(2)
    expect((await allOf(store, 'host.elected')).map(({ host }) => host)).toEqual([
      one.scheduler.hostId,
      two.scheduler.hostId,
    ])
    await closeAll(one, two)
  })
})

describe('clocks', () => {
  for (const skew of [-3_600_000, 3_600_000]) {
    it(`that are an hour apart (${skew} ms) depose nobody, and the standby still takes over in time`, async () => {
      const store = memoryStore()
      const mortalStore = mortal(store)
      const [here, there] = [virtualClock(START), virtualClock(START + skew)]
      const one = member({ store: mortalStore, clock: here })
      const two = member({ store, clock: there })
      await two.scheduler.ready()
      await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
      await turns()
      for (let n = 0; n < 50; n += 1) {
        await here.advance(LEASE / 10)
        await there.advance(LEASE / 10)
      }
      expect([one.scheduler.role, two.scheduler.role]).toEqual(['leader', 'standby'])
      mortalStore.kill()
      await there.advance(1.5 * LEASE)
      expect(two.scheduler.role).toBe('leader')
      two.work.of('a').finish()
      await turns()
      expect(await allOf(store, 'run.closed')).toHaveLength(1)
      await closeAll(two)
    })
  }

  it('that are set back or forth cost speed, and nothing is committed twice (S14)', async () => {
    const { store, one, two, clock } = pair()
    await two.scheduler.ready()
    await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    clock.set(clock.now() + 60_000)
    await clock.advance(LEASE)
    clock.set(clock.now() - 120_000)
    await clock.advance(150_000)
    const leader = one.scheduler.role === 'leader' ? one : two
    expect([one.scheduler.role, two.scheduler.role].sort()).toEqual(['leader', 'standby'])
    leader.work.of('a').finish()
    await turns()
    expect(await allOf(store, 'attempt.succeeded')).toHaveLength(1)
    await closeAll(one, two)
  })
})
