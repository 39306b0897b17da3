/** The hint that somebody has appended: at once for this store's own appends, by looking at the file for others'. */
import type { DurationMs, ScopeId } from '../../core/types.js'
import type { SqliteConnection } from './connection.js'

export interface FileWatch {
  watch(scope: ScopeId, wake: () => void): () => void
  /** This store has appended to a scope. */
  wake(scope: ScopeId): void
  stop(): void
}

interface Watcher {
  readonly scope: ScopeId
  readonly wake: () => void
}

/** Looks at the file every `watchMs` while somebody watches; that keeps no process alive. */
export function watchFile(connection: SqliteConnection, watchMs: DurationMs): FileWatch {
  const watchers = new Set<Watcher>()
  let timer: ReturnType<typeof setInterval> | null = null
  /** Changes whenever another connection has committed; null before the first look. */
  let version: number | null = null

  async function look(): Promise<void> {
    try {
      const row = await connection.use((statement) => statement('PRAGMA data_version').get())
      const { data_version: found } = row as { readonly data_version: number }
      const isNew = version !== null && found !== version
      version = found
      if (isNew) for (const watcher of [...watchers]) hint(watcher)
    } catch {
      // A hint may be missing; whoever reads or appends is told what is wrong.
    }
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
    version = null
    watchers.clear()
  }

  return {
    watch(scope, wake) {
      const watcher = { scope, wake }
      if (!connection.isClosed()) watchers.add(watcher)
      if (timer === null && watchers.size > 0) {
        timer = setInterval(() => void look(), watchMs)
        timer.unref()
        void look()
      }
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0) stop()
      }
    },
    wake(scope) {
      for (const watcher of [...watchers]) if (watcher.scope === scope) hint(watcher)
    },
    stop,
  }
}

function hint({ wake }: Watcher): void {
  try {
    wake()
  } catch {
    // Who is woken cannot make an append fail that is stored.
  }
}
