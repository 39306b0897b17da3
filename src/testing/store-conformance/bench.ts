/** What a case of the store kit works with: a place of its own, and the stores it has opened there. */
import { isSchedulerError, type SchedulerErrorCode } from '../../runtime/errors.js'
import type { Store } from '../../runtime/ports.js'
import { inTime } from '../must.js'

export { must, mustBe, textOf } from '../must.js'

/** Where one case keeps its data: nobody else's, and empty at first. */
export interface StorePlace {
  /**
   * A store on the data of this place; what was stored before is there. Called again after `close` or `crash`, and while
   * other stores are open here, unless `sharing` is named in `without`.
   */
  open(): Store | Promise<Store>
  /** Ends a store the way a killed process would: nothing is finished or flushed. Default: it is left as it is. */
  crash?(store: Store): void | Promise<void>
  /** Throws the data away, at the end of the case. Every store is closed by then. */
  remove?(): void | Promise<void>
}

/**
 * What a store may lack, or a place not be able to show. `sharing`: several stores on the same data see what the others have
 * stored · `crash`: a store can be opened again that was never closed.
 */
export type StoreTrait = 'watch' | 'snapshots' | 'scopes' | 'close' | 'sharing' | 'crash'

/** The stores of one case. */
export interface Bench {
  /** Opened before the case begins. */
  readonly store: Store
  /** Opens one more, while those before stay open. */
  open(): Promise<Store>
  /** Closes a store, where it can be closed, and opens the place again. */
  reopen(store: Store): Promise<Store>
  /** Ends a store without closing it, and opens the place again. */
  crash(store: Store): Promise<Store>
}

/** One promise of the port, tried. `run` throws an Error that says what was expected and what came. */
export interface StoreCase {
  readonly name: string
  run(): Promise<void>
}

/** A case before it knows which store it is for. */
export interface StoreCheck {
  readonly name: string
  /** Cases are left out for stores that lack one of these. */
  readonly needs: readonly StoreTrait[]
  check(bench: Bench): Promise<void>
}

export function storeCheck(
  name: string,
  check: (bench: Bench) => Promise<void>,
  ...needs: readonly StoreTrait[]
): StoreCheck {
  return { name, needs, check }
}

/** Carries out a check in a place of its own, and leaves nothing behind. */
export async function runCheck(make: () => StorePlace | Promise<StorePlace>, check: StoreCheck): Promise<void> {
  const place = await make()
  const opened = new Set<Store>()
  const open = async (): Promise<Store> => {
    const store = await place.open()
    opened.add(store)
    return store
  }
  try {
    const bench: Bench = {
      store: await open(),
      open,
      async reopen(store) {
        opened.delete(store)
        await store.close?.()
        return open()
      },
      async crash(store) {
        if (place.crash !== undefined) opened.delete(store)
        await place.crash?.(store)
        return open()
      },
    }
    await inTime(check.check(bench), 'The store')
  } finally {
    for (const store of opened) await store.close?.()
    await place.remove?.()
  }
}

/** @throws Error unless `work` rejects with a SchedulerError of this code. */
export async function mustReject(work: Promise<unknown>, code: SchedulerErrorCode, what: string): Promise<void> {
  const told = await work.then(
    () => 'it was carried out',
    (error: unknown) => (isSchedulerError(error) && error.code === code ? null : `it rejected with ${String(error)}`),
  )
  if (told !== null) throw new Error(`${what}: expected a SchedulerError ${code}, but ${told}.`)
}
