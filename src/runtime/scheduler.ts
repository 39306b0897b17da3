/** The scheduler: one scope, its store, its workers, its runs. */

import type { RunState } from '../core/state.js'
import type { EpochMs, JsonValue, Limit, Rejection, RunEvent, RunId, ScopeId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { checkPlan } from '../plan/check.js'
import { CODE_LIMITS } from '../plan/limits.js'
import { isTypedPlan, type ResultSource, type TypedPlan } from '../plan/typed-plan.js'
import { earliest } from './alarm.js'
import { Attempts } from './attempts.js'
import { Crew, type Pool } from './crew.js'
import { readEndedRun, storedPlan } from './ended-run.js'
import { closedError, schedulerError } from './errors.js'
import { Exchange } from './exchange.js'
import { checkBytes, checkHandOver } from './hand-over.js'
import { Host } from './host.js'
import { hostSettings } from './host-settings.js'
import { sameJson } from './json.js'
import { KnownHandlers } from './known-handlers.js'
import { type HostRole, notLeader } from './leadership.js'
import type { Lease } from './lease.js'
import type { LeaseRequest } from './lease-request.js'
import { hostLimits, type LimitOptions, oneLimit } from './limits.js'
import { logError, logEvent } from './logging.js'
import { checkId, checkIdempotencyKey, runIdFor } from './names.js'
import { checkHandlers, invalidPlan, lacksHandlers, storedPlanOf } from './plans.js'
import { throwIfRefused } from './refused.js'
import { type Run, RunHandle } from './run.js'
import { listRuns, type RunSummary } from './run-list.js'
import type { CloseOptions, Scheduler, SchedulerParts, StartOptions } from './scheduler-types.js'
import { HELD_BACK, takeUp } from './take-up.js'
import { printListenerError, roleTeller, tellLog } from './tell.js'
import type { WorkerStatus } from './worker-status.js'

const DEFAULT_MAX_RESULT_BYTES = 1_048_576
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
  private readonly exchange: Exchange
  private readonly attempts: Attempts
  /** What the host's code says of limits. */
  private readonly limits: ReadonlyMap<string, Limit>
  /** Handles of the open runs. */
  private readonly handles: Map<RunId, RunHandle> = new Map()
  private readonly expected: Map<RunId, Expected> = new Map()
  /** Ids and keys of starts that have not been answered. */
  private readonly pending: Set<string> = new Set()
  private readonly handlers: KnownHandlers
  private readonly crew: Crew
  /** Handles of the runs that were open when the journal was read: they may end before anybody could ask for them. */
  private readonly takenUp: Map<RunId, RunHandle> = new Map()
  private readonly tellRole: (role: HostRole) => void
  private loaded: Promise<void> | null = null
  private closing: Promise<void> | null = null

  constructor(parts: SchedulerParts) {
    checkHandOver(parts.handOver ?? {})
    checkBytes('maxResultBytes', parts.maxResultBytes ?? DEFAULT_MAX_RESULT_BYTES)
    this.parts = parts
    this.tellRole = roleTeller(parts.onRoleChange)
    this.handlers = new KnownHandlers(parts.handlers)
    this.limits = hostLimits(parts.resources, parts.handlers)
    const settings = hostSettings(parts)
    this.scope = settings.scope
    const { clock } = parts
    this.host = new Host({
      ...settings,
      compile: (plan, run) => this.compileStored(plan, run),
      handlersOf: (run) => this.handlers.namesFor(run),
      onEvents: (events) => this.deliver(events),
      perform: (instruction) => this.attempts.perform(instruction),
      onFrozen: (error) => this.failAll(error),
      onWake: (now) => earliest(this.attempts.beat(now), this.crew.desk.wake(now)),
      onLead: () => this.lead(),
      onElected: () => this.elected(),
      onDeposed: () => this.deposed(),
      onRefolded: () => this.refolded(),
    })
    const { host } = this
    this.exchange = new Exchange(this.host)
    const wakeBy = (at: EpochMs): void => host.wakeBy(at)
    this.crew = new Crew({
      get state() {
        return host.state
      },
      workers: parts.workers,
      pools: parts.pools,
      defaultSlots: parts.defaultSlots,
      post: (input, done) => host.post(input, done),
      ask: (input) => host.mustLead().then(() => host.ask(input)),
      now: clock.now,
      wakeBy,
    })
    this.attempts = new Attempts({
      get state() {
        return host.state
      },
      exchange: this.exchange,
      handOver: parts.handOver ?? {},
      maxResultBytes: parts.maxResultBytes ?? DEFAULT_MAX_RESULT_BYTES,
      handlerOf: (run, name) => this.handlers.of(run, name),
      onLog: (line) => tellLog(parts.onLog, line),
      executor: parts.executor((attempt) => this.handlers.of(attempt.run, attempt.handler)?.run),
      ask: (input) => this.host.ask(input),
      post: (input, done) => this.host.post(input, done),
      now: clock.now,
      wakeBy,
      desk: this.crew.desk,
    })
  }

  get hostId(): string {
    return this.host.leadership.host
  }

  get role(): HostRole {
    return this.host.leadership.role
  }

  async ready(): Promise<HostRole> {
    await this.load()
    await this.host.settle()
    return this.role
  }

  async start(value: unknown, options: StartOptions = {}): Promise<Run<never>> {
    await this.load()
    await this.host.mustLead()
    const typed = isTypedPlan(value) ? value : null
    const { ok, diagnostics, plan, compiled } = checkPlan(value, { limits: options.limits })
    if (!ok || plan === undefined || compiled === undefined) throw invalidPlan(diagnostics)
    checkHandlers(compiled, (name) => this.handlers.isKnown(name, typed))
    const key = options.idempotencyKey === undefined ? {} : { idempotencyKey: checkIdempotencyKey(options) }
    const id = checkId('run', options.id ?? runIdFor(compiled.name, this.parts.clock.now())) as RunId
    const document = plan as unknown as JsonValue
    const open = { type: 'open', run: id, plan: document, ...key } as const
    const expected: Expected = { results: typed?.results ?? null, handle: null }
    const pending = [id, `key ${open.idempotencyKey ?? id}`]
    // Another start may want the same id or key: who comes first is known when that one is answered.
    while (pending.some((each) => this.pending.has(each))) await this.host.ask({ type: 'tick' })
    // Open already: it can only be refused, and must not take the other's plan and functions away.
    const isTaken = this.host.plans.get(id) !== undefined || this.host.state.runKeys.has(open.idempotencyKey ?? '')
    if (isTaken) return this.again(open, await this.host.ask({ ...open, plan: null }), typed)
    for (const each of pending) this.pending.add(each)
    this.host.plans.put(id, { compiled, frame: plan })
    this.expected.set(id, expected)
    this.handlers.adopt(id, typed)
    this.crew.join(plan.pools)
    try {
      const rejection = await this.host.ask(open)
      if (rejection !== null) {
        this.host.plans.drop(id)
        this.forget(id)
      }
      throwIfRefused(rejection)
    } finally {
      for (const each of pending) this.pending.delete(each)
      this.expected.delete(id)
    }
    return expected.handle as unknown as Run<never>
  }

  async resume(id: string, value?: unknown): Promise<Run<never>> {
    await this.load()
    // It may have been opened since.
    if (this.role === 'standby') await this.host.settle()
    const handle = await this.find(id as RunId)
    if (value === undefined) return handle as unknown as Run<never>
    const { ok, diagnostics, plan } = checkPlan(value, { limits: CODE_LIMITS })
    if (!ok) throw invalidPlan(diagnostics)
    await this.adopt(handle, plan as unknown as JsonValue, isTypedPlan(value) ? value : null)
    return handle as unknown as Run<never>
  }

  async list(): Promise<readonly RunSummary[]> {
    await this.load()
    // Only what is stored is told.
    await this.host.settle()
    return listRuns(this.host.state)
  }

  /** A start that was refused: under a key that was used before, it gives that run. */
  private async again(
    { plan, idempotencyKey }: { readonly plan: JsonValue; readonly idempotencyKey?: string },
    rejection: Rejection | null,
    typed: TypedPlan | null,
  ): Promise<Run<never>> {
    const id = this.host.state.runKeys.get(idempotencyKey ?? '')
    if (rejection?.code !== 'KEY_USED' || id === undefined) throwIfRefused(rejection)
    const handle = await this.find(id!)
    await this.adopt(handle, plan, typed)
    return handle as unknown as Run<never>
  }

  private async find(id: RunId): Promise<RunHandle> {
    const { runs, closedRuns } = this.host.state
    const known = this.takenUp.get(id) ?? this.handles.get(id)
    if (known !== undefined) return known
    const open = runs.get(id)
    if (open !== undefined) return this.handleOf(open, null)
    const closed = closedRuns.get(id)
    if (closed === undefined) {
      const hint = 'Check the id, the store and the scope.'
      throw schedulerError('RUN_UNKNOWN', `There is no run ${JSON.stringify(id)} in this scope.`, hint)
    }
    const { scope } = this
    const { store } = this.parts
    const state = await readEndedRun(id, { store, scope, ...closed })
    const handle = this.makeHandle(state, null)
    handle.finish()
    return handle
  }

  /** Takes the plan that a run was started with: its functions, and the names of its results. */
  private async adopt(handle: RunHandle, plan: JsonValue, typed: TypedPlan | null): Promise<void> {
    const { id, state } = handle
    // Its opening is stored by then.
    await this.host.settle()
    if (!sameJson(plan, await storedPlan(this.parts.store, this.scope, state.openedAfter))) {
      const hint = 'Give the plan the run was started with; for another plan, take another key or id.'
      throw schedulerError('PLAN_DIFFERS', `Run "${id}" was started with another plan.`, hint)
    }
    handle.nameResults(typed?.results ?? null)
    if (!this.host.state.runs.has(id)) return
    checkHandlers(state.plan, (name) => this.handlers.isKnown(name, typed))
    this.handlers.adopt(id, typed)
    const isHeldBack = handle.state.paused?.reason === HELD_BACK
    // Whoever takes the lead looks at that anyway.
    if (isHeldBack && this.role === 'leader') await this.host.ask({ type: 'resume', run: id })
  }

  async setLimit(name: string, options: number | LimitOptions | null): Promise<void> {
    const limit = oneLimit(name, options)
    await this.load()
    await this.host.mustLead()
    throwIfRefused(await this.host.ask({ type: 'setLimit', name, limit }))
  }

  async lease(request: LeaseRequest): Promise<Lease | null> {
    await this.load()
    await this.host.mustLead()
    return this.crew.desk.lease(request)
  }

  async leases(worker: string): Promise<readonly Lease[]> {
    await this.load()
    await this.host.mustLead()
    return this.crew.desk.leases(worker)
  }

  async pool(name: string): Promise<Pool> {
    await this.ready()
    return this.crew.pool(name)
  }

  async workers(): Promise<readonly WorkerStatus[]> {
    await this.ready()
    return this.crew.statuses()
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.closing ??= this.shutDown(options)
    return this.closing
  }

  private async shutDown(options: CloseOptions): Promise<void> {
    await this.loaded?.catch(() => undefined)
    this.host.retire()
    this.crew.drain()
    // What was decided before is begun by then, so that it is waited for too.
    await this.host.ask({ type: 'tick' }).catch(() => undefined)
    await this.attempts.idle(options.graceMs ?? DEFAULT_GRACE_MS)
    this.attempts.abortAll('the scheduler is closing')
    await this.attempts.idle(LAST_WAIT_MS)
    this.crew.leave('the scheduler was closed')
    await this.host.stop()
    const hint = 'Resume it with a new scheduler on the same store.'
    this.failAll(schedulerError('CLOSED', 'The scheduler was closed before the run ended.', hint))
    await this.parts.store.close?.()
  }

  /** Folds the journal, once: what an earlier host had under way is lost with it. */
  private load(): Promise<void> {
    if (this.closing !== null) return Promise.reject(closedError())
    if (this.host.frozen !== null) return Promise.reject(this.host.frozen)
    this.loaded ??= this.host
      .load()
      .catch((error: unknown) => {
        // The next request tries again: nothing has begun.
        this.loaded = null
        throw error
      })
      .then(() => {
        for (const run of this.host.state.runs.values()) this.takenUp.set(run.id, this.handleOf(run, null))
        return this.host.takePart()
      })
    return this.loaded
  }

  /** This host leads: whoever led before is gone, and its workers with it. */
  private lead(): void {
    const { state } = this.host
    const isLacking = (run: RunState) => lacksHandlers(run, (name) => this.handlers.of(run.id, name) !== undefined)
    const reason = this.host.leadership.leaseMs === null ? 'its host was restarted' : 'another host leads'
    for (const input of takeUp(state, { limits: this.limits, isLacking })) this.host.post(input)
    this.crew.takeOver(this.attempts.keep(), reason)
  }

  private elected(): void {
    this.attempts.takeUp()
    this.tellRole('leader')
  }

  private deposed(): void {
    this.attempts.abortAll('another host may lead')
    this.crew.desk.refuse(notLeader(this.scope, this.host.leadership.host, this.host.state.leader))
    this.tellRole('standby')
  }

  private refolded(): void {
    for (const [id, handle] of this.handles) handle.state = this.host.state.runs.get(id)!
  }

  private compileStored(plan: JsonValue, run: RunId): AmendablePlan {
    const stored = storedPlanOf(plan, run)
    this.crew.plan(run, stored.frame.pools)
    return stored
  }

  private deliver(events: readonly RunEvent[]): void {
    let handle: RunHandle | undefined
    const logger = this.role === 'leader' ? this.parts.logger : undefined
    for (const event of events) {
      if (logger !== undefined) logEvent(logger, event)
      if (!('run' in event)) continue
      if (event.type === 'run.opened') handle = this.opened(event.run)
      else if (handle?.id !== event.run) handle = this.handles.get(event.run)
      handle?.deliver(event)
      if (event.type === 'message.sent') this.exchange.deliver(event)
      if (event.type === 'run.closed') this.forget(event.run)
    }
    this.crew.replace()
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
    const handle = this.makeHandle(state, results)
    this.handles.set(state.id, handle)
    return handle
  }

  private makeHandle(state: RunState, results: ReadonlyMap<string, ResultSource> | null): RunHandle {
    const { clock, store, onListenerError = printListenerError } = this.parts
    const { host, scope } = this
    const workers = (): readonly WorkerStatus[] => this.crew.statuses(state.id)
    return new RunHandle(state, { host, scope, store, now: clock.now, onListenerError, results, workers })
  }

  private forget(id: RunId): void {
    this.handles.delete(id)
    this.handlers.forget(id)
  }

  private failAll(error: Error): void {
    if (this.parts.logger !== undefined && this.host.frozen !== null) logError(this.parts.logger, error)
    this.attempts.abortAll('the scheduler has stopped')
    this.crew.desk.refuse(error)
    for (const handle of this.handles.values()) handle.fail(error)
    this.handles.clear()
  }
}
