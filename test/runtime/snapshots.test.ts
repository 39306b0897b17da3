/** Snapshots: saved beside the work, read when a scope is opened, and never trusted more than the journal. */
import { expect, it } from 'vitest'
import { STATE_FORMAT } from '../../src/core/saved-state.js'
import type { JsonValue, Revision, ScopeId } from '../../src/core/types.js'
import type { Store, StoredSnapshot } from '../../src/runtime/ports.js'
import type { SchedulerWarning } from '../../src/runtime/warnings.js'
import { memoryStore } from '../../src/stores/memory.js'
import { allPauses, type Hosted, hosted, plan, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

const SCOPE = 'default' as ScopeId

/** A store that counts what is asked of it. */
interface CountedStore extends Store {
  /** Revisions after which it was read. */
  readonly reads: Revision[]
  readonly saves: Revision[]
  /** Saving waits for this. */
  gate: Promise<void>
}

function counted(inner: Store = memoryStore()): CountedStore {
  const store: CountedStore = {
    ...inner,
    reads: [],
    saves: [],
    gate: Promise.resolve(),
    read(scope, after) {
      store.reads.push(after)
      return inner.read(scope, after)
    },
    async saveSnapshot(scope, snapshot) {
      store.saves.push(snapshot.revision)
      await store.gate
      // As in a store outside of this process.
      await inner.saveSnapshot!(scope, JSON.parse(JSON.stringify(snapshot)) as StoredSnapshot)
    },
  }
  return store
}

const CHAIN = Array.from({ length: 8 }, (_, n) => ({ id: `t${n}`, dependsOn: n === 0 ? [] : [`t${n - 1}`] }))

/** Ends tasks of the chain one after the other. */
async function finish({ work }: Hosted, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    await turns()
    work.of(`t${n}`).finish(n)
  }
  await turns()
}

async function headOf(store: Store): Promise<Revision> {
  let head = 0
  for await (const { revision } of store.read(SCOPE, 0)) head = revision
  return head
}

/** A host that is gone in the middle of the chain, after a snapshot was saved. */
async function leftOver(store: CountedStore): Promise<StoredSnapshot> {
  const dead = hosted({ store, snapshotEvery: 6 })
  await dead.scheduler.start(plan(CHAIN), { id: 'r1' })
  await finish(dead, 0, 5)
  return (await store.loadSnapshot!(SCOPE))!
}

it('is saved about every so many events, and opening reads what came after', async () => {
  const store = counted()
  const { revision } = await leftOver(store)
  expect(store.saves.length).toBeGreaterThan(0)
  expect(revision).toBeGreaterThan(5)
  store.reads.length = 0
  const next = hosted({ store })
  const run = await next.scheduler.resume('r1')
  expect(store.reads).toEqual([revision])
  await finish(next, 5, 8)
  const outcome = await run.outcome
  expect(outcome).toMatchObject({ verdict: 'succeeded', results: { t0: 0, t4: 4, t7: 7 } })
  // It has ended: its history is read from the journal.
  const again = hosted({ store: { ...store } })
  expect((await (await again.scheduler.resume('r1')).outcome).results).toEqual(outcome.results)
  await Promise.all([next.scheduler.close(), again.scheduler.close(), allPauses()])
})

it('is saved on closing, unless there is little to save', async () => {
  for (const [snapshotEvery, saves] of [
    [100, 1],
    [1000, 0],
    [null, 0],
  ] as const) {
    const store = counted()
    const host = hosted({ store, snapshotEvery })
    await host.scheduler.start(plan(CHAIN), { id: 'r1' })
    await finish(host, 0, 8)
    await host.scheduler.close()
    expect(store.saves).toHaveLength(saves)
    if (saves > 0) expect(store.saves).toEqual([await headOf(store)])
  }
})

it('a large state is saved less often than a small one', async () => {
  const store = counted()
  const host = hosted({ store, snapshotEvery: 1 })
  const many = Array.from({ length: 40 }, (_, n) => ({ id: `u${n}`, dependsOn: ['t7'] }))
  await host.scheduler.start(plan([...CHAIN, ...many]), { id: 'r1' })
  await finish(host, 0, 8)
  // The workers joined before there was a run.
  expect(store.saves).toEqual([1])
  await Promise.all([host.scheduler.close({ graceMs: 0 }), allPauses()])
})

it('there are never two at once, and the work waits for none', async () => {
  const store = counted()
  let open = (): void => undefined
  store.gate = new Promise((resolve) => {
    open = resolve
  })
  const host = hosted({ store, snapshotEvery: 2 })
  await host.scheduler.start(plan(CHAIN.slice(0, 2)), { id: 'r1' })
  await finish(host, 0, 2)
  expect(store.saves).toHaveLength(1)
  open()
  await turns()
  await host.scheduler.start(plan(CHAIN.slice(0, 1)), { id: 'r2' })
  await turns()
  expect(store.saves.length).toBeGreaterThan(1)
  expect(store.saves).toEqual([...store.saves].sort((a, b) => a - b))
  await Promise.all([host.scheduler.close({ graceMs: 0 }), allPauses()])
})

it('one that cannot be saved is warned of, and tried again later', async () => {
  const store = counted()
  const warnings: SchedulerWarning[] = []
  store.gate = Promise.reject(new Error('The disk is full.'))
  store.gate.catch(() => undefined)
  const host = hosted({ store, snapshotEvery: 8, onWarning: (warning) => void warnings.push(warning) })
  const run = await host.scheduler.start(plan(CHAIN), { id: 'r1' })
  await finish(host, 0, 8)
  expect((await run.outcome).verdict).toBe('succeeded')
  expect(store.saves.length).toBeGreaterThan(1)
  expect(store.saves.length).toBeLessThan(4)
  expect(warnings[0]).toMatchObject({
    code: 'SNAPSHOT_FAILED',
    message: 'A snapshot of scope "default" could not be saved; the next one is tried later. The disk is full.',
  })
  await host.scheduler.close()
})

const damages: readonly [string, (data: Saved) => unknown][] = [
  ['of another format', (data) => ({ ...data, state: { ...data.state, format: STATE_FORMAT + 1 } })],
  ['that is something else', () => 'a text'],
  ['without its state', ({ plans }) => ({ plans })],
  ['of another revision', (data) => ({ ...data, state: { ...data.state, revision: 1 } })],
  ['of another plan', ({ state, plans: [[run]] }) => ({ state, plans: [[run, plan({ t0: {} }), []]] })],
  ['of a plan that cannot be read', ({ state, plans: [[run]] }) => ({ state, plans: [[run, {}, []]] })],
  ['that the journal does not follow', (data) => ({ ...data, state: { ...data.state, attempts: [], closing: [] } })],
]
type Saved = { readonly state: object; readonly plans: readonly [readonly [string, unknown, unknown]] }

it.each(damages)('one %s is warned of, and the whole journal is read', async (_, damage) => {
  const store = counted()
  const snapshot = await leftOver(store)
  store.reads.length = 0
  const warnings: SchedulerWarning[] = []
  const data = damage(snapshot.data as unknown as Saved) as JsonValue
  const damaged = { ...store, loadSnapshot: async () => ({ ...snapshot, data }) }
  const next = hosted({ store: damaged, onWarning: (warning) => void warnings.push(warning) })
  const run = await next.scheduler.resume('r1')
  expect(warnings).toMatchObject([{ code: 'SNAPSHOT_IGNORED' }])
  expect(store.reads.at(-1)).toBe(0)
  await finish(next, 5, 8)
  expect((await run.outcome).verdict).toBe('succeeded')
  await next.scheduler.close()
})

it('a plan that was amended before it goes on as amended', async () => {
  const store = counted()
  const dead = hosted({ store, snapshotEvery: 4 })
  const run = await dead.scheduler.start(plan({ a: {} }), { id: 'r1' })
  await run.amend({ add: { tasks: { b: { dependsOn: ['a'] } } } })
  await run.amend({ add: { tasks: { c: { dependsOn: ['b'] } } } })
  dead.work.of('a').finish()
  await turns()
  const { revision } = (await store.loadSnapshot!(SCOPE))!
  store.reads.length = 0
  const next = hosted({ store })
  const later = await next.scheduler.resume('r1')
  expect(store.reads).toEqual([revision])
  await later.amend({ add: { tasks: { d: { dependsOn: ['c'] } } } })
  for (const task of ['b', 'c', 'd']) {
    await turns()
    next.work.of(task).finish(task)
  }
  expect((await later.outcome).results).toEqual({ a: null, b: 'b', c: 'c', d: 'd' })
  await next.scheduler.close()
})

it('the host says what it cannot read where nobody listens, and is not harmed by who throws', async () => {
  const store = counted()
  const snapshot = await leftOver(store)
  const damaged = { ...store, loadSnapshot: async () => ({ ...snapshot, data: null }) }
  const next = hosted({
    store: damaged,
    onWarning: () => {
      throw new Error('no')
    },
  })
  expect((await next.scheduler.resume('r1')).id).toBe('r1')
  await Promise.all([next.scheduler.close({ graceMs: 0 }), allPauses()])
})

it.each([0, 1.5, Number.NaN])('%s events are no distance between snapshots', (snapshotEvery) => {
  expect(() => hosted({ snapshotEvery })).toThrow(/snapshotEvery/)
})
