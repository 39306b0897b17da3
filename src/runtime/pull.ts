/**
 * The desk at which workers ask for work: who waits there since when, who holds which attempt, and who has not been heard of.
 *
 * Who is given what is decided by the core, which is told of every worker that waits. The desk is an executor, so that input,
 * result and the end of an attempt go the same way as those of any other.
 */
import type { Attempt, ScopeState, Worker } from '../core/state.js'
import type { EpochMs, Fence, Input, WorkerId } from '../core/types.js'
import { earliest } from './alarm.js'
import type { AttemptUnderWay, Desk, Settled } from './attempt-under-way.js'
import { schedulerError } from './errors.js'
import type { Done } from './host-options.js'
import { latenessOf } from './lateness.js'
import { type Lease, LeaseHandle } from './lease.js'
import { type AskingWorker, checkRequest, type LeaseRequest, type WorkerSettings } from './lease-request.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from './ports.js'

/** Workers that ask, at most, in one scope. */
const MOST_WORKERS = 10_000
/** Workers that are remembered after they were given up. */
const MOST_DEAD = 100
/** Of a lease: how long what an attempt held is kept after its worker was last heard of. */
const PATIENCE = 1.5

export interface DeskOptions {
  readonly state: ScopeState
  /** Pools of workers that ask; empty: the one named `pull`. */
  readonly pools: ReadonlySet<string>
  readonly settings: WorkerSettings
  readonly post: (input: Input, done?: Done) => void
  readonly now: () => EpochMs
  /** Asks for `wake` to be called at this time. */
  readonly wakeBy: (at: EpochMs) => void
}

/** A worker that waits for an attempt. */
interface Call {
  readonly asker: Asker
  readonly until: EpochMs
  readonly signal: AbortSignal | undefined
  readonly resolve: (lease: Lease | null) => void
  readonly reject: (error: unknown) => void
  /** It is being taken back: it may still be given what was decided before. */
  isLeaving: boolean
}

interface Asker {
  readonly id: WorkerId
  heardAt: EpochMs
  /** Calls that have not been given an attempt, the oldest first. */
  calls: readonly Call[]
}

/** A worker that was given up because nothing was heard of it. */
export interface DeadWorker extends AskingWorker {
  readonly heardAt: EpochMs
}

export class PullDesk implements Desk {
  readonly executor: Executor = {
    inProcess: false,
    execute: (attempt, context) => this.handOut(attempt, context),
    attach: (_attempt, context) => this.keep(context as AttemptUnderWay).outcome,
  }
  private readonly options: DeskOptions
  private readonly askers: Map<WorkerId, Asker> = new Map()
  /** Attempts that were started for a call and are being prepared. */
  private readonly promised: Map<Fence, Call> = new Map()
  /** All attempts in the hands of workers. */
  private readonly held: Map<Fence, LeaseHandle> = new Map()
  private readonly dead: Map<WorkerId, DeadWorker> = new Map()
  private isClosed = false

  constructor(options: DeskOptions) {
    this.options = options
  }

  /** A worker asks for work. Null: there was none for it in time. @throws SchedulerError as `Scheduler.lease` does */
  lease(request: LeaseRequest): Promise<Lease | null> {
    const worker = checkRequest(request, this.options.pools)
    const asker = this.join(worker)
    const { signal, waitMs = 0 } = request
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const until = this.options.now() + waitMs
      const call: Call = { asker, until, signal, resolve, reject, isLeaving: false }
      asker.calls = [...asker.calls, call]
      this.options.post({ type: 'offer', worker: asker.id }, (_rejection, error) => {
        if (error !== undefined) this.drop(call, error)
        else if (waitMs === 0) this.giveUp(call)
      })
      if (waitMs > 0) this.options.wakeBy(until)
      signal?.addEventListener('abort', () => this.giveUp(call), { once: true })
    })
  }

  /** What a worker holds, the oldest first. */
  leases(id: string): readonly Lease[] {
    const asker = this.askers.get(id as WorkerId)
    if (asker !== undefined) this.heard(asker)
    return [...this.held.values()].filter(({ attempt }) => attempt.worker === id)
  }

  /** When a worker was last heard of; undefined: it has not asked here. A worker that waits is heard of all the time. */
  heardAt(id: WorkerId): EpochMs | undefined {
    const asker = this.askers.get(id)
    return asker !== undefined && asker.calls.length > 0 ? this.options.now() : asker?.heardAt
  }

  lost(): Iterable<DeadWorker> {
    return this.dead.values()
  }

  // ── What the host says ────────────────────────────────────────────────────────────────────────────────────────

  take(attempt: Attempt): void {
    const asker = this.askers.get(attempt.worker.id)
    const [call, ...others] = asker?.calls ?? []
    if (asker === undefined || call === undefined) return
    asker.calls = others
    this.promised.set(attempt.fence, call)
  }

  settled({ attempt: { fence } }: AttemptUnderWay, outcome: Settled | null): Done | undefined {
    const lease = this.held.get(fence)
    if (lease !== undefined) {
      this.held.delete(fence)
      return lease.settled(outcome)
    }
    const call = this.promised.get(fence)
    if (call === undefined) return undefined
    // It ended before it was handed out, for its input was not valid: the worker goes on waiting.
    this.promised.delete(fence)
    call.asker.calls = [call, ...call.asker.calls]
    this.options.post({ type: 'offer', worker: call.asker.id })
    this.wake(this.options.now())
    return undefined
  }

  /** This host leads: workers of which an earlier one had attempts under way have a lease to be heard of. */
  takeOver({ workers }: ScopeState): void {
    const now = this.options.now()
    for (const { id, leaseMs } of workers.values()) {
      if (leaseMs === null) continue
      this.askers.set(id, { id, heardAt: now, calls: [] })
      this.options.wakeBy(now + leaseMs)
    }
  }

  /** Whoever waits is told that this host has nothing to give. */
  refuse(error: Error): void {
    for (const { calls } of this.askers.values()) for (const call of calls) call.reject(error)
    this.askers.clear()
  }

  /** Gives nothing more: whoever waits is sent away. Workers that hold nothing leave. */
  close(): void {
    this.isClosed = true
    for (const asker of this.askers.values()) for (const call of asker.calls) this.giveUp(call)
  }

  /** Workers that hold nothing leave; the others go on without a host, and are believed for a lease by the next one. */
  leave(reason: string): void {
    for (const worker of this.options.state.workers.values()) {
      if (worker.leaseMs !== null && isIdle(worker)) this.options.post({ type: 'leave', worker: worker.id, reason })
    }
  }

  /** Sends those away whose time is over, and gives up those of whom nothing is heard. Returns when it is to look again. */
  wake(now: EpochMs): EpochMs | null {
    let next: EpochMs | null = null
    for (const asker of this.askers.values()) {
      for (const call of asker.calls) {
        if (call.until <= now) this.giveUp(call)
        else next = earliest(next, call.until)
      }
      if (asker.calls.length === 0) next = earliest(next, this.watch(asker, now))
    }
    return next
  }

  /** Gives a worker up of which nothing was heard for too long. Returns when it is to look again. */
  private watch(asker: Asker, now: EpochMs): EpochMs | null {
    const worker = this.options.state.workers.get(asker.id)
    if (worker === undefined || worker.leaseMs === null) {
      this.askers.delete(asker.id)
      return null
    }
    // The clock may have been set back.
    asker.heardAt = Math.min(asker.heardAt, now)
    const dueAt = asker.heardAt + Math.ceil(isIdle(worker) ? worker.leaseMs : worker.leaseMs * PATIENCE)
    if (dueAt > now) return dueAt
    // The core believes each attempt for as long as its plan says.
    if (this.isBelieved(worker)) return now + worker.leaseMs
    const { id, pool, slots, capabilities, leaseMs } = worker
    this.askers.delete(id)
    this.dead.set(id, { id, pool, slots, capabilities: [...capabilities], leaseMs, heardAt: asker.heardAt })
    for (const oldest of this.dead.keys()) if (this.dead.size > MOST_DEAD) this.dead.delete(oldest)
    this.options.post({ type: 'leave', worker: id, reason: `nothing was heard of it for ${now - asker.heardAt} ms` })
    return null
  }

  private isBelieved(worker: Worker): boolean {
    if (isIdle(worker)) return false
    for (const attempt of this.options.state.attempts.values()) {
      if (attempt.worker === worker && attempt.closing === null) return true
    }
    return false
  }

  // ── Who asks ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The worker joins, or joins anew where it can do something else than before. */
  private join({ id, pool, slots, capabilities }: Omit<AskingWorker, 'leaseMs'>): Asker {
    const { state, post, settings } = this.options
    const { deadAfterMs: leaseMs } = settings
    const known = state.workers.get(id)
    if (known !== undefined && known.leaseMs === null) {
      const hint = 'Give the worker another name.'
      throw schedulerError('WORKER_EXISTS', `Worker "${id}" is one of the host’s own, which do not ask for work.`, hint)
    }
    const wanted: AskingWorker = { id, pool, slots, capabilities, leaseMs }
    if (known !== undefined && !isLike(known, wanted)) {
      if (!isIdle(known)) {
        const hint = 'Let it end what it holds first, or give the worker another name.'
        throw schedulerError('WORKER_EXISTS', `Worker "${id}" holds a lease, and asks as if it were another one.`, hint)
      }
      post({ type: 'leave', worker: id, reason: 'it joins as another one' })
    }
    if (known === undefined || !isLike(known, wanted)) this.admit(wanted)
    const asker = this.askers.get(id) ?? { id, heardAt: 0, calls: [] }
    this.askers.set(id, asker)
    this.dead.delete(id)
    this.heard(asker)
    return asker
  }

  private admit({ id, pool, slots, capabilities, leaseMs }: AskingWorker): void {
    if (this.askers.size >= MOST_WORKERS && !this.askers.has(id)) {
      const hint = 'Let workers share a name, with several slots, or divide the work between scopes.'
      throw schedulerError('LIMIT_EXCEEDED', `${MOST_WORKERS} workers ask for work already.`, hint)
    }
    this.options.post({ type: 'join', worker: id, pool, slots, capabilities, leaseMs })
  }

  private heard(asker: Asker): void {
    asker.heardAt = this.options.now()
    const leaseMs = this.options.settings.deadAfterMs
    this.options.wakeBy(asker.heardAt + leaseMs)
  }

  /** Takes a call back: whatever was decided before is still given to it. */
  private giveUp(call: Call): void {
    const { asker, signal } = call
    if (call.isLeaving || !asker.calls.includes(call)) return
    call.isLeaving = true
    this.options.post({ type: 'withdraw', worker: asker.id }, () => {
      if (asker.calls.includes(call)) {
        asker.calls = asker.calls.filter((each) => each !== call)
        this.heard(asker)
        if (signal?.aborted === true) call.reject(signal.reason)
        else call.resolve(null)
      } else if (asker.calls.length > 0) {
        // It was served while it left: what was taken back was the place of another call.
        this.options.post({ type: 'offer', worker: asker.id })
      }
    })
  }

  private drop(call: Call, error: Error): void {
    call.asker.calls = call.asker.calls.filter((each) => each !== call)
    call.reject(error)
  }

  // ── What they get ─────────────────────────────────────────────────────────────────────────────────────────────

  private handOut({ fence, worker }: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    const call = this.promised.get(fence)
    this.promised.delete(fence)
    if (call === undefined || call.signal?.aborted === true || this.isClosed) {
      if (call?.signal?.aborted === true) call.reject(call.signal.reason)
      else call?.resolve(null)
      const message = `It was handed back: worker "${worker}" no longer waited for work.`
      return Promise.resolve({ ok: false, failure: { kind: 'lost', message } })
    }
    this.heard(call.asker)
    const lease = this.keep(context as AttemptUnderWay)
    call.resolve(lease)
    return lease.outcome
  }

  private keep(context: AttemptUnderWay): LeaseHandle {
    const { settings, now } = this.options
    const { fence, heartbeatMs, worker } = context.attempt
    const lease = new LeaseHandle(context, {
      beatMs: Math.min(settings.beatMs, Math.floor((heartbeatMs ?? settings.deadAfterMs) / 3)),
      onSign: () => {
        const asker = this.askers.get(worker)
        if (asker !== undefined) this.heard(asker)
      },
      lateness: ({ attempt, stoppedFor }) => latenessOf(this.options.state, attempt, stoppedFor, now()),
    })
    this.held.set(fence, lease)
    return lease
  }
}

function isIdle({ freeSlots, slots }: Worker): boolean {
  return freeSlots.length === slots
}

function isLike(worker: Worker, { pool, slots, capabilities, leaseMs }: AskingWorker): boolean {
  const isSame = worker.pool === pool && worker.slots === slots && worker.leaseMs === leaseMs && !worker.isDraining
  return (
    isSame && capabilities.length === worker.capabilities.size && capabilities.every((c) => worker.capabilities.has(c))
  )
}
