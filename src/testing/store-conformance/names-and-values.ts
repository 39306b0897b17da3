/** Cases of the store kit: whatever a name or a value holds, it comes back as it was, and nothing else changes. */
import type { ScopeId } from '../../core/types.js'
import type { Store } from '../../runtime/ports.js'
import { mustBe, type StoreCheck, storeCheck } from './bench.js'
import { HOSTILE_NAMES, HOSTILE_VALUES, shown } from './hostile.js'
import { batchOf, fill, mustHold, put, readAll, refuse, snapshotOf } from './journal.js'

const scopes: readonly StoreCheck[] = [
  ...HOSTILE_NAMES.map((name) =>
    storeCheck(`names: a scope called ${shown(name)} is as good as any`, async ({ store, reopen }) => {
      const scope = name as ScopeId
      await put(store, 0, batchOf('x', 'a'), scope)
      await put(store, 1, batchOf('y', 'b'), scope)
      const again = await reopen(store)
      await mustHold(again, ['a', 'b'], 0, scope)
      await mustHold(again, [])
    }),
  ),
  storeCheck('names: no two hostile scopes are taken for one', async ({ store }) => {
    for (const name of HOSTILE_NAMES) await put(store, 0, batchOf('x', name), name as ScopeId)
    for (const name of HOSTILE_NAMES) await mustHold(store, [name], 0, name as ScopeId)
  }),
  storeCheck(
    'names: hostile scopes are listed as they are',
    async ({ store }) => {
      for (const name of HOSTILE_NAMES) await put(store, 0, batchOf('x', 'a'), name as ScopeId)
      mustBe(await store.scopes!(), [...HOSTILE_NAMES].sort(), 'The scopes')
    },
    'scopes',
  ),
]

const batches: readonly StoreCheck[] = [
  storeCheck('names: a batch of any name can be repeated', async ({ store }) => {
    for (const [n, name] of HOSTILE_NAMES.entries()) {
      await put(store, n, batchOf(name, n))
      await put(store, n, batchOf(name, n))
    }
    await mustHold(store, [...HOSTILE_NAMES.keys()])
  }),
  storeCheck('names: no two hostile batches are taken for one', async ({ store }) => {
    await put(store, 0, batchOf('\uD800', 'a'))
    for (const name of HOSTILE_NAMES) if (name !== '\uD800') await refuse(store, 0, batchOf(name, 'a'), 1)
  }),
  storeCheck('names: a writer of any name is kept', async ({ store }) => {
    for (const [n, writer] of HOSTILE_NAMES.entries()) await put(store, n, { ...batchOf(`b${n}`, n), writer })
    mustBe(
      (await readAll(store)).map(({ writer }) => writer),
      HOSTILE_NAMES,
      'The writers',
    )
  }),
]

const values: readonly StoreCheck[] = [
  ...HOSTILE_VALUES.map(([name, value]) =>
    storeCheck(`values: ${name}`, async ({ store, reopen }) => {
      await fill(store, [['before'], [value, value], ['after']])
      const again = await reopen(store)
      await mustHold(again, ['before', value, value, 'after'])
    }),
  ),
  storeCheck(
    'values: all of them in a snapshot',
    async ({ store, reopen }) => {
      await put(store, 0, batchOf('x', 'a'))
      const snapshot = snapshotOf(
        1,
        HOSTILE_VALUES.map(([, value]) => value),
      )
      await store.saveSnapshot!('main' as ScopeId, snapshot)
      mustBe(await (await reopen(store)).loadSnapshot!('main' as ScopeId), snapshot, 'The snapshot')
    },
    'snapshots',
  ),
  storeCheck('values: nothing that is stored changes what objects are', async ({ store }) => {
    await fill(store, [HOSTILE_VALUES.map(([, value]) => value)])
    await hold(store)
    mustBe('polluted' in {}, false, 'Whether every object now has a field "polluted"')
  }),
]

async function hold(store: Store): Promise<void> {
  await mustHold(
    store,
    HOSTILE_VALUES.map(([, value]) => value),
  )
}

export const nameAndValueChecks: readonly StoreCheck[] = [...scopes, ...batches, ...values]
