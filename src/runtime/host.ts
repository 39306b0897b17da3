/**
 * The host of one scope: takes inputs from a mailbox, has the core decide, stores the events, and only then tells and
 * acts. The one await is the append; while it is under way inputs gather, and the next append takes them all.
 */

import { createState } from '../core/create.js'
import { decideAll } from '../core/decide.js'
import { reduce } from '../core/reduce.js'
import type { ScopeState } from '../core/state.js'
import type {
  BatchDecision,
  EpochMs,
  Input,
  Instruction,
  JsonValue,
  Rejection,
  Revision,
  RunEvent,
  RunId,
  ScopeId,
} from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { createPlanVersions, type PlanVersions } from '../plan/versions.js'
import { invalidAmendment, isRaw, prepared, type RawAmendment } from './amending.js'
import { invariantError, isSchedulerError, schedulerError } from './errors.js'
import type { Batch, Clock, Store, StoredEvent } from './ports.js'
import { WRITER } from './version.js'

export interface HostOptions {
  readonly scope: ScopeId
  readonly store: Store
  readonly clock: Clock
  /** Compiles a plan that is read back from the journal. */
  readonly compile: (plan: JsonValue, run: RunId) => AmendablePlan
  /** Names of the handlers that an amendment of this run may name. */
  readonly handlersOf: (run: RunId) => ReadonlySet<string>
  /** Durable events, in order, before any instruction of theirs. Must not throw. */
  readonly onEvents: (events: readonly RunEvent[]) => void
  /** Carries out an instruction. Must not throw. */
  readonly perform: (instruction: Instruction) => void
  /** The host has stopped for ever: nothing more will be stored or started. */
  readonly onFrozen: (error: Error) => void
  /** The armed time has come; called before the tick. Returns when it wants to be woken next, at the latest. */
  readonly onWake: (now: EpochMs) => EpochMs | null
}

/** Called once the events of an input are durable, or with an error when that will never be. */
export type Done = (rejection: Rejection | null, error?: Error) => void

/** Most inputs decided upon before they are stored. */
const MAX_BATCH = 4096
/** How often an append that threw is repeated (same batch id, so it cannot be stored twice), and the first pause, in ms. */
const APPEND_TRIES = 8
const APPEND_PAUSE_MS = 50
/** The host lets timers, signals and sockets in after this long without a pause, in ms. */
const BREATH_MS = 10

export class Host {
  readonly state: ScopeState = createState()
  /** Plans of the open runs; put one here before its `open`. */
  readonly plans: PlanVersions = createPlanVersions()
  /** Revision up to which all is stored. */
  durable: Revision = 0
  /** Why the host has stopped for ever, null while it works. */
  frozen: Error | null = null
  private readonly options: HostOptions
  private readonly batchPrefix = Math.random().toString(36).slice(2)
  private mailbox: (Input | RawAmendment)[] = []
  /** Who waits for the answer to an input. */
  private readonly waiting: Map<Input | RawAmendment, Done> = new Map()
  /** Amendments in the mailbox. */
  private amendments = 0
  private working: Promise<void> | null = null
  private isStopped = false
  private breathAt = Date.now()
  private coreWakeAt: EpochMs | null = null
  private otherWakeAt: EpochMs | null = null
  private armedAt: EpochMs | null = null
  private disarm: (() => void) | null = null

  constructor(options: HostOptions) {
    this.options = options
  }

  /** Folds the journal. To be called once, before anything is posted. @throws SchedulerError STORE_FAILED, JOURNAL_INVALID */
  async load(): Promise<void> {
    const { store, scope } = this.options
    let folding: StoredEvent | null = null
    try {
      for await (const stored of store.read(scope, 0)) {
        folding = stored
        this.fold(stored)
        folding = null
      }
    } catch (error) {
      throw folding === null ? unreadable(scope, error) : invalidJournal(scope, folding, error)
    }
    this.durable = this.state.revision
    this.coreWakeAt = this.state.deadlines.next()
    this.rearm()
  }

  private fold({ revision, event }: StoredEvent): void {
    const before = this.state.revision
    if (revision !== before + 1) throw new Error(`The event before it has revision ${before}.`)
    this.plans.follow(event, this.options.compile)
    reduce(this.plans.compiled, this.state, event)
    if (event.type === 'run.closed') this.letGo()
  }

  /** Hands over an input. */
  post(input: Input | RawAmendment, done?: Done): void {
    if (this.frozen !== null || this.isStopped) {
      done?.(null, this.frozen ?? schedulerError('CLOSED', 'The scheduler is closed.', 'Create a new one.'))
      return
    }
    if (done !== undefined) this.waiting.set(input, done)
    if (isRaw(input)) this.amendments += 1
    this.mailbox.push(input)
    if (this.working === null) this.working = Promise.resolve().then(() => this.work())
  }

  /** Hands over an input and waits until it is durable. @throws SchedulerError or InvariantError when the host is frozen. */
  ask(input: Input | RawAmendment): Promise<Rejection | null> {
    return new Promise((resolve, reject) => {
      this.post(input, (rejection, error) => (error === undefined ? resolve(rejection) : reject(error)))
    })
  }

  /** Wakes at `at` too, if that is earlier than what the core asked for. */
  wakeBy(at: EpochMs | null): void {
    this.otherWakeAt = at
    this.rearm()
  }

  /** Does what was posted and takes no more. */
  async stop(): Promise<void> {
    while (this.working !== null) await this.working
    this.isStopped = true
    this.disarm?.()
    this.disarm = null
    this.armedAt = null
  }

  private async work(): Promise<void> {
    try {
      while (this.mailbox.length > 0) {
        this.wakeIfDue()
        const inputs = this.takeMail()
        if ('type' in inputs) await this.amend(inputs)
        else await this.step(inputs)
      }
    } catch (error) {
      this.freeze(error instanceof Error ? error : new Error(String(error)))
    }
    this.working = null
  }

  /** The next inputs that can be decided upon together. An amendment comes alone: it is compiled when its turn has come. */
  private takeMail(): readonly Input[] | RawAmendment {
    const { mailbox } = this
    let size = Math.min(mailbox.length, MAX_BATCH)
    for (let i = 0; i < size; i += 1) if (this.amendments > 0 && isRaw(mailbox[i]!)) size = i
    const taken = size === mailbox.length ? mailbox : mailbox.slice(0, Math.max(size, 1))
    this.mailbox = size === mailbox.length ? [] : mailbox.slice(taken.length)
    if (size > 0) return taken as readonly Input[]
    this.amendments -= 1
    return taken[0] as RawAmendment
  }

  /** Compiles an amendment against the plan as it is now, and has the core decide upon it. */
  private async amend(raw: RawAmendment): Promise<void> {
    const done = this.waiting.get(raw)
    this.waiting.delete(raw)
    const before = this.plans.get(raw.run)
    const result = this.plans.amend(raw.run, raw.amendment, { handlers: this.options.handlersOf(raw.run) })
    if (result?.ok === false && raw.type === 'amend') return done?.(null, invalidAmendment(result.diagnostics))
    const input = prepared(raw, result)
    if (done !== undefined) this.waiting.set(input, done)
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
    const { events, instructions, rejections, wakeAt } = this.decide(inputs)
    if (events.length > 0) await this.append(expected, events)
    this.durable = this.state.revision
    this.coreWakeAt = wakeAt
    this.options.onEvents(events)
    if (this.state.ended.size > 0) this.letGo()
    this.rearm()
    for (const instruction of instructions) this.options.perform(instruction)
    if (this.waiting.size > 0) this.answer(inputs, rejections)
    await this.breathe()
  }

  private answer(inputs: readonly Input[], rejections: ReadonlyMap<number, Rejection>): void {
    inputs.forEach((input, i) => {
      const done = this.waiting.get(input)
      if (done === undefined) return
      this.waiting.delete(input)
      done(rejections.get(i) ?? null)
    })
  }

  /** Forgets runs that have ended, now that everybody knows. */
  private letGo(): void {
    for (const run of this.state.ended.keys()) this.plans.drop(run)
    this.state.ended.clear()
  }

  private decide(inputs: readonly Input[]): BatchDecision {
    try {
      return decideAll(this.plans.compiled, this.state, inputs, this.options.clock.now())
    } catch (error) {
      const types = [...new Set(inputs.map(({ type }) => `"${type}"`))].join(', ')
      throw invariantError(`Deciding on ${types} failed: ${sentence(error)}`, error)
    }
  }

  private async append(expected: number, events: readonly RunEvent[]): Promise<void> {
    const { scope, store } = this.options
    const batch: Batch = { id: `${this.batchPrefix}-${expected}`, events, writer: WRITER }
    let cause: unknown
    for (let tries = 0; tries < APPEND_TRIES; tries += 1) {
      if (tries > 0) await pause(APPEND_PAUSE_MS * 2 ** (tries - 1))
      try {
        const { ok } = await store.append(scope, expected, batch)
        if (ok) return
      } catch (error) {
        // What a store is sure of will not be otherwise the next time.
        if (isSchedulerError(error) && error.code !== 'STORE_FAILED') throw error
        cause = error
        continue
      }
      const hint = 'A scope has one writer: give each scheduler a scope or a store of its own.'
      throw schedulerError('SCOPE_TAKEN', `Another scheduler has written to scope "${scope}".`, hint)
    }
    const message = `The store could not append to scope "${scope}" in ${APPEND_TRIES} tries.`
    throw schedulerError('STORE_FAILED', message, 'See the cause; whatever was acknowledged is stored.', cause)
  }

  /** Work that never waits for the outside must not keep the outside waiting. */
  private async breathe(): Promise<void> {
    if (Date.now() - this.breathAt < BREATH_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    this.breathAt = Date.now()
  }

  private rearm(): void {
    const at = earliest(this.coreWakeAt, this.otherWakeAt)
    if (at === this.armedAt || this.isStopped) return
    this.disarm?.()
    this.armedAt = at
    this.disarm = at === null ? null : this.options.clock.arm(at, () => this.wake())
  }

  private wake(): void {
    this.armedAt = null
    this.disarm = null
    if (this.frozen !== null || this.isStopped) return
    this.post({ type: 'tick' })
  }

  private freeze(error: Error): void {
    this.frozen = error
    this.disarm?.()
    this.mailbox = []
    this.options.onFrozen(error)
    for (const done of this.waiting.values()) done(null, error)
    this.waiting.clear()
  }
}

/** The journal says what cannot be: another version wrote it, or it is damaged. */
function invalidJournal(scope: ScopeId, { revision, writer }: StoredEvent, cause: unknown): Error {
  const message = `Event ${revision} of scope "${scope}", written by ${writer}, cannot follow: ${sentence(cause)}`
  const hint = `The journal was written by another version than this (${WRITER}), or it is damaged.`
  return schedulerError('JOURNAL_INVALID', message, hint, cause)
}

function unreadable(scope: ScopeId, cause: unknown): Error {
  if (isSchedulerError(cause)) return cause
  const hint = 'See the cause; create a new scheduler when the store can be reached again.'
  return schedulerError('STORE_FAILED', `The journal of scope "${scope}" could not be read.`, hint, cause)
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.endsWith('.') ? text : `${text}.`
}

function earliest(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
