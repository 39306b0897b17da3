/** The embedded default: everything in this process, nothing to install or start first. */
import type { JsonValue } from './core/types.js'
import { inlineExecutor } from './executors/inline.js'
import type { TypedPlan } from './plan/typed-plan.js'
import type { PlanDocument } from './plan/types.js'
import { systemClock } from './runtime/clock.js'
import type { Handlers } from './runtime/handlers.js'
import type { Outcome } from './runtime/outcome.js'
import type { Clock, Executor, Store } from './runtime/ports.js'
import { SchedulerOfScope } from './runtime/scheduler.js'
import type { Scheduler, SchedulerSettings } from './runtime/scheduler-types.js'
import { memoryStore } from './stores/memory.js'

export interface SchedulerOptions extends SchedulerSettings {
  /** Where journals are kept. Taken over: closed with the scheduler. Default: in memory. */
  readonly store?: Store
  /** Carries out handlers that name no executor of their own. Default: as functions in this process. */
  readonly executor?: Executor
  /** Default: the system's. */
  readonly clock?: Clock
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
    ...(store === undefined ? { snapshotEvery: null } : {}),
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
