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
  Message,
  Revision,
  RunEvent,
  RunId,
  ScopeId,
  TaskId,
  WorkerId,
} from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import type { ExtensionBuilder } from '../plan/define.js'

/** Events that are stored all together or not at all. */
export interface Batch {
  /** Unique; the same id offered again at the same place is the same batch. */
  readonly id: string
  readonly events: readonly RunEvent[]
  /** Who wrote it, e.g. `signalbox/0.1.0`; kept with the events. */
  readonly writer: string
}

/** An event with its place: the revision of the scope after it, so the first event has 1. */
export interface StoredEvent {
  readonly revision: Revision
  readonly event: RunEvent
  readonly writer: string
}

/** What the core was at a revision, so that a journal need not be read from its start. */
export interface StoredSnapshot {
  readonly revision: Revision
  readonly writer: string
  readonly data: JsonValue
  /** Up to here nobody asks for events any more but the history of runs that have ended. Absent: nothing is known. */
  readonly historyAfter?: Revision
}

/** Keeps journals: two methods, one law. Knows nothing of tasks. What is optional makes things quicker, not truer. */
export interface Store {
  /**
   * Whether other processes may open it too. Schedulers then agree by leases who leads a scope. Absent: they may not.
   */
  readonly isShared?: boolean
  /** What it knows of the processes that may open it. A hint: a host whose process is gone is not waited for. */
  readonly processes?: PeerProcesses
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
  /** Calls `wake` soon after somebody may have appended. A hint: may be late, doubled or missing. Returns how to stop. */
  watch?(scope: ScopeId, wake: () => void): () => void
  /** Atomic and durable when resolved. One that is not newer than the stored one is ignored. Never above the head. */
  saveSnapshot?(scope: ScopeId, snapshot: StoredSnapshot): Promise<void>
  /** The newest one. @throws SchedulerError STORE_CORRUPT where it is damaged: the journal has it all */
  loadSnapshot?(scope: ScopeId): Promise<StoredSnapshot | null>
  /** Scopes that have a journal, sorted. */
  scopes?(): Promise<readonly ScopeId[]>
  /** Lets go of files and connections. */
  close?(): Promise<void>
}

/** This process among others, as far as they can be told apart. */
export interface PeerProcesses {
  /** Names this process, never another one; null: nothing is known. */
  readonly self: string | null
  /** Whether the process of this name has certainly ended. Of one on another machine nothing is certain. */
  isGone(other: string): boolean
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
  /** When it was started, as the journal says: with `id`, the same after a restart and in no other journal. */
  readonly startedAt: EpochMs
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
  /**
   * Set where this is not the work itself but a step of its verification, after it, in the same slot and with the same
   * claims: `handler`, `input` and `deadlineAt` are the step's, and `id` is `run/stream/task#2/verify/1`.
   */
  readonly step?: { readonly number: number; readonly of: number }
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

/** Where a line of output comes from; `log`: somebody wrote it for the log. */
export type LogStream = 'log' | 'stdout' | 'stderr'

/** A line of output of an attempt. */
export interface LogLine {
  readonly at: EpochMs
  /** `run/stream/task#2`; of a verification step, with its number. */
  readonly attempt: AttemptId
  readonly run: RunId
  readonly task: TaskId
  readonly stream: LogStream
  /** Without its end. From outside: escape it before a terminal or a page shows it. */
  readonly text: string
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
   * Tells the host a line of output: `SchedulerSettings.onLog`. Nothing of it is stored, and nothing of it is a sign of life.
   * At most 16,384 characters are told. Never throws, never waits.
   */
  log(text: string, stream?: LogStream): void
  /**
   * Hands a value (JSON, at most 64 KiB) over to every attempt of the run that starts later, under a key of the task's
   * stream; the last value of a key counts. Resolves when it is stored.
   *
   * @throws SchedulerError ATTEMPT_STALE, ID_INVALID, VALUE_INVALID, LIMIT_EXCEEDED
   */
  share(key: string, value: unknown): Promise<void>
  /**
   * What the attempts of a stream had shared when this one started, by key. Without a stream: of its own; `null`: of the
   * tasks of no stream. A copy without prototype, the same at each call.
   *
   * @throws SchedulerError STREAM_UNKNOWN, ATTEMPT_STALE
   */
  shared(stream?: string | null): Readonly<Record<string, JsonValue>>
  /**
   * Sends a message (JSON, at most 64 KiB) within the run: to whoever works on a task, on a stream, or for a worker.
   * Resolves when it is stored.
   *
   * @throws SchedulerError ATTEMPT_STALE, TASK_UNKNOWN, STREAM_UNKNOWN, WORKER_UNKNOWN, VALUE_INVALID, LIMIT_EXCEEDED
   */
  send(message: OutgoingMessage): Promise<void>
  /**
   * The stored messages for the attempt's task, stream or worker so far, in order, also those from before its start; with
   * `after`, only those with a higher `seq`. Reading takes nothing away: a later attempt sees them again.
   *
   * @throws SchedulerError ATTEMPT_STALE, VALUE_INVALID
   */
  inbox(options?: ReadOptions): readonly Message[]
  /**
   * The next message after `after`; by default, after the last one that this gave to the attempt. Waits for it; rejects
   * with the reason of `signal` when that is aborted first.
   *
   * @throws SchedulerError ATTEMPT_STALE, VALUE_INVALID
   */
  receive(options?: ReadOptions): Promise<Message>
  /**
   * Says that the attempt has come to a milestone that its task declares. Resolves when that is stored: whoever waits for it
   * may go on, and it stays reached whatever becomes of the attempt. Again: nothing happens. Not waiting for it is safe.
   *
   * @throws SchedulerError MILESTONE_UNKNOWN, ATTEMPT_STALE; and whatever keeps the scheduler from storing it
   */
  milestone(name: string): Promise<void>
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

/** A message to be sent. */
export interface OutgoingMessage {
  /** Full id of a task, id of a stream, or id of a worker that has joined: one of them. */
  readonly to: { readonly task: string } | { readonly stream: string } | { readonly worker: string }
  /** Any JSON. */
  readonly body: unknown
}

export interface ReadOptions {
  /** Only messages with a higher `seq` than this. */
  readonly after?: number
}

/** What a handler's function is given beside its input. */
export interface HandlerContext extends AttemptContext {
  readonly attempt: AttemptRequest
  /**
   * Grows the plan by what `build` adds, or by an amendment, once this attempt succeeds: stored together with its result,
   * or not at all. Tasks go into the stream of this task, so that whoever waits for the stream waits for them too. An
   * amendment that does not fit fails the attempt. Once per attempt.
   *
   * @throws TypeError for a second call, and for functions in place of handler names.
   */
  extend(change: ((plan: ExtensionBuilder) => void) | AmendmentDocument): void
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
   * Whether the work is spread over machines that come and go. One that dies takes with it all that it had, which says nothing
   * about the next: losses in a row then do not make the worker rest. Absent: it is not.
   */
  readonly isFleet?: boolean
  /**
   * Resolves when the work has ended and will touch nothing more; after `context.signal` is aborted, resolving confirms that
   * it has stopped. A rejection counts as a failure of kind `error`. Asked again for an attempt that is under way, it does
   * not begin it again but tells the same; only where the work runs in the host's own process, nobody asks twice.
   */
  execute(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome>
  /**
   * After a restart: takes up an attempt that an earlier host started, and resolves as `execute` does. `unknown`: nothing of it
   * runs any more and nobody knows how it ended, so it is lost; whatever is left of it has been ended. The signal may be
   * aborted from the start: then it is to be stopped. `input` is what the plan says, without what `handOver.condense` made
   * of it. Absent: attempts of the executor end with the process of the host.
   */
  attach?(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome | 'unknown'>
}

/** Time. The host has one timer: arming again replaces what was armed. */
export interface Clock {
  now(): EpochMs
  /** Calls `wake` once, at `at` or soon after, unless the returned function was called before. */
  arm(at: EpochMs, wake: () => void): () => void
}
