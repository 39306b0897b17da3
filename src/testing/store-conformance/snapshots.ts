/** Cases of the store kit: snapshots never go back, never lead the journal, and never replace it. */
import type { JsonValue, Revision, ScopeId } from '../../core/types.js'
import type { Store } from '../../runtime/ports.js'
import { mustBe, mustReject, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, fill, mustHold, notesOf, put, SCOPE, snapshotOf } from './journal.js'

async function save(store: Store, revision: Revision, data?: JsonValue, scope: ScopeId = SCOPE): Promise<void> {
  await store.saveSnapshot!(scope, snapshotOf(revision, data))
}

async function mustHave(store: Store, revision: Revision, data?: JsonValue, scope: ScopeId = SCOPE): Promise<void> {
  mustBe(await store.loadSnapshot!(scope), snapshotOf(revision, data), 'The snapshot')
}

const snapshotCheck = (name: string, check: StoreCheck['check'], ...needs: StoreCheck['needs']): StoreCheck =>
  storeCheck(`snapshots: ${name}`, check, 'snapshots', ...needs)

const one: readonly StoreCheck[] = [
  snapshotCheck('there is none at first', async ({ store }) => {
    mustBe(await store.loadSnapshot!(SCOPE), null, 'The snapshot of a scope without one')
    await fill(store, [['a']])
    mustBe(await store.loadSnapshot!(SCOPE), null, 'The snapshot of a scope without one')
  }),
  snapshotCheck('one that was saved is loaded, with revision, writer and data', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    await save(store, 2, { open: ['r1'], text: 'x' })
    await mustHave(store, 2, { open: ['r1'], text: 'x' })
  }),
  snapshotCheck('one at the head is saved', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    await save(store, 3)
    await mustHave(store, 3)
  }),
  snapshotCheck('one above the head is refused, and the stored one stays', async ({ store }) => {
    await fill(store, [['a', 'b']])
    await save(store, 1)
    await mustReject(save(store, 3), 'STORE_FAILED', 'A snapshot above the head')
    await mustHave(store, 1)
  }),
  snapshotCheck('a scope without a journal takes none', async ({ store }) => {
    await fill(store, [['a', 'b']])
    const empty = 'empty' as ScopeId
    await mustReject(save(store, 1, null, empty), 'STORE_FAILED', 'A snapshot of an empty scope')
    mustBe(await store.loadSnapshot!(empty), null, 'The snapshot of an empty scope')
  }),
  snapshotCheck('a newer one takes the place of the stored one', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    for (const revision of [1, 2, 3]) await save(store, revision)
    await mustHave(store, 3)
  }),
  snapshotCheck('an older one is ignored', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    await save(store, 3, 'newer')
    await save(store, 1, 'older')
    await mustHave(store, 3, 'newer')
  }),
  snapshotCheck('another of the same revision is ignored', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    await save(store, 2, 'first')
    await save(store, 2, 'second')
    await mustHave(store, 2, 'first')
  }),
  snapshotCheck('of ten at once the newest stays', async ({ store }) => {
    await fill(store, [notesOf('n', 10)])
    await Promise.all([3, 9, 1, 10, 2, 8, 5, 4, 7, 6].map((revision) => save(store, revision)))
    await mustHave(store, 10)
  }),
  snapshotCheck('scopes have their own', async ({ store }) => {
    const other = 'other' as ScopeId
    await fill(store, [['a']])
    await fill(store, [['a', 'b']], other)
    await save(store, 1, 'one')
    await save(store, 2, 'two', other)
    await mustHave(store, 1, 'one')
    await mustHave(store, 2, 'two', other)
  }),
]

const beside: readonly StoreCheck[] = [
  snapshotCheck('the journal stays whole, and its tail follows the snapshot', async ({ store }) => {
    const notes = notesOf('n', 8)
    await fill(store, [notes.slice(0, 3), notes.slice(3)])
    await save(store, 5)
    await mustHold(store, notes)
    await mustHold(store, notes.slice(5), 5)
    await put(store, 8, batchOf('after', 'z'))
    await mustHold(store, [...notes.slice(5), 'z'], 5)
  }),
  snapshotCheck('may be saved while others append', async ({ store }) => {
    let head = await put(store, 0, batchOf('b0', 0))
    const saving: Promise<void>[] = []
    for (let n = 1; n < 20; n += 1) {
      saving.push(save(store, head))
      head = await put(store, head, batchOf(`b${n}`, n))
    }
    await Promise.all(saving)
    await mustHave(store, 19)
    await mustHold(store, [...Array(20).keys()])
  }),
  snapshotCheck('five megabytes are no trouble', async ({ store, reopen }) => {
    const data = Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(100_000, 'text '))
    await fill(store, [['a']])
    await save(store, 1, data)
    await mustHave(await reopen(store), 1, data)
  }),
  snapshotCheck('are there after closing, and still never go back', async ({ store, reopen }) => {
    await fill(store, [['a', 'b']])
    await save(store, 2, 'newer')
    const next = await reopen(store)
    await mustHave(next, 2, 'newer')
    await save(next, 1, 'older')
    await mustHave(next, 2, 'newer')
  }),
  snapshotCheck(
    'are there after a kill',
    async ({ store, crash }) => {
      await fill(store, [['a', 'b']])
      await save(store, 2)
      await mustHave(await crash(store), 2)
    },
    'crash',
  ),
  snapshotCheck(
    'are seen by other stores on the same data, which cannot set them back',
    async ({ store, open }) => {
      const second = await open()
      await fill(store, [['a', 'b', 'c']])
      await save(store, 2, 'newer')
      await mustHave(second, 2, 'newer')
      await save(second, 1, 'older')
      await mustHave(store, 2, 'newer')
      await save(second, 3, 'newest')
      await mustHave(store, 3, 'newest')
    },
    'sharing',
  ),
]

export const snapshotChecks: readonly StoreCheck[] = [...one, ...beside]
