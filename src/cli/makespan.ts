/** How long a plan takes with the pools that it declares. */
import type { CompiledPlan, DurationMs } from '../core/types.js'
import type { Plan } from '../plan/types.js'
import { weights } from '../planning/overview.js'
import { simulate } from '../planning/simulate.js'
import { resultsByTask, tasksById } from './simulation.js'

/** Beyond it a plan is not played through: `check` is to answer at once. */
const MOST_TASKS = 20_000

/**
 * From the opening of a run to its close, as the scheduler would start the tasks: each takes its estimate and succeeds.
 * Null where the plan has no pools, is too large, or does not come to its end by itself.
 */
export function makespanOf(compiled: CompiledPlan, plan: Plan): DurationMs | null {
  const { pools = {} } = plan
  if (Object.keys(pools).length === 0 || compiled.taskCount > MOST_TASKS) return null
  const lengths = weights(compiled)
  const results = resultsByTask(tasksById(plan))
  const events = simulate(compiled, {
    pools,
    durationOf: (task) => lengths[task]!,
    resultOf: (task) => results.get(compiled.taskIds[task]!) ?? null,
  })
  const last = events.at(-1)
  return last?.type === 'run.closed' && last.verdict === 'succeeded' ? last.at : null
}
