/** Cases of the store kit: the same batch at the same place is the same batch, so a lost acknowledgement may be repeated. */
import type { ScopeId } from '../../core/types.js'
import { must, mustBe, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, fill, mustHold, notesOf, put, readAll, refuse, SCOPE } from './journal.js'

const atTheHead: readonly StoreCheck[] = [
  storeCheck('repeat: a batch is answered with ok again, and stored once', async ({ store }) => {
    for (let n = 0; n < 3; n += 1) await put(store, 0, batchOf('x', 'a', 'b'))
    await mustHold(store, ['a', 'b'])
  }),
  storeCheck('repeat: a later batch too', async ({ store }) => {
    await fill(store, [['a'], ['b', 'c']])
    await put(store, 1, batchOf('b2', 'b', 'c'))
    await put(store, 3, batchOf('b3', 'd'))
    await put(store, 3, batchOf('b3', 'd'))
    await mustHold(store, ['a', 'b', 'c', 'd'])
  }),
  storeCheck('repeat: a batch of 5,000 events', async ({ store }) => {
    const notes = notesOf('n', 5000)
    await put(store, 0, batchOf('x', ...notes))
    await put(store, 0, batchOf('x', ...notes))
    await mustHold(store, notes)
  }),
  storeCheck('repeat: after others have been refused at its place', async ({ store }) => {
    await put(store, 0, batchOf('x', 'a'))
    await refuse(store, 0, batchOf('y', 'b'), 1)
    await refuse(store, 7, batchOf('z', 'c'), 1)
    await put(store, 0, batchOf('x', 'a'))
    await mustHold(store, ['a'])
  }),
  storeCheck('repeat: of ten at once all are answered with ok, and one is stored', async ({ store }) => {
    await fill(store, [['a']])
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.append(SCOPE, 1, batchOf('x', 'b', 'c'))))
    for (const answer of answers) mustBe(answer, { ok: true, head: 3 }, 'The answer to a repeated batch')
    await mustHold(store, ['a', 'b', 'c'])
  }),
  storeCheck('repeat: what was stored first stays, whatever comes under its name', async ({ store }) => {
    await put(store, 0, batchOf('x', 'a'))
    await store.append(SCOPE, 0, { ...batchOf('x', 'b'), writer: 'other/1' })
    await mustHold(store, ['a'])
    mustBe((await readAll(store))[0]?.writer, 'conformance/1', 'The writer')
  }),
]

const elsewhere: readonly StoreCheck[] = [
  storeCheck('repeat: the same id at another place that is not the head is refused', async ({ store }) => {
    await fill(store, [['a', 'b', 'c']])
    for (const place of [1, 2, 4]) await refuse(store, place, batchOf('b1', 'a', 'b', 'c'), 3)
    await mustHold(store, ['a', 'b', 'c'])
  }),
  storeCheck('repeat: the same id at the head is never answered with ok and not stored', async ({ store }) => {
    await put(store, 0, batchOf('x', 'a'))
    const { ok } = await store.append(SCOPE, 1, batchOf('x', 'b'))
    await mustHold(store, ok ? ['a', 'b'] : ['a'])
  }),
  storeCheck('repeat: another id at the same place is another batch', async ({ store }) => {
    await put(store, 0, batchOf('x', 'a'))
    for (const id of ['X', 'x ', 'xx', '', 'x\u0000']) await refuse(store, 0, batchOf(id, 'a'), 1)
    await mustHold(store, ['a'])
  }),
  storeCheck('repeat: the same id in another scope is another batch', async ({ store }) => {
    const other = 'other' as ScopeId
    await put(store, 0, batchOf('x', 'a'))
    await put(store, 0, batchOf('x', 'b'), other)
    await mustHold(store, ['a'])
    await mustHold(store, ['b'], 0, other)
  }),
  storeCheck(
    'repeat: a batch that others have followed is not stored again, and the head is told',
    async ({ store }) => {
      await fill(store, [['a'], ['b']])
      const { head } = await store.append(SCOPE, 0, batchOf('b1', 'a'))
      must(head === 2, `Repeating a batch that another has followed answered head ${head}, not 2.`)
      await mustHold(store, ['a', 'b'])
    },
  ),
]

const later: readonly StoreCheck[] = [
  storeCheck('repeat: after the store was closed and opened again', async ({ store, reopen }) => {
    await fill(store, [['a'], ['b', 'c']])
    const again = await reopen(store)
    await put(again, 1, batchOf('b2', 'b', 'c'))
    await refuse(again, 1, batchOf('other', 'b', 'c'), 3)
    await mustHold(again, ['a', 'b', 'c'])
  }),
  storeCheck(
    'repeat: after the store was ended without being closed',
    async ({ store, crash }) => {
      await fill(store, [['a'], ['b', 'c']])
      const again = await crash(store)
      await put(again, 1, batchOf('b2', 'b', 'c'))
      await refuse(again, 1, batchOf('other', 'b', 'c'), 3)
      await mustHold(again, ['a', 'b', 'c'])
    },
    'crash',
  ),
  storeCheck(
    'repeat: through another store on the same data',
    async ({ store, open }) => {
      await fill(store, [['a'], ['b', 'c']])
      const second = await open()
      await put(second, 1, batchOf('b2', 'b', 'c'))
      await mustHold(second, ['a', 'b', 'c'])
      await mustHold(store, ['a', 'b', 'c'])
    },
    'sharing',
  ),
]

export const repeatChecks: readonly StoreCheck[] = [...atTheHead, ...elsewhere, ...later]
