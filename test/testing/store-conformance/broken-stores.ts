/** Stores that are wrong in one way each, made from the memory store: what the kit must find. */
import type { ScopeId } from '../../../src/core/types.js'
import type { Batch, Store, StoredEvent } from '../../../src/runtime/ports.js'
import { memoryStore } from '../../../src/stores/memory.js'
import type { StorePlace } from '../../../src/testing/store-conformance/index.js'

export interface BrokenStore {
  /** What is wrong with it. */
  readonly flaw: string
  /** Part of the name of a case that must find it. */
  readonly foundBy: string
  make(): StorePlace
}

type Memory = ReturnType<typeof memoryStore>

/** One memory store with some methods replaced, the same at every opening. */
function changed(flaw: string, foundBy: string, change: (inner: Memory) => Partial<Store>): BrokenStore {
  const make = (): StorePlace => {
    const inner = memoryStore()
    const store = { ...inner, ...change(inner) }
    return { open: () => store }
  }
  return { flaw, foundBy, make }
}

/** As above; each opening makes the change anew, so that what it remembers is lost in between. */
function changedAtOpening(flaw: string, foundBy: string, change: (inner: Memory) => Partial<Store>): BrokenStore {
  const make = (): StorePlace => {
    const inner = memoryStore()
    return { open: () => ({ ...inner, ...change(inner) }) }
  }
  return { flaw, foundBy, make }
}

async function headOf(store: Store, scope: ScopeId): Promise<number> {
  let head = 0
  for await (const { revision } of store.read(scope, 0)) head = revision
  return head
}

const rename = (batch: Batch): Batch => ({ ...batch, id: `${Math.random()}` })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const appending: readonly BrokenStore[] = [
  changed('ignores what the caller expects', 'expects 0 at head 2 is refused', (inner) => ({
    append: async (scope, _, batch) => inner.append(scope, await headOf(inner, scope), batch),
  })),
  changed('takes any place that is not behind the head', 'expects 3 at head 2 is refused', (inner) => ({
    async append(scope, expected, batch) {
      const head = await headOf(inner, scope)
      return inner.append(scope, expected > head ? head : expected, batch)
    },
  })),
  changed('stores half of a large batch', 'a batch of 20000 events', (inner) => ({
    append: (scope, expected, batch) =>
      inner.append(scope, expected, { ...batch, events: batch.events.slice(0, 10_000) }),
  })),
  changed('stores a batch event by event', 'never ends inside a batch', (inner) => ({
    async append(scope, expected, batch) {
      let head = expected
      for (const [n, event] of batch.events.entries()) {
        const part = { ...batch, id: `${batch.id} ${n}`, events: [event] }
        const answer = await inner.append(scope, head, part)
        if (!answer.ok) return answer
        head = answer.head
        await turn()
      }
      return inner.append(scope, head, { ...batch, events: [] })
    },
  })),
  changed('compares first and stores later', 'of ten at one place one wins', (inner) => ({
    async append(scope, expected, batch) {
      const head = await headOf(inner, scope)
      if (head !== expected) return inner.append(scope, expected, batch)
      await turn()
      return inner.append(scope, await headOf(inner, scope), batch)
    },
  })),
  changed('refuses without telling the head', 'can be stored at the head that the refusal named', (inner) => ({
    async append(scope, expected, batch) {
      const answer = await inner.append(scope, expected, batch)
      return answer.ok ? answer : { ok: false, head: expected }
    },
  })),
  changed('refuses empty batches', 'an empty batch at the head', (inner) => ({
    async append(scope, expected, batch) {
      if (batch.events.length === 0) return { ok: false, head: await headOf(inner, scope) }
      return inner.append(scope, expected, batch)
    },
  })),
  changed('answers before it has stored', 'is there for whoever reads next', (inner) => ({
    async append(scope, expected, batch) {
      const head = await headOf(inner, scope)
      if (head !== expected) return inner.append(scope, expected, batch)
      setImmediate(() => inner.append(scope, expected, batch))
      return { ok: true, head: expected + batch.events.length }
    },
  })),
  changed('keeps the list of the caller', 'may go on with the list', (inner) => {
    const kept = new Map<string, Batch>()
    return {
      append(scope, expected, batch) {
        if (!kept.has(`${scope} ${expected}`)) kept.set(`${scope} ${expected}`, batch)
        return inner.append(scope, expected, batch)
      },
      async *read(scope, after) {
        for await (const stored of inner.read(scope, after)) {
          const batch = [...kept].find(([key]) => key === `${scope} ${stored.revision - 1}`)?.[1]
          if (batch === undefined || batch.events.length > 0) yield stored
        }
      },
    }
  }),
]

const repeating: readonly BrokenStore[] = [
  changed('knows no repeats', 'a batch is answered with ok again', (inner) => ({
    append: (scope, expected, batch) => inner.append(scope, expected, rename(batch)),
  })),
  changed('stores a repeated batch again', 'a batch is answered with ok again', (inner) => ({
    async append(scope, expected, batch) {
      const answer = await inner.append(scope, expected, rename(batch))
      return answer.ok ? answer : inner.append(scope, answer.head, rename(batch))
    },
  })),
  changedAtOpening('forgets the ids of batches on opening', 'repeat: after the store was closed', (inner) => {
    const known = new Set<string>()
    return {
      append(scope, expected, batch) {
        const key = JSON.stringify([scope, expected, batch.id])
        const isKnown = known.has(key)
        known.add(key)
        return inner.append(scope, expected, isKnown ? batch : { ...batch, id: `${batch.id} of ${Math.random()}` })
      },
    }
  }),
  changed('takes an id for a repeat wherever it comes', 'never answered with ok and not stored', (inner) => {
    const known = new Set<string>()
    return {
      async append(scope, expected, batch) {
        const key = JSON.stringify([scope, batch.id])
        if (known.has(key)) return { ok: true, head: await headOf(inner, scope) }
        const answer = await inner.append(scope, expected, batch)
        if (answer.ok) known.add(key)
        return answer
      },
    }
  }),
  changed('takes any batch at the last place for a repeat', 'another id at the same place', (inner) => ({
    append: (scope, expected, batch) => inner.append(scope, expected, { ...batch, id: 'always' }),
  })),
]

const reading: readonly BrokenStore[] = [
  changed('begins one too early', 'begins after any revision', (inner) => ({
    read: (scope, after) => inner.read(scope, Math.max(0, after - 1)),
  })),
  changed('numbers from the place it was asked for', 'begins after any revision', (inner) => ({
    async *read(scope, after) {
      let revision = 0
      for await (const stored of inner.read(scope, after)) {
        revision += 1
        yield { ...stored, revision }
      }
    },
  })),
  changed('reads no more than 1,000 events', '10,000 events', (inner) => ({
    async *read(scope, after) {
      for await (const stored of inner.read(scope, after)) if (stored.revision <= after + 1000) yield stored
    },
  })),
  changed('remembers the newest reading', 'is there for whoever reads next', (inner) => {
    let kept: readonly StoredEvent[] = []
    return {
      async *read(scope, after) {
        const old = kept
        kept = []
        for await (const stored of inner.read(scope, 0)) kept = [...kept, stored]
        yield* old.filter(({ revision }) => revision > after)
      },
    }
  }),
  changed('holds appends up while somebody reads', 'one that stands still holds nobody up', (inner) => {
    let readers = 0
    return {
      async *read(scope, after) {
        readers += 1
        try {
          yield* inner.read(scope, after)
        } finally {
          readers -= 1
        }
      },
      async append(scope, expected, batch) {
        if (readers > 0) throw new Error('the journal is being read')
        return inner.append(scope, expected, batch)
      },
    }
  }),
]

const keeping: readonly BrokenStore[] = [
  { flaw: 'keeps nothing', foundBy: 'what was stored is there after closing', make: () => ({ open: memoryStore }) },
  changed('folds the case of scopes', 'differ in case', (inner) => ({
    append: (scope, expected, batch) => inner.append(scope.toLowerCase() as ScopeId, expected, batch),
    read: (scope, after) => inner.read(scope.toLowerCase() as ScopeId, after),
  })),
  changed('writes names as UTF-8', 'no two hostile scopes are taken for one', (inner) => {
    const utf8 = (scope: ScopeId): ScopeId => Buffer.from(scope).toString() as ScopeId
    return {
      append: (scope, expected, batch) => inner.append(utf8(scope), expected, batch),
      read: (scope, after) => inner.read(utf8(scope), after),
    }
  }),
  changed('copies values by assignment', 'values: a key "__proto__"', (inner) => ({
    async append(scope, expected, batch) {
      const copy = (value: unknown): unknown => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
        const made: Record<string, unknown> = {}
        for (const [key, item] of Object.entries(value)) made[key] = copy(item)
        return made
      }
      return inner.append(scope, expected, { ...batch, events: batch.events.map(copy) as never })
    },
  })),
  changed('forgets who wrote', 'who wrote a batch is kept', (inner) => ({
    append: (scope, expected, batch) => inner.append(scope, expected, { ...batch, writer: 'me' }),
  })),
]

const besides: readonly BrokenStore[] = [
  changed('lets snapshots go back', 'snapshots: an older one is ignored', () => {
    const kept = new Map<string, Awaited<ReturnType<Memory['loadSnapshot']>>>()
    return {
      saveSnapshot: async (scope, snapshot) => void kept.set(scope, snapshot),
      loadSnapshot: async (scope) => kept.get(scope) ?? null,
    }
  }),
  changed('takes snapshots from the future', 'one above the head is refused', (inner) => ({
    async saveSnapshot(scope, snapshot) {
      if (snapshot.revision <= (await headOf(inner, scope))) await inner.saveSnapshot(scope, snapshot)
    },
  })),
  changed('cuts the journal at a snapshot', 'the journal stays whole', (inner) => ({
    async *read(scope, after) {
      const from = (await inner.loadSnapshot(scope))?.revision ?? 0
      for await (const stored of inner.read(scope, Math.max(after, from))) yield stored
    },
  })),
  changed('lists scopes in the order they came', 'is listed once, sorted', (inner) => {
    const names = new Set<ScopeId>()
    return {
      append(scope, expected, batch) {
        names.add(scope)
        return inner.append(scope, expected, batch)
      },
      scopes: async () => [...names],
    }
  }),
  changed('has a watch that wakes nobody', 'is woken by appends', () => ({ watch: () => () => undefined })),
]

export const brokenStores: readonly BrokenStore[] = [...appending, ...repeating, ...reading, ...keeping, ...besides]

/** Stores that are wrong about closing. */
export const badClosers: readonly BrokenStore[] = [
  changed('works on after it was closed', 'after closing, everything is refused by name', () => ({
    close: async () => undefined,
  })),
]
