/** A store that fails for longer than a leader tries: it stands by, and goes on when the store does. */
import { expect, it, vi } from 'vitest'
import type { ScopeId } from '../../src/core/types.js'
import type { Store } from '../../src/runtime/ports.js'
import type { SchedulerWarning } from '../../src/runtime/warnings.js'
import { memoryStore } from '../../src/stores/memory.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, closeAll, LEASE, member } from './members.js'
import { allPauses, plan, START, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

/** A store that can be taken away. */
function breakable(inner: Store): Store & { isAway: boolean } {
  const { append, read } = inner
  const store = {
    isAway: false,
    append: async (...args: Parameters<typeof append>) => {
      if (store.isAway) throw new Error('no route to host')
      return append(...args)
    },
    async *read(scope: ScopeId, after: number) {
      if (store.isAway) throw new Error('no route to host')
      yield* read(scope, after)
    },
  }
  return store
}

it('the leader stands by while its store fails, says so, and leads again when it answers', async () => {
  const inner = memoryStore()
  const store = breakable(inner)
  const clock = virtualClock(START)
  const warnings: SchedulerWarning[] = []
  const one = member({ store, clock, onWarning: (warning) => void warnings.push(warning) })
  const run = await one.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
  await turns()
  store.isAway = true
  one.work.of('a').finish('unheard')
  await allPauses()
  expect(one.roles).toEqual(['leader', 'standby'])
  await expect(run.cancel()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await expect(one.scheduler.start(plan({ c: {} }))).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await clock.advance(5 * LEASE)
  await allPauses()
  expect(run.explain('b')).toMatchObject([{ kind: 'store', sinceMs: expect.any(Number) }])
  expect(warnings).toMatchObject([
    { code: 'STORE_AWAY', message: expect.stringMatching(/stands by and tries again\. no route to host$/) },
  ])
  store.isAway = false
  await clock.advance(LEASE / 4)
  expect(one.roles).toEqual(['leader', 'standby', 'leader'])
  expect(run.explain('b')).toMatchObject([{ kind: 'dependency' }])
  // What it had under way was fenced with the new epoch, and is done again.
  expect(one.work.called).toEqual(['a', 'a'])
  one.work.of('a').finish('heard')
  await turns()
  one.work.of('b').finish()
  expect((await run.outcome).results).toEqual({ a: 'heard', b: null })
  expect((await allOf(inner, 'host.elected')).map(({ epoch }) => epoch)).toEqual([1, 2])
  expect((await allOf(inner, 'attempt.failed')).map(({ failure }) => failure.kind)).toEqual(['lost'])
  await closeAll(one)
})

it('another host that reaches the store takes over meanwhile, and keeps the lead', async () => {
  const inner = memoryStore()
  const store = breakable(inner)
  const clock = virtualClock(START)
  const one = member({ store, clock, onWarning: () => undefined })
  const two = member({ store: inner, clock })
  await two.scheduler.ready()
  const run = await one.scheduler.start(plan({ a: {} }), { id: 'r1' })
  await turns()
  store.isAway = true
  one.work.of('a').finish('unheard')
  await allPauses()
  await clock.advance(2 * LEASE)
  expect([one.roles, two.roles]).toEqual([['leader', 'standby'], ['leader']])
  store.isAway = false
  two.work.of('a').finish('heard')
  await clock.advance(2 * LEASE)
  expect((await run.outcome).results).toEqual({ a: 'heard' })
  expect([one.roles, two.roles]).toEqual([['leader', 'standby'], ['leader']])
  await closeAll(one, two)
})

it.each([1, 2, 3, 4, 5])(
  'a run ends on a store with long outages, and commits everything once (seed %i)',
  async (seed) => {
    const inner = memoryStore()
    const faults = { lostAnswers: 0.1, failures: 0.2, outageCalls: 11 }
    const store = faultyStore(inner, faults, seed)
    const clock = virtualClock(START)
    const one = member({
      store,
      clock,
      onWarning: () => undefined,
      more: { quick: { run: async (_, { attempt }) => attempt.id } },
    })
    const tasks = Array.from({ length: 40 }, (_, n) => ({ id: `t${n}`, dependsOn: n < 4 ? [] : [`t${n - 4}`] }))
    const document = plan(tasks, { defaults: { handler: 'quick', retry: { maxLost: 100 } } })
    const passing = async <Value>(promise: Promise<Value>): Promise<Value> => {
      let isOver = false
      const over = promise.finally(() => {
        isOver = true
      })
      over.catch(() => undefined)
      while (!isOver) {
        await turns(1)
        vi.advanceTimersByTime(4000)
        await clock.advance(LEASE / 4)
      }
      return over
    }
    const started = async () => {
      for (;;) {
        try {
          return await passing(one.scheduler.start(document, { id: 'r1', idempotencyKey: 'k' }))
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(?:STORE_FAILED|NOT_LEADER)$/) })
        }
      }
    }
    const run = await started()
    expect((await passing(run.outcome)).verdict).toBe('succeeded')
    const committed = (await allOf(inner, 'attempt.succeeded')).map(({ task }) => task)
    expect([committed.length, new Set(committed).size]).toEqual([40, 40])
    expect(store.faults.failures).toBeGreaterThan(8)
    const epochs = (await allOf(inner, 'host.elected')).map(({ epoch }) => epoch)
    expect(epochs).toEqual(epochs.map((_, n) => n + 1))
    await passing(one.scheduler.close({ graceMs: 0 }))
  },
)
