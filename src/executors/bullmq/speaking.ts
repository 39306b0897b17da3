/** What an attempt says on a worker: put into Redis, where it waits until the scheduler's side has acted upon it. */
import type { Redis } from 'ioredis'
import type { LogStream } from '../../runtime/ports.js'
import type { Asked } from '../shared/asked.js'
import { unpackError } from '../shared/thrown.js'
import { KEEP_MS, MAX_QUESTIONS, MAX_WORD_CHARACTERS, type Names } from './connect.js'
import type { Lines, Order } from './words.js'

/** Progress and signs of life are told at most this often, in ms; the last progress always is. */
const PROGRESS_MS = 200
/** Largest progress that is told, in characters of JSON; of a larger one only the size is. */
const MAX_PROGRESS_CHARACTERS = 65_536
/** Most of one line of output, in characters. */
const MAX_LINE_CHARACTERS = 16_384
/** Most output of one attempt, in characters. */
const MAX_LOG_CHARACTERS = 1_048_576
/** Lines that are told together. */
const LINES_AT_ONCE = 256

interface Open {
  resolve(value: never): void
  reject(error: unknown): void
}

export class Speaking {
  /** It has said something that waits to be heard. */
  hasSpoken = false
  private readonly redis: Redis
  private readonly names: Names
  private readonly id: string
  private readonly tellProgress: (value: object) => Promise<void>
  private readonly open: Map<number, Open> = new Map()
  private questions = 0
  /** All that is to be said is said one after the other. */
  private said: Promise<void> = Promise.resolve()
  private readonly lines: (readonly [string, LogStream])[] = []
  private logged = 0
  private progress: { value: unknown; timer: ReturnType<typeof setTimeout> | undefined } | null = null
  private progressAt = Number.NEGATIVE_INFINITY
  private beatAt = Number.NEGATIVE_INFINITY
  private isOver = false

  /** @param tellProgress - Makes a value the progress of the job. */
  constructor(redis: Redis, names: Names, id: string, tellProgress: (value: object) => Promise<void>) {
    this.redis = redis
    this.names = names
    this.id = id
    this.tellProgress = tellProgress
  }

  heartbeat(progress?: unknown): void {
    if (this.isOver) return
    if (progress !== undefined) return this.getOn(progress)
    if (performance.now() - this.beatAt < PROGRESS_MS) return
    this.beatAt = performance.now()
    this.send(() => this.redis.publish(this.names.saidChannel, `beat ${this.id}`))
  }

  log(text: unknown, stream: LogStream = 'log'): void {
    if (this.isOver || this.logged > MAX_LOG_CHARACTERS) return
    let line = String(text).slice(0, MAX_LINE_CHARACTERS)
    this.logged += line.length + 1
    if (this.logged > MAX_LOG_CHARACTERS) {
      line = `There is more output than ${MAX_LOG_CHARACTERS} characters; the rest is not told.`
    }
    this.lines.push([line, stream])
    if (this.lines.length === 1) this.send(() => this.sendLines())
  }

  ask<T>(asked: Asked): Promise<T> {
    this.questions += 1
    const question = this.questions
    const answered = new Promise<T>((resolve, reject) => this.open.set(question, { resolve, reject }))
    // Whoever does not wait for it must not be ended by it.
    answered.catch(() => undefined)
    const refuse = (message: string): void => this.answer({ question, error: { name: 'Error', message, fields: {} } })
    const text = textOf({ ...asked, question })
    if (this.isOver) refuse('The attempt is over.')
    else if (text === null) refuse(`It is not JSON of at most ${MAX_WORD_CHARACTERS} characters.`)
    else if (this.open.size > MAX_QUESTIONS) refuse(`${MAX_QUESTIONS} questions wait already.`)
    else this.send(() => this.say(text).catch((error: unknown) => refuse(String(error))))
    return answered
  }

  /** An order has come. What was answered before is no news: a scheduler's side that was restarted answers again. */
  answer(order: Exclude<Order, { readonly stop: string }>): void {
    const asked = this.open.get(order.question)
    this.open.delete(order.question)
    if ('error' in order) asked?.reject(unpackError(order.error))
    else asked?.resolve(order.value as never)
  }

  /** Nothing more will be answered. */
  giveUp(reason: unknown): void {
    for (const { reject } of this.open.values()) reject(reason)
    this.open.clear()
  }

  /** It says nothing more. Resolves when all that it said is in Redis. */
  async end(): Promise<void> {
    if (this.progress !== null) {
      clearTimeout(this.progress.timer)
      this.sendProgress()
    }
    this.isOver = true
    await this.said
  }

  private send(act: () => Promise<unknown>): void {
    // What cannot be said is lost, as the attempt is whose job is gone.
    this.said = this.said.then(act).then(
      () => undefined,
      () => undefined,
    )
  }

  private async sendLines(): Promise<void> {
    while (this.lines.length > 0) {
      const word: Lines = { what: 'log', lines: this.lines.slice(0, LINES_AT_ONCE) }
      let text = textOf(word)
      let count = word.lines.length
      // A few long ones may be too much together.
      while (text === null) {
        count = Math.ceil(count / 2)
        text = textOf({ ...word, lines: word.lines.slice(0, count) })
      }
      // Not before: what is logged meanwhile goes with these.
      this.lines.splice(0, count)
      await this.say(text)
    }
  }

  private async say(text: string): Promise<void> {
    this.hasSpoken = true
    const { said, saidChannel } = this.names
    const key = said(this.id)
    const all = this.redis.multi().xadd(key, '*', 'word', text).pexpire(key, KEEP_MS)
    await all.publish(saidChannel, `said ${this.id}`).exec()
  }

  /** A flood of it must not fill the events of the queue. */
  private getOn(value: unknown): void {
    if (this.progress !== null) {
      this.progress.value = value
      return
    }
    const waitMs = this.progressAt + PROGRESS_MS - performance.now()
    this.progress = { value, timer: undefined }
    if (waitMs <= 0) this.sendProgress()
    else this.progress.timer = setTimeout(() => this.sendProgress(), waitMs)
  }

  private sendProgress(): void {
    if (this.progress === null) return
    const { value } = this.progress
    this.progress = null
    this.progressAt = performance.now()
    const text = JSON.stringify(value)
    const isTold = text !== undefined && text.length <= MAX_PROGRESS_CHARACTERS
    const told = isTold
      ? value
      : `${text?.length ?? 0} characters, of which at most ${MAX_PROGRESS_CHARACTERS} are told`
    this.send(() => this.tellProgress(told as object))
  }
}

/** Null: it is not JSON, or too much of it. A single line of output always fits. */
function textOf(word: object): string | null {
  try {
    const text = JSON.stringify(word)
    return text.length <= MAX_WORD_CHARACTERS ? text : null
  } catch {
    return null
  }
}
