/** What the tests of the file store share: stores on simulated disks, batches to write, and what must be read back. */
import type { RunEvent, ScopeId } from '../../../src/core/types.js'
import { isSchedulerError } from '../../../src/runtime/errors.js'
import type { Batch, Store } from '../../../src/runtime/ports.js'
import type { Processes } from '../../../src/stores/file/processes.js'
import { StoreInFiles, type StoreParts } from '../../../src/stores/file/store.js'
import { type DiskState, SimulatedDisk } from './simulated-disk.js'

export const ONE = 'one' as ScopeId
export const TWO = 'two' as ScopeId
export const ROOT = '/store'
const WRITER = 'test/1'

export type Options = Partial<Omit<StoreParts, 'folder' | 'disk'>>

let nextPid = 1

/** A process that has just started: whoever held a lock before is gone. */
export function freshProcess(): Processes {
  const pid = nextPid
  nextPid += 1
  return {
    self: () => ({ pid, started: String(pid), machine: 'here', boot: null }),
    isAlive: (owner) => owner.pid === pid,
  }
}

/** Segments and room are small, so that few events see all of it. */
export function storeOn(disk: SimulatedDisk, options: Options = {}): StoreInFiles {
  return new StoreInFiles({
    folder: ROOT,
    disk,
    processes: freshProcess(),
    durability: 'strict',
    access: 'write',
    maxBatchBytes: 100_000,
    segmentBytes: 3000,
    roomBytes: 1024,
    isCompacted: false,
    warn: () => undefined,
    ...options,
  })
}

/** Event number `n` of a journal, of about `characters`. */
export function event(n: number, characters = 60): RunEvent {
  return { type: 'worker.left', at: n, worker: `w${n}`, reason: 'é@ '.repeat(characters / 3) } as unknown as RunEvent
}

export function batchOf(first: number, count: number, characters?: number): Batch {
  const events = Array.from({ length: count }, (_, i) => event(first + i, characters))
  return { id: `batch-${first}`, events, writer: WRITER }
}

/** The numbers of the events of a scope, each of which must be what was written, at its place. */
export async function readAll(store: Store, scope: ScopeId = ONE, after = 0): Promise<number> {
  let last = after
  for await (const { revision, event: stored, writer } of store.read(scope, after)) {
    const { reason } = stored as unknown as { readonly reason: string }
    const isAsWritten = JSON.stringify(stored) === JSON.stringify(event(revision, reason.length))
    if (revision !== last + 1 || writer !== WRITER || !isAsWritten) {
      throw new Error(`After ${last} stands ${JSON.stringify(stored)} of ${writer}, as ${revision}.`)
    }
    last = revision
  }
  return last
}

/** As the host does: a batch whose append threw is offered again, the same at the same place. */
export async function insist(
  store: Store,
  scope: ScopeId,
  expected: number,
  batch: Batch,
  tries = 8,
): Promise<boolean> {
  for (let tried = 0; tried < tries; tried += 1) {
    try {
      return (await store.append(scope, expected, batch)).ok
    } catch (error) {
      if (!isSchedulerError(error)) throw error
    }
  }
  return false
}

export interface Expected {
  /** Heads that may be found, per scope: after what was acknowledged, or after a batch that was offered since. */
  readonly heads: ReadonlyMap<ScopeId, readonly number[]>
}

/** Restarts on this state: nothing acknowledged is lost, nothing is half there, and the journal can be gone on with. */
export async function checkState(state: DiskState, { heads }: Expected, options?: Options): Promise<void> {
  const disk = new SimulatedDisk(state)
  const store = storeOn(disk, options)
  const found = new Map<ScopeId, number>()
  for (const [scope, allowed] of heads) {
    const head = await readAll(store, scope)
    if (!allowed.includes(head)) throw new Error(`Scope ${scope} ends at ${head}; expected ${allowed.join(' or ')}.`)
    mustBeStored(await store.append(scope, head, batchOf(head + 1, 2)), head + 2)
    found.set(scope, head + 2)
  }
  const again = storeOn(new SimulatedDisk(disk.state), options)
  for (const [scope, head] of found) {
    if ((await readAll(again, scope)) !== head)
      throw new Error(`Scope ${scope} does not end at ${head} when read again.`)
    mustBeStored(await again.append(scope, head - 2, batchOf(head - 1, 2)), head)
  }
}

function mustBeStored(answer: { readonly ok: boolean; readonly head: number }, head: number): void {
  if (!answer.ok || answer.head !== head)
    throw new Error(`Expected to be stored up to ${head}, got ${JSON.stringify(answer)}.`)
}
