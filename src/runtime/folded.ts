/** What a journal says, up to a revision. */
import { createState } from '../core/create.js'
import type { ScopeState } from '../core/state.js'
import type { JsonValue, RunEvent, RunId } from '../core/types.js'
import { createPlanVersions, type PlanVersions } from '../plan/versions.js'

export interface Folded {
  readonly state: ScopeState
  /** Plans of the open runs. */
  readonly plans: PlanVersions
  /** What is stored of them. */
  readonly documents: Map<RunId, PlanDocuments>
}

/** What the plan of a run is made from. */
export interface PlanDocuments {
  readonly plan: JsonValue
  readonly amendments: JsonValue[]
}

export function nothingFolded(): Folded {
  return { state: createState(), plans: createPlanVersions(), documents: new Map() }
}

/** Keeps what an event says of plans. */
export function noteDocuments({ documents }: Folded, event: RunEvent): void {
  if (event.type === 'run.opened') documents.set(event.run, { plan: event.plan, amendments: [] })
  else if (event.type === 'run.amended') documents.get(event.run)?.amendments.push(event.amendment)
  else if (event.type === 'run.closed') documents.delete(event.run)
}

/** Forgets runs that have ended, once everybody knows. */
export function letGo({ state, plans }: Folded): void {
  for (const run of state.ended.keys()) plans.drop(run)
  state.ended.clear()
}
