/** How a run ended: a union by verdict, made from the run's state when somebody looks. */
import type { RunState } from '../core/state.js'
import { STATUS, STATUS_NAMES } from '../core/state.js'
import type { DurationMs, EpochMs, Failure, JsonValue, SkipReason, TaskId, TaskStatus, Verdict } from '../core/types.js'
import type { ResultSource } from '../plan/typed-plan.js'

export interface TaskOutcome {
  readonly id: TaskId
  readonly status: TaskStatus
  /** How many attempts were started. */
  readonly attempts: number
  /** When its last attempt started and when it ended; null where that never happened. */
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs | null
  /** Its last failure, also where a later attempt succeeded. */
  readonly failure?: Failure
  readonly skipped?: SkipReason
  readonly cancelled?: string
}

interface OutcomeOf<V extends Verdict, Results> {
  readonly verdict: V
  /**
   * By the names the plan's builder returned; for data plans by full task id, succeeded tasks alone. Also where the run
   * succeeded, results of tasks that are optional or were not needed may be missing. Made when first read.
   */
  readonly results: Results
  /** Every task, in the order of the plan. Made when first read. */
  readonly tasks: ReadonlyMap<string, TaskOutcome>
  /** From the opening of the run to its close. */
  readonly makespanMs: DurationMs
}

/** How a run ended. Unless it succeeded, results may be missing. */
export type Outcome<Results> =
  | OutcomeOf<'succeeded', Results>
  | OutcomeOf<'failed', Partial<Results>>
  | OutcomeOf<'cancelled', Partial<Results>>

/** The outcome of a closed run. `sources` is asked when somebody first looks at the results. */
export function outcomeOf<Results>(
  run: RunState,
  sources: () => ReadonlyMap<string, ResultSource> | null,
): Outcome<Results> {
  const closed = run.closed!
  let results: Results | undefined
  let tasks: ReadonlyMap<string, TaskOutcome> | undefined
  const outcome = {
    verdict: closed.verdict,
    makespanMs: closed.at - run.openedAt,
    get results(): Results {
      results ??= collectResults(run, sources()) as Results
      return results
    },
    get tasks(): ReadonlyMap<string, TaskOutcome> {
      tasks ??= new Map(run.plan.taskIds.map((id, task) => [id, taskOutcome(run, id, task)]))
      return tasks
    },
  }
  return outcome as Outcome<Results>
}

function collectResults(run: RunState, sources: ReadonlyMap<string, ResultSource> | null): Record<string, JsonValue> {
  const found: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>
  if (sources === null) {
    run.plan.taskIds.forEach((id, task) => {
      if (run.status[task] === STATUS.succeeded) found[id] = run.results.get(task) ?? null
    })
    return found
  }
  for (const [name, { task: id, path }] of sources) {
    const task = run.plan.taskIndex.get(id)
    if (task === undefined || run.status[task] !== STATUS.succeeded) continue
    found[name] = path.reduce<JsonValue>(partOf, run.results.get(task) ?? null)
  }
  return found
}

function partOf(value: JsonValue, step: string | number): JsonValue {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null
  return (value as { readonly [key: string | number]: JsonValue })[step]!
}

function taskOutcome(run: RunState, id: TaskId, task: number): TaskOutcome {
  const failure = run.failures.get(task)
  const skipped = run.skips.get(task)
  const cancelled = run.cancels.get(task)
  return {
    id,
    status: STATUS_NAMES[run.status[task]!]!,
    attempts: run.attempts[task]!,
    startedAt: orNull(run.startedAt[task]!),
    endedAt: orNull(run.endedAt[task]!),
    ...(failure === undefined ? {} : { failure }),
    ...(skipped === undefined ? {} : { skipped }),
    ...(cancelled === undefined ? {} : { cancelled }),
  }
}

function orNull(time: EpochMs): EpochMs | null {
  return Number.isNaN(time) ? null : time
}
