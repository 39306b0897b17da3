/** One attempt under way: what its work sees of it, and may ask. */
import type { Attempt, ScopeState, SharedContexts } from '../core/state.js'
import type { DurationMs, EpochMs, Input, JsonValue, Rejection, RunId } from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import { buildExtension } from '../plan/define.js'
import type { RawAmendment } from './amending.js'
import { type ClaimLine, createClaimLine } from './attempt-claims.js'
import type { Exchange } from './exchange.js'
import type { HandOverOptions } from './hand-over.js'
import type { RegisteredHandler } from './handlers.js'
import type { Done } from './host-options.js'
import { toJson } from './json.js'
import { bytesOver } from './json-size.js'
import type {
  AttemptContext,
  AttemptOutcome,
  AttemptRequest,
  ClaimAnswer,
  ClaimRequest,
  Executor,
  HandlerContext,
  LogLine,
} from './ports.js'
import { throwIfRefused } from './refused.js'

export interface AttemptsOptions {
  readonly state: ScopeState
  /** The handler of a run by its name; undefined where nobody registered it. */
  readonly handlerOf: (run: RunId, name: string) => RegisteredHandler | undefined
  /** Carries out handlers that name no executor of their own. */
  readonly executor: Executor
  /** Takes and gives what attempts hand over to each other. */
  readonly exchange: Exchange
  readonly handOver: HandOverOptions
  /** Largest result that is stored, in bytes of JSON. */
  readonly maxResultBytes: number
  /** Hears of lines of output. Must not throw. */
  readonly onLog: (line: LogLine) => void
  /** Where workers ask for work: carries out what was started on them. */
  readonly desk: Desk
  readonly post: Post
  /** Resolves when the input has been decided upon and what it led to is stored. */
  readonly ask: (input: Input) => Promise<Rejection | null>
  readonly now: () => EpochMs
  /** Asks for `beat` to be called at this time. */
  readonly wakeBy: (at: EpochMs) => void
}

/** An outcome whose result is known to be JSON. */
export type Settled =
  | { readonly ok: true; readonly result: JsonValue }
  | Extract<AttemptOutcome, { readonly ok: false }>

/** Where workers ask for work, as far as attempts have to do with it. */
export interface Desk {
  readonly executor: Executor
  /** An attempt was started on a worker that asked: for its oldest call. */
  take(attempt: Attempt): void
  /** An attempt has ended, or has been stopped (`null`). Returns who wants to know when that is stored. */
  settled(context: AttemptUnderWay, outcome: Settled | null): Done | undefined
}

export type Post = (input: Input | RawAmendment, done?: Done) => void

/** Largest progress that is stored, in bytes of JSON; of a larger one only the size is. */
const MAX_PROGRESS_BYTES = 16_384

/** Most of one line of output that is told. */
const MAX_LOG_CHARACTERS = 16_384

/** How many signs of life the host gives in one lease. */
const BEATS_PER_LEASE = 3

/** One attempt under way, as its work sees it. */
export class AttemptUnderWay implements AttemptContext {
  readonly attempt: AttemptRequest
  readonly executor: Executor
  isStopping = false
  /** Verification steps that follow when this has passed. */
  stepsLeft = 0
  /** When the host next gives a sign of life for it; Infinity: never. */
  nextBeatAt: EpochMs
  /** What it sees of what was shared. */
  sharedContexts: SharedContexts
  private readonly options: AttemptsOptions
  private lastReceived = 0
  /** Made when it is first asked for. */
  private claims: ClaimLine | null = null
  private controller: AbortController | null = null
  /** What the plan grows by when the attempt succeeds. */
  extension: AmendmentDocument | null = null
  private stopReason: Error | undefined
  /** Why it was told to stop; null: it was not. */
  stoppedFor: string | null = null

  constructor(attempt: AttemptRequest, executor: Executor, shared: SharedContexts, options: AttemptsOptions) {
    this.attempt = attempt
    this.executor = executor
    this.sharedContexts = shared
    this.options = options
    const every = beatEveryMs(this)
    this.nextBeatAt = every === null ? Number.POSITIVE_INFINITY : options.now() + every
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.isStopping) this.controller.abort(this.stopReason)
    }
    return this.controller.signal
  }

  /** May be taken out of the context; made when it is. */
  get heartbeat(): (progress?: JsonValue) => void {
    return (progress) => this.beat(progress)
  }

  /** May be taken out of the context; made when it is. */
  get milestone(): (name: string) => Promise<void> {
    return (name) => {
      const reported = this.report(name)
      // Whoever does not wait for it must not be ended by it.
      reported.catch(() => undefined)
      return reported
    }
  }

  private async report(name: string): Promise<void> {
    const { run, task, fence } = this.attempt
    throwIfRefused(await this.options.ask({ type: 'milestone', run, task, fence, name }))
  }

  beat(progress?: JsonValue, done?: Done): void {
    if (this.isStopping) return
    const { run, task, fence } = this.attempt
    const copied = progress === undefined ? null : toJson(progress)
    // What JSON cannot hold is a sign of life all the same.
    if (copied === null || !copied.ok) return this.options.post({ type: 'beat', run, task, fence }, done)
    const over = bytesOver(copied.value, MAX_PROGRESS_BYTES)
    const kept = over === null ? copied.value : `${over} bytes, of which at most ${MAX_PROGRESS_BYTES} are kept`
    this.options.post({ type: 'beat', run, task, fence, progress: kept }, done)
  }

  /** May be taken out of the context; made when it is. */
  get log(): AttemptContext['log'] {
    return (text, stream = 'log') => {
      const { id, run, task } = this.attempt
      const at = this.options.now()
      this.options.onLog({ at, attempt: id, run, task, stream, text: String(text).slice(0, MAX_LOG_CHARACTERS) })
    }
  }

  get share(): AttemptContext['share'] {
    return (key, value) => this.options.exchange.share(this.attempt, key, value)
  }

  get shared(): AttemptContext['shared'] {
    return (stream) => this.options.exchange.shared(this.attempt, this.sharedContexts, stream)
  }

  get send(): AttemptContext['send'] {
    return (message) => this.options.exchange.send(this.attempt, message)
  }

  get inbox(): AttemptContext['inbox'] {
    return ({ after = 0 } = {}) => this.options.exchange.inbox(this.attempt, after)
  }

  get receive(): AttemptContext['receive'] {
    return ({ after = this.lastReceived } = {}) =>
      this.options.exchange.receive(this.attempt, after, this.signal, (message) => {
        this.lastReceived = message.seq
      })
  }

  /** May be taken out of the context; made when it is. */
  get extend(): HandlerContext['extend'] {
    return (change) => {
      if (this.extension !== null) throw new TypeError('An attempt extends the plan once: put it all into one call.')
      const { task } = this.attempt
      const slash = task.indexOf('/')
      this.extension =
        typeof change === 'function' ? buildExtension(slash === -1 ? null : task.slice(0, slash), change) : change
    }
  }

  /** May be taken out of the context, like the next one. */
  get integrate(): () => Promise<void> {
    return () => this.claimLine().integrate()
  }

  get claim(): (paths: ClaimRequest) => Promise<ClaimAnswer> {
    return (paths) => this.claimLine().claim(paths)
  }

  /** The core says that its turn has come. */
  mayIntegrate(): void {
    this.claimLine().granted()
  }

  private claimLine(): ClaimLine {
    this.claims ??= createClaimLine(this.attempt, this.options.post)
    if (this.isStopping) this.claims.stop(this.stopReason as Error)
    return this.claims
  }

  /** Aborts the signal, for whoever looks at it now or later. */
  abort(reason: string): void {
    this.isStopping = true
    this.stoppedFor ??= reason
    this.stopReason = new Error(`The attempt was told to stop (${reason}).`)
    this.controller?.abort(this.stopReason)
    this.claims?.stop(this.stopReason)
  }
}

export function beatEveryMs({ attempt, executor }: AttemptUnderWay): DurationMs | null {
  return executor.inProcess && attempt.heartbeatMs !== null ? attempt.heartbeatMs / BEATS_PER_LEASE : null
}
