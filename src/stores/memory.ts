/** The memory store: journals in this process, gone with it. The law of the port without the disk. */
import type { Revision, RunEvent, ScopeId } from '../core/types.js'
import type { Batch, Store, StoredEvent } from '../runtime/ports.js'

interface Journal {
  readonly events: RunEvent[]
  /** The newest batch and where it went: repeating it is answered, not stored again. */
  last: { readonly id: string; readonly expected: Revision } | null
}

/** Keeps journals in memory, without limit. Schedulers that share one store share its scopes. */
export function memoryStore(): Store {
  const journals = new Map<ScopeId, Journal>()

  function journalOf(scope: ScopeId): Journal {
    const known = journals.get(scope)
    if (known !== undefined) return known
    const made: Journal = { events: [], last: null }
    journals.set(scope, made)
    return made
  }

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    const journal = journalOf(scope)
    const { events, last } = journal
    if (last?.id === batch.id && last.expected === expected) return { ok: true, head: events.length }
    if (expected !== events.length) return { ok: false, head: events.length }
    for (const event of batch.events) events.push(event)
    journal.last = { id: batch.id, expected }
    return { ok: true, head: events.length }
  }

  async function* read(scope: ScopeId, after: Revision): AsyncGenerator<StoredEvent, void, undefined> {
    const { events } = journalOf(scope)
    for (let i = after; i < events.length; i += 1) yield { revision: i + 1, event: events[i]! }
  }

  return { append, read }
}
