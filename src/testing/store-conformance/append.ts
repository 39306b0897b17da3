/** Cases of the store kit: order, compare-and-set, all or none. */
import type { ScopeId } from '../../core/types.js'
import { mustBe, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, eventOf, fill, mustHold, notesOf, put, readAll, refuse, SCOPE, WRITER } from './journal.js'

/** Places that are not the head of a journal with two events. */
const WRONG_PLACES: readonly number[] = [0, 1, 3, 1000, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]

const order: readonly StoreCheck[] = [
  storeCheck('append: the first batch of a scope expects 0, and is answered with the new head', async ({ store }) => {
    await put(store, 0, batchOf('x', 'a', 'b'))
    await mustHold(store, ['a', 'b'])
  }),
  storeCheck('append: batches follow each other, each at the head the one before answered', async ({ store }) => {
    await fill(store, [['a', 'b'], ['c'], ['d', 'e', 'f']])
    await mustHold(store, ['a', 'b', 'c', 'd', 'e', 'f'])
  }),
  storeCheck('append: events come back with every field they had', async ({ store }) => {
    const opened = { type: 'run.opened', at: 5, run: 'r1', plan: { tasks: { a: { claims: ['src/**'] } } } }
    const closed = { type: 'run.closed', at: 9, run: 'r1', verdict: 'succeeded' }
    const events = [opened, eventOf('a'), closed] as never
    await put(store, 0, { id: 'x', events, writer: WRITER })
    mustBe(
      (await readAll(store)).map(({ event }) => event),
      events,
      'The events',
    )
  }),
  storeCheck('append: who wrote a batch is kept with each of its events', async ({ store }) => {
    await put(store, 0, { ...batchOf('x', 'a', 'b'), writer: 'signalbox/1.0.0' })
    await put(store, 2, { ...batchOf('y', 'c'), writer: 'signalbox/1.0.1' })
    await put(store, 3, { ...batchOf('z', 'd'), writer: 'signalbox/1.0.0' })
    const writers = (await readAll(store)).map(({ writer }) => writer.slice(-1))
    mustBe(writers, ['0', '0', '1', '0'], 'The last figures of the writers')
  }),
  storeCheck('append: the caller may go on with the list it handed over', async ({ store }) => {
    const events = [eventOf('a'), eventOf('b')]
    await put(store, 0, { id: 'x', events, writer: WRITER })
    events.length = 0
    await mustHold(store, ['a', 'b'])
  }),
  storeCheck('append: scopes are apart, each with revisions of its own', async ({ store }) => {
    const two = 'other' as ScopeId
    await put(store, 0, batchOf('x', 'a'))
    await put(store, 0, batchOf('x', 'b', 'c'), two)
    await put(store, 1, batchOf('y', 'd'))
    await put(store, 2, batchOf('y', 'e'), two)
    await mustHold(store, ['a', 'd'])
    await mustHold(store, ['b', 'c', 'e'], 0, two)
  }),
  storeCheck('append: scopes whose names begin alike, or differ in case, are apart', async ({ store }) => {
    const names = ['a', 'A', 'ab', 'a.b', 'a-b', 'a_b', 'main2'].map((name) => name as ScopeId)
    for (const name of names) await put(store, 0, batchOf('x', name), name)
    for (const name of names) await mustHold(store, [name], 0, name)
    await mustHold(store, [])
  }),
]

const places: readonly StoreCheck[] = [
  ...WRONG_PLACES.map((place) =>
    storeCheck(`append: one that expects ${place} at head 2 is refused, and leaves no trace`, async ({ store }) => {
      await fill(store, [['a', 'b']])
      await refuse(store, place, batchOf('y', 'c', 'd'), 2)
      await mustHold(store, ['a', 'b'])
      await put(store, 2, batchOf('z', 'e'))
      await mustHold(store, ['a', 'b', 'e'])
    }),
  ),
  storeCheck('append: one that expects an event in an empty scope is refused', async ({ store }) => {
    await refuse(store, 1, batchOf('x', 'a'), 0)
    await mustHold(store, [])
    await put(store, 0, batchOf('y', 'b'))
  }),
  storeCheck('append: a batch that was refused can be stored at the head that the refusal named', async ({ store }) => {
    await fill(store, [['a']])
    const { head } = await store.append(SCOPE, 0, batchOf('y', 'b'))
    await put(store, head, batchOf('y', 'b'))
    await mustHold(store, ['a', 'b'])
  }),
  storeCheck('append: a place inside a batch is no head', async ({ store }) => {
    await fill(store, [['a', 'b', 'c'], ['d']])
    for (const inside of [1, 2, 3]) await refuse(store, inside, batchOf('y', 'e'), 4)
    await mustHold(store, ['a', 'b', 'c', 'd'])
  }),
]

const sizes: readonly StoreCheck[] = [
  ...[1000, 20_000].map((count) =>
    storeCheck(`append: a batch of ${count} events is stored whole`, async ({ store }) => {
      await put(store, 0, batchOf('x', ...notesOf('n', count)))
      await put(store, count, batchOf('y', 'after'))
      await mustHold(store, [...notesOf('n', count), 'after'])
    }),
  ),
  storeCheck('append: a batch of eight megabytes is stored whole', async ({ store }) => {
    const notes = Array.from({ length: 16 }, (_, n) => `${n}`.padEnd(500_000, 'text '))
    await put(store, 0, batchOf('x', ...notes))
    await mustHold(store, notes)
  }),
  storeCheck('append: 300 batches one after the other', async ({ store }) => {
    const notes = notesOf('n', 300)
    await fill(
      store,
      notes.map((note) => [note]),
    )
    await mustHold(store, notes)
  }),
  storeCheck('append: an empty batch at the head is answered with ok, and changes nothing', async ({ store }) => {
    await put(store, 0, batchOf('x'))
    await put(store, 0, batchOf('y', 'a'))
    await put(store, 1, batchOf('z'))
    await put(store, 1, batchOf('z'))
    await put(store, 1, batchOf('w', 'b'))
    await mustHold(store, ['a', 'b'])
  }),
  storeCheck('append: an empty batch elsewhere is refused', async ({ store }) => {
    await fill(store, [['a', 'b']])
    for (const place of [1, 3]) await refuse(store, place, batchOf('y'), 2)
  }),
]

export const appendChecks: readonly StoreCheck[] = [...order, ...places, ...sizes]
