/** What one command says, line by line: told on to its attempt, and kept as far as it decides how the attempt ends. */
import type { JsonValue } from '../../core/types.js'
import type { AttemptContext, LogStream } from '../../runtime/ports.js'
import { plainLine, type Redactor } from '../shared/plain-text.js'
import type { OutputLine } from './lines.js'
import type { Settings } from './options.js'
import { readWord, type Word } from './protocol.js'

/** Progress is told at most this often, in ms; the last one always is. */
const PROGRESS_MS = 200
/** Questions and milestones that wait for their answers at once; more are refused. */
const MOST_WAITING = 64
/** What is kept of stderr, for the message of a failure. */
const TAIL_LINES = 20
const TAIL_CHARACTERS = 500
/** Most of one line that is told. */
const LINE_CHARACTERS = 16_384

export class Voice {
  /** What it has reported last; undefined for nothing. */
  result: JsonValue | undefined
  failure: Readonly<Record<string, unknown>> | undefined
  /** Why something that it wanted to report as its result is none. */
  resultProblem: string | null = null
  /** The last lines of stderr. */
  readonly tail: string[] = []
  /** Stdout without the lines of the protocol, if it is asked for; null when there was too much. */
  private captured: Buffer[] | null
  private capturedBytes = 0
  private loggedBytes = 0
  private waiting = 0
  /** Answers are given in the order of the questions. */
  private answered: Promise<void> = Promise.resolve()
  private progress: { value: JsonValue; timer: ReturnType<typeof setTimeout> | null } | null = null
  private progressAt = 0
  private readonly prefix: Buffer
  private readonly context: AttemptContext
  private readonly settings: Settings
  private readonly redact: Redactor
  private readonly answer: (line: string) => void

  constructor(
    marker: string,
    context: AttemptContext,
    settings: Settings,
    redact: Redactor,
    answer: (line: string) => void,
  ) {
    this.prefix = Buffer.from(`${marker} `)
    this.context = context
    this.settings = settings
    this.redact = redact
    this.answer = answer
    this.captured = []
  }

  /** A line of stdout. `isOld`: an earlier host has told it on; it may still be the result. */
  stdout(line: OutputLine, isOld: boolean): void {
    const { bytes } = line
    const { length } = this.prefix
    const isWord = bytes.length >= length && bytes.compare(this.prefix, 0, length, 0, length) === 0
    if (isWord) return this.word(line, isOld)
    this.capture(line)
    if (!isOld) this.log(bytes, 'stdout')
  }

  stderr({ bytes }: OutputLine, isOld: boolean): void {
    const text = isOld ? this.plain(bytes) : this.log(bytes, 'stderr')
    if (text === null || text.trim() === '') return
    this.tail.push(text.slice(0, TAIL_CHARACTERS))
    if (this.tail.length > TAIL_LINES) this.tail.shift()
  }

  /** All that it printed, secrets hidden; null when that was too much. */
  output(): string | null {
    return this.captured === null ? null : this.redact.text(Buffer.concat(this.captured).toString('utf8'))
  }

  /** It says nothing more. */
  end(): void {
    if (this.progress?.timer != null) clearTimeout(this.progress.timer)
    this.tellProgress()
  }

  private capture({ bytes, isWhole, isCut }: OutputLine): void {
    if (this.captured === null) return
    this.capturedBytes += bytes.length + 1
    if (isCut || this.capturedBytes > this.settings.limits.outputBytes) {
      this.captured = null
      return
    }
    this.captured.push(isWhole ? Buffer.concat([bytes, NEWLINE]) : Buffer.from(bytes))
  }

  /** Tells a line, up to the limit; null: beyond it. */
  private log(bytes: Buffer, stream: LogStream): string | null {
    const { logBytes } = this.settings.limits
    if (this.loggedBytes > logBytes) return null
    this.loggedBytes += bytes.length + 1
    if (this.loggedBytes > logBytes) {
      this.note(`There is more output than ${logBytes} bytes (limits.logBytes); the rest is not told.`)
      return null
    }
    const text = this.plain(bytes)
    this.context.log(text, stream)
    return text
  }

  /** Its beginning; hidden first, cut then, so that no half of a secret is left. */
  private plain(bytes: Buffer): string {
    const most = LINE_CHARACTERS + this.redact.longest
    const looked = bytes.length > most * 4 ? bytes.subarray(0, most * 4) : bytes
    return plainLine(this.redact.text(looked.toString('utf8'))).slice(0, LINE_CHARACTERS)
  }

  private note(text: string): void {
    this.context.log(plainLine(text), 'log')
  }

  private word({ bytes, isCut, isWhole }: OutputLine, isOld: boolean): void {
    const text = bytes.subarray(this.prefix.length).toString('utf8')
    const [verb = ''] = text.split(' ', 1)
    if (isCut) return this.refuse(verb, `it has more than ${this.settings.limits.lineBytes} bytes (limits.lineBytes)`)
    if (!isWhole) return this.refuse(verb, 'it ended in the middle of it')
    const word = readWord(text)
    if (word.verb === 'problem') return this.refuse(word.of, word.problem)
    if (word.verb === 'result') {
      this.result = this.redact.value(word.result) as JsonValue
      this.resultProblem = null
    } else if (word.verb === 'fail') this.failure = this.redact.value(word.failure) as Readonly<Record<string, unknown>>
    // Whoever waits for a milestone must not wait for ever because a host was killed in between; again, it is no news.
    else if (!isOld || word.verb === 'milestone') this.act(word)
  }

  private refuse(verb: string, problem: string): void {
    if (verb === 'result') this.resultProblem = problem
    if (verb === 'claim' || verb === 'integrate') this.reply(async () => `refused ${problem}`)
    this.note(`A line of the protocol ("${verb.slice(0, 20)}") is not understood: ${problem}.`)
  }

  private act(word: Exclude<Word, { readonly verb: 'problem' | 'result' | 'fail' }>): void {
    switch (word.verb) {
      case 'heartbeat':
        return this.context.heartbeat()
      case 'progress':
        return this.getOn(this.redact.value(word.progress) as JsonValue)
      case 'log':
        this.log(Buffer.from(word.text), 'log')
        return
      case 'milestone':
        return this.reach(word.name)
      case 'claim':
        return this.reply(async () => {
          const answer = await this.context.claim(word.paths)
          return answer.granted ? 'granted' : `refused ${answer.reason}`
        })
      case 'integrate':
        return this.reply(async () => {
          await this.context.integrate()
          return 'granted'
        })
      default:
        word satisfies never
    }
  }

  /** A flood of it must not fill the queue of the host. */
  private getOn(value: JsonValue): void {
    const waitMs = this.progressAt + PROGRESS_MS - performance.now()
    if (this.progress !== null) {
      this.progress.value = value
      return
    }
    this.progress = { value, timer: null }
    if (waitMs <= 0) this.tellProgress()
    else this.progress.timer = setTimeout(() => this.tellProgress(), waitMs)
  }

  private tellProgress(): void {
    if (this.progress === null) return
    const { value } = this.progress
    this.progress = null
    this.progressAt = performance.now()
    this.context.heartbeat(value)
  }

  private reach(name: string): void {
    if (this.waiting >= MOST_WAITING) return this.note(`Milestone "${name}" is not told: ${MOST_WAITING} wait already.`)
    this.waiting += 1
    void this.context
      .milestone(name)
      .catch((error: unknown) => this.note(String(error instanceof Error ? error.message : error)))
      .finally(() => {
        this.waiting -= 1
      })
  }

  private reply(ask: () => Promise<string>): void {
    if (this.waiting >= MOST_WAITING) {
      this.note(`A question is not answered: ${MOST_WAITING} wait already.`)
      return
    }
    this.waiting += 1
    const told = ask().catch((error: unknown) => `refused ${error instanceof Error ? error.message : String(error)}`)
    this.answered = this.answered.then(async () => {
      this.answer(plainLine(await told))
      this.waiting -= 1
    })
  }
}

const NEWLINE = Buffer.from('\n')
