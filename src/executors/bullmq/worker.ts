/** The side of a machine that works: takes attempts out of a queue and carries them out. */
import { hostname } from 'node:os'
import type { Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { AttemptRequest } from '../../runtime/ports.js'
import { askingBy } from '../shared/asked.js'
import {
  type BullmqQueue,
  Connections,
  checkCount,
  checkQueue,
  MAX_CHARACTERS,
  type Names,
  namesOf,
  textOf,
  whileThere,
} from './connect.js'
import { type BullmqHandlers, carryOut } from './handlers.js'
import { Speaking } from './speaking.js'
import { packAsJson, type Report, readAttempt, readOrder, refusalOf, writeReport } from './words.js'

export interface BullmqWorkerOptions extends BullmqQueue {
  /** Functions or executors by handler name, or what `defineHandlers` gives. */
  readonly handlers: BullmqHandlers
  /** Attempts at once. Default 1. */
  readonly concurrency?: number
  /**
   * How long this worker is believed without a sign of life, in ms; it gives one each half of it. One that cannot for so long
   * stops what it does. Default 30,000.
   */
  readonly lockMs?: number
  /** Largest attempt and largest outcome, in characters of JSON. Default 4,194,304. */
  readonly maxCharacters?: number
}

export interface BullmqWorker {
  /** Resolves when it takes attempts. Rejects where a package is missing. */
  ready(): Promise<void>
  /**
   * Takes nothing more, and waits up to `graceMs` (default 10,000) for what it has begun; what is left is told to stop and handed
   * back: it is lost, which costs none of its retries.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

interface UnderWay {
  readonly controller: AbortController
  readonly speaking: Speaking
  /** Orders that it has obeyed. */
  obeyed: number
  reading: Promise<void>
  /** When its lock was last known to be its own. */
  lockedAt: number
  /** It is handed back, because its worker closes. */
  isHandedBack: boolean
}

const DEFAULT_LOCK_MS = 30_000
const DEFAULT_GRACE_MS = 10_000
/** What was told to stop ends, as a rule, within this time. */
const LAST_WAIT_MS = 1000
/** How often in the time of a lock a worker looks whether it still has it. */
const LOOKS_PER_LOCK = 4
/** Pause before Redis is asked for work again after it failed. */
const RETRY_MS = 1000
/** Calls for attempts that are not under way yet: the call may overtake the attempt. */
const MAX_EARLY_CALLS = 1000

/**
 * Works on attempts that a `bullmqExecutor` puts into a queue of the same name. As many as there are to be may run, on any
 * machine that reaches the Redis. Keeps the process alive until it is closed.
 *
 * @throws TypeError for options that are none
 * @example
 * const worker = bullmqWorker({ connection: 'redis://localhost:6379', queue: 'builds', handlers: { 'repo.build': build } })
 */
export function bullmqWorker(options: BullmqWorkerOptions): BullmqWorker {
  checkQueue(options)
  const { concurrency = 1, lockMs = DEFAULT_LOCK_MS, maxCharacters = MAX_CHARACTERS } = options
  const side = new WorkerSide({
    ...options,
    concurrency: checkCount('concurrency', concurrency),
    lockMs: checkCount('lockMs', lockMs),
    maxCharacters: checkCount('maxCharacters', maxCharacters),
  })
  const ready = side.open()
  // Told by `ready`.
  ready.catch(() => undefined)
  return { ready: () => ready, close: ({ graceMs = DEFAULT_GRACE_MS } = {}) => side.close(graceMs) }
}

class WorkerSide {
  private readonly settings: Required<Pick<BullmqWorkerOptions, 'concurrency' | 'lockMs' | 'maxCharacters'>> &
    BullmqWorkerOptions
  private readonly names: Names
  private readonly underWay: Map<string, UnderWay> = new Map()
  private readonly earlyCalls: Set<string> = new Set()
  private connections: Connections | null = null
  private redis: Redis | null = null
  private worker: Worker | null = null
  private looking: ReturnType<typeof setInterval> | undefined
  private closing: Promise<void> | null = null
  private onIdle: (() => void) | null = null

  constructor(settings: WorkerSide['settings']) {
    this.settings = settings
    this.names = namesOf(settings)
  }

  async open(): Promise<void> {
    const { queue, prefix = 'bull', concurrency, lockMs } = this.settings
    const connections = await Connections.open(this.settings)
    this.connections = connections
    if (this.closing !== null) return
    this.redis = connections.connect()
    await this.listen(connections.connect())
    if (this.closing !== null) return
    const worker = new connections.packages.bullmq.Worker(queue, (job) => this.work(job), {
      connection: this.redis,
      prefix,
      concurrency,
      name: hostname(),
      lockDuration: lockMs,
      stalledInterval: lockMs,
      // Taking it up elsewhere is for the plan to decide.
      maxStalledCount: 0,
      runRetryDelay: RETRY_MS,
    })
    this.worker = worker
    worker.on('error', (error) => this.hearTrouble(error))
    worker.on('locksRenewed', ({ jobIds }) => this.renewed(jobIds))
    worker.on('lockRenewalFailed', (ids: readonly string[]) => {
      for (const id of ids) this.lose(id)
    })
    this.looking = setInterval(() => this.look(), lockMs / LOOKS_PER_LOCK)
    this.looking.unref()
    await worker.waitUntilReady()
  }

  private async listen(line: Redis): Promise<void> {
    line.on('message', (_, id: string) => this.called(id))
    // What was told while the line was down.
    line.on('ready', () => {
      for (const [id, one] of this.underWay) this.obey(id, one)
    })
    await line.subscribe(this.names.ordersChannel)
  }

  /** What it returns is the report, if BullMQ still takes it: nobody else may have been given the job. */
  private async work(job: Job): Promise<string> {
    const { maxCharacters } = this.settings
    const id = job.id!
    const attempt = readAttempt(job.data, maxCharacters)
    if (attempt === null)
      return refusalOf('The attempt cannot be read by its worker, or is larger than "maxCharacters".')
    const speaking = new Speaking(this.redis!, this.names, id, (value) => job.updateProgress(value))
    const one: UnderWay = {
      controller: new AbortController(),
      speaking,
      obeyed: 0,
      reading: Promise.resolve(),
      lockedAt: performance.now(),
      isHandedBack: false,
    }
    this.underWay.set(id, one)
    if (this.earlyCalls.delete(id)) this.obey(id, one)
    try {
      const outcome = await this.carryOut(attempt, one)
      await speaking.end()
      return writeReport({ spoken: speaking.hasSpoken, outcome }, maxCharacters)
    } finally {
      this.underWay.delete(id)
      if (this.underWay.size === 0) this.onIdle?.()
    }
  }

  private async carryOut(attempt: AttemptRequest, one: UnderWay): Promise<Report['outcome']> {
    const { speaking, controller } = one
    const context = {
      attempt,
      signal: controller.signal,
      heartbeat: (progress?: unknown) => speaking.heartbeat(progress),
      log: (text: string, stream?: 'log' | 'stdout' | 'stderr') => speaking.log(text, stream),
      ...askingBy((asked) => speaking.ask(asked)),
    }
    let outcome: Report['outcome']
    try {
      outcome = await carryOut(this.settings.handlers, attempt, context)
    } catch (error) {
      outcome = { thrown: packAsJson(error) }
    }
    if (!one.isHandedBack || ('ok' in outcome && outcome.ok)) return outcome
    return { ok: false, failure: { kind: 'lost', message: 'Its worker was closed.' } }
  }

  private called(id: string): void {
    const one = this.underWay.get(id)
    if (one !== undefined) return this.obey(id, one)
    this.earlyCalls.add(id)
    if (this.earlyCalls.size <= MAX_EARLY_CALLS) return
    const [oldest] = this.earlyCalls
    this.earlyCalls.delete(oldest!)
  }

  /** Reads what it was told and does that, in order. */
  private obey(id: string, one: UnderWay): void {
    const read = async (): Promise<void> => {
      const texts = await this.redis!.lrange(this.names.orders(id), one.obeyed, -1)
      one.obeyed += texts.length
      for (const text of texts) {
        const order = readOrder(text)
        if (order === null) continue
        if ('stop' in order) this.stop(one, order.stop)
        else one.speaking.answer(order)
      }
    }
    one.reading = one.reading.then(read).catch((error: unknown) => this.hearTrouble(error))
  }

  private stop({ controller, speaking }: UnderWay, reason: string): void {
    if (controller.signal.aborted) return
    controller.abort(new Error(reason))
    speaking.giveUp(controller.signal.reason)
  }

  private renewed(ids: readonly string[]): void {
    for (const id of ids) {
      const one = this.underWay.get(id)
      if (one === undefined) continue
      one.lockedAt = performance.now()
      this.obey(id, one)
    }
  }

  private lose(id: string): void {
    const one = this.underWay.get(id)
    if (one !== undefined)
      this.stop(one, 'Its lock was lost: the attempt was given up, and may have been given to another.')
  }

  /** After this time without Redis others may have been given what it does. */
  private look(): void {
    const now = performance.now()
    for (const [id, { lockedAt }] of this.underWay) if (now - lockedAt > this.settings.lockMs) this.lose(id)
  }

  private hearTrouble(error: unknown): void {
    const text = textOf(error)
    // What BullMQ says where it refuses a report, or a lock cannot be renewed.
    if (/lock|Missing key|not in the active state/i.test(text)) this.connections?.warn(`A report was refused: ${text}`)
    else this.connections?.tellTrouble(error)
  }

  close(graceMs: number): Promise<void> {
    this.closing ??= this.shutDown(graceMs)
    return this.closing
  }

  private async shutDown(graceMs: number): Promise<void> {
    await this.worker?.pause(true)
    if (!(await this.isIdleWithin(graceMs))) {
      for (const one of this.underWay.values()) {
        one.isHandedBack = true
        this.stop(one, 'Its worker closes.')
      }
      await this.isIdleWithin(LAST_WAIT_MS)
    }
    clearInterval(this.looking)
    const { worker, redis } = this
    const closed = worker?.close(this.underWay.size > 0 || redis?.status !== 'ready').catch(() => undefined)
    if (redis !== null) await whileThere(redis, async () => closed)
    this.connections?.close()
  }

  private async isIdleWithin(limitMs: number): Promise<boolean> {
    if (this.underWay.size === 0) return true
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.onIdle = resolve
      timer = setTimeout(resolve, limitMs)
    })
    clearTimeout(timer)
    return this.underWay.size === 0
  }
}
