/** The attempts this host has under way: starts them through their executor, stops them, and reports how they end. */

import { verdictOf } from '../core/gates.js'
import { createSmallMap, type SmallMap } from '../core/small-map.js'
import type { ScopeState, SharedContexts } from '../core/state.js'
import type { DurationMs, EpochMs, Fence, Input, Instruction, JsonValue, Rejection, RunId } from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import { buildExtension } from '../plan/define.js'
import type { RawAmendment } from './amending.js'
import { type ClaimLine, createClaimLine } from './attempt-claims.js'
import type { Exchange } from './exchange.js'
import { checkFailure, toFailure } from './failure.js'
import { fitIn, type HandOverOptions } from './hand-over.js'
import type { RegisteredHandler } from './handlers.js'
import type { Done } from './host-options.js'
import { fillInput, type ResultOf } from './input.js'
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
} from './ports.js'
import { throwIfRefused } from './refused.js'
import { requestOf, resultOf, stepOf } from './requests.js'
import { type StandardSchema, validateWith } from './standard-schema.js'

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
  readonly post: Post
  /** Resolves when the input has been decided upon and what it led to is stored. */
  readonly ask: (input: Input) => Promise<Rejection | null>
  readonly now: () => EpochMs
  /** Asks for `beat` to be called at this time. */
  readonly wakeBy: (at: EpochMs) => void
}

type Post = (input: Input | RawAmendment, done?: Done) => void

type StartAttempt = Extract<Instruction, { readonly type: 'startAttempt' }>
type GrantIntegration = Extract<Instruction, { readonly type: 'grantIntegration' }>
type VerifyAttempt = Extract<Instruction, { readonly type: 'verifyAttempt' }>
type StopAttempt = Extract<Instruction, { readonly type: 'stopAttempt' }>

/** An outcome whose result is known to be JSON. */
type Settled = { readonly ok: true; readonly result: JsonValue } | Extract<AttemptOutcome, { readonly ok: false }>

/** Largest progress that is stored, in bytes of JSON; of a larger one only the size is. */
const MAX_PROGRESS_BYTES = 16_384
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

  beat(progress?: JsonValue): void {
    if (this.isStopping) return
    const { run, task, fence } = this.attempt
    if (progress === undefined) return this.options.post({ type: 'beat', run, task, fence })
    const copied = toJson(progress)
    if (!copied.ok) return
    const over = bytesOver(copied.value, MAX_PROGRESS_BYTES)
    const kept = over === null ? copied.value : `${over} bytes, of which at most ${MAX_PROGRESS_BYTES} are kept`
    this.options.post({ type: 'beat', run, task, fence, progress: kept })
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
    this.claims?.granted()
  }

  private claimLine(): ClaimLine {
    this.claims ??= createClaimLine(this.attempt, this.options.post)
    if (this.isStopping) this.claims.stop(this.stopReason as Error)
    return this.claims
  }

  /** Aborts the signal, for whoever looks at it now or later. */
  abort(reason: string): void {
    this.isStopping = true
    this.stopReason = new Error(`The attempt was told to stop (${reason}).`)
    this.controller?.abort(this.stopReason)
    this.claims?.stop(this.stopReason)
  }
}

function beatEveryMs({ attempt, executor }: AttemptUnderWay): DurationMs | null {
  return executor.inProcess && attempt.heartbeatMs !== null ? attempt.heartbeatMs / BEATS_PER_LEASE : null
}

export class Attempts {
  readonly underWay: SmallMap<Fence, AttemptUnderWay> = createSmallMap()
  private readonly options: AttemptsOptions
  /** Attempts whose next verification step has not been asked for yet. */
  private readonly between: Set<Fence> = new Set()
  /** How many attempts need signs of life from the host, and when the next one is due. */
  private beating = 0
  private beatAt: EpochMs = 0
  private onIdle: (() => void) | null = null

  constructor(options: AttemptsOptions) {
    this.options = options
  }

  start(instruction: StartAttempt): void {
    const attempt = this.options.state.attempts.get(instruction.fence)
    if (attempt === undefined) return
    const { run, task } = attempt
    const named = run.plan.handler[task]!
    const name = named === -1 ? '' : run.plan.handlers[named]!
    const handler = this.options.handlerOf(run.id, name)
    const executor = handler?.via ?? this.options.executor
    const request = requestOf(run, task, instruction, name)
    const context = this.begin(request, executor, attempt.shared)
    if (run.plan.verify.size > 0) context.stepsLeft = run.plan.verify.get(task)?.length ?? 0
    if (handler === undefined) {
      return this.refuse(context, `No handler "${name}" is registered.`)
    }
    const isPlain = run.plan.hasInput[task] === 0 && handler.input === undefined && attempt.shared.size === 0
    if (isPlain) return this.execute(context, handler)
    void this.prepare(context, handler, run.plan.sources[task]!.input ?? null, (from) => resultOf(run, task, from))
  }

  /** Carries out a verification step of an attempt, as it carried out its work. */
  verify(instruction: VerifyAttempt): void {
    this.between.delete(instruction.fence)
    const attempt = this.options.state.attempts.get(instruction.fence)
    if (attempt === undefined || attempt.verifying === null) return
    const { request, input, resultOf } = stepOf(attempt, instruction.step)
    const handler = this.options.handlerOf(request.run, request.handler)
    const context = this.begin(request, handler?.via ?? this.options.executor, attempt.shared)
    context.stepsLeft = request.step.of - request.step.number
    if (handler === undefined) return this.refuse(context, `No handler "${request.handler}" is registered.`)
    void this.prepare(context, handler, input, resultOf)
  }

  private begin(request: AttemptRequest, executor: Executor, shared: SharedContexts): AttemptUnderWay {
    const context = new AttemptUnderWay(request, executor, shared, this.options)
    this.underWay.set(request.fence, context)
    if (context.nextBeatAt !== Number.POSITIVE_INFINITY) this.startBeating(context)
    return context
  }

  stop(instruction: StopAttempt): void {
    const context = this.underWay.get(instruction.fence)
    const { run, task, fence } = instruction
    this.between.delete(fence)
    // Not started here, or ended before it could be told: nothing of it runs any more.
    if (context === undefined) return this.options.post({ type: 'confirmStop', run, task, fence })
    context.abort(instruction.reason)
    if (context.executor.inProcess && !this.holdsPaths(context)) this.settle(context, null)
  }

  /** Lets an attempt integrate that has asked for it. */
  grantIntegration({ fence }: GrantIntegration): void {
    this.underWay.get(fence)?.mayIntegrate()
  }

  /** Whether there is anything it could still be writing: what its plan says, or what it claimed since. */
  private holdsPaths({ attempt }: AttemptUnderWay): boolean {
    const { read, write, integrate } = attempt.claims
    if (read.length + write.length + integrate.length > 0) return true
    const known = this.options.state.attempts.get(attempt.fence)
    return known !== undefined && known.extensions !== null
  }

  /** Gives the signs of life that are due, and says when the next are; null: never. */
  beat(now: EpochMs): EpochMs | null {
    if (this.beating === 0) return null
    let next = Number.POSITIVE_INFINITY
    for (const context of this.underWay.values()) {
      const every = beatEveryMs(context)
      if (every === null || context.isStopping) continue
      if (context.nextBeatAt <= now) {
        context.beat()
        context.nextBeatAt = now + every
      }
      next = Math.min(next, context.nextBeatAt)
    }
    this.beatAt = next
    return next === Number.POSITIVE_INFINITY ? null : next
  }

  abortAll(reason: string): void {
    for (const context of this.underWay.values()) context.abort(reason)
  }

  /** Resolves when nothing is under way, or after `limitMs` of real time. */
  async idle(limitMs: DurationMs): Promise<void> {
    if (this.isIdle()) return
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.onIdle = resolve
      timer = setTimeout(resolve, limitMs)
    })
    clearTimeout(timer)
    this.onIdle = null
  }

  private startBeating(context: AttemptUnderWay): void {
    this.beating += 1
    this.beatAt = this.beating === 1 ? context.nextBeatAt : Math.min(this.beatAt, context.nextBeatAt)
    this.options.wakeBy(this.beatAt)
  }

  private async prepare(
    context: AttemptUnderWay,
    handler: RegisteredHandler,
    input: JsonValue,
    resultOf: ResultOf,
  ): Promise<void> {
    const filled = fillInput(input, resultOf)
    if (!filled.ok) return this.refuse(context, filled.problem)
    const fitted = await fitIn(context, filled.value, context.sharedContexts, this.options.handOver)
    if (!fitted.ok) return this.settle(context, { ok: false, failure: fitted.failure })
    context.sharedContexts = fitted.shared
    const problem = await this.checkInput(context, handler, fitted.input)
    if (problem === null) return this.execute(context, handler)
    this.refuse(context, problem)
  }

  /** Puts the checked input into the request; says what is wrong with it otherwise. */
  private async checkInput(
    context: AttemptUnderWay,
    handler: RegisteredHandler,
    input: JsonValue,
  ): Promise<string | null> {
    const checked = await validateWith(handler.input, input)
    if (!checked.ok) return `The input of handler "${context.attempt.handler}" is not valid: ${checked.problem}.`
    Object.assign(context.attempt, { input: checked.value })
    return null
  }

  private execute(context: AttemptUnderWay, handler: RegisteredHandler): void {
    if (context.isStopping) return this.settle(context, null)
    let outcome: Promise<AttemptOutcome>
    try {
      outcome = context.executor.execute(context.attempt, context)
    } catch (error) {
      return this.settle(context, { ok: false, failure: toFailure(error) })
    }
    Promise.resolve(outcome).then(
      (ended) => this.end(context, handler, ended),
      (error: unknown) => this.settle(context, { ok: false, failure: toFailure(error) }),
    )
  }

  /** What an executor says may be anything. */
  private end(context: AttemptUnderWay, handler: RegisteredHandler, ended: AttemptOutcome | undefined): void {
    if (ended?.ok === true) return this.accept(context, handler, ended.result)
    this.settle(context, { ok: false, failure: checkFailure(ended?.failure) })
  }

  /** Takes over what the work returned, if JSON can hold it and the handler's schema agrees. */
  private accept(context: AttemptUnderWay, handler: RegisteredHandler, result: unknown): void {
    if (handler.output !== undefined) return void this.checkOutput(context, handler.output, result)
    const copied = toJson(result)
    if (copied.ok) return this.succeed(context, copied.value)
    this.refuse(context, `The result of handler "${context.attempt.handler}" is not JSON: ${copied.problem}.`)
  }

  private async checkOutput(context: AttemptUnderWay, schema: StandardSchema, result: unknown): Promise<void> {
    const checked = await validateWith(schema, result)
    const value = checked.ok ? toJson(checked.value) : checked
    if (value.ok) return this.succeed(context, value.value)
    this.refuse(context, `The result of handler "${context.attempt.handler}" is not valid: ${value.problem}.`)
  }

  private succeed(context: AttemptUnderWay, result: JsonValue): void {
    const { maxResultBytes } = this.options
    const over = bytesOver(result, maxResultBytes)
    if (over === null) return this.settle(context, { ok: true, result })
    const size = `has ${over} bytes as JSON, more than maxResultBytes (${maxResultBytes})`
    const hint = 'Return a reference (a path, an address, a hash) and keep the rest elsewhere, or raise the limit.'
    this.refuse(context, `The result of handler "${context.attempt.handler}" ${size}. ${hint}`)
  }

  /** Trying again would not help. */
  private refuse(context: AttemptUnderWay, message: string): void {
    this.settle(context, { ok: false, failure: { kind: 'error', message, retryable: false } })
  }

  private complete({ attempt: { run, task, fence }, extension }: AttemptUnderWay, result: JsonValue): void {
    if (extension === null) this.options.post({ type: 'complete', run, task, fence, result })
    else this.options.post({ type: 'extend', run, task, fence, result, amendment: extension })
  }

  /** Reports the end of an attempt, once; `null` and the end of one told to stop confirm that it has stopped. */
  private settle(context: AttemptUnderWay, outcome: Settled | null): void {
    const { run, task, fence, step } = context.attempt
    if (this.underWay.get(fence) !== context) return
    this.underWay.delete(fence)
    this.options.exchange.forget(fence)
    if (context.nextBeatAt !== Number.POSITIVE_INFINITY) this.beating -= 1
    if (outcome === null || context.isStopping) this.options.post({ type: 'confirmStop', run, task, fence })
    else if (!outcome.ok)
      this.options.post({ type: 'fail', run, task, fence, failure: outcome.failure, ...numberOf(step) })
    else {
      if (context.stepsLeft > 0 && (step === undefined || verdictOf(outcome.result).isPassed)) this.between.add(fence)
      if (step === undefined) this.complete(context, outcome.result)
      else this.options.post({ type: 'verify', run, task, fence, step: step.number, result: outcome.result })
    }
    if (this.isIdle()) this.onIdle?.()
  }

  private isIdle(): boolean {
    return this.underWay.size === 0 && this.between.size === 0
  }
}

function numberOf(step: AttemptRequest['step']): { readonly step?: number } {
  return step === undefined ? {} : { step: step.number }
}
