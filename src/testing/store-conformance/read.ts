/** Cases of the store kit: reading from anywhere, in order, without gaps, beside whoever appends. */
import type { ScopeId } from '../../core/types.js'
import type { Store, StoredEvent } from '../../runtime/ports.js'
import { must, mustBe, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, fill, inOrder, mustHold, noteOf, notesOf, put, readAll, SCOPE } from './journal.js'

const places: readonly StoreCheck[] = [
  storeCheck('read: a scope that nobody has written is empty', async ({ store }) => {
    await mustHold(store, [])
    await fill(store, [['a']])
    await mustHold(store, [], 0, 'other' as ScopeId)
  }),
  storeCheck('read: begins after any revision, also inside a batch', async ({ store }) => {
    const notes = notesOf('n', 12)
    await fill(store, [notes.slice(0, 1), notes.slice(1, 5), notes.slice(5, 6), notes.slice(6)])
    for (let after = 0; after <= 12; after += 1) await mustHold(store, notes.slice(after), after)
  }),
  storeCheck('read: at the head, and beyond it, there is nothing', async ({ store }) => {
    await fill(store, [['a', 'b']])
    for (const after of [2, 3, 1000, 2 ** 40]) await mustHold(store, [], after)
  }),
  storeCheck('read: 10,000 events in 500 batches, from the start and from the middle', async ({ store }) => {
    const lists = Array.from({ length: 500 }, (_, n) => notesOf(`${n}.`, 20))
    await fill(store, lists)
    await mustHold(store, lists.flat())
    await mustHold(store, lists.flat().slice(5011), 5011)
  }),
  storeCheck('read: small and large batches by turns', async ({ store }) => {
    const lists = Array.from({ length: 40 }, (_, n) =>
      n % 4 === 3 ? [`${n}`.padEnd(300_000, '.')] : notesOf(`${n}.`, 3),
    )
    await fill(store, lists)
    await mustHold(store, lists.flat())
  }),
]

const leaving: readonly StoreCheck[] = [
  storeCheck('read: may be left at any event, 100 times, and everything goes on', async ({ store }) => {
    const notes = notesOf('n', 20)
    await fill(
      store,
      notes.map((note) => [note]),
    )
    for (let n = 0; n < 100; n += 1) {
      for await (const { revision } of store.read(SCOPE, 0)) if (revision > n % 20) break
    }
    await put(store, 20, batchOf('after', 'z'))
    await mustHold(store, [...notes, 'z'])
  }),
  storeCheck('read: an error in the loop comes out of it, and everything goes on', async ({ store }) => {
    await fill(store, [['a'], ['b']])
    const told = await leaveByError(store.read(SCOPE, 0))
    mustBe(told, 'by hand', 'The error that came out')
    await put(store, 2, batchOf('after', 'c'))
    await mustHold(store, ['a', 'b', 'c'])
  }),
  storeCheck('read: one that stands still holds nobody up', async ({ store }) => {
    await fill(store, [['a'], ['b']])
    const still = store.read(SCOPE, 0)[Symbol.asyncIterator]()
    await still.next()
    await put(store, 2, batchOf('after', 'c'))
    await mustHold(store, ['a', 'b', 'c'])
    await still.return?.()
  }),
  storeCheck('read: one that is left before its first event does no harm', async ({ store }) => {
    await fill(store, [['a']])
    await store.read(SCOPE, 0)[Symbol.asyncIterator]().return?.()
    await mustHold(store, ['a'])
  }),
]

const beside: readonly StoreCheck[] = [
  storeCheck('read: two at once see the same', async ({ store }) => {
    const notes = notesOf('n', 30)
    await fill(
      store,
      notes.map((note) => [note]),
    )
    const [one, two] = await Promise.all([readAll(store), readAll(store)])
    mustBe(one!.map(noteOf), notes, 'The first reading')
    mustBe(two!.map(noteOf), notes, 'The second reading')
  }),
  storeCheck('read: goes on without gaps while others append', async ({ store }) => {
    await fill(store, [['a']])
    let head = 1
    const found: StoredEvent[] = []
    for await (const stored of store.read(SCOPE, 0)) {
      found.push(stored)
      if (head < 20) head = await put(store, head, batchOf(`w${head}`, `n${head}`))
    }
    inOrder(found, 0)
    must(found.length > 0, 'A reading of a journal with events found none.')
    await mustHold(store, ['a', ...notesOf('n', head - 1)].slice(found.length), found.length)
  }),
  storeCheck('read: never ends inside a batch, whenever it is called', async ({ store }) => {
    const reading: Promise<number>[] = []
    let head = 0
    for (let n = 0; n < 40; n += 1) {
      const appended = put(store, head, batchOf(`w${n}`, ...notesOf(`${n}.`, 7)))
      reading.push(countInOrder(store))
      head = await appended
    }
    for (const count of await Promise.all(reading)) {
      must(count % 7 === 0, `Batches have 7 events, but a reading of ${count} ended inside one.`)
    }
  }),
  storeCheck('read: what an append has answered is there for whoever reads next', async ({ store }) => {
    let head = 0
    for (let n = 0; n < 20; n += 1) {
      head = await put(store, head, batchOf(`w${n}`, n))
      const found = await readAll(store)
      must(found.length === head, `After an append answered head ${head}, a reading found ${found.length} events.`)
    }
  }),
  storeCheck(
    'read: sees at once what another store on the same data has stored',
    async ({ store, open }) => {
      const second = await open()
      await put(store, 0, batchOf('x', 'a'))
      await mustHold(second, ['a'])
      await put(second, 1, batchOf('y', 'b'))
      await mustHold(store, ['a', 'b'])
    },
    'sharing',
  ),
]

async function countInOrder(store: Store): Promise<number> {
  const found = await readAll(store)
  inOrder(found, 0)
  return found.length
}

async function leaveByError(events: AsyncIterable<unknown>): Promise<string> {
  try {
    for await (const _ of events) throw new Error('by hand')
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

export const readChecks: readonly StoreCheck[] = [...places, ...leaving, ...beside]
