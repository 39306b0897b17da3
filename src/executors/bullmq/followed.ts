/** One attempt in the queue, as the scheduler's side sees it: looked at, heard, told, until its end is known. */
import type { Failure, JsonValue } from '../../core/types.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest } from '../../runtime/ports.js'
import { answerOf } from '../shared/asked.js'
import { KEEP_MS, MAX_QUESTIONS, MAX_WORD_CHARACTERS, textOf } from './connect.js'
import type { Follower, HostSide } from './host-side.js'
import { type Lines, type Order, outcomeOf, packAsJson, type Question, readReport, readWord } from './words.js'

export type Ended = AttemptOutcome | 'unknown'

/** Looks in one lease of a plan's `heartbeat`: each is a sign of life where the attempt waits or its worker lives. */
const LOOKS_PER_LEASE = 3
/** Shortest time between looks, in ms. */
const MIN_LOOK_MS = 10
/** Words that are read at once. */
const WORDS_PER_READ = 256
/** What BullMQ says of a job whose worker has not renewed its lock. */
const STALLED = /stalled/

export class Followed implements Follower {
  readonly ended: Promise<Ended>
  private readonly side: HostSide
  private readonly id: string
  private readonly attempt: AttemptRequest
  private readonly context: AttemptContext
  private isOver = false
  private isReporting = false
  private isStopping = false
  private isToldToStop = false
  private looking: Promise<void> | null = null
  private hearing: Promise<void> | null = null
  private isCalled = false
  /** The last word that was read. */
  private lastWord = '-'
  private questions = 0
  private timer: ReturnType<typeof setInterval> | undefined
  private resolve!: (ended: Ended) => void
  private reject!: (error: unknown) => void

  constructor(side: HostSide, id: string, attempt: AttemptRequest, context: AttemptContext) {
    this.side = side
    this.id = id
    this.attempt = attempt
    this.context = context
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever takes it up may be told to stop before it waits for the end.
    this.ended.catch(() => undefined)
  }

  /** Its job is in the queue, or was. */
  begin(): void {
    if (this.isOver) return
    const { heartbeatMs } = this.attempt
    const leaseMs = heartbeatMs === null ? Number.POSITIVE_INFINITY : heartbeatMs / LOOKS_PER_LEASE
    const everyMs = Math.max(Math.min(leaseMs, this.side.lookMs), MIN_LOOK_MS)
    this.timer = setInterval(() => this.look(), everyMs)
    const { signal } = this.context
    const stop = (): void => void this.stop().catch((error: unknown) => this.side.tellTrouble(error))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }

  /** Nothing more is heard of it. */
  forget(): void {
    this.isOver = true
    clearInterval(this.timer)
  }

  /** Looks what has become of its job; once more where somebody asks meanwhile. */
  look(): Promise<void> {
    if (this.isOver) return Promise.resolve()
    this.looking ??= this.lookOnce()
      .catch((error: unknown) => this.side.tellTrouble(error))
      .finally(() => {
        this.looking = null
      })
    return this.looking
  }

  private async lookOnce(): Promise<void> {
    const job = await this.side.lookAt(this.id)
    if (this.isOver) return
    if (job.isFinished) {
      if (job.failedReason === null) return this.report(job.returnvalue)
      const kind = STALLED.test(job.failedReason) ? 'lost' : 'error'
      return this.finish({ ok: false, failure: { kind, message: `BullMQ says: ${job.failedReason}.` } })
    }
    if (job.isThere) {
      if (!job.isActive || job.isLocked) return this.live()
      // It can be renewed no more. Removed, it cannot be reported either: its worker may only sleep.
      if (await this.side.remove(this.id))
        this.lose('Its worker has not renewed its lock: it has died, or stood still.')
      return
    }
    // Whoever took the job away has not stopped its worker, which notices when it renews its lock or reports.
    if (job.isLocked) return this.tellToStop('Its job is gone.')
    this.lose('Its job is not in the queue any more: somebody has removed it, or Redis has lost it.')
  }

  private live(): void {
    if (this.attempt.heartbeatMs !== null) this.context.heartbeat()
    if (this.isToldToStop) this.side.call(this.id)
  }

  /** Its worker says that it lives. */
  beat(): void {
    if (!this.isOver) this.context.heartbeat()
  }

  progress(value: unknown): void {
    if (!this.isOver) this.context.heartbeat(value as JsonValue)
  }

  /** Its worker has reported how it ended. */
  async report(text: unknown): Promise<void> {
    if (this.isOver || this.isReporting) return
    this.isReporting = true
    const report = readReport(text, this.side.maxCharacters)
    if (report === null) {
      const message = 'What its worker reported cannot be read, or is larger than "maxCharacters".'
      return this.finish({ ok: false, failure: { kind: 'error', message, retryable: false } })
    }
    if (report.spoken) await this.hear()
    if (this.isOver) return
    try {
      this.finish(outcomeOf(report))
    } catch (error) {
      this.end()
      this.reject(error)
    }
  }

  /** Acts upon what the attempt has said, in order. Resolves when all that was said before the call is heard. */
  async hear(): Promise<void> {
    this.isCalled = true
    this.hearing ??= this.hearAll().finally(() => {
      this.hearing = null
    })
    await this.hearing
    // It may have been about to end when it was called.
    if (this.isCalled && !this.isOver) await this.hear()
  }

  private async hearAll(): Promise<void> {
    while (this.isCalled && !this.isOver) {
      this.isCalled = false
      for (;;) {
        const words = await this.side.wordsOf(this.id, this.lastWord, WORDS_PER_READ)
        if (this.isOver) return
        for (const [entry, text] of words) {
          this.lastWord = `(${entry}`
          this.act(entry, text)
        }
        if (words.length < WORDS_PER_READ) break
      }
    }
  }

  private act(entry: string, text: string | undefined): void {
    const word = readWord(text)
    if (word === null) {
      this.context.log('Something that this attempt said cannot be read.')
      return this.side.strike(this.id, entry)
    }
    if (word.what === 'log') return this.log(entry, word)
    void this.answer(entry, word).catch((error: unknown) => this.side.tellTrouble(error))
  }

  private log(entry: string, { lines }: Lines): void {
    for (const [text, stream] of lines) this.context.log(text, stream)
    this.side.strike(this.id, entry)
  }

  /** It stays in Redis until it was answered: if this host dies, the next one is asked. */
  private async answer(entry: string, asked: Question): Promise<void> {
    const { question } = asked
    if (this.questions >= MAX_QUESTIONS) {
      const error = packAsJson(new Error(`${MAX_QUESTIONS} questions wait already.`))
      return this.order({ question, error }, entry)
    }
    this.questions += 1
    const answer: Order = await answerOf(asked, this.context).then(
      (value) => ({ question, value }),
      (error: unknown) => ({ question, error: packAsJson(error) }),
    )
    this.questions -= 1
    // Whoever stops it, or takes it up, asks again.
    if (!this.isOver) await this.order(answer, entry)
  }

  private async order(order: Order, entry: string | null = null): Promise<void> {
    const text = JSON.stringify(order)
    if (text.length <= MAX_WORD_CHARACTERS) return this.side.order(this.id, text, KEEP_MS, entry)
    const message = `The answer has ${text.length} characters; at most ${MAX_WORD_CHARACTERS} are told.`
    return this.order({ question: (order as Question).question, error: packAsJson(new Error(message)) }, entry)
  }

  /** One that no worker has taken yet never begins; one that a worker has is told, and looked at until it has ended. */
  private async stop(): Promise<void> {
    if (this.isOver) return
    this.isStopping = true
    if (await this.side.remove(this.id)) return this.lose('It was told to stop.')
    await this.tellToStop(textOf(this.context.signal.reason))
    await this.look()
  }

  /** Once: later its worker is called, in case that its line was down. */
  private async tellToStop(reason: string): Promise<void> {
    if (this.isToldToStop) return this.side.call(this.id)
    this.isToldToStop = true
    await this.order({ stop: reason })
  }

  /** No worker has it any more. */
  private lose(why: string): void {
    const failure: Failure = this.isStopping
      ? { kind: 'cancelled', message: 'It was told to stop, and its job was taken out of the queue.' }
      : { kind: 'lost', message: why }
    this.finish({ ok: false, failure })
  }

  private finish(ended: Ended): void {
    if (this.isOver) return
    this.end()
    this.resolve(ended)
  }

  private end(): void {
    this.forget()
    this.side.release(this.id)
  }
}
