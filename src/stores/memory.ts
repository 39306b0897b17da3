/** The memory store: journals in this process, gone with it. The law of the port without the disk. */
import type { Revision, ScopeId } from '../core/types.js'
import type { Batch, Store, StoredEvent } from '../runtime/ports.js'
import { createEventLog, type EventLog } from './memory/log.js'

interface Journal {
  readonly events: EventLog
  /** The newest batch and where it went: repeating it is answered, not stored again. */
  last: { readonly id: string; readonly expected: Revision } | null
}

/** Keeps journals in memory, without limit. Schedulers that share one store share its scopes. */
export function memoryStore(): Store {
  const journals = new Map<ScopeId, Journal>()

  function journalOf(scope: ScopeId): Journal {
    const known = journals.get(scope)
    if (known !== undefined) return known
    const made: Journal = { events: createEventLog(), last: null }
    journals.set(scope, made)
    return made
  }

  async function append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ ok: boolean; head: Revision }> {
    const journal = journalOf(scope)
    const { events, last } = journal
    if (last?.id === batch.id && last.expected === expected) return { ok: true, head: events.size }
    if (expected !== events.size) return { ok: false, head: events.size }
    for (const event of batch.events) events.push(event)
    journal.last = { id: batch.id, expected }
    return { ok: true, head: events.size }
  }

  async function* read(scope: ScopeId, after: Revision): AsyncGenerator<StoredEvent, void, undefined> {
    const { events } = journalOf(scope)
    for (let i = after; i < events.size; i += 1) yield { revision: i + 1, event: events.at(i) }
  }

  return { append, read }
}
