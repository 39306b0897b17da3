/** A store around a store that fails as stores do: seldom, in every way, and the same way again for the same seed. */
import type { DurationMs, Revision, ScopeId } from '../core/types.js'
import type { Batch, Store, StoredEvent, StoredSnapshot } from '../runtime/ports.js'
import { createRandom } from './random.js'

/** How often each fault happens: a share of the calls, from 0 (never, the default) to 1 (always). */
export interface StoreFaults {
  /** An append is stored, and then fails: the acknowledgement is lost. */
  readonly lostAnswers?: number
  /** A call fails, and nothing was done. */
  readonly failures?: number
  /** How many calls in a row fail once one fails by `failures`. Default 1. */
  readonly outageCalls?: number
  /** An append is refused, although nobody else has written: what a host sees that was overtaken. */
  readonly conflicts?: number
  /** A reading ends before the head, at any event: what a copy that lags behind gives. */
  readonly staleReads?: number
  /** A call takes up to `slowMs` longer. */
  readonly slow?: number
  /** Default 100. */
  readonly slowMs?: DurationMs
  /** How slow calls wait. Default: real time; the `sleep` of a virtual clock takes none. */
  readonly sleep?: (ms: DurationMs) => Promise<void>
}

/** How many faults of each kind there have been. */
export interface FaultCounts {
  lostAnswers: number
  failures: number
  conflicts: number
  staleReads: number
  slow: number
}

/** A store with faults, and their count: a test that met none has shown nothing. */
export type FaultyStore = Store & { readonly faults: FaultCounts }

const DEFAULT_SLOW_MS = 100

/**
 * Everything goes through to `store`, except for the faults. Refusals and readings that end early break the law of the port,
 * so a host may stop; all else it must outlive.
 *
 * @param seed - The same seed and the same calls meet the same faults.
 * @example
 * const store = faultyStore(memoryStore(), { lostAnswers: 0.1, failures: 0.1, outageCalls: 3 }, 7)
 */
export function faultyStore(store: Store, faults: StoreFaults, seed: number): FaultyStore {
  const random = createRandom(seed)
  const counts: FaultCounts = { lostAnswers: 0, failures: 0, conflicts: 0, staleReads: 0, slow: 0 }
  const { slowMs = DEFAULT_SLOW_MS, sleep = pause, outageCalls = 1 } = faults
  let failing = 0

  function happens(kind: keyof FaultCounts): boolean {
    const isSo = random.chance(faults[kind] ?? 0)
    if (isSo) counts[kind] += 1
    return isSo
  }

  async function before(): Promise<void> {
    if (happens('slow')) await sleep(random.between(1, slowMs))
    if (failing === 0 && happens('failures')) failing = outageCalls
    else if (failing > 0) counts.failures += 1
    if (failing === 0) return
    failing -= 1
    throw new Error('The store is out of reach (a fault on purpose).')
  }

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    await before()
    if (happens('conflicts')) return { ok: false, head: expected + 1 }
    const answer = await store.append(scope, expected, batch)
    if (answer.ok && happens('lostAnswers')) throw new Error('The line was cut after the commit (a fault on purpose).')
    return answer
  }

  async function* read(scope: ScopeId, after: Revision): AsyncGenerator<StoredEvent, void, undefined> {
    await before()
    const isStale = happens('staleReads')
    const end = isStale ? random.int((await headOf(store, scope, after)) - after + 1) + after : Number.POSITIVE_INFINITY
    for await (const stored of store.read(scope, after)) {
      if (stored.revision > end) return
      yield stored
    }
  }

  const { processes, watch, saveSnapshot, loadSnapshot, scopes, close } = store
  return {
    faults: counts,
    ...(store.isShared !== undefined && { isShared: store.isShared }),
    ...(processes && { processes }),
    append,
    read,
    ...(watch && { watch: (scope, wake) => watch.call(store, scope, wake) }),
    ...(saveSnapshot && {
      saveSnapshot: (scope: ScopeId, snapshot: StoredSnapshot) =>
        before().then(() => saveSnapshot.call(store, scope, snapshot)),
    }),
    ...(loadSnapshot && { loadSnapshot: (scope: ScopeId) => before().then(() => loadSnapshot.call(store, scope)) }),
    ...(scopes && { scopes: () => before().then(() => scopes.call(store)) }),
    ...(close && { close: () => close.call(store) }),
  }
}

async function headOf(store: Store, scope: ScopeId, after: Revision): Promise<Revision> {
  let head = after
  for await (const { revision } of store.read(scope, after)) head = revision
  return head
}

function pause(ms: DurationMs): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
