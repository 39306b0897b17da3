/** The runs that are open in a store, with the plans they were opened with: a simulation goes by their estimates. */
import type { RunState, ScopeState } from '../core/state.js'
import type { Plan } from '../plan/types.js'
import { storedPlan } from '../runtime/ended-run.js'
import type { Store } from '../runtime/ports.js'
import { SCOPE } from './scope.js'
import { SIMULATED_HANDLER } from './simulation.js'

/** Plans of the open runs whose work is simulated, by run. @throws SchedulerError as the store */
export async function simulatedPlansOf(store: Store, { runs }: ScopeState): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>()
  for (const run of runs.values()) {
    if (isSimulated(run)) plans.set(run.id, (await storedPlan(store, SCOPE, run.openedAfter)) as unknown as Plan)
  }
  return plans
}

/** Whether the program started it: the work of others is not ours to simulate. */
function isSimulated({ plan }: RunState): boolean {
  return plan.handlers.every((name) => name === SIMULATED_HANDLER)
}
