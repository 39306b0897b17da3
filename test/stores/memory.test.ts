/** The memory store keeps the law of the port. */
import { describe, expect, it } from 'vitest'
import type { RunEvent, ScopeId } from '../../src/core/types.js'
import type { Store } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'

const scope = 'one' as ScopeId
const events = (...workers: readonly string[]): readonly RunEvent[] =>
  workers.map((worker, n) => ({ type: 'worker.left', at: n, worker, reason: '' }) as unknown as RunEvent)

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
    expect(await store.append(scope, 0, { id: 'x', events: events('a', 'b') })).toEqual({ ok: true, head: 2 })
    expect(await store.append(scope, 2, { id: 'y', events: events('c') })).toEqual({ ok: true, head: 3 })
    expect(await read(store)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
  })

  it('refuses a batch that does not know the head, and stores nothing of it', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a') })
    for (const expected of [0, 2, -1, Number.NaN]) {
      expect(await store.append(scope, expected, { id: 'y', events: events('b', 'c') })).toEqual({ ok: false, head: 1 })
    }
    expect(await read(store)).toEqual([[1, 'a']])
  })

  it('answers the same batch at the same place with ok, and stores it once', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a') })
    expect(await store.append(scope, 0, { id: 'x', events: events('a') })).toEqual({ ok: true, head: 1 })
    expect(await read(store)).toHaveLength(1)
  })

  it('refuses the same batch elsewhere, and one that is not the newest', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a') })
    await store.append(scope, 1, { id: 'y', events: events('b') })
    expect(await store.append(scope, 1, { id: 'x', events: events('a') })).toEqual({ ok: false, head: 2 })
    expect(await store.append(scope, 0, { id: 'x', events: events('a') })).toEqual({ ok: false, head: 2 })
  })

  it('of several at once, one wins', async () => {
    const store = memoryStore()
    const answers = await Promise.all(['x', 'y', 'z'].map((id) => store.append(scope, 0, { id, events: events(id) })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await read(store)).toHaveLength(1)
  })

  it('keeps scopes apart, whatever they are called', async () => {
    const store = memoryStore()
    for (const name of ['__proto__', 'constructor', '', 'two']) {
      expect(await store.append(name as ScopeId, 0, { id: 'x', events: events(name) })).toEqual({ ok: true, head: 1 })
    }
    expect(await read(store, 0, '__proto__' as ScopeId)).toEqual([[1, '__proto__']])
    expect(await read(store)).toEqual([])
  })

  it('takes its own list of the events: the caller may go on with his', async () => {
    const store = memoryStore()
    const mine = [...events('a')]
    await store.append(scope, 0, { id: 'x', events: mine })
    mine.length = 0
    expect(await read(store)).toHaveLength(1)
  })
})

describe('read', () => {
  it('begins after a revision, and is empty at the head and beyond', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a', 'b', 'c') })
    expect(await read(store, 2)).toEqual([[3, 'c']])
    expect(await read(store, 3)).toEqual([])
    expect(await read(store, 99)).toEqual([])
  })

  it('meets what is stored while it goes on, without gaps', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a') })
    const found: number[] = []
    for await (const { revision } of store.read(scope, 0)) {
      found.push(revision)
      if (revision < 3) await store.append(scope, revision, { id: `${revision}`, events: events('n') })
    }
    expect(found).toEqual([1, 2, 3])
  })

  it('may be left early', async () => {
    const store = memoryStore()
    await store.append(scope, 0, { id: 'x', events: events('a', 'b') })
    for await (const { revision } of store.read(scope, 0)) {
      expect(revision).toBe(1)
      break
    }
    expect(await read(store)).toHaveLength(2)
  })
})
