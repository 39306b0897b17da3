/** The plans of the open runs as they are at some event of a journal: amendments change them one by one. */
import type { CompiledPlan, JsonValue, RunEvent, RunId } from '../core/types.js'
import { type AmendablePlan, type AmendOptions, type AmendResult, amendPlan } from './amend.js'

export interface PlanVersions {
  /** What the core reads. */
  readonly compiled: ReadonlyMap<RunId, CompiledPlan>
  get(run: RunId): AmendablePlan | undefined
  put(run: RunId, plan: AmendablePlan): void
  drop(run: RunId): void
  /** The plan of an open run with an amendment; it is not put in its place. Undefined where the run is not known. */
  amend(run: RunId, amendment: unknown, options?: AmendOptions): AmendResult | undefined
  /**
   * Makes the plan that a stored event needs to be folded; to be called before `reduce`. `open` compiles the plan of a run.
   *
   * @throws Error where a stored amendment does not fit the plan.
   */
  follow(event: RunEvent, open: (plan: JsonValue, run: RunId) => AmendablePlan): void
}

export function createPlanVersions(): PlanVersions {
  const compiled = new Map<RunId, CompiledPlan>()
  const plans = new Map<RunId, AmendablePlan>()

  function put(run: RunId, plan: AmendablePlan): void {
    plans.set(run, plan)
    compiled.set(run, plan.compiled)
  }

  function amend(run: RunId, amendment: unknown, options?: AmendOptions): AmendResult | undefined {
    const plan = plans.get(run)
    return plan === undefined ? undefined : amendPlan(plan, amendment, options)
  }

  function followAmendment(run: RunId, amendment: JsonValue): void {
    const result = amend(run, amendment)
    if (result?.ok === true) return put(run, result.plan)
    throw new Error(`The amendment cannot be read: ${result?.diagnostics[0]?.message ?? 'there is no plan'}`)
  }

  return {
    compiled,
    get: (run) => plans.get(run),
    put,
    drop(run) {
      plans.delete(run)
      compiled.delete(run)
    },
    amend,
    follow(event, open) {
      if (event.type === 'run.opened') put(event.run, open(event.plan, event.run))
      else if (event.type === 'run.amended') followAmendment(event.run, event.amendment)
    },
  }
}
