/** Who talks to PostgreSQL: the shapes that `pg` and its likes have, and a pool of our own for a connection string. */
import { schedulerError } from '../../runtime/errors.js'

export interface PostgresQueryable {
  /** As in `pg`: parameters are `$1`, `$2`, …; rows are objects. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** A connection that a pool has lent. */
export interface PostgresClient extends PostgresQueryable {
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
  /** Gives it back; with `true` it is closed, and not lent again. */
  release(destroy?: boolean): void
}

/** A pool of connections, as `new Pool()` of `pg` makes them. */
export interface PostgresPool extends PostgresQueryable {
  readonly totalCount: number
  connect(): Promise<PostgresClient>
}

/** A connection string, a pool, or anything that answers queries, such as one client of `pg`. */
export type PostgresSource = string | PostgresPool | PostgresQueryable

/** What may say that a connection was lost while nobody was using it. */
interface Emitter {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}

interface OwnPool extends PostgresPool {
  on(event: 'connect' | 'error', listener: (client: Emitter) => void): unknown
  end(): Promise<void>
}
type PoolMaker = new (options: Readonly<Record<string, unknown>>) => OwnPool

const ignore = (): void => undefined

/** How long a new connection may take, in ms. */
const CONNECT_MS = 10_000

export function isPool(source: PostgresQueryable): source is PostgresPool {
  const { totalCount, connect } = source as Partial<PostgresPool>
  return typeof totalCount === 'number' && typeof connect === 'function'
}

/** A pool for a connection string, ended by us. @throws SchedulerError STORE_FAILED where `pg` is not installed. */
export async function openPool(connectionString: string): Promise<OwnPool> {
  // Not a literal: bundlers must not ask for a package that is optional.
  const name: string = 'pg'
  let Pool: PoolMaker
  try {
    const found = (await import(/* @vite-ignore */ name)) as { readonly default: { readonly Pool: PoolMaker } }
    Pool = found.default.Pool
  } catch (cause) {
    const hint = 'Run `npm install pg`, or pass a pool of your own.'
    throw schedulerError('STORE_FAILED', 'A connection string needs the package "pg", which is not there.', hint, cause)
  }
  const pool = new Pool({ connectionString, connectionTimeoutMillis: CONNECT_MS, application_name: 'signalbox' })
  // The pool does not listen to connections that it is ending, and the server may be ending too.
  pool.on('connect', (client) => client.on('error', ignore))
  // Also after it was ended: a connection may still hear that the server ends.
  pool.on('error', ignore)
  return pool
}

/** When a single connection is free: settles, never rejects. */
const turns = new WeakMap<PostgresQueryable, Promise<unknown>>()

/** A single connection is asked one thing at a time, whichever of its stores asks. */
export function inTurn<T>(source: PostgresQueryable, ask: () => Promise<T>): Promise<T> {
  const answer = (turns.get(source) ?? Promise.resolve()).then(ask)
  turns.set(
    source,
    answer.catch(() => undefined),
  )
  return answer
}

/** How many stores need a source to outlive its connections: one listener serves them all. */
const users = new WeakMap<PostgresQueryable, number>()

/**
 * A server that goes away tells so on idle connections, and such an error ends the process where nobody listens. Whoever
 * queries next is told anyway. Returns how to stop listening.
 */
export function outliveLostConnections(source: PostgresQueryable): () => void {
  if (!isEmitter(source)) return () => undefined
  if (!users.has(source)) source.on('error', ignore)
  users.set(source, (users.get(source) ?? 0) + 1)
  return () => {
    const left = (users.get(source) ?? 1) - 1
    users.set(source, left)
    if (left > 0) return
    users.delete(source)
    source.off('error', ignore)
  }
}

function isEmitter(source: PostgresQueryable): source is PostgresQueryable & Emitter {
  const { on, off } = source as Partial<Emitter>
  return typeof on === 'function' && typeof off === 'function'
}
