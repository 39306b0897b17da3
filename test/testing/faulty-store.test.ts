/** A store that fails on purpose: the same way for the same seed; and a host outlives what stores do. */
import { describe, expect, it, vi } from 'vitest'
import type { ScopeId } from '../../src/core/types.js'
import { createScheduler } from '../../src/embedded.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { isSchedulerError } from '../../src/runtime/errors.js'
import { defineHandlers } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import { type FaultyStore, faultyStore, type StoreFaults } from '../../src/testing/faulty-store.js'
import {
  batchOf,
  noteOf,
  notesOf,
  put,
  readAll,
  SCOPE,
  snapshotOf,
} from '../../src/testing/store-conformance/journal.js'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js'
import { takeTimers, turns, watchUnhandled } from '../runtime/world.js'

/** What the first 60 appends meet: stored, failed, or refused. */
async function story(faults: StoreFaults, seed: number): Promise<string> {
  const store = faultyStore(memoryStore(), faults, seed)
  let head = 0
  let text = ''
  for (let n = 0; n < 60; n += 1) {
    const answer = await store.append(SCOPE, head, batchOf(`b${head}`, n)).catch(() => null)
    text += answer === null ? 'x' : answer.ok ? '.' : 'r'
    if (answer?.ok) head = answer.head
  }
  return text
}

describe('a faulty store', () => {
  it('meets the same faults for the same seed, and others for another', async () => {
    const faults = { lostAnswers: 0.2, failures: 0.2, outageCalls: 2, conflicts: 0.2 }
    const [one, again, other] = [await story(faults, 1), await story(faults, 1), await story(faults, 2)]
    expect(again).toBe(one)
    expect(other).not.toBe(one)
    expect(one).toMatch(/\..*x|x.*\./)
    expect(one).toContain('r')
  })

  it('without faults is the store', async () => {
    const store = faultyStore(memoryStore(), {}, 1)
    await put(store, 0, batchOf('x', 'a'))
    await store.saveSnapshot!(SCOPE, snapshotOf(1))
    expect(await store.loadSnapshot!(SCOPE)).toEqual(snapshotOf(1))
    expect(await store.scopes!()).toEqual([SCOPE])
    const woken = new Promise<void>((resolve) => void store.watch!(SCOPE, resolve))
    await put(store, 1, batchOf('y', 'b'))
    await woken
    expect((await readAll(store)).map(noteOf)).toEqual(['a', 'b'])
    expect(store.faults).toEqual({ lostAnswers: 0, failures: 0, conflicts: 0, staleReads: 0, slow: 0 })
  })

  it('has only what the store has', () => {
    const { append, read } = memoryStore()
    expect(Object.keys(faultyStore({ append, read }, {}, 1)).sort()).toEqual(['append', 'faults', 'read'])
  })

  it('that loses answers has stored what it does not tell', async () => {
    const inner = memoryStore()
    const store = faultyStore(inner, { lostAnswers: 1 }, 1)
    await expect(store.append(SCOPE, 0, batchOf('x', 'a'))).rejects.toThrow('The line was cut after the commit')
    expect((await readAll(inner)).map(noteOf)).toEqual(['a'])
  })

  it('that fails does so for as many calls in a row as an outage takes, all methods alike', async () => {
    expect(await story({ failures: 0.1, outageCalls: 5 }, 3)).toMatch(/^\.+(x{5}|x{10})\./)
    const store = faultyStore(memoryStore(), { failures: 1 }, 1)
    for (const call of [
      readAll(store),
      store.scopes!(),
      store.loadSnapshot!(SCOPE),
      store.saveSnapshot!(SCOPE, snapshotOf(0)),
    ]) {
      await expect(call).rejects.toThrow('out of reach')
    }
  })

  it('with stale readings ends them early, never with a gap', async () => {
    const inner = memoryStore()
    await put(inner, 0, batchOf('x', ...notesOf('n', 20)))
    const store = faultyStore(inner, { staleReads: 1 }, 5)
    const lengths = new Set<number>()
    for (let n = 0; n < 20; n += 1) {
      const found = (await readAll(store)).map(noteOf)
      expect(found).toEqual(notesOf('n', found.length))
      lengths.add(found.length)
    }
    expect(lengths.size).toBeGreaterThan(5)
  })

  it('that is slow waits with the sleep it is given', async () => {
    const waits: number[] = []
    const sleep = async (ms: number): Promise<void> => void waits.push(ms)
    const store = faultyStore(memoryStore(), { slow: 1, slowMs: 30, sleep }, 1)
    for (let n = 0; n < 10; n += 1) await put(store, n, batchOf(`b${n}`, n))
    expect(waits).toHaveLength(10)
    expect(waits.every((ms) => ms >= 1 && ms <= 30)).toBe(true)
  })
})

describe('a scheduler on a faulty store', () => {
  watchUnhandled()
  takeTimers()

  const tasks = Object.fromEntries(notesOf('t', 24).map((id, n) => [id, { dependsOn: n > 3 ? [`t${n - 3}`] : [] }]))
  const plan = { defaults: { handler: 'work' }, tasks } as PlanDocument

  /** Lets the pauses of the host and the clock of the run go on until `promise` settles. */
  async function settle<T>(promise: Promise<T>, clock: VirtualClock): Promise<T> {
    let isSettled = false
    const done = promise.finally(() => {
      isSettled = true
    })
    done.catch(() => undefined)
    while (!isSettled) {
      await turns(2)
      vi.advanceTimersByTime(10_000)
      await clock.advance(100)
    }
    return done
  }

  /** One host after another, until the run has ended; answers how many it took. */
  async function finish(store: FaultyStore, clock: VirtualClock): Promise<number> {
    for (let hosts = 1; ; hosts += 1) {
      // Each host is refused as if another had written, and stops; the next takes up what there is.
      const { close: _, ...lent } = store
      const handlers = defineHandlers({ work: { run: () => clock.sleep(5).then(() => 'done') } })
      const scheduler = createScheduler({ store: lent, clock, handlers, pools: { local: { slots: 3 } } })
      try {
        const opened = scheduler.resume('r1').catch((error: unknown) => {
          if (isSchedulerError(error) && error.code === 'RUN_UNKNOWN') return scheduler.start(plan, { id: 'r1' })
          throw error
        })
        const { verdict } = await settle((await settle(opened, clock)).outcome, clock)
        expect(verdict).toBe('succeeded')
        return hosts
      } catch (error) {
        // RUN_EXISTS: the host before was refused while it closed the run, and the run has ended.
        if (!isSchedulerError(error)) throw error
        if (error.code === 'RUN_EXISTS') return hosts
        expect(['STORE_FAILED', 'SCOPE_TAKEN']).toContain(error.code)
      } finally {
        await settle(scheduler.close(), clock)
      }
    }
  }

  async function mustBeCommittedOnce(inner: ReturnType<typeof memoryStore>): Promise<void> {
    const events = (await readAll(inner, 0, 'default' as ScopeId)).map(({ event }) => event)
    const done = events.flatMap((event) => (event.type === 'attempt.succeeded' ? [event.task] : []))
    expect([...done].sort()).toEqual(Object.keys(tasks).sort())
    expect(events.filter(({ type }) => type === 'run.closed')).toHaveLength(1)
  }

  it('outlives lost answers, outages and slowness without stopping', { timeout: 60_000 }, async () => {
    const total = { lostAnswers: 0, failures: 0, slow: 0 }
    for (let seed = 1; seed <= 20; seed += 1) {
      const clock = virtualClock()
      const inner = memoryStore()
      const faults = { lostAnswers: 0.2, failures: 0.1, outageCalls: 4, slow: 0.3, sleep: clock.sleep }
      const store = faultyStore(inner, faults, seed)
      await finish(store, clock)
      await mustBeCommittedOnce(inner)
      for (const kind of ['lostAnswers', 'failures', 'slow'] as const) total[kind] += store.faults[kind]
    }
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(20)
  })

  it('is replaced after conflicts and stale readings, and nothing is committed twice', {
    timeout: 60_000,
  }, async () => {
    const total = { conflicts: 0, staleReads: 0, hosts: 0 }
    for (let seed = 1; seed <= 20; seed += 1) {
      const clock = virtualClock()
      const inner = memoryStore()
      const store = faultyStore(inner, { conflicts: 0.1, staleReads: 0.3, lostAnswers: 0.1 }, seed)
      total.hosts += await finish(store, clock)
      await mustBeCommittedOnce(inner)
      total.conflicts += store.faults.conflicts
      total.staleReads += store.faults.staleReads
    }
    expect(total.conflicts).toBeGreaterThan(20)
    expect(total.staleReads).toBeGreaterThan(5)
    expect(total.hosts).toBeGreaterThan(20 + 20)
  })
})
