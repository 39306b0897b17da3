/** The scheduler's side of a queue: its jobs, their events, and what Redis knows of one of them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import type { AttemptRequest } from '../../runtime/ports.js'
import { type BullmqQueue, type Connections, KEEP_MS, type Names, namesOf, whileThere } from './connect.js'

/** Events of the queue that Redis keeps: what was missed is found by looking. */
const EVENTS_KEPT = 1000
/** How long the job of an outcome is kept that was told on, in ms: the scheduler stores it meanwhile. */
const TAKEN_MS = 10_000
const SWEPT_AT_ONCE = 500
/** Pause before Redis is asked again after it refused, in ms. */
const RETRY_MS = 1000

/** A job, as far as it says what has become of its attempt. */
export interface JobState {
  readonly isThere: boolean
  readonly isFinished: boolean
  /** A worker has begun it. */
  readonly isActive: boolean
  /** Its worker lives: it has renewed its lock in time. */
  readonly isLocked: boolean
  readonly failedReason: string | null
  readonly returnvalue: unknown
}

/** Whoever follows one attempt. */
export interface Follower {
  /** Looks what has become of its job. */
  look(): Promise<void>
  /** Acts upon what the attempt has said. */
  hear(): Promise<void>
  /** Its worker has reported how it ended. */
  report(text: unknown): Promise<void>
  progress(value: unknown): void
  /** Its worker says that it lives. */
  beat(): void
  /** Nothing more is heard of it. */
  forget(): void
}

export interface HostSettings extends BullmqQueue {
  readonly lookMs: number
  readonly maxCharacters: number
}

export class HostSide {
  readonly lookMs: number
  readonly maxCharacters: number
  private readonly connections: Connections
  private readonly main: Redis
  private readonly queue: Queue
  private readonly events: QueueEvents
  private readonly names: Names
  private readonly followed: Map<string, Follower> = new Map()
  /** Jobs whose outcome was told on, by when; the oldest first. */
  private readonly taken: Map<string, number> = new Map()
  private readonly sweeping: ReturnType<typeof setInterval>
  private isClosed = false

  private constructor(settings: HostSettings, connections: Connections, main: Redis, lastEventId: string) {
    const { queue: name, prefix = 'bull' } = settings
    const { Queue, QueueEvents } = connections.packages.bullmq
    this.lookMs = settings.lookMs
    this.maxCharacters = settings.maxCharacters
    this.connections = connections
    this.main = main
    this.names = namesOf(settings)
    this.queue = new Queue(name, { connection: main, prefix, streams: { events: { maxLen: EVENTS_KEPT } } })
    this.events = new QueueEvents(name, { connection: connections.connect(), prefix, lastEventId })
    this.sweeping = setInterval(() => void this.sweep(), TAKEN_MS)
    this.sweeping.unref()
  }

  static async open(settings: HostSettings, connections: Connections): Promise<HostSide> {
    const main = connections.connect()
    // From here on: what happens while the line is being set up is not missed.
    const [last] = await main.xrevrange(namesOf(settings).job('events'), '+', '-', 'COUNT', 1)
    const side = new HostSide(settings, connections, main, last?.[0] ?? '0-0')
    await side.listen()
    return side
  }

  private async listen(): Promise<void> {
    const { events, queue, main } = this
    queue.on('error', (error) => this.tellTrouble(error))
    events.on('error', (error) => this.tellTrouble(error))
    events.on('completed', ({ jobId, returnvalue }) => void this.of(jobId)?.report(returnvalue).catch(this.tellTrouble))
    events.on('progress', ({ jobId, data }) => this.of(jobId)?.progress(data))
    for (const name of ['failed', 'removed', 'duplicated', 'stalled'] as const) {
      events.on(name, ({ jobId }: { readonly jobId: string }) => void this.of(jobId)?.look())
    }
    const line = this.connections.connect()
    line.on('message', (_, message: string) => {
      const [what, id = ''] = message.split(' ', 2)
      if (what === 'beat') this.of(id)?.beat()
      else void this.of(id)?.hear().catch(this.tellTrouble)
    })
    // Whatever happened while Redis was away, or this line was down.
    for (const connection of [main, line]) connection.on('ready', () => this.lookAround())
    await line.subscribe(this.names.saidChannel)
  }

  private of(id: string): Follower | undefined {
    return this.isClosed ? undefined : this.followed.get(id)
  }

  private lookAround(): void {
    if (this.isClosed) return
    for (const followed of this.followed.values()) {
      void followed.look()
      void followed.hear().catch(this.tellTrouble)
    }
  }

  follow(id: string, followed: Follower): void {
    this.taken.delete(id)
    this.followed.set(id, followed)
  }

  /** Puts an attempt into the queue, unless it is or was in it. */
  async add(id: string, { handler }: AttemptRequest, text: string): Promise<void> {
    const keep = { age: KEEP_MS / 1000 }
    // Retries, their delays and their bounds belong to the plan.
    const options = { jobId: id, attempts: 1, removeOnComplete: keep, removeOnFail: keep }
    await this.queue.add(handler, { attempt: text }, options)
  }

  lookAt(id: string): Promise<JobState> {
    return this.insist(() => this.stateOf(id))
  }

  private async stateOf(id: string): Promise<JobState> {
    const fields = ['timestamp', 'finishedOn', 'processedOn', 'failedReason', 'returnvalue'] as const
    // Together: a job that ends in between would look like one whose worker has died.
    const answers = await this.main
      .multi()
      .hmget(this.names.job(id), ...fields)
      .exists(this.names.lock(id))
      .exec()
    const [[jobError, job] = [], [lockError, locks] = []] = answers ?? []
    const error = jobError ?? lockError
    if (error) throw error
    const [timestamp, finishedOn, processedOn, failedReason, returnvalue] = job as readonly (string | null)[]
    return {
      isThere: timestamp !== null,
      isFinished: finishedOn !== null,
      isActive: processedOn !== null,
      isLocked: locks === 1,
      failedReason: failedReason ?? null,
      returnvalue: parsed(returnvalue),
    }
  }

  /** Takes a job out of the queue for good, unless a worker holds it. */
  async remove(id: string): Promise<boolean> {
    return (await this.insist(() => this.queue.remove(id))) === 1
  }

  /** What an attempt has said from a place on and nobody has acted upon yet, in order. */
  async wordsOf(id: string, from: string, count: number): Promise<readonly (readonly [string, string | undefined])[]> {
    const entries = await this.insist(() => this.main.xrange(this.names.said(id), from, '+', 'COUNT', count))
    return entries.map(([entry, fields]) => [entry, fields[1]])
  }

  /** It was acted upon. */
  strike(id: string, entry: string): void {
    this.main.xdel(this.names.said(id), entry).catch(this.tellTrouble)
  }

  /** Tells an attempt something, and strikes what that answers. */
  async order(id: string, text: string, keepMs: number, entry: string | null): Promise<void> {
    const { said, orders, ordersChannel } = this.names
    await this.insist(() => {
      const all = this.main.multi().rpush(orders(id), text).pexpire(orders(id), keepMs).publish(ordersChannel, id)
      return (entry === null ? all : all.xdel(said(id), entry)).exec()
    })
  }

  /** Has its worker look at its orders. */
  call(id: string): void {
    this.main.publish(this.names.ordersChannel, id).catch(this.tellTrouble)
  }

  /** Its end is told on: its job is swept away when the scheduler has had time to store it. */
  release(id: string): void {
    this.followed.delete(id)
    this.taken.set(id, performance.now())
  }

  /** All at once: job by job it would cost as much as adding them. */
  private async sweep(until: number = performance.now() - TAKEN_MS): Promise<void> {
    const ids: string[] = []
    for (const [id, at] of this.taken) {
      if (at > until || ids.length === SWEPT_AT_ONCE) break
      this.taken.delete(id)
      ids.push(id)
    }
    if (ids.length === 0) return
    const { job, said, orders } = this.names
    const all = this.main.pipeline().unlink(...ids.flatMap((id) => [job(id), said(id), orders(id)]))
    // What is left of it, where Redis is away, goes by its age.
    await all
      .zrem(job('completed'), ...ids)
      .zrem(job('failed'), ...ids)
      .exec()
      .catch(this.tellTrouble)
    return this.sweep(until)
  }

  /** Tries until Redis does it: what is only half done is not seen by anybody. Rejects when this side was closed. */
  private async insist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (this.isClosed) throw error
        this.tellTrouble(error)
      }
      await pause(RETRY_MS)
    }
  }

  readonly tellTrouble = (error: unknown): void => {
    this.connections.tellTrouble(error)
  }

  /** Nothing more is heard or told. Jobs that are under way stay. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    clearInterval(this.sweeping)
    for (const followed of this.followed.values()) followed.forget()
    await whileThere(this.main, () => this.sweep(Number.POSITIVE_INFINITY))
    // Not waited for: without Redis they never come to an end.
    for (const part of [this.events, this.queue]) part.close().catch(() => undefined)
    this.connections.close()
  }
}

/** BullMQ keeps what a worker returned as JSON. */
function parsed(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}
