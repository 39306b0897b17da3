/** Cases of the store kit: the list of scopes, and the hint that somebody has appended. */
import type { ScopeId } from '../../core/types.js'
import type { Store } from '../../runtime/ports.js'
import { must, mustBe, type StoreCheck, storeCheck } from './bench.js'
import { batchOf, fill, mustHold, notesOf, put, SCOPE } from './journal.js'

/** How long and how often a hint is waited for: any one may be missing, all of them must not be. */
const HINT_TRIES = 30
const HINT_MS = 100

const scopes: readonly StoreCheck[] = [
  storeCheck(
    'scopes: an empty store has none',
    async ({ store }) => mustBe(await store.scopes!(), [], 'The scopes of an empty store'),
    'scopes',
  ),
  storeCheck(
    'scopes: each that has a journal is listed once, sorted',
    async ({ store, reopen }) => {
      for (const name of ['b', 'a', 'B', 'b2', 'a.a']) await fill(store, [['x'], ['y']], name as ScopeId)
      mustBe(await store.scopes!(), ['B', 'a', 'a.a', 'b', 'b2'], 'The scopes')
      mustBe(await (await reopen(store)).scopes!(), ['B', 'a', 'a.a', 'b', 'b2'], 'The scopes after closing')
    },
    'scopes',
  ),
  storeCheck(
    'scopes: one that was only read, or refused, has no journal',
    async ({ store }) => {
      await mustHold(store, [], 0, 'read' as ScopeId)
      await store.append('refused' as ScopeId, 3, batchOf('x', 'a'))
      await fill(store, [['a']])
      mustBe(await store.scopes!(), [SCOPE], 'The scopes')
    },
    'scopes',
  ),
  storeCheck(
    'scopes: 200 of them',
    async ({ store }) => {
      const names = notesOf('scope', 200)
      await Promise.all(names.map((name) => put(store, 0, batchOf('x', 'a'), name as ScopeId)))
      mustBe(await store.scopes!(), [...names].sort(), 'The scopes')
    },
    'scopes',
  ),
  storeCheck(
    'scopes: those that another store has begun are listed',
    async ({ store, open }) => {
      const second = await open()
      await fill(second, [['a']])
      mustBe(await store.scopes!(), [SCOPE], 'The scopes')
    },
    'scopes',
    'sharing',
  ),
]

const hints: readonly StoreCheck[] = [
  storeCheck('watch: who watches a scope is woken by appends', ({ store }) => mustWake(store, store), 'watch'),
  storeCheck(
    'watch: appends through another store wake too',
    async ({ store, open }) => mustWake(store, await open()),
    'watch',
    'sharing',
  ),
  storeCheck(
    'watch: stopping twice is stopping, and others are still woken',
    async ({ store }) => {
      const stop = store.watch!(SCOPE, () => undefined)
      stop()
      stop()
      await mustWake(store, store)
    },
    'watch',
  ),
  storeCheck(
    'watch: 50 that watch are in nobody’s way',
    async ({ store }) => {
      const stops = Array.from({ length: 50 }, (_, n) => store.watch!(`scope${n}` as ScopeId, () => undefined))
      await fill(store, [['a'], ['b']])
      await mustHold(store, ['a', 'b'])
      for (const stop of stops) stop()
    },
    'watch',
  ),
  storeCheck(
    'watch: a store is closed under those that watch, who may stop afterwards',
    async ({ store, reopen }) => {
      const stop = store.watch!(SCOPE, () => undefined)
      await fill(store, [['a']])
      const next = await reopen(store)
      stop()
      await mustHold(next, ['a'])
    },
    'watch',
    'close',
  ),
]

/** Appends by one store, until a watcher of the other is woken. */
async function mustWake(watching: Store, writing: Store): Promise<void> {
  let woken: () => void = () => undefined
  let isWoken = false
  const stop = watching.watch!(SCOPE, () => {
    isWoken = true
    woken()
  })
  for (let n = 0; n < HINT_TRIES && !isWoken; n += 1) {
    await put(writing, n, batchOf(`b${n}`, n))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, HINT_MS)
      woken = () => {
        clearTimeout(timer)
        resolve()
      }
      if (isWoken) woken()
    })
  }
  stop()
  must(isWoken, `${HINT_TRIES} appends, ${HINT_MS} ms apart, have woken nobody who watches the scope.`)
}

export const scopeAndHintChecks: readonly StoreCheck[] = [...scopes, ...hints]
