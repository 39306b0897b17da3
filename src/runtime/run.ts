/** The handle of a run: watch it, ask it why, steer it. */
import { EventEmitter } from 'eventemitter3'
import { explain, type Reason, unblocks } from '../core/explain.js'
import type { RunState } from '../core/state.js'
import { isFinal, STATUS } from '../core/state.js'
import type {
  CancelTarget,
  EpochMs,
  Input,
  Message,
  RunEvent,
  RunEventMap,
  RunEventType,
  RunId,
  ScopeId,
  TaskIndex,
} from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import type { ResultSource } from '../plan/typed-plan.js'
import type { RawAmendment } from './amending.js'
import { eventsOf } from './ended-run.js'
import { schedulerError } from './errors.js'
import type { Host } from './host.js'
import { checkMessage, copyMessage } from './messages.js'
import { type Outcome, outcomeOf } from './outcome.js'
import type { OutgoingMessage, Store } from './ports.js'
import { type Progress, progressOf } from './progress.js'
import { throwIfRefused } from './refused.js'
import type { WorkerStatus } from './worker-status.js'

/** Events of one run, by name; `*` is every one of them. */
export type RunListeners = {
  readonly [Type in RunEventType as RunEventMap[Type] extends { readonly run: RunId } ? Type : never]: (
    event: RunEventMap[Type],
  ) => void
} & { readonly '*': (event: RunEvent) => void }

export interface CancelOptions {
  /** Only this task (full id), or only this stream. Default: the whole run. */
  readonly task?: string
  readonly stream?: string
  /** Kept in the journal. */
  readonly reason?: string
}

export interface GateAnswer {
  /** Who says so. Kept in the journal; who approved is the result of the gate, with the note. */
  readonly by?: string
  readonly note?: string
}

export interface Run<Results = unknown> {
  readonly id: string
  /** Resolves when the run has ended; never rejects because work failed. @throws SchedulerError, InvariantError */
  readonly outcome: Promise<Outcome<Results>>
  /**
   * Calls `listener` for each event of that name, in journal order, once it is durable. A listener that throws changes
   * nothing: see `onListenerError`. Returns what takes the listener back.
   */
  on<Type extends keyof RunListeners>(type: Type, listener: RunListeners[Type]): () => void
  /**
   * The events of the run from its opening on, also those already past. Ends with the run; after `close()`, of this or of
   * the scheduler, with what was stored until then, or without it where the store is closed too.
   */
  events(): AsyncIterable<RunEvent>
  /** Why a task is not running, or how it ended. @throws SchedulerError TASK_UNKNOWN */
  explain(task: string): readonly Reason[]
  /** Ids of the unfinished tasks that wait for this one, directly or not. @throws SchedulerError TASK_UNKNOWN */
  unblocks(task: string): readonly string[]
  progress(): Progress
  /** The workers of the scope, as `Scheduler.workers` tells them, with what they hold of this run. */
  workers(): readonly WorkerStatus[]
  /** Cancels the run, or a task or stream of it. Resolves once that is durable; what runs is then told to stop. */
  cancel(target?: string | CancelOptions): Promise<void>
  /**
   * Passes a gate that awaits approval: whoever waits for it may start. Resolves once that is durable.
   *
   * @throws SchedulerError GATE_UNKNOWN, GATE_NOT_READY, GATE_ANSWERED
   */
  approve(gate: string, answer?: GateAnswer): Promise<void>
  /** Fails a gate that awaits approval: whoever waits for it is skipped. @throws as `approve` does */
  refuse(gate: string, answer?: GateAnswer): Promise<void>
  /** Nothing of the run starts any more; what runs goes on. */
  pause(reason?: string): Promise<void>
  resume(): Promise<void>
  /**
   * Sends a message (JSON, at most 64 KiB) to whoever works on a task, on a stream, or for a worker. Resolves when it is
   * stored.
   *
   * @throws SchedulerError TASK_UNKNOWN, STREAM_UNKNOWN, WORKER_UNKNOWN, VALUE_INVALID, LIMIT_EXCEEDED, RUN_CLOSED
   */
  send(message: OutgoingMessage): Promise<void>
  /** All messages of the run so far, in order, whomever they are for; also when it has ended. Reads the journal. */
  messages(): Promise<readonly Message[]>
  /**
   * Changes the plan while it runs: all of the amendment, or nothing. Resolves when it is stored; what may start then
   * starts in the same step.
   *
   * @throws SchedulerError PLAN_INVALID with all `diagnostics`, TASK_STARTED, STREAM_FINISHED, RUN_CLOSED
   */
  amend(amendment: AmendmentDocument): Promise<void>
  /**
   * Tries a task again that failed, was cancelled or skipped, with a fresh budget; and what was skipped because of it.
   *
   * @throws SchedulerError TASK_UNKNOWN, TASK_OPEN, TASK_FINISHED (it succeeded: see `reopen`), RUN_CLOSED
   */
  retry(task: string, reason?: string): Promise<void>
  /** Does a task again that has ended in whatever way; with `downstream`, also everything after it that has ended. */
  reopen(task: string, options?: { readonly downstream?: boolean; readonly reason?: string }): Promise<void>
  /** Lets go of the handle: its listeners and iterators end, the run goes on. */
  close(): void
}

export interface RunHandleOptions {
  readonly host: Host
  readonly scope: ScopeId
  readonly store: Store
  readonly now: () => EpochMs
  readonly onListenerError: (error: unknown, event: RunEvent) => void
  /** Names of the results, for plans made by code. */
  readonly results: ReadonlyMap<string, ResultSource> | null
  readonly workers: () => readonly WorkerStatus[]
}

/** The run behind the handle; the scheduler feeds it the durable events. */
export class RunHandle implements Run<unknown> {
  readonly id: RunId
  readonly outcome: Promise<Outcome<unknown>>
  /** Another one where the host has thrown its state away. */
  state: RunState
  private readonly options: RunHandleOptions
  private readonly emitter = new EventEmitter<string, never>()
  private readonly resolve: (outcome: Outcome<unknown>) => void
  private readonly reject: (error: Error) => void
  private results: ReadonlyMap<string, ResultSource> | null
  private isClosed = false
  /** Events that wait until whoever started the run could listen; null once they have been told. */
  private held: RunEvent[] | null = []
  /** Somebody has listened: without, telling is free. */
  private isHeard = false
  private seen = 0
  private waiting: (() => void)[] = []

  constructor(state: RunState, options: RunHandleOptions) {
    this.id = state.id
    this.state = state
    this.options = options
    this.results = options.results
    const { promise, resolve, reject } = withResolvers<Outcome<unknown>>()
    this.outcome = promise
    this.resolve = resolve
    this.reject = reject
    // Whoever does not await the outcome must not be ended by it.
    promise.catch(() => undefined)
    setImmediate(() => this.tellHeld())
  }

  /** A durable event of this run. Listeners hear of it at once, or when the caller of `start` could have added them. */
  deliver(event: RunEvent): void {
    if (this.held === null) this.tell(event)
    else this.held.push(event)
    // The scheduler lets go of the handle with the last event, so nobody else wakes them for it.
    if (event.type === 'run.closed') this.wakeIterators()
  }

  private tellHeld(): void {
    const held = this.held ?? []
    this.held = null
    for (const event of held) this.tell(event)
  }

  private tell(event: RunEvent): void {
    if (this.isHeard) {
      this.emit(event.type, event)
      this.emit('*', event)
    }
    if (event.type === 'run.closed') this.finish()
  }

  /** Something was stored: iterators may go on. */
  wakeIterators(): void {
    this.seen += 1
    if (this.waiting.length === 0) return
    const waiting = this.waiting
    this.waiting = []
    for (const wake of waiting) wake()
  }

  fail(error: Error): void {
    this.reject(error)
    this.close()
  }

  on<Type extends keyof RunListeners>(type: Type, listener: RunListeners[Type]): () => void {
    this.emitter.on(type, listener as never)
    this.isHeard = true
    return () => this.emitter.off(type, listener as never)
  }

  async *events(): AsyncGenerator<RunEvent, void, undefined> {
    const { store, scope } = this.options
    let after = this.state.openedAfter
    for (;;) {
      const { seen, isClosed } = this
      try {
        for await (const { revision, event } of store.read(scope, after)) {
          after = revision
          if (!('run' in event) || event.run !== this.id) continue
          yield event
          if (event.type === 'run.closed') return
        }
      } catch (error) {
        // Who closes the scheduler may close its store next.
        if (!this.isClosed) throw error
        return
      }
      if (isClosed) return
      if (seen === this.seen) await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  explain(task: string): readonly Reason[] {
    const { host, now } = this.options
    const index = this.indexOf(task)
    const { since } = host.trouble
    // The state may have what was decided last and is not stored.
    if (since !== null && !isFinal(this.state.status[index]!)) return [{ kind: 'store', sinceMs: now() - since }]
    return explain(host.state, this.state, index, now())
  }

  unblocks(task: string): readonly string[] {
    return unblocks(this.state, this.indexOf(task))
  }

  workers(): readonly WorkerStatus[] {
    return this.options.workers()
  }

  progress(): Progress {
    return progressOf(this.options.host.state, this.state, this.options.now())
  }

  cancel(target: string | CancelOptions = {}): Promise<void> {
    const { task, stream, reason = 'cancelled by request' } = typeof target === 'string' ? { task: target } : target
    return this.ask({ type: 'cancel', run: this.id, target: cancelTarget(task, stream), reason })
  }

  approve(gate: string, answer?: GateAnswer): Promise<void> {
    return this.answer('approve', gate, answer)
  }

  refuse(gate: string, answer?: GateAnswer): Promise<void> {
    return this.answer('refuse', gate, answer)
  }

  private answer(type: 'approve' | 'refuse', gate: string, { by, note }: GateAnswer = {}): Promise<void> {
    return this.ask({ type, run: this.id, gate, by: by ?? null, note: note ?? null })
  }

  pause(reason = 'paused by request'): Promise<void> {
    return this.ask({ type: 'pause', run: this.id, reason })
  }

  resume(): Promise<void> {
    return this.ask({ type: 'resume', run: this.id })
  }

  async send(message: OutgoingMessage): Promise<void> {
    await this.ask({ type: 'send', run: this.id, from: null, ...checkMessage(message) })
  }

  async messages(): Promise<readonly Message[]> {
    const messages: Message[] = []
    for await (const event of eventsOf(this.id, { ...this.options, openedAfter: this.state.openedAfter })) {
      if (event.type === 'message.sent') messages.push(copyMessage(event))
    }
    return messages
  }

  /** Results are called as this plan calls them. */
  nameResults(results: ReadonlyMap<string, ResultSource> | null): void {
    this.results = results ?? this.results
  }

  amend(amendment: AmendmentDocument): Promise<void> {
    return this.ask({ type: 'amend', run: this.id, amendment })
  }

  async retry(task: string, reason = 'retried by request'): Promise<void> {
    if (this.state.status[this.indexOf(task)] === STATUS.succeeded) {
      const hint = 'Use `reopen` to do it again all the same.'
      throw schedulerError('TASK_FINISHED', `Task "${task}" has succeeded.`, hint)
    }
    await this.ask({ type: 'reopen', run: this.id, task, downstream: false, reason })
  }

  reopen(
    task: string,
    { downstream = false, reason = 'reopened by request' }: { downstream?: boolean; reason?: string } = {},
  ): Promise<void> {
    return this.ask({ type: 'reopen', run: this.id, task, downstream, reason })
  }

  close(): void {
    this.isClosed = true
    this.emitter.removeAllListeners()
    this.wakeIterators()
  }

  private async ask(input: Input | RawAmendment): Promise<void> {
    await this.options.host.mustLead()
    throwIfRefused(await this.options.host.ask(input))
  }

  /** The run has ended, and everybody has been told. */
  finish(): void {
    this.resolve(outcomeOf(this.state, () => this.results))
  }

  /** Each listener by itself: one that throws must not keep the event from the next. */
  private emit(type: string, event: RunEvent): void {
    if (this.emitter.listenerCount(type) === 0) return
    for (const listener of this.emitter.listeners(type) as ((event: RunEvent) => unknown)[]) {
      try {
        const returned = listener(event)
        if (isThenable(returned)) Promise.resolve(returned).catch((error: unknown) => this.report(error, event))
      } catch (error) {
        this.report(error, event)
      }
    }
  }

  private report(error: unknown, event: RunEvent): void {
    try {
      this.options.onListenerError(error, event)
    } catch {
      // Whoever is told of errors and throws has nobody left to tell.
    }
  }

  private indexOf(id: string): TaskIndex {
    const task = this.state.plan.taskIndex.get(id)
    if (task !== undefined) return task
    throw schedulerError('TASK_UNKNOWN', `Run "${this.id}" has no task "${id}".`, 'Use the full id, "stream/task".')
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function cancelTarget(task: string | undefined, stream: string | undefined): CancelTarget {
  if (task !== undefined) return { kind: 'task', task }
  return stream === undefined ? { kind: 'run' } : { kind: 'stream', stream }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
