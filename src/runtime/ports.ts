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
  /** `run/stream/task#2`: the idempotency key. */
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
  /** Path patterns by what the attempt may do with them. */
  readonly claims: AttemptClaims
  /** Longest allowed silence; null: none is required. */
  readonly heartbeatMs: DurationMs | null
  /** When the attempt is stopped as too slow; null: never. */
  readonly deadlineAt: EpochMs | null
}

/** The claims of an attempt, as its plan says them. */
export interface AttemptClaims {
  /** It holds these while it runs. */
  readonly write: readonly string[]
  readonly read: readonly string[]
  /** It holds these from when `AttemptContext.integrate` resolves. */
  readonly integrate: readonly string[]
  /** It holds none of these: where it works. */
  readonly advisory: readonly string[]
}

/** What an attempt asks for while it runs. */
export interface ClaimRequest {
  readonly write?: readonly string[] | undefined
  readonly read?: readonly string[] | undefined
}

/** The answer to a claim that was made while an attempt runs. */
export type ClaimAnswer =
  | { readonly granted: true }
  | {
      readonly granted: false
      /** A path that was asked for and cannot be had. */
      readonly path: string
      /** Null where nobody holds it: it is protected, another stream's, reserved, or no path pattern. */
      readonly heldBy: AttemptId | null
      /** One sentence. */
      readonly reason: string
    }

/** The line back from an attempt to the scheduler. All of it may be used late: the core fences. */
export interface AttemptContext {
  /** Aborted when the attempt must stop. Made when first read. */
  readonly signal: AbortSignal
  /** Says that the attempt lives; with `progress` (JSON), also that it gets on. Never throws, never waits. */
  heartbeat(progress?: JsonValue): void
  /**
   * Resolves when the attempt holds its integrate claims, all at once: when nobody who asked before meets them any more.
   * It keeps them until it has ended. Without integrate claims there is nothing to wait for. Asking again gives the same
   * promise. Rejects when the attempt is told to stop before its turn, or the scheduler has failed.
   */
  integrate(): Promise<void>
  /**
   * Asks for more paths, at most 64 patterns in all: all of them are granted until the attempt has ended, or none, at once.
   * It never waits for others. Rejects only when the scheduler has failed.
   */
  claim(paths: ClaimRequest): Promise<ClaimAnswer>
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
