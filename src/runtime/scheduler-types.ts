/** What a scheduler is made of, and what it offers. */
import type { JsonValue, RunEvent } from '../core/types.js'
import type { PlanLimits } from '../plan/limits.js'
import type { TypedPlan } from '../plan/typed-plan.js'
import type { PlanDocument } from '../plan/types.js'
import type { Pool } from './crew.js'
import type { HandOverOptions } from './hand-over.js'
import type { HandlerContext, Handlers } from './handlers.js'
import type { HostRole } from './leadership.js'
import type { Lease } from './lease.js'
import type { LeaseRequest, WorkerOptions } from './lease-request.js'
import type { LimitOptions, Resources } from './limits.js'
import type { Logger } from './logging.js'
import type { Pools } from './names.js'
import type { AttemptRequest, Clock, Executor, LogLine, Store } from './ports.js'
import type { Run } from './run.js'
import type { RunSummary } from './run-list.js'
import type { SchedulerWarning } from './warnings.js'
import type { WorkerStatus } from './worker-status.js'

/** Finds the function that carries out an attempt, for executors that run functions. */
export type FunctionOf = (
  attempt: AttemptRequest,
) => ((input: JsonValue, context: HandlerContext) => unknown) | undefined

/** What a host says of its scheduler, whatever that is made of. */
export interface SchedulerSettings {
  /** What tasks do, by the names that plans use. */
  readonly handlers?: Handlers
  /**
   * Workers of this host, by pool; they come before what a plan declares for a pool of the same name. Where neither says
   * anything there is one pool `local`, with as many slots as this machine runs threads well.
   */
  readonly pools?: Pools
  /** How often workers that ask for work give signs of life, and how long they are believed without. */
  readonly workers?: WorkerOptions
  /** Limits of resources by name (a number is a capacity); they win over what plans declare. */
  readonly resources?: Resources
  /** Runs of one scope share workers and claims. Default `default`. */
  readonly scope?: string
  /**
   * Names this host where it leads; chance is added, so that no two are the same. A host that starts while one of its name
   * leads takes its place at once: give each process a name that it keeps. Default `host`, for which that does not hold.
   */
  readonly host?: string
  /**
   * Several schedulers may work on the scope, one at a time: the others stand by, and one of them takes over when the leading
   * one has given no sign of life for this long, in ms; the same for all of them. 100 to 86,400,000. Default 10,000 where the
   * store says that it is shared (SQLite, PostgreSQL); else, and with null, this scheduler is alone.
   */
  readonly leaseMs?: number | null
  /** This host leads now, or does no longer. Should it throw, the error is printed. */
  readonly onRoleChange?: (role: HostRole) => void
  /** How much is handed over to an attempt, and who makes less of it. Default: at most 256 KiB of JSON, and nobody. */
  readonly handOver?: HandOverOptions
  /** Largest result of a task that is stored, in bytes of JSON. Default 1,048,576 (1 MiB). A larger one fails the attempt. */
  readonly maxResultBytes?: number
  /**
   * Told of each line of output of attempts, as it comes: what handlers log, what programs print. Nothing of it is stored.
   * Default: nobody is.
   */
  readonly onLog?: (line: LogLine) => void
  /**
   * About every so many events the state is stored as a whole, so that opening reads the rest of the journal only; also on
   * closing. The larger the state, the rarer: in all it costs no more than about one more event each. From 1; default 10,000;
   * null: never. A store that keeps nothing (`store` not given) is not asked to.
   */
  readonly snapshotEvery?: number | null
  /** Something is not as it should be, and nothing is lost. Default: the message is printed. */
  readonly onWarning?: (warning: SchedulerWarning) => void
  /**
   * Told of each event that this host stores, once it is durable, and of what stops it for ever: pino, or any log with such
   * methods. Attempts that fail are warnings, tasks that fail for good errors; starts, ends and signs of life are for `debug`.
   * Inputs, results, messages and plans are not written. Should it throw, nothing happens. Default: none.
   */
  readonly logger?: Logger
  /** A listener threw; the run goes on. Default: the error is printed. */
  readonly onListenerError?: (error: unknown, event: RunEvent) => void
}

export interface SchedulerParts extends SchedulerSettings {
  /** Taken over: closed with the scheduler. */
  readonly store: Store
  readonly clock: Clock
  /** Makes the executor of handlers that name none of their own. */
  readonly executor: (functionOf: FunctionOf) => Executor
  /** Slots of the pool `local`, for plans that declare no pools where the host gives none. */
  readonly defaultSlots: number
}

export interface StartOptions {
  /** Unique in the scope for ever. Default: made from the plan's name and the time. */
  readonly id?: string
  /**
   * Starting the same plan under the same key gives the same run, for ever: also when it has ended, after a restart, and
   * when both calls are under way at once; `id` is that of the first. 1 to 256 printable ASCII characters. Default: none.
   */
  readonly idempotencyKey?: string
  /** Single limits, for plans that are plain data. Default: `DEFAULT_LIMITS`; what code made has `CODE_LIMITS`. */
  readonly limits?: Partial<PlanLimits>
}

export interface CloseOptions {
  /** How long work under way may take to end before it is told to stop, in ms. Default 10,000. */
  readonly graceMs?: number
}

export interface Scheduler {
  /** The name of this host in the journal. */
  readonly hostId: string
  /** Whether this host stores for the scope, or stands by while another does. `standby` before the journal was read. */
  readonly role: HostRole
  /**
   * Reads the journal and takes part: leads where nobody else does and a run is open, else stands by and leads later, when
   * that is so. Every other request does the same first.
   */
  ready(): Promise<HostRole>
  /**
   * Starts a run of `plan`: a plan made by code, or data. Resolves when the run is stored.
   *
   * @throws SchedulerError PLAN_INVALID with all `diagnostics`, HANDLER_UNKNOWN, RUN_EXISTS, PLAN_DIFFERS, ID_INVALID,
   * NOT_LEADER, CLOSED
   */
  start<Results>(plan: TypedPlan<Results>, options?: StartOptions): Promise<Run<Results>>
  start(plan: PlanDocument, options?: StartOptions): Promise<Run<Record<string, JsonValue>>>
  start(plan: unknown, options?: StartOptions): Promise<Run<Record<string, JsonValue>>>
  /**
   * The handle of a run of the scope, open or ended, also one that an earlier host started. With the plan it was started
   * with, its results have their types and names, and functions in the plan are known again: a run that lacks them is
   * paused when it is taken up, and goes on.
   *
   * @throws SchedulerError RUN_UNKNOWN, PLAN_DIFFERS, PLAN_INVALID, HANDLER_UNKNOWN
   */
  resume<Results>(id: string, plan: TypedPlan<Results>): Promise<Run<Results>>
  resume(id: string, plan?: PlanDocument): Promise<Run<Record<string, JsonValue>>>
  /** All runs of the scope, open and ended, in the order in which they were opened. */
  list(): Promise<readonly RunSummary[]>
  /**
   * Gives the resource `name` a limit (a number is a capacity) that wins over what plans declare, or with null takes back what
   * the host gave; `handler:<name>` is the limit of a handler. Resolves when it is stored. Attempts under way go on; nothing
   * starts above it. Holds until the next call, also for later hosts, unless their own `resources` or handlers say otherwise.
   *
   * @throws SchedulerError LIMIT_INVALID, NOT_LEADER, CLOSED
   */
  setLimit(name: string, limit: number | LimitOptions | null): Promise<void>
  /**
   * A pool that the host gives work, by its name: how it stands, and how it grows or shrinks while it works.
   *
   * @throws SchedulerError POOL_INVALID where none of this name has joined, CLOSED
   */
  pool(name: string): Promise<Pool>
  /**
   * A worker asks for work: the attempt it is given, or null where there was none for it within `waitMs`. Of those who wait
   * and could do it, the one that has waited longest is served. A worker joins when it asks first; it is given up when nothing
   * is heard of it for `workers.deadAfterMs`. What it is given is done by whoever asked, whatever the handler says of functions
   * and executors; the handler's schemas check input and result.
   *
   * @throws SchedulerError VALUE_INVALID, POOL_INVALID, WORKER_EXISTS, LIMIT_EXCEEDED, NOT_LEADER, CLOSED
   */
  lease(request: LeaseRequest): Promise<Lease | null>
  /**
   * What a worker holds, the oldest first: after a restart of the host, its way back to what it was doing.
   *
   * @throws SchedulerError NOT_LEADER, CLOSED
   */
  leases(worker: string): Promise<readonly Lease[]>
  /**
   * The workers of the scope, in the order of their joining, and at most 100 that were given up lately. On a host that stands
   * by, signs of life are those of the journal.
   */
  workers(): Promise<readonly WorkerStatus[]>
  /**
   * Ends gracefully: starts nothing more, lets what runs end, after `graceMs` tells it to stop, and hands back what has
   * not ended. Open runs stay open in the store; their outcomes reject with `CLOSED`. Workers that asked for work are sent
   * away; what they hold after that is theirs still, and the next host believes them for a lease.
   */
  close(options?: CloseOptions): Promise<void>
}
