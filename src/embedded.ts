/** The embedded default: everything in this process, nothing to install or start first. */
import type { JsonValue, RunEvent } from './core/types.js'
import { inlineExecutor } from './executors/inline.js'
import type { TypedPlan } from './plan/typed-plan.js'
import type { PlanDocument } from './plan/types.js'
import { systemClock } from './runtime/clock.js'
import type { HandOverOptions } from './runtime/hand-over.js'
import type { Handlers } from './runtime/handlers.js'
import type { HostRole } from './runtime/leadership.js'
import type { Resources } from './runtime/limits.js'
import type { Pools } from './runtime/names.js'
import type { Outcome } from './runtime/outcome.js'
import type { Clock, Executor, Store } from './runtime/ports.js'
import { SchedulerOfScope } from './runtime/scheduler.js'
import type { Scheduler } from './runtime/scheduler-types.js'
import { memoryStore } from './stores/memory.js'

export interface SchedulerOptions {
  /** Where journals are kept. Taken over: closed with the scheduler. Default: in memory. */
  readonly store?: Store
  /** What tasks do, by the names that plans use. */
  readonly handlers?: Handlers
  /**
   * Workers of this host, by pool; they come before what a plan declares for a pool of the same name. Where neither says
   * anything there is one pool `local`, with as many slots as this machine runs threads well.
   */
  readonly pools?: Pools
  /** Limits of resources by name (a number is a capacity); they win over what plans declare. */
  readonly resources?: Resources
  /** Carries out handlers that name no executor of their own. Default: as functions in this process. */
  readonly executor?: Executor
  /** Default: the system's. */
  readonly clock?: Clock
  /** Runs of one scope share workers and claims. Default `default`. */
  readonly scope?: string
  /** Names this host where it leads. Default `host`; chance is added, so that no two are the same. */
  readonly host?: string
  /**
   * Several schedulers may work on the scope, one at a time: the others stand by, and one of them takes over when the leading
   * one has given no sign of life for this long, in ms; the same for all of them. 100 to 86,400,000. Default 10,000 where the
   * store says that it is shared (SQLite, PostgreSQL); else, and with null, this scheduler is alone.
   */
  readonly leaseMs?: number | null
  /** This host leads now, or does no longer. */
  readonly onRoleChange?: (role: HostRole) => void
  /** How much is handed over to an attempt, and who makes less of it. Default: at most 256 KiB of JSON, and nobody. */
  readonly handOver?: HandOverOptions
  /** Largest result of a task that is stored, in bytes of JSON. Default 1,048,576 (1 MiB). A larger one fails the attempt. */
  readonly maxResultBytes?: number
  /** A listener threw; the run goes on. Default: the error is printed. */
  readonly onListenerError?: (error: unknown, event: RunEvent) => void
}

/** Slots of the pool `local` where the machine does not say how many threads it runs well. */
const DEFAULT_SLOTS = 4

/**
 * A scheduler for one scope.
 *
 * @throws SchedulerError POOL_INVALID, LIMIT_INVALID, ID_INVALID, VALUE_INVALID
 * @example
 * const scheduler = createScheduler({ handlers, pools: { local: { slots: 4 } } })
 * const run = await scheduler.start(plan)
 * const outcome = await run.outcome
 * await scheduler.close()
 */
export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  const { executor, store, clock, ...rest } = options
  return new SchedulerOfScope({
    ...rest,
    store: store ?? memoryStore(),
    clock: clock ?? systemClock(),
    executor: (functionOf) => executor ?? inlineExecutor({ functionOf }),
    defaultSlots: globalThis.navigator?.hardwareConcurrency ?? DEFAULT_SLOTS,
  })
}

/**
 * Runs one plan from start to end in a scheduler of its own: the shortest form.
 *
 * @param handlers - What the tasks do; not needed where every task has its function in the plan.
 * @throws SchedulerError when the plan or the handlers are not valid; never because work failed.
 */
export function runPlan<Results>(
  plan: TypedPlan<Results>,
  handlers?: Handlers,
  options?: Omit<SchedulerOptions, 'handlers'>,
): Promise<Outcome<Results>>
export function runPlan(
  plan: PlanDocument,
  handlers?: Handlers,
  options?: Omit<SchedulerOptions, 'handlers'>,
): Promise<Outcome<Record<string, JsonValue>>>
export async function runPlan(
  plan: PlanDocument | TypedPlan,
  handlers?: Handlers,
  options: Omit<SchedulerOptions, 'handlers'> = {},
): Promise<Outcome<Record<string, JsonValue>>> {
  const scheduler = createScheduler(handlers === undefined ? options : { ...options, handlers })
  try {
    const run = await scheduler.start(plan as PlanDocument)
    return await run.outcome
  } finally {
    await scheduler.close()
  }
}
