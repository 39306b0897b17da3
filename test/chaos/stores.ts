/** Stores by the words of a call, for processes that are killed and those that look at what is left. */
import { join } from 'node:path'
import type { Store } from 'signalbox'
import { fileStore } from 'signalbox/stores/file'
import { postgresStore } from 'signalbox/stores/postgres'
import { sqliteStore } from 'signalbox/stores/sqlite'

export type StoreKind = 'file' | 'sqlite' | 'postgres'

/** @param place - A folder of its own; of PostgreSQL the address, with the schema behind `#`. */
export function storeIn(kind: StoreKind, place: string): Store {
  if (kind === 'file') return fileStore(join(place, 'store'), { onWarning: () => undefined })
  if (kind === 'sqlite') return sqliteStore(join(place, 'store.db'))
  const [url = '', schema = 'signalbox'] = place.split('#')
  return postgresStore(url, { schema })
}
