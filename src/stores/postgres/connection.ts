/** The way to the server: opened and migrated when it is first needed, closed once. */
import { migrate, type Query, type Statements } from './schema.js'
import { inTurn, isPool, openPool, outliveLostConnections, type PostgresPool, type PostgresSource } from './source.js'
import { isToRepeat, postgresClosed, postgresFailed } from './trouble.js'

export interface PostgresConnection {
  /**
   * Asks once the tables are there. Statements that met another one and did nothing are repeated; whatever else fails is
   * told.
   *
   * @throws SchedulerError STORE_CLOSED, STORE_FAILED, STORE_CORRUPT, STORE_FORMAT
   */
  readonly query: Query
  /** Asks without more ado, also after `refuse`. */
  readonly queryAtOnce: Query
  /** The pool, for who needs a connection of his own. */
  readonly pool: () => Promise<PostgresPool>
  /** From now on every query rejects with STORE_CLOSED. */
  refuse(): void
  /** Ends what is ours. */
  end(): Promise<void>
}

/** How often a statement is repeated that met another one (serialization failure, deadlock). */
const MEETINGS = 20

type Asked = Exclude<PostgresSource, string>

export function connect(source: PostgresSource, schema: string, statements: Statements): PostgresConnection {
  let ownPool: ReturnType<typeof openPool> | null = null
  let migrated: Promise<void> | null = null
  let isClosed = false
  let stopListening: (() => void) | null = null
  let ending: Promise<void> | null = null

  async function asked(): Promise<Asked> {
    if (typeof source !== 'string') {
      stopListening ??= outliveLostConnections(source)
      return source
    }
    ownPool ??= openPool(source)
    const pool = await ownPool
    stopListening ??= outliveLostConnections(pool)
    return pool
  }

  async function queryAtOnce(text: string, values?: unknown[]): Promise<readonly unknown[]> {
    const found = await asked()
    const { rows } = await (isPool(found) ? found.query(text, values) : inTurn(found, () => found.query(text, values)))
    return rows
  }

  async function repeatedly(text: string, values?: unknown[]): Promise<readonly unknown[]> {
    for (let meetings = 0; ; meetings += 1) {
      try {
        return await queryAtOnce(text, values)
      } catch (error) {
        if (!isToRepeat(error) || meetings === MEETINGS) throw error
      }
    }
  }

  function ready(): Promise<void> {
    migrated ??= migrate(repeatedly, schema, statements).catch((error: unknown) => {
      migrated = null
      throw error
    })
    return migrated
  }

  async function query(text: string, values?: unknown[]): Promise<readonly unknown[]> {
    try {
      if (isClosed) throw postgresClosed()
      await ready()
      if (isClosed) throw postgresClosed()
      return await repeatedly(text, values)
    } catch (error) {
      throw postgresFailed(error)
    }
  }

  async function pool(): Promise<PostgresPool> {
    const found = await asked()
    if (!isPool(found)) throw new Error('A single connection cannot lend one.')
    return found
  }

  async function end(): Promise<void> {
    // A pool that could not be made has told whoever asked for it.
    const made = await ownPool?.catch(() => null)
    await made?.end()
    stopListening?.()
  }

  return {
    query,
    queryAtOnce,
    pool,
    refuse() {
      isClosed = true
    },
    end() {
      ending ??= end()
      return ending
    },
  }
}
