/**
 * The host of one scope: takes inputs from a mailbox, has the core decide, stores the events, and only then tells and
 * acts. The one await is the append; while it is under way inputs gather, and the next append takes them all.
 */
import { decideAll } from '../core/decide.js'
import type { ScopeState } from '../core/state.js'
import type { BatchDecision, EpochMs, Input, Rejection, Revision, RunEvent } from '../core/types.js'
import type { PlanVersions } from '../plan/versions.js'
import { Alarm, earliest } from './alarm.js'
import { invalidAmendment, prepared, type RawAmendment } from './amending.js'
import { Answers } from './answers.js'
import { appendBatch } from './append.js'
import { Breath } from './breath.js'
import { closedError, invariantError, isSchedulerError, schedulerError } from './errors.js'
import { Journal, sentence } from './fold.js'
import { letGo } from './folded.js'
import type { Done, HostOptions } from './host-options.js'
import { hasWork, Leadership, notLeader } from './leadership.js'
import { Mailbox } from './mailbox.js'
import { isStoreFailed, StoreTrouble, unlessAway } from './store-trouble.js'
import { WRITER } from './version.js'
import { Waiters } from './waiters.js'

/** Thrown through a step whose events are not stored, because another host has written. */
const DEPOSED = new Error('deposed')

export class Host {
  readonly leadership: Leadership
  readonly trouble: StoreTrouble
  /** Why the host has stopped for ever, null while it works. */
  frozen: Error | null = null
  private readonly options: HostOptions
  private readonly journal: Journal
  private batches = 0
  private readonly mailbox = new Mailbox()
  private readonly answers = new Answers()
  private working: Promise<void> | null = null
  private isStopped = false
  /** The journal is to be read on. */
  private isLookWanted = false
  /** It has taken the lead, and that is not stored yet. */
  private isElecting = false
  private isAppending = false
  /** An append took longer than the lease: whatever comes of it, others have been free to take the lead. */
  private isSilenced = false
  private isRetiring = false
  private readonly waiters = new Waiters()
  private unwatch: (() => void) | null = null
  private readonly breath = new Breath()
  private coreWakeAt: EpochMs | null = null
  private otherWakeAt: EpochMs | null = null
  /** When the lead is seen to next. */
  private tendAt: EpochMs | null = null
  private readonly alarm: Alarm

  constructor(options: HostOptions) {
    this.options = options
    this.journal = new Journal(options)
    this.trouble = new StoreTrouble(options.scope, options.warn)
    this.alarm = new Alarm(options.clock, () => this.wake())
    this.leadership = new Leadership(options.host, options.leaseMs, options.store.processes ?? null)
  }

  get state(): ScopeState {
    return this.journal.state
  }

  /** Plans of the open runs; put one here before its `open`. */
  get plans(): PlanVersions {
    return this.journal.plans
  }

  /** Revision up to which all is stored. */
  get durable(): Revision {
    return this.journal.durable
  }

  /** Folds the journal. To be called once, before anything is posted. @throws SchedulerError STORE_FAILED, JOURNAL_INVALID */
  async load(): Promise<void> {
    await this.journal.load()
    this.leadership.begin(this.state, this.options.hostName, this.options.clock.now())
  }

  /** Takes the lead where nobody else has it and there is something to do; else stands by. Resolves when that is known. */
  async takePart(): Promise<void> {
    const { leaseMs, onElected, onLead, scope, store } = this.options
    if (leaseMs !== null) {
      this.unwatch = store.watch?.(scope, () => this.hint()) ?? null
      // Whoever asks for something looks again, and is told.
      return this.wait(false).catch(unlessAway)
    }
    this.leadership.role = 'leader'
    this.coreWakeAt = this.state.deadlines.next()
    this.rearm()
    onLead()
    await this.ask({ type: 'tick' })
    onElected()
  }

  /** Resolves when this host leads; until it is known whether another does, that may take a lease. @throws SchedulerError NOT_LEADER */
  async mustLead(): Promise<void> {
    if (this.frozen !== null) throw this.frozen
    if (!this.leadership.isSure(this.options.clock.now())) await this.wait(true)
  }

  /** Resolves when the state is what is stored, for whoever leads. */
  async settle(): Promise<void> {
    if (this.leadership.isSure(this.options.clock.now())) await this.ask({ type: 'tick' }).catch(unlessDeposed)
    else await this.wait(false)
  }

  /** Hands over an input. */
  post(input: Input | RawAmendment, done?: Done): void {
    if (this.frozen !== null || this.isStopped || this.leadership.role === 'standby') {
      done?.(null, this.frozen ?? (this.isStopped ? closedError() : this.notLeader()))
      return
    }
    if (done !== undefined) this.answers.expect(input, done)
    this.mailbox.put(input)
    this.startWork()
  }

  /** Hands over an input and waits until it is durable. @throws SchedulerError NOT_LEADER, and whatever froze the host */
  ask(input: Input | RawAmendment): Promise<Rejection | null> {
    return new Promise((resolve, reject) => {
      this.post(input, (rejection, error) => (error === undefined ? resolve(rejection) : reject(error)))
    })
  }

  /** Wakes at `at` too, if that is earlier than what else there is. */
  wakeBy(at: EpochMs): void {
    this.otherWakeAt = earliest(this.otherWakeAt, at)
    this.rearm()
  }

  /** Takes the lead no more; it keeps the one it has. */
  retire(): void {
    this.isRetiring = true
    this.unwatch?.()
  }

  /** Does what was posted, gives up the lead, and takes no more. */
  async stop(): Promise<void> {
    const { host, leaseMs } = this.options
    if (leaseMs !== null) this.post({ type: 'resign', host })
    while (this.working !== null) await this.working
    if (this.frozen === null && this.leadership.role === 'leader') await this.journal.saveAtEnd()
    this.isStopped = true
    this.waiters.refuse(closedError())
    this.alarm.set(null)
  }

  private startWork(): void {
    if (this.working === null) this.working = Promise.resolve().then(() => this.work())
  }

  private async work(): Promise<void> {
    try {
      while (!this.mailbox.isEmpty() || this.isLookWanted) {
        if (this.isLookWanted) await this.look()
        else await this.takeStep()
      }
    } catch (error) {
      this.freeze(error instanceof Error ? error : new Error(String(error)))
    }
    this.working = null
  }

  private async takeStep(): Promise<void> {
    this.wakeIfDue()
    const inputs = this.mailbox.take()
    try {
      if ('type' in inputs) await this.amend(inputs)
      else await this.step(inputs)
    } catch (error) {
      if (error !== DEPOSED && !this.canWait(error)) throw error
      this.stepDown()
    }
  }

  /** Whether this host can go on when the store does: another one may have done so by then. */
  private canWait(error: unknown): boolean {
    if (this.options.leaseMs === null || !isStoreFailed(error)) return false
    this.trouble.begin(error, this.options.clock.now())
    this.answers.refuse(error)
    return true
  }

  /** Compiles an amendment against the plan as it is now, and has the core decide upon it. */
  private async amend(raw: RawAmendment): Promise<void> {
    const done = this.answers.take(raw)
    const before = this.plans.get(raw.run)
    const result = this.plans.amend(raw.run, raw.amendment, { handlers: this.options.handlersOf(raw.run) })
    if (result?.ok === false && raw.type === 'amend') return done?.(null, invalidAmendment(result.diagnostics))
    const input = prepared(raw, result)
    if (done !== undefined) this.answers.expect(input, done)
    if (before === undefined || result?.ok !== true) return this.step([input])
    this.plans.put(raw.run, result.plan)
    await this.step([input])
    // Refused: the run goes on with the plan it has.
    const run = this.state.runs.get(raw.run)
    if (run !== undefined && run.plan !== result.plan.compiled) this.plans.put(raw.run, before)
  }

  /** Whoever wants to be woken comes before what is decided: a timer may be late where work has blocked the host. */
  private wakeIfDue(): void {
    if (this.otherWakeAt === null) return
    const now = this.options.clock.now()
    if (this.otherWakeAt <= now) this.otherWakeAt = this.options.onWake(now)
  }

  private async step(inputs: readonly Input[]): Promise<void> {
    const expected = this.state.revision
    const { events, instructions, rejections, wakeAt, now } = this.decide(inputs)
    if (events.length > 0) {
      await this.append(expected, events)
      this.leadership.signAt = now
      this.journal.stored(events)
    }
    this.coreWakeAt = wakeAt
    this.options.onEvents(events)
    if (this.state.ended.size > 0) letGo(this.journal.folded)
    if (this.options.leaseMs !== null) this.keepLead(now)
    this.rearm()
    for (const instruction of instructions) this.options.perform(instruction)
    this.answers.give(inputs, rejections)
    // Whatever may start is under way: nobody waits for this.
    this.journal.saveIfDue()
    await this.breath.take()
  }

  private decide(inputs: readonly Input[]): BatchDecision & { readonly now: EpochMs } {
    try {
      const now = this.options.clock.now()
      return { ...decideAll(this.plans.compiled, this.state, inputs, now), now }
    } catch (error) {
      const types = [...new Set(inputs.map(({ type }) => `"${type}"`))].join(', ')
      throw invariantError(`Deciding on ${types} failed: ${sentence(error)}`, error)
    }
  }

  private async append(expected: Revision, events: readonly RunEvent[]): Promise<void> {
    const { host, scope, store, leaseMs } = this.options
    this.isAppending = true
    const batch = { id: `${host}-${this.batches}`, events, writer: WRITER }
    this.batches += 1
    const isStored = await appendBatch(store, scope, expected, batch).finally(() => {
      this.isAppending = false
    })
    if (isStored && !this.isSilenced) return
    if (leaseMs !== null) throw DEPOSED
    const hint = 'Give each scheduler a scope or a store of its own, or all of them a `leaseMs`.'
    throw schedulerError('SCOPE_TAKEN', `Another scheduler has written to scope "${scope}".`, hint)
  }

  // ── The lead ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Waits until the journal has been read on and the role is known; with `mustLead`, until this host leads. */
  private async wait(mustLead: boolean): Promise<void> {
    if (this.frozen !== null || this.isStopped) throw this.frozen ?? closedError()
    this.wantLook()
    await this.waiters.add(mustLead)
  }

  private wantLook(): void {
    this.isLookWanted = true
    this.startWork()
  }

  /** Somebody may have stored something; a leader that is sure has done so itself. */
  private hint(): void {
    if (this.isStopped || this.leadership.isSure(this.options.clock.now())) return
    this.wantLook()
  }

  /** Reads on, and judges who leads. A store that is out of reach is tried again with the next look. */
  private async look(): Promise<void> {
    this.isLookWanted = false
    try {
      if (this.leadership.role === 'leader') {
        // Not yet: the store says so, in answer to the election.
        if (this.isElecting) return
        if (await this.journal.isLonger()) this.stepDown()
        else this.waiters.admit()
        return
      }
      const { clock, onEvents, onRefolded } = this.options
      const isNews = await this.journal.catchUp((event) => onEvents([event]), onRefolded)
      this.trouble.end()
      if (isNews) this.leadership.saw(this.state, clock.now())
      this.judge()
    } catch (error) {
      if (!isStoreFailed(error)) throw error
      this.trouble.begin(error, this.options.clock.now())
      this.waiters.refuse(error)
      this.answers.refuse(error)
    }
    this.lookLater()
  }

  private judge(): void {
    const { leader } = this.state
    const now = this.options.clock.now()
    this.answers.refuse(this.notLeader())
    const isFree = this.leadership.isFree(leader, now) && !this.isRetiring
    if (isFree && (hasWork(this.state) || this.waiters.wantLead())) return this.elect()
    this.waiters.admitVisitors()
    if (this.leadership.isTaken(leader, now)) this.waiters.refuse(this.notLeader())
  }

  /** Takes the lead, if the store agrees. */
  private elect(): void {
    const { host, leaseMs, onLead, store } = this.options
    this.leadership.role = 'leader'
    this.isElecting = true
    const process = store.processes?.self
    this.post({ type: 'lead', host, leaseMs: leaseMs!, ...(process ? { process } : {}) })
    onLead()
  }

  /** After a step: the election may be stored by now, and there may be work again. */
  private keepLead(now: EpochMs): void {
    if (this.isElecting) {
      this.isElecting = false
      this.options.onElected()
      this.waiters.admit()
    }
    this.tendAt ??= this.leadership.tend(this.state, true, now).at
  }

  private stepDown(): void {
    this.leadership.standBy(this.options.clock.now())
    this.journal.isSpoilt = true
    this.isSilenced = false
    this.mailbox.clear()
    this.coreWakeAt = null
    this.otherWakeAt = null
    if (!this.isElecting) this.options.onDeposed()
    this.isElecting = false
    this.isLookWanted = true
  }

  private lookLater(): void {
    const { leadership, state } = this
    if (leadership.role === 'standby') this.tendAt = leadership.looksAt(state.leader, this.options.clock.now())
    this.rearm()
  }

  /** Sees to the lead, if it is time to. */
  private tend(now: EpochMs): void {
    if (this.tendAt === null || this.tendAt > now) return
    if (this.leadership.role === 'standby') {
      this.tendAt = null
      return this.wantLook()
    }
    const { host, leaseMs, onDeposed } = this.options
    const { act, at } = this.leadership.tend(this.state, this.isAppending, now)
    this.tendAt = at
    if (act === 'renew') this.post({ type: 'renew', host, leaseMs: leaseMs! })
    this.isSilenced = act === 'silence'
    if (this.isSilenced) onDeposed()
  }

  private notLeader(): Error {
    return notLeader(this.options.scope, this.options.host, this.state.leader)
  }

  // ── Time and trouble ──────────────────────────────────────────────────────────────────────────────────────────

  private rearm(): void {
    if (!this.isStopped) this.alarm.set(earliest(earliest(this.coreWakeAt, this.otherWakeAt), this.tendAt))
  }

  private wake(): void {
    if (this.frozen !== null || this.isStopped) return
    if (this.tendAt !== null) {
      this.tend(this.options.clock.now())
      // An append that is under way must not outlast the lease unseen.
      this.alarm.set(this.tendAt)
    }
    this.post({ type: 'tick' })
  }

  private freeze(error: Error): void {
    this.frozen = error
    this.alarm.set(null)
    this.unwatch?.()
    this.mailbox.clear()
    this.options.onFrozen(error)
    this.answers.refuse(error)
    this.waiters.refuse(error)
  }
}

function unlessDeposed(error: unknown): null {
  if (isSchedulerError(error) && error.code === 'NOT_LEADER') return null
  throw error
}
