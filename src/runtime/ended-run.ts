/** A run that has ended, as it was when it closed: read back from the journal. */
import { createState } from '../core/create.js'
import { reduce } from '../core/reduce.js'
import type { RunState, ScopeState, Worker } from '../core/state.js'
import type { JsonValue, PoolId, Revision, RunEvent, RunId, ScopeId, WorkerId } from '../core/types.js'
import { createPlanVersions } from '../plan/versions.js'
import { schedulerError } from './errors.js'
import { storedPlanOf } from './plans.js'
import type { Store } from './ports.js'

export interface EndedRunOptions {
  readonly store: Store
  readonly scope: ScopeId
  /** Revision before the run was opened. */
  readonly openedAfter: Revision
}

/**
 * Folds the events of one run alone. It may have shared workers with others, so each attempt gets a worker of its own,
 * whose next free slot is the one it had. O(events of the scope from its opening to its close).
 *
 * @throws SchedulerError JOURNAL_INVALID where the journal ends before the run does, and whatever the store throws.
 */
export async function readEndedRun(run: RunId, options: EndedRunOptions): Promise<RunState> {
  const { store, scope, openedAfter } = options
  const state = createState()
  state.revision = openedAfter
  const plans = createPlanVersions()
  for await (const { event } of store.read(scope, openedAfter)) {
    if (!('run' in event) || event.run !== run) continue
    plans.follow(event, storedPlanOf)
    if (event.type === 'attempt.started') admit(state, event.worker, event.slot)
    reduce(plans.compiled, state, event)
    if (event.type === 'run.closed') return state.ended.get(run)!
  }
  const hint = 'The journal was cut off, or it is not the one that was there before.'
  throw schedulerError('JOURNAL_INVALID', `The journal of scope "${scope}" has no end of run "${run}".`, hint)
}

/** The plan a run was opened with, as it is stored. */
export async function storedPlan(store: Store, scope: ScopeId, openedAfter: Revision): Promise<JsonValue> {
  for await (const { event } of store.read(scope, openedAfter)) return (event as { readonly plan: JsonValue }).plan
  const hint = 'The journal was cut off, or it is not the one that was there before.'
  throw schedulerError('JOURNAL_INVALID', `The journal of scope "${scope}" ends before revision ${openedAfter}.`, hint)
}

function admit(state: ScopeState, id: WorkerId, slot: number): void {
  const worker: Worker = {
    id,
    pool: id as string as PoolId,
    slots: slot,
    capabilities: new Set(),
    freeSlots: [slot],
    joinedAt: 0,
    isDraining: false,
    excess: 0,
    restsUntil: null,
    leaseMs: null,
    offers: [],
  }
  state.workers.set(id, worker)
}

/** Events of one run, from its opening on. */
export async function* eventsOf(
  run: RunId,
  { store, scope, openedAfter }: Pick<EndedRunOptions, 'store' | 'scope' | 'openedAfter'>,
): AsyncGenerator<RunEvent, void, undefined> {
  for await (const { event } of store.read(scope, openedAfter)) {
    if (!('run' in event) || event.run !== run) continue
    yield event
    if (event.type === 'run.closed') return
  }
}
