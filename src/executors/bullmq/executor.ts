/** The scheduler's side: attempts become jobs of a queue, and what becomes of the jobs is told back. */
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from '../../runtime/ports.js'
import {
  type BullmqQueue,
  Connections,
  checkCount,
  checkQueue,
  jobIdOf,
  MAX_CHARACTERS,
  PackagesMissing,
} from './connect.js'
import { type Ended, Followed } from './followed.js'
import { type HostSettings, HostSide } from './host-side.js'

export interface BullmqExecutorOptions extends BullmqQueue {
  /**
   * How often it looks what has become of an attempt that it hears nothing of, in ms. A dead worker is found this long after
   * its lock has run out, at the latest. Default 5000.
   */
  readonly lookMs?: number
  /** Largest attempt and largest outcome, in characters of JSON. Default 4,194,304. */
  readonly maxCharacters?: number
}

export interface BullmqExecutor extends Executor {
  attach(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome | 'unknown'>
  /**
   * Lets go of Redis; nothing more is heard of what is under way, which goes on at its workers: the next host takes it up.
   * Close the scheduler first.
   */
  close(): Promise<void>
}

const DEFAULT_LOOK_MS = 5000
const NEVER_BEGUN: AttemptOutcome = {
  ok: false,
  failure: { kind: 'cancelled', message: 'It was told to stop before it began.' },
}

/**
 * Carries out attempts on any number of machines: each is a job of a BullMQ queue, which a `bullmqWorker` takes. Needs the
 * packages `bullmq` and `ioredis`, and keeps the process alive until it is closed.
 *
 * @throws TypeError for options that are none
 * @example
 * const fleet = bullmqExecutor({ connection: 'redis://localhost:6379', queue: 'builds' })
 * const handlers = defineHandlers({ 'repo.build': handler({ via: fleet }) })
 */
export function bullmqExecutor(options: BullmqExecutorOptions): BullmqExecutor {
  const { lookMs = DEFAULT_LOOK_MS, maxCharacters = MAX_CHARACTERS, ...place } = options
  checkQueue(place)
  checkCount('lookMs', lookMs)
  checkCount('maxCharacters', maxCharacters)
  const underWay = new Map<string, Promise<Ended>>()
  const door = new Door({ ...place, lookMs, maxCharacters })

  /** Asked twice, it tells the same. */
  function once<T extends Ended>(attempt: AttemptRequest, begin: () => Promise<T>): Promise<T> {
    const known = underWay.get(attempt.id) as Promise<T> | undefined
    if (known !== undefined) return known
    const ended = begin()
      // It may be in the queue all the same: the next host is to find that, not this one to call it a failure.
      .catch((error: unknown) => (door.isClosed ? new Promise<never>(() => undefined) : Promise.reject(error)))
      .finally(() => underWay.delete(attempt.id))
    underWay.set(attempt.id, ended)
    return ended
  }

  async function run(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    if (context.signal.aborted) return NEVER_BEGUN
    const text = JSON.stringify(attempt)
    if (text.length > maxCharacters) {
      const size = `The attempt has ${text.length} characters as JSON, more than "maxCharacters" (${maxCharacters}).`
      return refused(`${size} Hand over a reference and keep the rest elsewhere, or raise the limit.`)
    }
    let queue: HostSide
    try {
      queue = await door.side()
    } catch (error) {
      if (error instanceof PackagesMissing) return refused(error.message)
      throw error
    }
    if (context.signal.aborted) return NEVER_BEGUN
    const id = jobIdOf(attempt)
    const followed = new Followed(queue, id, attempt, context)
    queue.follow(id, followed)
    try {
      await queue.add(id, attempt, text)
    } catch (error) {
      followed.forget()
      throw error
    }
    followed.begin()
    return (await followed.ended) as AttemptOutcome
  }

  async function takeUp(attempt: AttemptRequest, context: AttemptContext): Promise<Ended> {
    const queue = await door.side()
    const id = jobIdOf(attempt)
    const followed = new Followed(queue, id, attempt, context)
    queue.follow(id, followed)
    const { isThere, isLocked } = await queue.lookAt(id)
    if (!isThere && !isLocked) {
      followed.forget()
      return 'unknown'
    }
    followed.begin()
    // What was said and done while nobody listened.
    await followed.hear()
    await followed.look()
    return followed.ended
  }

  return {
    inProcess: false,
    isFleet: true,
    execute: (attempt, context) => once(attempt, () => run(attempt, context)),
    attach: (attempt, context) => once(attempt, () => takeUp(attempt, context)),
    close: () => door.close(),
  }
}

/** The way to the queue: opened by the first attempt. */
class Door {
  private readonly settings: HostSettings
  private opening: Promise<HostSide> | null = null
  private connections: Connections | null = null
  private host: HostSide | null = null
  isClosed = false

  constructor(settings: HostSettings) {
    this.settings = settings
  }

  /** One that could not be opened is tried again by the next attempt. */
  side(): Promise<HostSide> {
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = null
      this.connections?.close()
      throw error
    })
    return this.opening
  }

  private async open(): Promise<HostSide> {
    this.connections = await Connections.open(this.settings)
    this.host = await HostSide.open(this.settings, this.connections)
    return this.host
  }

  async close(): Promise<void> {
    this.isClosed = true
    if (this.host === null) this.connections?.close()
    else await this.host.close()
  }
}

function refused(message: string): AttemptOutcome {
  return { ok: false, failure: { kind: 'error', message, retryable: false } }
}
