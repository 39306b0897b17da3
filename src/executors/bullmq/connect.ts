/** What both sides of a queue share: the packages, connections, names, and bounds on what Redis gives them. */
import { createHash } from 'node:crypto'
import type * as BullMQ from 'bullmq'
import type { Redis, RedisOptions } from 'ioredis'
import type { AttemptRequest } from '../../runtime/ports.js'

/** Where a queue is. The same for the scheduler and its workers. */
export interface BullmqQueue {
  /** An address such as `redis://localhost:6379`, or options of `ioredis`. */
  readonly connection: string | object
  /** A queue of its own: nobody else adds to it or takes from it. No `:` in it. */
  readonly queue: string
  /** What all keys begin with. Default `bull`. */
  readonly prefix?: string
  /** Hears that Redis is away, and of reports that were refused. Default: printed with `console.warn`. */
  readonly onWarning?: (message: string) => void
}

export interface Packages {
  readonly bullmq: typeof BullMQ
  readonly Redis: new (options: RedisOptions) => Redis
  readonly RedisAt: new (url: string, options: RedisOptions) => Redis
}

/** Longest pause before the next try to reach Redis, in ms. */
const MAX_RECONNECT_MS = 1000
/** Different troubles that are told at most, until Redis is reached anew. */
const MAX_TOLD = 20
/** How long a sign of what was said, ordered or ended is kept where nobody takes it, in ms: a week. */
export const KEEP_MS = 604_800_000
/** Largest attempt or outcome by default, in characters of JSON. */
export const MAX_CHARACTERS = 4_194_304
/** Largest single thing that is said or answered, in characters of JSON. */
export const MAX_WORD_CHARACTERS = 262_144
/** Questions of one attempt that wait for their answers at once. */
export const MAX_QUESTIONS = 64

/** Packages are missing; it names the line to install them. Trying again would not help. */
export class PackagesMissing extends Error {}

/** @throws PackagesMissing */
async function loadPackages(): Promise<Packages> {
  // Not literals: bundlers must not ask for packages that are optional.
  const names: readonly string[] = ['bullmq', 'ioredis']
  try {
    const [bullmq, ioredis] = await Promise.all(names.map((name) => import(/* @vite-ignore */ name)))
    return { bullmq, Redis: ioredis.Redis, RedisAt: ioredis.Redis }
  } catch (cause) {
    const message = 'BullMQ needs the packages "bullmq" and "ioredis". Run `npm install bullmq ioredis`.'
    throw new PackagesMissing(message, { cause })
  }
}

/** The connections of one side of a queue, ended together. */
export class Connections {
  readonly packages: Packages
  private readonly place: BullmqQueue
  private readonly all: Redis[] = []
  /** What was said since Redis was last reached. */
  private readonly told: Set<string> = new Set()
  private isClosed = false

  private constructor(packages: Packages, place: BullmqQueue) {
    this.packages = packages
    this.place = place
  }

  /** @throws PackagesMissing */
  static async open(place: BullmqQueue): Promise<Connections> {
    return new Connections(await loadPackages(), place)
  }

  /** A connection of its own, which comes back whenever Redis does; commands wait until then. */
  connect(): Redis {
    const { connection } = this.place
    const { Redis, RedisAt } = this.packages
    const settings: RedisOptions = {
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(times * 50, MAX_RECONNECT_MS),
    }
    const redis =
      typeof connection === 'string' ? new RedisAt(connection, settings) : new Redis({ ...connection, ...settings })
    return this.track(redis)
  }

  private track(redis: Redis): Redis {
    this.all.push(redis)
    redis.on('error', (error: unknown) => this.tellTrouble(error))
    redis.on('ready', () => this.told.clear())
    // BullMQ makes some of its own, and where Redis is away it never comes to ending them.
    const { duplicate } = redis
    redis.duplicate = (...options) => this.track(duplicate.apply(redis, options))
    return redis
  }

  /** Says once for each time that Redis is away, and each thing that it refuses. */
  tellTrouble(error: unknown): void {
    const { syscall } = Object(error) as { readonly syscall?: unknown }
    const isAway = syscall !== undefined || this.all.some(({ status }) => status !== 'ready')
    const text = textOf(error)
    const told = isAway ? '' : text
    if (this.told.has(told) || this.told.size > MAX_TOLD) return
    this.told.add(told)
    if (isAway) this.warn(`Redis does not answer; the queue "${this.place.queue}" waits for it. ${text}`)
    else this.warn(`Redis refuses something of the queue "${this.place.queue}". ${text}`)
  }

  warn(message: string): void {
    if (this.isClosed) return
    try {
      // biome-ignore lint/suspicious/noConsole: the last resort for a warning that nobody asked for.
      if (this.place.onWarning === undefined) console.warn(`signalbox: ${message}`)
      else this.place.onWarning(message)
    } catch {
      // Whoever listens cannot do harm.
    }
  }

  close(): void {
    this.isClosed = true
    for (const redis of this.all) {
      const isBetweenTries = redis.status === 'reconnecting'
      redis.disconnect()
      // Otherwise it says so itself. What waits for it, timers of BullMQ included, would keep the process alive.
      if (isBetweenTries) redis.emit('end')
    }
  }
}

/** Waits for what needs Redis, but no longer than Redis is there: else it would wait for it to come back. */
export async function whileThere(redis: Redis, work: () => Promise<unknown>): Promise<void> {
  if (redis.status !== 'ready') return
  const gone = new Promise<void>((resolve) => redis.once('close', () => resolve()))
  await Promise.race([gone, work().catch(() => undefined)])
}

/** @throws TypeError for a name that is none */
export function checkQueue({ queue, prefix = 'bull' }: BullmqQueue): void {
  for (const [name, value] of Object.entries({ queue, prefix })) {
    if (typeof value === 'string' && /^[^\s:]{1,128}$/.test(value)) continue
    throw new TypeError(
      `"${name}" must be 1 to 128 characters without spaces and colons, not ${JSON.stringify(value)}.`,
    )
  }
}

/** @throws TypeError unless it is a whole number from 1 */
export function checkCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`"${name}" must be a whole number from 1, not ${String(value)}.`)
}

/** The keys and channels of a queue. */
export interface Names {
  /** Of a job, as BullMQ has it. */
  job(id: string): string
  /** Its lock, as BullMQ has it: there is one as long as its worker renews it. */
  lock(id: string): string
  /** What an attempt has said and nobody has acted upon yet: a stream. */
  said(id: string): string
  /** What an attempt was told: a list. */
  orders(id: string): string
  /** Where workers call the scheduler's side: `said <id>`, `beat <id>`. */
  readonly saidChannel: string
  /** Where the scheduler's side calls workers: the id. */
  readonly ordersChannel: string
}

export function namesOf({ queue, prefix = 'bull' }: BullmqQueue): Names {
  const head = `${prefix}:${queue}`
  return {
    job: (id) => `${head}:${id}`,
    lock: (id) => `${head}:${id}:lock`,
    said: (id) => `${head}:${id}:said`,
    orders: (id) => `${head}:${id}:orders`,
    saidChannel: `${head}:said`,
    ordersChannel: `${head}:orders`,
  }
}

/** An attempt id is used again in another journal; together with the time of its start it is not. */
export function jobIdOf({ id, startedAt }: AttemptRequest): string {
  return `attempt-${createHash('sha256').update(`${startedAt}/${id}`).digest('hex').slice(0, 32)}`
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
