/** The attempts this host has under way: starts them through their executor, stops them, and reports how they end. */

import { verdictOf } from '../core/gates.js'
import { createSmallMap, type SmallMap } from '../core/small-map.js'
import type { Attempt, SharedContexts } from '../core/state.js'
import type { DurationMs, EpochMs, Failure, Fence, Input, Instruction, JsonValue } from '../core/types.js'
import { type AttemptsOptions, AttemptUnderWay, beatEveryMs, type Settled } from './attempt-under-way.js'
import { Crashes } from './crashes.js'
import { checkFailure, toFailure } from './failure.js'
import { fitIn } from './hand-over.js'
import type { RegisteredHandler } from './handlers.js'
import type { Done } from './host-options.js'
import { type Filled, fillInput, type ResultOf } from './input.js'
import { toJson } from './json.js'
import { bytesOver } from './json-size.js'
import type { AttemptOutcome, AttemptRequest, Executor } from './ports.js'
import { requestOf, resultOf, stepOf, workOf } from './requests.js'
import { type StandardSchema, validateWith } from './standard-schema.js'

type StartAttempt = Extract<Instruction, { readonly type: 'startAttempt' }>
type GrantIntegration = Extract<Instruction, { readonly type: 'grantIntegration' }>
type VerifyAttempt = Extract<Instruction, { readonly type: 'verifyAttempt' }>
type StopAttempt = Extract<Instruction, { readonly type: 'stopAttempt' }>

export class Attempts {
  readonly underWay: SmallMap<Fence, AttemptUnderWay> = createSmallMap()
  private readonly options: AttemptsOptions
  /** Attempts whose next verification step has not been asked for yet. */
  private readonly between: Set<Fence> = new Set()
  /** See `keep`. */
  private readonly kept: Set<Fence> = new Set()
  private readonly crashes = new Crashes()
  /** How many attempts need signs of life from the host, and when the next one is due. */
  private beating = 0
  private beatAt: EpochMs = 0
  private onIdle: (() => void) | null = null

  constructor(options: AttemptsOptions) {
    this.options = options
  }

  /** Does what the host must. Throws nothing. */
  perform(instruction: Instruction): void {
    if (instruction.type === 'startAttempt') this.start(instruction)
    else if (instruction.type === 'stopAttempt') this.stop(instruction)
    else if (instruction.type === 'verifyAttempt') this.verify(instruction)
    else this.grantIntegration(instruction)
  }

  private start(instruction: StartAttempt): void {
    const attempt = this.options.state.attempts.get(instruction.fence)
    if (attempt === undefined) return
    const { run, task } = attempt
    const request = requestOf(attempt)
    const handler = this.options.handlerOf(run.id, request.handler)
    const context = this.begin(request, this.executorOf(attempt, handler), attempt.shared)
    if (isPulled(attempt)) this.options.desk.take(attempt)
    if (run.plan.verify.size > 0) context.stepsLeft = run.plan.verify.get(task)?.length ?? 0
    if (handler === undefined) return this.refuse(context, `No handler "${request.handler}" is registered.`)
    const isPlain = run.plan.hasInput[task] === 0 && handler.input === undefined && attempt.shared.size === 0
    if (isPlain) return this.execute(context, handler)
    void this.prepare(context, handler, run.plan.sources[task]!.input ?? null, (from) => resultOf(run, task, from))
  }

  /** Carries out a verification step of an attempt, as it carried out its work. */
  private verify(instruction: VerifyAttempt): void {
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

  /** Attempts that an earlier host has started, and that an executor may know of: nothing is said of them before `takeUp`. */
  keep(): ReadonlySet<Fence> {
    this.kept.clear()
    for (const attempt of this.options.state.attempts.values()) {
      const { request } = workOf(attempt)
      const handler = this.options.handlerOf(request.run, request.handler)
      if (handler === undefined && !isPulled(attempt)) continue
      if (this.executorOf(attempt, handler).attach !== undefined) this.kept.add(attempt.fence)
    }
    return this.kept
  }

  /** Has executors take up what was kept. What this host has under way itself was told to stop, and is lost when it has. */
  takeUp(): void {
    for (const fence of [...this.kept]) {
      if (this.underWay.has(fence)) continue
      this.kept.delete(fence)
      const attempt = this.options.state.attempts.get(fence)
      if (attempt !== undefined) this.attach(attempt)
    }
  }

  private attach(attempt: Attempt): void {
    const { request, input, resultOf, stepsLeft } = workOf(attempt)
    const handler = this.options.handlerOf(request.run, request.handler) ?? {}
    const context = this.begin(request, this.executorOf(attempt, handler), attempt.shared)
    context.stepsLeft = stepsLeft
    if (attempt.integration !== null && attempt.integration.grantedAt !== null) context.mayIntegrate()
    if (attempt.closing !== null) context.abort(attempt.closing.reason)
    void this.prepareAgain(context, handler, fillInput(input, resultOf))
  }

  /** It has got its input before, so nothing is refused for it. */
  private async prepareAgain(context: AttemptUnderWay, handler: RegisteredHandler, filled: Filled): Promise<void> {
    if (filled.ok) {
      Object.assign(context.attempt, { input: filled.value })
      await this.checkInput(context, handler, filled.value)
    }
    this.carryOut(context, handler, () => context.executor.attach!(context.attempt, context))
  }

  /** Whoever asked for an attempt does its work; its verification is the host's, as that of any other. */
  private executorOf(attempt: Attempt, handler: RegisteredHandler | undefined): Executor {
    if (isPulled(attempt)) return this.options.desk.executor
    return handler?.via ?? this.options.executor
  }

  private begin(request: AttemptRequest, executor: Executor, shared: SharedContexts): AttemptUnderWay {
    const context = new AttemptUnderWay(request, executor, shared, this.options)
    this.underWay.set(request.fence, context)
    if (context.nextBeatAt !== Number.POSITIVE_INFINITY) this.startBeating(context)
    return context
  }

  private stop(instruction: StopAttempt): void {
    const context = this.underWay.get(instruction.fence)
    const { run, task, fence } = instruction
    this.between.delete(fence)
    // Nobody has looked yet whether it still runs.
    if (context === undefined && this.kept.has(fence)) return
    // Not started here, or ended before it could be told: nothing of it runs any more.
    if (context === undefined) return this.options.post({ type: 'confirmStop', run, task, fence })
    context.abort(instruction.reason)
    if (context.executor.inProcess && !this.holdsPaths(context)) this.settle(context, null)
  }

  /** Lets an attempt integrate that has asked for it. */
  private grantIntegration({ fence }: GrantIntegration): void {
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
    this.carryOut(context, handler, () => context.executor.execute(context.attempt, context))
  }

  private carryOut(
    context: AttemptUnderWay,
    handler: RegisteredHandler,
    begin: () => Promise<AttemptOutcome | 'unknown'>,
  ): void {
    let outcome: Promise<AttemptOutcome | 'unknown'>
    try {
      outcome = begin()
    } catch (error) {
      return this.settle(context, { ok: false, failure: toFailure(error) })
    }
    Promise.resolve(outcome).then(
      (ended) => this.end(context, handler, ended),
      (error: unknown) => this.settle(context, { ok: false, failure: toFailure(error) }),
    )
  }

  /** What an executor says may be anything. */
  private end(
    context: AttemptUnderWay,
    handler: RegisteredHandler,
    ended: AttemptOutcome | 'unknown' | undefined,
  ): void {
    if (ended === 'unknown') return this.settle(context, { ok: false, failure: { kind: 'lost', message: UNKNOWN } })
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

  private complete(
    { attempt: { run, task, fence }, extension }: AttemptUnderWay,
    result: JsonValue,
    done: Done | undefined,
  ): void {
    if (extension === null) this.options.post({ type: 'complete', run, task, fence, result }, done)
    else this.options.post({ type: 'extend', run, task, fence, result, amendment: extension }, done)
  }

  /** Reports the end of an attempt, once; `null` and the end of one told to stop confirm that it has stopped. */
  private settle(context: AttemptUnderWay, outcome: Settled | null): void {
    const { run, task, fence, step } = context.attempt
    if (this.underWay.get(fence) !== context) return
    this.underWay.delete(fence)
    this.options.exchange.forget(fence)
    if (context.nextBeatAt !== Number.POSITIVE_INFINITY) this.beating -= 1
    const { desk } = this.options
    if (context.executor !== desk.executor && outcome !== null && !context.isStopping) this.count(context, outcome)
    const done =
      context.executor === desk.executor ? desk.settled(context, context.isStopping ? null : outcome) : undefined
    if (this.kept.delete(fence)) this.loseOwn(fence)
    else if (outcome === null || context.isStopping) this.options.post({ type: 'confirmStop', run, task, fence }, done)
    else if (!outcome.ok)
      this.options.post({ type: 'fail', run, task, fence, failure: outcome.failure, ...numberOf(step) }, done)
    else {
      if (context.stepsLeft > 0 && (step === undefined || verdictOf(outcome.result).isPassed)) this.between.add(fence)
      if (step === undefined) this.complete(context, outcome.result, done)
      else this.options.post({ type: 'verify', run, task, fence, step: step.number, result: outcome.result })
    }
    if (this.isIdle()) this.onIdle?.()
  }

  /** A worker of the host that loses attempt after attempt, because what it runs them with dies, must rest. */
  private count({ attempt: { worker }, executor }: AttemptUnderWay, outcome: Settled): void {
    if (executor.isFleet === true) return
    const input = this.crashes.ended(worker, !outcome.ok && outcome.failure.kind === 'lost')
    if (input !== null) this.options.post(input)
  }

  /** It was told to stop when this host was deposed, and has stopped now that it leads again. */
  private loseOwn(fence: Fence): void {
    const attempt = this.options.state.attempts.get(fence)
    if (attempt !== undefined) this.options.post(lossOf(attempt, 'its host was deposed'))
  }

  private isIdle(): boolean {
    return this.underWay.size === 0 && this.between.size === 0
  }
}

const UNKNOWN = 'Its host was restarted, and nothing of it runs any more.'

/** Says that nothing of an attempt runs any more, and that nobody knows how it ended. */
export function lossOf({ run, task, fence, verifying, closing }: Attempt, reason: string): Input {
  const head = { run: run.id, task: run.plan.taskIds[task]!, fence }
  if (closing !== null) return { type: 'confirmStop', ...head }
  const failure: Failure = { kind: 'lost', message: `It was lost: ${reason}.` }
  return { type: 'fail', ...head, failure, ...(verifying === null ? {} : { step: verifying.step }) }
}

/** Whether the work itself is in the hands of a worker that asked for it. */
function isPulled({ worker, verifying }: Attempt): boolean {
  return worker.leaseMs !== null && verifying === null
}

function numberOf(step: AttemptRequest['step']): { readonly step?: number } {
  return step === undefined ? {} : { step: step.number }
}
