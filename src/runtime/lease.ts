/** A lease: what a worker that asked for work holds of one attempt until it reports the end. */
import type { AttemptId, DurationMs, Failure, JsonValue, Message } from '../core/types.js'
import type { AttemptUnderWay, Settled } from './attempt-under-way.js'
import { type SchedulerError, schedulerError } from './errors.js'
import { toFailure } from './failure.js'
import type { Done } from './host-options.js'
import type {
  AttemptContext,
  AttemptOutcome,
  AttemptRequest,
  ClaimAnswer,
  ClaimRequest,
  LogStream,
  OutgoingMessage,
  ReadOptions,
} from './ports.js'

/**
 * An attempt in the hands of the worker that asked for work. Every call is a sign of life of the worker. Once the attempt has
 * ended or was taken back, they are refused with `ATTEMPT_STALE`, which says what has become of it; whatever the worker
 * writes then must not count.
 */
export interface Lease extends Pick<AttemptContext, 'signal' | 'shared' | 'share' | 'send' | 'inbox' | 'receive'> {
  /** What is to be done: task, input, claims, and the id, which is the idempotency key. Plain data. */
  readonly attempt: AttemptRequest
  /** Full id of the task. */
  readonly task: string
  readonly input: JsonValue
  /** Give a sign of life at least this often, in ms: the attempt is taken back after about three of these without one. */
  readonly beatMs: DurationMs
  /** Says that the worker lives; with `progress` (JSON), also that it gets on. Not waiting for it is safe. @throws SchedulerError ATTEMPT_STALE */
  heartbeat(progress?: JsonValue): Promise<void>
  /**
   * The work is done. Resolves when the result is stored.
   *
   * @throws SchedulerError ATTEMPT_STALE; VALUE_INVALID where the result is not what the handler gives: then the attempt
   * has failed
   */
  complete(result?: unknown): Promise<void>
  /** The work failed: an error, as `taskFailure` makes them, or a sentence. Resolves when that is stored. @throws SchedulerError ATTEMPT_STALE */
  fail(error: unknown): Promise<void>
  /**
   * Hands the attempt back undone, and says that nothing of it runs any more: it is lost, and tried again. That is none of the
   * tries of the work, but has a bound of its own (`maxLost`). @throws SchedulerError ATTEMPT_STALE
   */
  release(reason?: string): Promise<void>
  /** As `AttemptContext.milestone`. */
  milestone(name: string): Promise<void>
  /** As `AttemptContext.integrate`. */
  integrate(): Promise<void>
  /** As `AttemptContext.claim`. */
  claim(paths: ClaimRequest): Promise<ClaimAnswer>
  /** As `AttemptContext.log`. */
  log(text: string, stream?: LogStream): void
}

/** What a lease needs of the desk that gave it. */
export interface LeaseOptions {
  readonly beatMs: DurationMs
  /** The worker has given a sign of life. */
  readonly onSign: () => void
  /** What has become of the attempt, in sentences, for a worker that does not know yet. */
  readonly lateness: (context: AttemptUnderWay) => string
}

/** How a worker reported the end. */
type Ending = 'completed' | 'failed' | 'handed back'

export class LeaseHandle implements Lease {
  readonly outcome: Promise<AttemptOutcome>
  private readonly context: AttemptUnderWay
  private readonly options: LeaseOptions
  private readonly resolve: (outcome: AttemptOutcome) => void
  private ending: Ending | null = null
  private answer: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null

  constructor(context: AttemptUnderWay, options: LeaseOptions) {
    this.context = context
    this.options = options
    let resolve: (outcome: AttemptOutcome) => void
    this.outcome = new Promise((resolved) => {
      resolve = resolved
    })
    this.resolve = resolve!
  }

  get attempt(): AttemptRequest {
    return this.context.attempt
  }

  get task(): string {
    return this.attempt.task
  }

  get input(): JsonValue {
    return this.attempt.input
  }

  get beatMs(): DurationMs {
    return this.options.beatMs
  }

  get signal(): AbortSignal {
    return this.context.signal
  }

  heartbeat(progress?: JsonValue): Promise<void> {
    return safe(this.beat(progress))
  }

  private async beat(progress?: JsonValue): Promise<void> {
    const context = this.use()
    await new Promise<void>((resolve, reject) => {
      context.beat(progress, (rejection, error) => {
        if (error !== undefined) reject(error)
        else if (rejection === null) resolve()
        else reject(this.late())
      })
    })
  }

  complete(result: unknown = null): Promise<void> {
    return this.end('completed', { ok: true, result })
  }

  fail(error: unknown): Promise<void> {
    const failure = toFailure(typeof error === 'string' ? new Error(error) : error)
    return this.end('failed', { ok: false, failure })
  }

  release(reason = 'its worker handed it back'): Promise<void> {
    const failure: Failure = { kind: 'lost', message: `It was handed back: ${reason}.` }
    return this.end('handed back', { ok: false, failure })
  }

  async milestone(name: string): Promise<void> {
    await this.use().milestone(name)
  }

  async integrate(): Promise<void> {
    await this.use().integrate()
  }

  async claim(paths: ClaimRequest): Promise<ClaimAnswer> {
    return this.use().claim(paths)
  }

  log(text: string, stream?: LogStream): void {
    this.context.log(text, stream)
  }

  async share(key: string, value: unknown): Promise<void> {
    await this.use().share(key, value)
  }

  shared(stream?: string | null): Readonly<Record<string, JsonValue>> {
    return this.use().shared(stream)
  }

  async send(message: OutgoingMessage): Promise<void> {
    await this.use().send(message)
  }

  inbox(options?: ReadOptions): readonly Message[] {
    return this.use().inbox(options)
  }

  async receive(options?: ReadOptions): Promise<Message> {
    return this.use().receive(options)
  }

  /** The host has put the end down: who reported it is told once that is stored. */
  settled(outcome: Settled | null): Done | undefined {
    const { answer } = this
    if (answer === null) return undefined
    return (rejection, error) => {
      if (error !== undefined) answer.reject(error)
      else if (rejection !== null || outcome === null) answer.reject(this.late())
      else if (this.ending === 'completed' && !outcome.ok) answer.reject(notAccepted(outcome.failure))
      else answer.resolve()
    }
  }

  private async end(how: Ending, outcome: AttemptOutcome): Promise<void> {
    this.options.onSign()
    if (this.ending !== null) throw this.twice()
    this.ending = how
    // Whoever reports an end has stopped: that is all the host can still use.
    const isLate = this.context.isStopping
    const answered = new Promise<void>((resolve, reject) => {
      if (!isLate) this.answer = { resolve, reject }
      this.resolve(outcome)
      if (isLate) reject(this.late())
    })
    await answered
  }

  /** The line to the host, for an attempt that is still the worker's. */
  private use(): AttemptUnderWay {
    this.options.onSign()
    if (this.ending !== null) throw this.twice()
    if (this.context.isStopping) throw this.late()
    return this.context
  }

  private twice(): SchedulerError {
    return stale(this.attempt.id, `it was ${this.ending} before, and an attempt ends once`)
  }

  private late(): SchedulerError {
    return stale(this.attempt.id, this.options.lateness(this.context))
  }
}

function stale(attempt: AttemptId, why: string): SchedulerError {
  const hint = 'Stop the work and throw away what it made; then ask for another lease.'
  return schedulerError('ATTEMPT_STALE', `The lease of ${attempt} is over: ${why}.`, hint)
}

function notAccepted({ message }: Failure): SchedulerError {
  return schedulerError(
    'VALUE_INVALID',
    message,
    'The attempt has failed with this; the plan says whether it is tried again.',
  )
}

/** Whoever does not wait for it must not be ended by it. */
function safe(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  return promise
}
