/** A job that wakes one of several hosts, again and again: the queue sees to it that somebody leads, the store that only one does. */
import type { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { type BullmqQueue, Connections, checkCount, checkQueue, textOf, whileThere } from './connect.js'

export interface BullmqTickOptions extends BullmqQueue {
  /** What the hosts are to lead. Default `default`. */
  readonly scope?: string
  /** How long after its last beginning a tick comes again, at the earliest, in ms. Default 10,000. */
  readonly everyMs?: number
  /** How long a host that was woken is believed without a sign of life, in ms. Default 30,000. */
  readonly lockMs?: number
  /**
   * What a host does when it is woken: as a rule it opens a scheduler on the shared store, resumes what is open, waits for that, and
   * closes. No other host is woken until it has resolved. `signal` is aborted when this host has lost its turn, or closes.
   */
  readonly tick: (signal: AbortSignal) => unknown
}

export interface BullmqTick {
  /** Resolves when this host can be woken. Rejects where a package is missing. */
  ready(): Promise<void>
  /** It is woken no more; aborts the signal of a tick under way, and waits for it. */
  close(): Promise<void>
}

const DEFAULT_EVERY_MS = 10_000
const DEFAULT_LOCK_MS = 30_000
/** Pause before Redis is asked again after it failed. */
const RETRY_MS = 1000
/** One name for all hosts, so that there is one tick. */
const TICK = 'tick'

/**
 * Has this host woken in its turn. Of all hosts that call it with the same queue and scope one at a time is; when it dies, the next
 * one is within one and a half times `lockMs`. That is all it promises: whether a host may lead is for the store to say.
 *
 * @throws TypeError for options that are none
 * @example
 * bullmqTick({ connection, queue: 'builds', tick: async () => {
 *   const scheduler = createScheduler({ store: postgresStore(url), handlers })
 *   const runs = (await scheduler.list()).filter(({ status }) => status === 'open')
 *   for (const { id } of runs) await (await scheduler.resume(id)).outcome
 *   await scheduler.close()
 * } })
 */
export function bullmqTick(options: BullmqTickOptions): BullmqTick {
  const { scope = 'default', everyMs = DEFAULT_EVERY_MS, lockMs = DEFAULT_LOCK_MS } = options
  checkQueue(options)
  const settings = { ...options, queue: `${options.queue}-tick-${scope}` }
  checkQueue(settings)
  const ticker = new Ticker({
    ...settings,
    everyMs: checkCount('everyMs', everyMs),
    lockMs: checkCount('lockMs', lockMs),
  })
  const ready = ticker.open()
  // Told by `ready`.
  ready.catch(() => undefined)
  return { ready: () => ready, close: () => ticker.close() }
}

class Ticker {
  private readonly settings: BullmqTickOptions & { readonly everyMs: number; readonly lockMs: number }
  private readonly closing = new AbortController()
  private underWay: AbortController | null = null
  private connections: Connections | null = null
  private redis: Redis | null = null
  private worker: Worker | null = null

  constructor(settings: Ticker['settings']) {
    this.settings = settings
  }

  async open(): Promise<void> {
    const { queue: name, prefix = 'bull', everyMs, lockMs } = this.settings
    const connections = await Connections.open(this.settings)
    this.connections = connections
    if (this.closing.signal.aborted) return
    const { Queue, Worker } = connections.packages.bullmq
    const connection = connections.connect()
    this.redis = connection
    const queue = new Queue(name, { connection, prefix })
    queue.on('error', (error) => connections.tellTrouble(error))
    // One that is due while another is under way waits for its end.
    await queue.setGlobalConcurrency(1)
    const once = { removeOnComplete: true, removeOnFail: true }
    await queue.upsertJobScheduler(TICK, { every: everyMs }, { name: TICK, opts: once })
    if (this.closing.signal.aborted) return
    const turn = {
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 2),
      runRetryDelay: RETRY_MS,
    }
    const worker = new Worker(name, () => this.wake(), { connection, prefix, ...turn })
    this.worker = worker
    worker.on('error', (error) => connections.tellTrouble(error))
    worker.on('failed', (_, error) => connections.warn(`A tick has failed: ${textOf(error)}`))
    worker.on('lockRenewalFailed', () => this.underWay?.abort(new Error('Another host may have been woken.')))
    await worker.waitUntilReady()
  }

  private async wake(): Promise<void> {
    this.underWay = new AbortController()
    try {
      await this.settings.tick(AbortSignal.any([this.underWay.signal, this.closing.signal]))
    } finally {
      this.underWay = null
    }
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('This host closes.'))
    const closed = this.worker?.close(this.redis?.status !== 'ready').catch(() => undefined)
    if (this.redis !== null) await whileThere(this.redis, async () => closed)
    this.connections?.close()
  }
}
