/** The scheduler: one scope, its store, its workers, its runs. */
import type { RunState } from '../core/state.js'
import type { CompiledPlan, JsonValue, PoolId, RunEvent, RunId, ScopeId, WorkerId } from '../core/types.js'
import { checkPlan } from '../plan/check.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import { CODE_LIMITS, type PlanLimits } from '../plan/limits.js'
import { isTypedPlan, type PlanFunction, type ResultSource, type TypedPlan } from '../plan/typed-plan.js'
import type { PlanDocument } from '../plan/types.js'
import { Attempts } from './attempts.js'
import { schedulerError, throwIfRefused } from './errors.js'
import type { HandlerContext, Handlers, RegisteredHandler } from './handlers.js'
import { Host } from './host.js'
import { checkId, checkPools, hostPools, type Pools, poolsOf, runIdFor } from './names.js'
import type { AttemptRequest, Clock, Executor, Store } from './ports.js'
import { type Run, RunHandle } from './run.js'

/** Finds the function that carries out an attempt, for executors that run functions. */
export type FunctionOf = (
  attempt: AttemptRequest,
) => ((input: JsonValue, context: HandlerContext) => unknown) | undefined

export interface SchedulerParts {
  /** Taken over: closed with the scheduler. */
  readonly store: Store
  readonly clock: Clock
  /** Makes the executor of handlers that name none of their own. */
  readonly executor: (functionOf: FunctionOf) => Executor
  readonly handlers?: Handlers
  /** Workers of this host, by pool. Pools that a plan declares and the host does not are joined as the plan says. */
  readonly pools?: Pools
  /** Slots of the pool `local`, for plans that declare no pools where the host gives none. */
  readonly defaultSlots: number
  /** Runs of one scope share workers and claims. Default `default`. */
  readonly scope?: string
  /** A listener threw; the run goes on. Default: the error is printed. */
  readonly onListenerError?: (error: unknown, event: RunEvent) => void
}

export interface StartOptions {
  /** Unique in the scope for ever. Default: made from the plan's name and the time. */
  readonly id?: string
  /** Single limits, for plans that are plain data. Default: `DEFAULT_LIMITS`; what code made has `CODE_LIMITS`. */
  readonly limits?: Partial<PlanLimits>
}

export interface CloseOptions {
  /** How long work under way may take to end before it is told to stop, in ms. Default 10,000. */
  readonly graceMs?: number
}

export interface Scheduler {
  /**
   * Starts a run of `plan`: a plan made by code, or data. Resolves when the run is stored.
   *
   * @throws SchedulerError PLAN_INVALID with all `diagnostics`, HANDLER_UNKNOWN, RUN_EXISTS, ID_INVALID, CLOSED
   */
  start<Results>(plan: TypedPlan<Results>, options?: StartOptions): Promise<Run<Results>>
  start(plan: PlanDocument, options?: StartOptions): Promise<Run<Record<string, JsonValue>>>
  start(plan: unknown, options?: StartOptions): Promise<Run<Record<string, JsonValue>>>
  /** The handle of a run that is open in the scope, also one that an earlier host started. @throws SchedulerError RUN_UNKNOWN */
  resume(id: string): Promise<Run<Record<string, JsonValue>>>
  /**
   * Ends gracefully: starts nothing more, lets what runs end, after `graceMs` tells it to stop, and hands back what has
   * not ended. Open runs stay open in the store; their outcomes reject with `CLOSED`.
   */
  close(options?: CloseOptions): Promise<void>
}

const DEFAULT_GRACE_MS = 10_000
/** How long functions that were told to stop are waited for when the grace is over, in ms. */
const LAST_WAIT_MS = 100

/** A start that waits for its run to be opened. */
interface Expected {
  readonly results: ReadonlyMap<string, ResultSource> | null
  handle: RunHandle | null
}

export class SchedulerOfScope implements Scheduler {
  private readonly parts: SchedulerParts
  private readonly scope: ScopeId
  private readonly host: Host
  private readonly attempts: Attempts
  /** Handles of the open runs. */
  private readonly handles: Map<RunId, RunHandle> = new Map()
  private readonly expected: Map<RunId, Expected> = new Map()
  /** Functions that stand for handlers, by run. */
  private readonly functions: Map<RunId, ReadonlyMap<string, PlanFunction>> = new Map()
  private readonly joined: Set<WorkerId> = new Set()
  /** Pools of the plans that were read from the journal, by run. */
  private readonly plannedPools: Map<RunId, Pools | undefined> = new Map()
  /** Handles of the runs that were open when the journal was read: they may end before anybody could ask for them. */
  private readonly takenUp: Map<RunId, RunHandle> = new Map()
  private loaded: Promise<void> | null = null
  private closing: Promise<void> | null = null

  constructor(parts: SchedulerParts) {
    if (parts.pools !== undefined) checkPools(parts.pools)
    this.parts = parts
    this.scope = checkId('scope', parts.scope ?? 'default') as ScopeId
    const { clock, store } = parts
    this.host = new Host({
      scope: this.scope,
      store,
      clock,
      compile: (plan, run) => this.compileStored(plan, run),
      onEvents: (events) => this.deliver(events),
      perform: (instruction) => {
        if (instruction.type === 'startAttempt') this.attempts.start(instruction)
        else if (instruction.type === 'verifyAttempt') this.attempts.verify(instruction)
        else this.attempts.stop(instruction)
      },
      onFrozen: (error) => this.failAll(error),
      onWake: (now) => this.attempts.beat(now),
    })
    this.attempts = new Attempts({
      state: this.host.state,
      handlerOf: (run, name) => this.handlerOf(run, name),
      executor: parts.executor((attempt) => this.handlerOf(attempt.run, attempt.handler)?.run),
      post: (input) => this.host.post(input),
      ask: (input) => this.host.ask(input),
      now: clock.now,
      wakeBy: (at) => this.host.wakeBy(at),
    })
  }

  async start(value: unknown, options: StartOptions = {}): Promise<Run<never>> {
    await this.load()
    const typed = isTypedPlan(value) ? value : null
    const { ok, diagnostics, plan, compiled } = checkPlan(value, { limits: options.limits })
    if (!ok || plan === undefined || compiled === undefined) throw invalidPlan(diagnostics)
    checkHandlers(
      compiled,
      (name) => typed?.functions.has(name) === true || this.parts.handlers?.get(name) !== undefined,
    )
    const id = checkId('run', options.id ?? runIdFor(compiled.name, this.parts.clock.now())) as RunId
    const expected: Expected = { results: typed?.results ?? null, handle: null }
    // Open already, or about to be: it can only be refused, and must not take the other's plan and functions away.
    if (this.host.plans.has(id)) throwIfRefused(await this.host.ask({ type: 'open', run: id, plan: null }))
    this.host.plans.set(id, compiled)
    this.expected.set(id, expected)
    if (typed !== null) this.functions.set(id, typed.functions)
    this.join(poolsOf(plan.pools, this.parts.pools, this.parts.defaultSlots))
    const rejection = await this.host.ask({ type: 'open', run: id, plan: plan as unknown as JsonValue })
    this.expected.delete(id)
    if (rejection !== null) {
      this.host.plans.delete(id)
      this.forget(id)
    }
    throwIfRefused(rejection)
    return expected.handle as unknown as Run<never>
  }

  async resume(id: string): Promise<Run<Record<string, JsonValue>>> {
    await this.load()
    const taken = this.takenUp.get(id as RunId)
    if (taken !== undefined) return taken as unknown as Run<Record<string, JsonValue>>
    const state = this.host.state.runs.get(id as RunId)
    if (state === undefined) {
      const hint = 'Check the id, the store and the scope; a run that has ended cannot be resumed.'
      throw schedulerError('RUN_UNKNOWN', `No run "${id}" is open in this scope.`, hint)
    }
    return this.handleOf(state, null) as unknown as Run<Record<string, JsonValue>>
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.closing ??= this.shutDown(options)
    return this.closing
  }

  private async shutDown(options: CloseOptions): Promise<void> {
    await this.loaded?.catch(() => undefined)
    for (const worker of this.joined) this.host.post({ type: 'drain', worker })
    // What was decided before is begun by then, so that it is waited for too.
    await this.host.ask({ type: 'tick' }).catch(() => undefined)
    await this.attempts.idle(options.graceMs ?? DEFAULT_GRACE_MS)
    this.attempts.abortAll('the scheduler is closing')
    await this.attempts.idle(LAST_WAIT_MS)
    for (const worker of this.joined) this.host.post({ type: 'leave', worker, reason: 'the scheduler was closed' })
    await this.host.stop()
    const hint = 'Resume it with a new scheduler on the same store.'
    this.failAll(schedulerError('CLOSED', 'The scheduler was closed before the run ended.', hint))
    await this.parts.store.close?.()
  }

  /** Folds the journal, once: what an earlier host had under way is lost with it. */
  private load(): Promise<void> {
    if (this.closing !== null)
      return Promise.reject(schedulerError('CLOSED', 'The scheduler is closed.', 'Create a new one.'))
    if (this.host.frozen !== null) return Promise.reject(this.host.frozen)
    this.loaded ??= this.host.load().then(async () => {
      for (const worker of this.host.state.workers.keys()) {
        this.host.post({ type: 'leave', worker, reason: 'its host was restarted' })
      }
      this.join(hostPools(this.parts.pools))
      for (const run of this.host.state.runs.values()) {
        this.takenUp.set(run.id, this.handleOf(run, null))
        this.join(poolsOf(this.plannedPools.get(run.id), this.parts.pools, this.parts.defaultSlots))
      }
      this.plannedPools.clear()
      await this.host.ask({ type: 'tick' })
    })
    return this.loaded
  }

  private compileStored(plan: JsonValue, run: RunId): CompiledPlan {
    const { compiled, plan: parsed, diagnostics } = checkPlan(plan, { limits: CODE_LIMITS })
    if (compiled === undefined) {
      const hint = 'It was written by another version, or the journal is damaged.'
      const message = `The stored plan of run "${run}" cannot be read: ${diagnostics[0]?.message}`
      throw schedulerError('JOURNAL_INVALID', message, hint)
    }
    this.plannedPools.set(run, parsed.pools)
    return compiled
  }

  private join(pools: Pools): void {
    for (const [pool, { slots, capabilities = [] }] of Object.entries(pools)) {
      const worker = pool as string as WorkerId
      if (this.joined.has(worker)) continue
      this.joined.add(worker)
      this.host.post({ type: 'join', worker, pool: pool as PoolId, slots, capabilities: [...capabilities].sort() })
    }
  }

  private deliver(events: readonly RunEvent[]): void {
    let handle: RunHandle | undefined
    for (const event of events) {
      if (!('run' in event)) continue
      if (event.type === 'run.opened') handle = this.opened(event.run)
      else if (handle?.id !== event.run) handle = this.handles.get(event.run)
      handle?.deliver(event)
      if (event.type === 'run.closed') this.forget(event.run)
    }
    for (const handle of this.handles.values()) handle.wakeIterators()
  }

  private opened(id: RunId): RunHandle {
    const expected = this.expected.get(id)
    const handle = this.handleOf(
      this.host.state.runs.get(id) ?? this.host.state.ended.get(id)!,
      expected?.results ?? null,
    )
    if (expected !== undefined) expected.handle = handle
    return handle
  }

  private handleOf(state: RunState, results: ReadonlyMap<string, ResultSource> | null): RunHandle {
    const known = this.handles.get(state.id)
    if (known !== undefined) return known
    const { clock, store, onListenerError = printListenerError } = this.parts
    const { host, scope } = this
    const handle = new RunHandle(state, { host, scope, store, now: clock.now, onListenerError, results })
    this.handles.set(state.id, handle)
    return handle
  }

  private handlerOf(run: RunId, name: string): RegisteredHandler | undefined {
    const own = this.functions.get(run)?.get(name)
    return own === undefined ? this.parts.handlers?.get(name) : { run: own as RegisteredHandler['run'] }
  }

  private forget(id: RunId): void {
    this.handles.delete(id)
    this.functions.delete(id)
  }

  private failAll(error: Error): void {
    this.attempts.abortAll('the scheduler has stopped')
    for (const handle of this.handles.values()) handle.fail(error)
    this.handles.clear()
  }
}

function invalidPlan(diagnostics: readonly Diagnostic[]): Error {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const lines = errors.map(({ at, message }) => `\n  ${at || '/'}: ${message}`)
  const message = `The plan has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}.${lines.join('')}`
  const hint = 'Each of the `diagnostics` has a hint; `checkPlan` gives the same list without starting anything.'
  return Object.assign(schedulerError('PLAN_INVALID', message, hint), { diagnostics })
}

/** Every task must have a handler that this host knows. */
function checkHandlers(plan: CompiledPlan, isKnown: (name: string) => boolean): void {
  const problems = plan.handlers.filter((name) => !isKnown(name)).map((name) => `Handler "${name}" is not registered.`)
  const isWork = (task: number): boolean => plan.gates.get(task) !== 'approval'
  const nameless = plan.taskIds.filter((_, task) => plan.handler[task] === -1 && isWork(task))
  if (nameless.length > 0) {
    const more = nameless.length > 5 ? ` and ${nameless.length - 5} more` : ''
    problems.push(
      `No handler is named by ${nameless
        .slice(0, 5)
        .map((id) => `"${id}"`)
        .join(', ')}${more}.`,
    )
  }
  if (problems.length === 0) return
  const hint =
    'Register it with `defineHandlers`, or name one in the task, its stream or the plan (`defaults.handler`).'
  throw schedulerError('HANDLER_UNKNOWN', problems.join(' '), hint)
}

function printListenerError(error: unknown, event: RunEvent): void {
  // biome-ignore lint/suspicious/noConsole: the last resort for an error that nobody asked for.
  console.error(`signalbox: a listener of "${event.type}" threw; the run goes on.`, error)
}
