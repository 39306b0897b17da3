/** A scripted run of the store that goes through all it does, noting in the log of the disk what was offered and acknowledged. */
import type { ScopeId } from '../../../src/core/types.js'
import type { Operation, SimulatedDisk } from './simulated-disk.js'
import { batchOf, type Expected, insist, ONE, type Options, storeOn, TWO } from './world.js'

interface Note {
  readonly scope: ScopeId
  readonly head: number
  readonly type: 'offered' | 'acknowledged'
}

/** How many batches were never acknowledged, for all that was done. Small and large batches, two scopes side by side, appends that queue, full segments, snapshots, closing and opening. */
export async function playScript(disk: SimulatedDisk, options?: Options): Promise<number> {
  const heads = new Map<ScopeId, number>()
  const note = (type: Note['type'], scope: ScopeId, head: number) => disk.note({ type, scope, head } satisfies Note)
  let failed = 0
  let store = storeOn(disk, options)
  const append = async (scope: ScopeId, count: number, characters?: number) => {
    const expected = heads.get(scope) ?? 0
    const head = expected + count
    heads.set(scope, head)
    note('offered', scope, head)
    if (await insist(store, scope, expected, batchOf(expected + 1, count, characters)))
      note('acknowledged', scope, head)
    else {
      heads.set(scope, expected)
      failed += 1
    }
  }
  const snapshot = async (scope: ScopeId) => {
    const revision = heads.get(scope) ?? 0
    await store.saveSnapshot(scope, { revision, writer: 'test/1', data: { revision } }).catch(() => undefined)
  }
  await append(ONE, 1)
  await append(ONE, 3)
  await Promise.all([append(ONE, 1, 900), append(TWO, 2)])
  await append(ONE, 1)
  await snapshot(ONE)
  await append(ONE, 2, 600)
  await Promise.all([append(TWO, 1), append(TWO, 2, 300), append(TWO, 1)])
  await store.close().catch(() => undefined)
  store = storeOn(disk, options)
  await append(ONE, 1)
  await append(TWO, 1, 150)
  await snapshot(ONE)
  await append(ONE, 1, 1500)
  await append(ONE, 1)
  await store.close().catch(() => undefined)
  return failed
}

/** What a restart may find after the first `count` operations. */
export function expectedAfter(log: readonly Operation[], count: number): Expected {
  const heads = noHeads()
  for (const { type, scope, head } of notesIn(log.slice(0, count))) {
    const allowed = heads.get(scope)!
    if (type === 'offered') allowed.push(head)
    else heads.set(scope, [head, ...allowed.filter((other) => other > head)])
  }
  return { heads }
}

/** The ends of all batches that were offered, and 0. */
export function offeredIn(log: readonly Operation[]): Expected['heads'] {
  const heads = noHeads()
  for (const { type, scope, head } of notesIn(log)) if (type === 'offered') heads.get(scope)!.push(head)
  return heads
}

function noHeads(): Map<ScopeId, number[]> {
  return new Map([
    [ONE, [0]],
    [TWO, [0]],
  ])
}

function notesIn(log: readonly Operation[]): readonly Note[] {
  return log.flatMap((operation) => (operation.type === 'note' ? [operation.note as Note] : []))
}
