/** Cases of the store kit: closed and opened again, killed and opened again, used when it is closed. */
import type { Store, StoredEvent } from '../../runtime/ports.js'
import { must, mustBe, mustReject, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, fill, inOrder, mustHold, notesOf, put, readAll, refuse, SCOPE, snapshotOf } from './journal.js'

const again: readonly StoreCheck[] = [
  storeCheck('lifetime: what was stored is there after closing', async ({ store, reopen }) => {
    await fill(store, [['a', 'b'], ['c']])
    const next = await reopen(store)
    await mustHold(next, ['a', 'b', 'c'])
    await refuse(next, 0, batchOf('y', 'd'), 3)
    await put(next, 3, batchOf('z', 'e'))
    await mustHold(next, ['a', 'b', 'c', 'e'])
  }),
  storeCheck(
    'lifetime: whatever was acknowledged is there after a kill',
    async ({ store, crash }) => {
      let open = store
      for (let n = 0; n < 10; n += 1) {
        await put(open, n, batchOf(`b${n}`, `n${n + 1}`))
        open = await crash(open)
      }
      await mustHold(open, notesOf('n', 10))
    },
    'crash',
  ),
  storeCheck(
    'lifetime: an append that a kill cuts short is stored whole or not at all',
    async ({ store, crash }) => {
      await fill(store, [['a']])
      const cut = store.append(SCOPE, 1, batchOf('x', ...notesOf('n', 2000))).catch(() => undefined)
      const next = await crash(store)
      await cut
      const { length } = await readAll(next)
      must(length === 1 || length === 2001, `Of a batch of 2000 events ${length - 1} are stored.`)
      await put(next, 1, batchOf('x', ...notesOf('n', 2000)))
      await mustHold(next, ['a', ...notesOf('n', 2000)])
    },
    'crash',
  ),
  storeCheck('lifetime: opened ten times, written each time', async ({ store, reopen }) => {
    let open = store
    for (let n = 0; n < 10; n += 1) {
      await put(open, n, batchOf(`b${n}`, `n${n + 1}`))
      open = await reopen(open)
      await mustHold(open, notesOf('n', n + 1))
    }
  }),
  storeCheck('lifetime: a store in which nothing was done can be opened again', async ({ store, reopen }) => {
    const next = await reopen(store)
    await mustHold(next, [])
    await put(next, 0, batchOf('x', 'a'))
  }),
  storeCheck('lifetime: 3,000 events are there after closing', async ({ store, reopen }) => {
    const lists = Array.from({ length: 100 }, (_, n) => notesOf(`${n}.`, 30))
    await fill(store, lists)
    await mustHold(await reopen(store), lists.flat())
  }),
]

const closed: readonly StoreCheck[] = [
  storeCheck(
    'lifetime: closing twice, also at once, is closing',
    async ({ store }) => {
      await put(store, 0, batchOf('x', 'a'))
      await Promise.all([store.close!(), store.close!()])
      await store.close!()
    },
    'close',
  ),
  storeCheck(
    'lifetime: a store can be closed before anything was done with it',
    async ({ store }) => {
      await store.close!()
      await mustReject(store.append(SCOPE, 0, batchOf('x', 'a')), 'STORE_CLOSED', 'An append')
    },
    'close',
  ),
  storeCheck(
    'lifetime: after closing, everything is refused by name',
    async ({ store }) => {
      await put(store, 0, batchOf('x', 'a'))
      await store.close!()
      await mustReject(store.append(SCOPE, 1, batchOf('y', 'b')), 'STORE_CLOSED', 'An append')
      await mustReject(readAll(store), 'STORE_CLOSED', 'A reading')
      for (const [what, call] of optional(store)) await mustReject(call(), 'STORE_CLOSED', what)
    },
    'close',
  ),
  storeCheck(
    'lifetime: an append under way while the store is closed is stored if it is answered with ok',
    async ({ store, reopen }) => {
      await fill(store, [['a']])
      const answer = store.append(SCOPE, 1, batchOf('x', 'b')).catch(() => ({ ok: false }))
      const next = await reopen(store)
      const { ok } = await answer
      const { length } = await readAll(next)
      must(!ok || length === 2, 'An append was answered with ok, and is not there after closing.')
    },
    'close',
  ),
  storeCheck(
    'lifetime: a reading under way while the store is closed ends, and skips nothing',
    async ({ store }) => {
      await fill(
        store,
        notesOf('n', 50).map((note) => [note]),
      )
      const found: StoredEvent[] = []
      try {
        for await (const stored of store.read(SCOPE, 0)) {
          found.push(stored)
          if (found.length === 2) await store.close!()
        }
        mustBe(found.length, 50, 'A reading that ended without an error')
      } catch (error) {
        await mustReject(Promise.reject(error), 'STORE_CLOSED', 'A reading under way')
      }
      inOrder(found, 0)
    },
    'close',
  ),
]

/** The optional methods the store has, each as a call. */
function optional(store: Store): readonly (readonly [string, () => Promise<unknown>])[] {
  const found: (readonly [string, () => Promise<unknown>])[] = []
  const { saveSnapshot, loadSnapshot, scopes } = store
  if (saveSnapshot !== undefined) found.push(['Saving a snapshot', () => store.saveSnapshot!(SCOPE, snapshotOf(1))])
  if (loadSnapshot !== undefined) found.push(['Loading a snapshot', () => store.loadSnapshot!(SCOPE)])
  if (scopes !== undefined) found.push(['Listing scopes', () => store.scopes!()])
  return found
}

export const lifetimeChecks: readonly StoreCheck[] = [...again, ...closed]
