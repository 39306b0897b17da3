/** Events, batches and journals for the cases of the store kit, told apart by their notes. */
import type { JsonValue, Revision, RunEvent, RunId, ScopeId, TaskId } from '../../core/types.js'
import type { Batch, Store, StoredEvent, StoredSnapshot } from '../../runtime/ports.js'
import { must, mustBe } from './bench.js'

export const SCOPE: ScopeId = 'main' as ScopeId
export const WRITER = 'conformance/1'

/** An event that carries any JSON. */
export function eventOf(note: JsonValue): RunEvent {
  const task = { run: 'r1' as RunId, task: 'stream/task' as TaskId, attempt: 1, fence: 7 }
  return { type: 'attempt.progressed', at: 1_767_225_600_000, ...task, progress: note }
}

/** A batch with one event for each note. */
export function batchOf(id: string, ...notes: readonly JsonValue[]): Batch {
  return { id, events: notes.map(eventOf), writer: WRITER }
}

/** Notes `prefix1`, `prefix2`, … */
export function notesOf(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`)
}

export async function readAll(store: Store, after: Revision = 0, scope: ScopeId = SCOPE): Promise<StoredEvent[]> {
  const found: StoredEvent[] = []
  for await (const stored of store.read(scope, after)) found.push(stored)
  return found
}

export function noteOf({ event }: StoredEvent): JsonValue {
  return event.type === 'attempt.progressed' ? event.progress : `an event of type ${event.type}`
}

/** Appends at `expected`, and must be told that it is stored. Answers the new head. */
export async function put(store: Store, expected: Revision, batch: Batch, scope: ScopeId = SCOPE): Promise<Revision> {
  const head = expected + batch.events.length
  mustBe(await store.append(scope, expected, batch), { ok: true, head }, `The answer to batch "${batch.id}"`)
  return head
}

/** Appends one batch for each list of notes, at the head that the one before answered. Answers the last head. */
export async function fill(store: Store, lists: readonly (readonly JsonValue[])[], scope?: ScopeId): Promise<Revision> {
  let head = 0
  for (const [i, notes] of lists.entries()) head = await put(store, head, batchOf(`b${i + 1}`, ...notes), scope)
  return head
}

/** Appends where it must be refused, and must be told the head. */
export async function refuse(store: Store, expected: Revision, batch: Batch, head: Revision): Promise<void> {
  const answer = await store.append(SCOPE, expected, batch)
  mustBe(answer, { ok: false, head }, `The answer to an append that expects ${expected} at head ${head}`)
}

/** The journal must hold these notes, each with its revision; read from `after` on. */
export async function mustHold(
  store: Store,
  notes: readonly JsonValue[],
  after: Revision = 0,
  scope: ScopeId = SCOPE,
): Promise<void> {
  const found = await readAll(store, after, scope)
  mustBe(found.map(noteOf), notes, `The journal after revision ${after}`)
  inOrder(found, after)
}

/** Revisions must go on from `after`, one by one. */
export function inOrder(found: readonly StoredEvent[], after: Revision): void {
  for (const [i, { revision }] of found.entries()) {
    must(revision === after + i + 1, `Event ${i + 1} after ${after} has revision ${revision}, not ${after + i + 1}.`)
  }
}

export function snapshotOf(revision: Revision, data: JsonValue = { revision }): StoredSnapshot {
  return { revision, writer: WRITER, data }
}
