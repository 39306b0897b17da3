/** The memory store: journals in this process, gone with it. The law of the port without the disk. */
import type { Revision, RunEvent, ScopeId } from '../core/types.js'
import type { Batch, Store, StoredEvent, StoredSnapshot } from '../runtime/ports.js'
import { aboveHead } from './shared/above-head.js'

interface Journal {
  readonly events: RunEvent[]
  /** Who wrote the events from revision `from` on, up to the next entry. */
  readonly writers: { readonly from: Revision; readonly name: string }[]
  /** The newest batch and where it went: repeating it is answered, not stored again. */
  last: { readonly id: string; readonly expected: Revision } | null
  snapshot: StoredSnapshot | null
  /** All and only who watches this scope. */
  readonly watchers: Set<{ readonly wake: () => void }>
}

/** Keeps journals in memory, without limit. Schedulers that share one store share its scopes. */
export function memoryStore(): Required<Omit<Store, 'close' | 'processes'>> {
  const journals = new Map<ScopeId, Journal>()

  function journalOf(scope: ScopeId): Journal {
    const known = journals.get(scope)
    if (known !== undefined) return known
    const made: Journal = { events: [], writers: [], last: null, snapshot: null, watchers: new Set() }
    journals.set(scope, made)
    return made
  }

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    const journal = journalOf(scope)
    const { events, writers, last } = journal
    if (last?.id === batch.id && last.expected === expected) return { ok: true, head: events.length }
    if (expected !== events.length) return { ok: false, head: events.length }
    if (writers.at(-1)?.name !== batch.writer) writers.push({ from: expected + 1, name: batch.writer })
    // biome-ignore lint/style/useForOf: an iterator for each of many small batches costs more than what it goes over.
    for (let at = 0; at < batch.events.length; at += 1) events.push(batch.events[at]!)
    journal.last = { id: batch.id, expected }
    if (journal.watchers.size > 0) queueMicrotask(() => wakeAll(journal))
    return { ok: true, head: events.length }
  }

  async function* read(scope: ScopeId, after: Revision): AsyncGenerator<StoredEvent, void, undefined> {
    const { events, writers } = journalOf(scope)
    let at = 0
    for (let i = after; i < events.length; i += 1) {
      while (at + 1 < writers.length && writers[at + 1]!.from <= i + 1) at += 1
      yield { revision: i + 1, event: events[i]!, writer: writers[at]!.name }
    }
  }

  function watch(scope: ScopeId, wake: () => void): () => void {
    const { watchers } = journalOf(scope)
    const watcher = { wake }
    watchers.add(watcher)
    return () => void watchers.delete(watcher)
  }

  async function saveSnapshot(scope: ScopeId, snapshot: StoredSnapshot): Promise<void> {
    const journal = journalOf(scope)
    if (snapshot.revision > journal.events.length) throw aboveHead(scope, snapshot.revision, journal.events.length)
    if (snapshot.revision > (journal.snapshot?.revision ?? -1)) journal.snapshot = snapshot
  }

  async function scopes(): Promise<readonly ScopeId[]> {
    return [...journals.keys()].filter((scope) => journalOf(scope).events.length > 0).sort()
  }

  return {
    isShared: false,
    append,
    read,
    watch,
    saveSnapshot,
    loadSnapshot: async (scope) => journalOf(scope).snapshot,
    scopes,
  }
}

function wakeAll({ watchers }: Journal): void {
  for (const { wake } of watchers) wake()
}
