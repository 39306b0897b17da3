/**
 * The ports: what a host wires in. Small on purpose, because the rules live in the core: an adapter is a hundred lines.
 *
 * Ports are contracts. What the published conformance suites do not test is not promised.
 */
import type {
  AttemptId,
  DurationMs,
  EpochMs,
  Failure,
  Fence,
  JsonValue,
  Revision,
  RunEvent,
  RunId,
  ScopeId,
  TaskId,
  WorkerId,
} from '../core/types.js'

/** Events that are stored all together or not at all. */
export interface Batch {
  /** Unique; the same id offered again at the same place is the same batch. */
  readonly id: string
  readonly events: readonly RunEvent[]
}

/** An event with its place: the revision of the scope after it, so the first event has 1. */
export interface StoredEvent {
  readonly revision: Revision
  readonly event: RunEvent
}

/** Keeps journals: two methods, one law. Knows nothing of tasks. */
export interface Store {
  /**
   * Stores all of the batch or none, durably once resolved; refused (`ok: false`) unless `expected` is the head. The
   * same batch id at the same place answers `ok` again, so a lost acknowledgement is safe to repeat. Events are handed
   * over: neither side changes them afterwards. May be called concurrently; one caller wins.
   *
   * @throws SchedulerError when the outcome is unknown or the store is out of reach.
   */
  append(scope: ScopeId, expected: Revision, batch: Batch): Promise<{ readonly ok: boolean; readonly head: Revision }>
  /** The events after revision `after`, in order, without gaps, up to the head at some moment after the call. */
  read(scope: ScopeId, after: Revision): AsyncIterable<StoredEvent>
  /** Lets go of files and connections. Optional. */
  close?(): Promise<void>
}

/** Everything an executor needs to know to carry out one attempt. Plain data, fit to be sent to another machine. */
export interface AttemptRequest {
  /** `run/stream/task#2`: the idempotency key, unique also among the steps of one attempt. */
  readonly id: AttemptId
  readonly run: RunId
  readonly task: TaskId
  /** From 1. */
  readonly attempt: number
  readonly fence: Fence
  readonly worker: WorkerId
  /** Name of the registered handler. */
  readonly handler: string
  /** The task's input, references to other results filled in. */
  readonly input: JsonValue
  /** The path patterns this attempt holds while it runs. */
  readonly claims: { readonly write: readonly string[]; readonly read: readonly string[] }
  /** Longest allowed silence; null: none is required. */
  readonly heartbeatMs: DurationMs | null
  /** When the attempt is stopped as too slow; null: never. */
  readonly deadlineAt: EpochMs | null
  /**
   * Set where this is not the work itself but a step of its verification, after it, in the same slot and with the same
   * claims: `handler`, `input` and `deadlineAt` are the step's, and `id` is `run/stream/task#2/verify/1`.
   */
  readonly step?: { readonly number: number; readonly of: number }
}

/** The line back from an attempt to the scheduler. All of it may be used late: the core fences. */
export interface AttemptContext {
  /** Aborted when the attempt must stop. Made when first read. */
  readonly signal: AbortSignal
  /** Says that the attempt lives; with `progress` (JSON), also that it gets on. Never throws, never waits. */
  heartbeat(progress?: JsonValue): void
  /**
   * Says that the attempt has come to a milestone that its task declares. Resolves when that is stored: whoever waits for it
   * may go on, and it stays reached whatever becomes of the attempt. Again: nothing happens. Not waiting for it is safe.
   *
   * @throws SchedulerError MILESTONE_UNKNOWN, ATTEMPT_STALE; and whatever keeps the scheduler from storing it
   */
  milestone(name: string): Promise<void>
}

/** What a handler's function is given beside its input. */
export interface HandlerContext extends AttemptContext {
  readonly attempt: AttemptRequest
}

/** How an attempt ended. The host copies the result; one that JSON cannot hold fails the attempt. */
export type AttemptOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly failure: Failure }

/**
 * Carries out attempts; moves one at a time and decides nothing. What it reports may be late, doubled or from a
 * zombie.
 */
export interface Executor {
  /**
   * Whether the work runs in the host's own process. Then the host gives its signs of life; and, since a function cannot
   * be made to stop, an attempt without claims counts as stopped as soon as its signal is aborted.
   */
  readonly inProcess: boolean
  /**
   * Idempotent per attempt id. Resolves when the work has ended and will touch nothing more; after `context.signal` is
   * aborted, resolving confirms that it has stopped. A rejection counts as a failure of kind `error`.
   */
  execute(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome>
  /** After a restart: takes up an attempt that outlived the host. Absent, or `unknown`: the attempt is lost. */
  attach?(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome | 'unknown'>
}

/** Time. The host has one timer: arming again replaces what was armed. */
export interface Clock {
  now(): EpochMs
  /** Calls `wake` once, at `at` or soon after, unless the returned function was called before. */
  arm(at: EpochMs, wake: () => void): () => void
}
