/** What a handler asks about claims while it runs: its turn to integrate, and more paths. */
import { expect, it } from 'vitest'
import type { StoredEvent } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { allPauses, hosted, plan, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

const HOT = { claims: { integrate: ['routes.ts'] } }

/** Whether a promise has settled by now, and how. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'open'
  promise.then(
    () => {
      state = 'granted'
    },
    (error: Error) => {
      state = error.message
    },
  )
  await turns()
  return state
}

it('integrate resolves when it is the attempt’s turn, and its turn ends with the attempt', async () => {
  const { scheduler, work, store } = hosted()
  const run = await scheduler.start(plan({ a: HOT, b: HOT }), { id: 'r1' })
  await turns()
  const first = work.of('b').context.integrate()
  const second = work.of('a').context.integrate()
  expect(await stateOf(first)).toBe('granted')
  const events: StoredEvent[] = []
  for await (const stored of store.read('default' as never, 0)) events.push(stored)
  // It is stored by then.
  expect(events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ type: 'integration.granted', task: 'b' }),
  )
  expect(await stateOf(second)).toBe('open')
  expect(run.explain('a')[1]).toMatchObject({ kind: 'integration', behind: 'r1/b#1', isHeld: true })
  work.of('b').finish()
  expect(await stateOf(second)).toBe('granted')
  work.of('a').finish()
  expect((await run.outcome).verdict).toBe('succeeded')
  await scheduler.close()
})

it('integrate asked for again is the same promise; without integrate claims there is nothing to wait for', async () => {
  const { scheduler, work } = hosted()
  await scheduler.start(plan({ a: HOT, b: {} }))
  await turns()
  const { integrate } = work.of('a').context
  expect(integrate()).toBe(integrate())
  expect(await stateOf(work.of('b').context.integrate())).toBe('granted')
  for (const task of ['a', 'b']) work.of(task).finish()
  await scheduler.close()
})

it('integrate rejects when the attempt is told to stop before its turn, also if it asks only then', async () => {
  const { scheduler, work } = hosted()
  const run = await scheduler.start(plan({ a: HOT, b: HOT, c: HOT }))
  await turns()
  void work.of('a').context.integrate()
  const waiting = work.of('b').context.integrate()
  await turns()
  await run.cancel({ reason: 'enough' })
  const told = 'The attempt was told to stop (cancelled).'
  expect(await stateOf(waiting)).toBe(told)
  expect(await stateOf(work.of('c').context.integrate())).toBe(told)
  expect(await work.of('c').context.claim({ write: ['x'] })).toEqual({
    granted: false,
    path: '',
    heldBy: null,
    reason: told,
  })
  for (const task of ['a', 'b', 'c']) work.of(task).finish()
  await run.outcome
  await scheduler.close()
})

it('claim answers at once: granted, or refused with a path and whoever holds it', async () => {
  const { scheduler, work } = hosted()
  const run = await scheduler.start(plan({ a: {}, b: { claims: { read: ['docs'] } } }, { protect: ['legal'] }), {
    id: 'r1',
  })
  await turns()
  const { claim } = work.of('a').context
  const mine = ['src/gen/**']
  const granted = claim({ write: mine, read: ['docs/index.md'] })
  // What was asked for is what counts.
  mine.push('docs')
  expect(await granted).toEqual({ granted: true })
  expect(await claim({ write: ['docs/index.md'] })).toEqual({
    granted: false,
    path: 'docs/index.md',
    heldBy: 'r1/b#1',
    reason: '"docs/index.md" cannot be claimed: "docs" is held by "r1/b#1".',
  })
  expect(await claim({ write: ['legal/x'] })).toMatchObject({ granted: false, path: 'legal/x', heldBy: null })
  expect(await claim({ write: ['/etc'] })).toMatchObject({ granted: false, path: '/etc', heldBy: null })
  expect(await claim('src' as never)).toEqual({ granted: true })
  expect(await claim(undefined as never)).toEqual({ granted: true })
  expect(await claim({ write: 7 as never })).toMatchObject({ granted: false, path: '', heldBy: null })
  expect(await work.of('b').context.claim({ write: ['src/gen/x'] })).toMatchObject({ heldBy: 'r1/a#1' })
  work.of('a').finish()
  await turns()
  expect(await claim({ write: ['y'] })).toMatchObject({ granted: false, heldBy: null })
  expect(await work.of('b').context.claim({ write: ['src/gen/x'] })).toEqual({ granted: true })
  work.of('b').finish()
  await run.outcome
  await scheduler.close()
})

it('a function that has claimed paths is waited for when it is told to stop', async () => {
  const { scheduler, work } = hosted()
  const run = await scheduler.start(plan({ a: {}, b: {} }))
  await turns()
  expect(await work.of('a').context.claim({ write: ['x'] })).toEqual({ granted: true })
  await run.cancel({ reason: 'enough' })
  await turns()
  // `b` counts as stopped: it has nothing to protect.
  expect([run.explain('a'), run.explain('b')].map((reasons) => reasons.map(({ kind }) => kind))).toEqual([
    ['cancelled', 'closing'],
    ['cancelled'],
  ])
  for (const task of ['a', 'b']) work.of(task).finish()
  await run.outcome
  await scheduler.close()
})

it('a request names the claims of all four kinds', async () => {
  const { scheduler, work } = hosted()
  const claims = { write: ['w'], read: ['r'], integrate: ['i'], advisory: ['a'] }
  await scheduler.start(plan({ a: { claims }, b: {} }))
  await turns()
  expect(work.of('a').context.attempt.claims).toEqual(claims)
  expect(work.of('b').context.attempt.claims).toEqual({ write: [], read: [], integrate: [], advisory: [] })
  for (const task of ['a', 'b']) work.of(task).finish()
  await scheduler.close()
})

it('where the store has failed, both reject', async () => {
  const inner = memoryStore()
  let isBroken = false
  const store = {
    ...inner,
    append: (...given: Parameters<typeof inner.append>) =>
      isBroken ? Promise.reject(new Error('no disk')) : inner.append(...given),
  }
  const { scheduler, work } = hosted({ store })
  const run = await scheduler.start(plan({ a: HOT, b: {} }))
  await turns()
  isBroken = true
  const outcome = run.outcome.catch(() => undefined)
  const answers = [work.of('a').context.integrate(), work.of('b').context.claim({ write: ['x'] })]
  const settled = Promise.allSettled(answers)
  await allPauses()
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await outcome
})
