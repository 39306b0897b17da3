/** LISTEN and NOTIFY: the hint that somebody has appended. Everything here may fail without anybody being told. */
import type { DurationMs } from '../../core/types.js'
import type { Query } from './schema.js'
import type { PostgresClient, PostgresPool } from './source.js'

const CHANNEL = 'signalbox'
/** PostgreSQL refuses messages of 8,000 bytes and more; one without a name is for everybody. */
const MAX_NAME_CHARACTERS = 1000

const NOTIFY = `SELECT pg_notify('${CHANNEL}', message) FROM json_array_elements_text($1::json) AS message`

/** Pauses between tries to listen grow from the first to the longest, in ms. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

export interface Notifier {
  /** Says that something was appended, soon. Never waits, never throws. */
  tell(key: string): void
  /** Resolves when all is said. */
  settled(): Promise<void>
}

/**
 * Says after the commit what was committed, in a query of its own: inside the append, all appends of a database would
 * queue for the one lock that notifying transactions take. Names that gather while one query is under way share the next.
 */
export function createNotifier(query: Query, schema: string): Notifier {
  const waiting = new Set<string>()
  let sending: Promise<void> | null = null

  async function send(): Promise<void> {
    while (waiting.size > 0) {
      const messages = [...waiting]
      waiting.clear()
      await query(NOTIFY, [JSON.stringify(messages)]).catch(() => undefined)
    }
    sending = null
  }

  return {
    tell(key) {
      waiting.add(key.length > MAX_NAME_CHARACTERS ? schema : `${schema} ${key}`)
      sending ??= send()
    },
    settled: async () => void (await sending),
  }
}

export interface Listener {
  watch(key: string, wake: () => void): () => void
  /** Gives the connection back. */
  close(): Promise<void>
}

interface Watcher {
  readonly key: string
  readonly wake: () => void
}

/** Listens on a connection of its own while somebody watches; looks for another when it is lost. */
export function createListener(poolOf: () => Promise<PostgresPool>, schema: string): Listener {
  const watchers = new Set<Watcher>()
  let listening: Promise<void> | null = null
  let isClosed = false
  /** Ends what the loop waits for: a lost connection, or a pause. */
  let stir: () => void = () => undefined

  function hear(message: string): void {
    const isForAll = message === schema
    for (const { key, wake } of [...watchers]) if (isForAll || message === `${schema} ${key}`) hint(wake)
  }

  async function listen(): Promise<void> {
    let pauseMs: DurationMs = FIRST_PAUSE_MS
    while (watchers.size > 0 && !isClosed) {
      try {
        const client = await (await poolOf()).connect()
        await hearUntilLost(client, () => {
          pauseMs = FIRST_PAUSE_MS
          // Whatever was said while nobody listened.
          hear(schema)
        })
      } catch {
        // Tried again below.
      }
      if (watchers.size > 0 && !isClosed) await pause(pauseMs)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
    listening = null
  }

  async function hearUntilLost(client: PostgresClient, ready: () => void): Promise<void> {
    const lost = new Promise<void>((resolve) => {
      stir = resolve
      client.on('error', resolve)
      client.on('end', resolve)
    })
    client.on('notification', ({ payload }) => hear(payload ?? ''))
    try {
      await client.query(`LISTEN ${CHANNEL}`)
      ready()
      if (watchers.size > 0 && !isClosed) await lost
    } finally {
      // Never lent again: it would go on listening.
      client.release(true)
    }
  }

  function pause(ms: DurationMs): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      stir = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    watch(key, wake) {
      const watcher = { key, wake }
      if (!isClosed) {
        watchers.add(watcher)
        listening ??= listen()
      }
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0) stir()
      }
    },
    async close() {
      isClosed = true
      watchers.clear()
      stir()
      await listening
    },
  }
}

function hint(wake: () => void): void {
  try {
    wake()
  } catch {
    // Who is woken cannot hurt who is told next.
  }
}
