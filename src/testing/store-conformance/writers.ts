/** Cases of the store kit: several write at once, and one of them wins. */
import type { ScopeId } from '../../core/types.js'
import type { Store } from '../../runtime/ports.js'
import { must, mustBe, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, mustHold, noteOf, notesOf, put, readAll, refuse, SCOPE } from './journal.js'

/** Batches that each of several writers brings in. */
const EACH = 15

const oneStore: readonly StoreCheck[] = [
  storeCheck('writers: of ten at one place one wins, and the others are told the head', async ({ store }) => {
    await race(Array.from({ length: 10 }, () => store))
  }),
  storeCheck('writers: batches of different sizes at one place never mix', async ({ store }) => {
    const lists = [1, 2, 3, 500].map((size) => notesOf(`${size}.`, size))
    const answers = await Promise.all(lists.map((notes, i) => store.append(SCOPE, 0, batchOf(`w${i}`, ...notes))))
    const won = answers.findIndex(({ ok }) => ok)
    mustBe(answers.filter(({ ok }) => ok).length, 1, 'How many of four appends at one place were answered with ok')
    await mustHold(store, lists[won]!)
  }),
  storeCheck('writers: four that go on from the head they are told lose nothing', async ({ store }) => {
    await contend([store, store, store, store])
  }),
  storeCheck('writers: 30 scopes at once are not in each other’s way', async ({ store }) => {
    const scopes = notesOf('scope', 30) as readonly ScopeId[]
    await Promise.all(
      scopes.map(async (scope) => {
        for (let n = 0; n < 5; n += 1) await put(store, n, batchOf(`b${n}`, `${scope} ${n}`), scope)
      }),
    )
    for (const scope of scopes) {
      const notes = Array.from({ length: 5 }, (_, n) => `${scope} ${n}`)
      await mustHold(store, notes, 0, scope)
    }
  }),
  storeCheck('writers: appends that are not waited for are each stored or refused', async ({ store }) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => store.append(SCOPE, n, batchOf(`b${n}`, n))))
    const stored = answers.flatMap(({ ok }, n) => (ok ? [n] : []))
    await mustHold(store, stored)
    must(stored[0] === 0, 'The append that expected 0 in an empty scope was refused.')
  }),
]

const manyStores: readonly StoreCheck[] = [
  storeCheck(
    'writers: of five stores at one place one wins',
    async ({ store, open }) => {
      await race([store, await open(), await open(), await open(), await open()])
    },
    'sharing',
  ),
  storeCheck(
    'writers: three stores that go on from the head they are told lose nothing',
    async ({ store, open }) => {
      await contend([store, await open(), await open()])
    },
    'sharing',
  ),
  storeCheck(
    'writers: a store that has read is refused once another has appended',
    async ({ store, open }) => {
      const second = await open()
      await put(store, 0, batchOf('x', 'a'))
      await mustHold(store, ['a'])
      await put(second, 1, batchOf('y', 'b'))
      await refuse(store, 1, batchOf('z', 'c'), 2)
      await mustHold(store, ['a', 'b'])
    },
    'sharing',
  ),
]

/** All append to one empty place; one must win, and the others must learn its head. */
async function race(stores: readonly Store[]): Promise<void> {
  const answers = await Promise.all(stores.map((store, i) => store.append(SCOPE, 0, batchOf(`w${i}`, i, 'and more'))))
  const winners = answers.flatMap(({ ok }, i) => (ok ? [i] : []))
  mustBe(winners.length, 1, 'How many appends at one place were answered with ok')
  for (const { head } of answers) mustBe(head, 2, 'The head that each was told')
  for (const store of stores) await mustHold(store, [winners[0]!, 'and more'])
}

/** Each brings in its batches, going on from the head it is told; all must be stored, once, where it was answered. */
async function contend(stores: readonly Store[]): Promise<void> {
  const places = new Map<string, number>()
  await Promise.all(
    stores.map(async (store, writer) => {
      let expected = 0
      for (let n = 0; n < EACH; n += 1) {
        const note = `writer ${writer} batch ${n}`
        for (;;) {
          const { ok, head } = await store.append(SCOPE, expected, batchOf(note, note, 'second'))
          must(head >= expected || !ok, `An append at ${expected} was answered with head ${head}.`)
          if (ok) places.set(note, expected)
          expected = head
          if (ok) break
        }
      }
    }),
  )
  const found = (await readAll(stores[0]!)).map(noteOf)
  mustBe(found.length, stores.length * EACH * 2, 'How many events are stored')
  for (const [note, place] of places) mustBe(found[place], note, `The event after revision ${place}`)
}

export const writerChecks: readonly StoreCheck[] = [...oneStore, ...manyStores]
