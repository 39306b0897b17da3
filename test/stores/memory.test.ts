/** The memory store keeps the law of the port. */
import { describe, expect, it } from 'vitest'
import type { RunEvent, ScopeId } from '../../src/core/types.js'
import type { Batch, Store } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { conforms } from './conformance.js'
import { crashAtEveryAppend } from './crash-at-every-append.js'
import { everyCallFails, failingStore } from './every-call-fails.js'

const scope = 'one' as ScopeId
const events = (...workers: readonly string[]): readonly RunEvent[] =>
  workers.map((worker, n) => ({ type: 'worker.left', at: n, worker, reason: '' }) as unknown as RunEvent)

const batch = (id: string, of: readonly RunEvent[], writer = 'test/1'): Batch => ({ id, events: of, writer })

async function read(store: Store, after = 0, of: ScopeId = scope): Promise<readonly (readonly [number, string])[]> {
  const found: (readonly [number, string])[] = []
  for await (const { revision, event } of store.read(of, after)) {
    found.push([revision, (event as { worker: string }).worker])
  }
  return found
}

describe('append', () => {
  it('stores a batch at the head, and answers the new head', async () => {
    const store = memoryStore()
    expect(await store.append(scope, 0, batch('x', events('a', 'b')))).toEqual({ ok: true, head: 2 })
    expect(await store.append(scope, 2, batch('y', events('c')))).toEqual({ ok: true, head: 3 })
    expect(await read(store)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
  })

  it('refuses a batch that does not know the head, and stores nothing of it', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a')))
    for (const expected of [0, 2, -1, Number.NaN]) {
      expect(await store.append(scope, expected, batch('y', events('b', 'c')))).toEqual({ ok: false, head: 1 })
    }
    expect(await read(store)).toEqual([[1, 'a']])
  })

  it('answers the same batch at the same place with ok, and stores it once', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a')))
    expect(await store.append(scope, 0, batch('x', events('a')))).toEqual({ ok: true, head: 1 })
    expect(await read(store)).toHaveLength(1)
  })

  it('refuses the same batch elsewhere, and one that is not the newest', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a')))
    await store.append(scope, 1, batch('y', events('b')))
    expect(await store.append(scope, 1, batch('x', events('a')))).toEqual({ ok: false, head: 2 })
    expect(await store.append(scope, 0, batch('x', events('a')))).toEqual({ ok: false, head: 2 })
  })

  it('of several at once, one wins', async () => {
    const store = memoryStore()
    const answers = await Promise.all(['x', 'y', 'z'].map((id) => store.append(scope, 0, batch(id, events(id)))))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await read(store)).toHaveLength(1)
  })

  it('keeps scopes apart, whatever they are called', async () => {
    const store = memoryStore()
    for (const name of ['__proto__', 'constructor', '', 'two']) {
      expect(await store.append(name as ScopeId, 0, batch('x', events(name)))).toEqual({ ok: true, head: 1 })
    }
    expect(await read(store, 0, '__proto__' as ScopeId)).toEqual([[1, '__proto__']])
    expect(await read(store)).toEqual([])
  })

  it('takes its own list of the events: the caller may go on with his', async () => {
    const store = memoryStore()
    const mine = [...events('a')]
    await store.append(scope, 0, batch('x', mine))
    mine.length = 0
    expect(await read(store)).toHaveLength(1)
  })
})

describe('read', () => {
  it('begins after a revision, and is empty at the head and beyond', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a', 'b', 'c')))
    expect(await read(store, 2)).toEqual([[3, 'c']])
    expect(await read(store, 3)).toEqual([])
    expect(await read(store, 99)).toEqual([])
  })

  it('meets what is stored while it goes on, without gaps', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a')))
    const found: number[] = []
    for await (const { revision } of store.read(scope, 0)) {
      found.push(revision)
      if (revision < 3) await store.append(scope, revision, batch(`${revision}`, events('n')))
    }
    expect(found).toEqual([1, 2, 3])
  })

  it('may be left early', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a', 'b')))
    for await (const { revision } of store.read(scope, 0)) {
      expect(revision).toBe(1)
      break
    }
    expect(await read(store)).toHaveLength(2)
  })
})

describe('what a store may have besides', () => {
  it('keeps who wrote each event', async () => {
    const store = memoryStore()
    await store.append(scope, 0, batch('x', events('a', 'b'), 'signalbox/1'))
    await store.append(scope, 2, batch('y', events('c'), 'signalbox/1'))
    await store.append(scope, 3, batch('z', events('d'), 'signalbox/2'))
    const writers: string[] = []
    for await (const { writer } of store.read(scope, 1)) writers.push(writer)
    expect(writers).toEqual(['signalbox/1', 'signalbox/1', 'signalbox/2'])
  })

  it('wakes who watches a scope after an append to it, until he stops', async () => {
    const store = memoryStore()
    let wakes = 0
    const stop = store.watch(scope, () => {
      wakes += 1
    })
    await store.append('other' as ScopeId, 0, batch('x', events('a')))
    expect(wakes).toBe(0)
    await store.append(scope, 0, batch('x', events('a')))
    await Promise.resolve()
    expect(wakes).toBe(1)
    stop()
    await store.append(scope, 1, batch('y', events('b')))
    await Promise.resolve()
    expect(wakes).toBe(1)
  })

  it('keeps the newest snapshot, and none above the head', async () => {
    const store = memoryStore()
    const snapshot = (revision: number) => ({ revision, writer: 'test/1', data: { revision } })
    expect(await store.loadSnapshot(scope)).toBeNull()
    await store.append(scope, 0, batch('x', events('a', 'b')))
    await store.saveSnapshot(scope, snapshot(2))
    await store.saveSnapshot(scope, snapshot(1))
    await expect(store.saveSnapshot(scope, snapshot(3))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'A snapshot of scope "one" at revision 3 is above the head of its journal, 2.',
    })
    expect(await store.loadSnapshot(scope)).toEqual(snapshot(2))
  })

  it('names the scopes that have a journal, sorted', async () => {
    const store = memoryStore()
    expect(await read(store)).toEqual([])
    for (const name of ['two', 'three']) await store.append(name as ScopeId, 0, batch('x', events('a')))
    expect(await store.scopes()).toEqual(['three', 'two'])
  })
})

describe('conformance', () => {
  conforms(
    () => {
      const store = memoryStore()
      return { open: () => store }
    },
    { without: ['close'] },
  )
})

it('a run ends, with every result committed once, whichever call of the store fails', { timeout: 60_000 }, async () => {
  const tried = await everyCallFails((failing) => {
    const store = memoryStore()
    return { open: () => failingStore(store, failing) }
  })
  expect(tried).toBeGreaterThan(10)
})

it('a run ends, with every result committed once, at whichever append its host dies', {
  timeout: 120_000,
}, async () => {
  const tried = await crashAtEveryAppend(() => {
    const store = memoryStore()
    return { open: () => store }
  })
  expect(tried).toBeGreaterThan(50)
})
