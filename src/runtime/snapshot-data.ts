/** What a snapshot holds: the state, and for each open run the plan it was opened with, and its amendments. */
import { decodeState } from '../core/decode-state.js'
import { encodeState } from '../core/encode-state.js'
import { type SavedState, STATE_FORMAT } from '../core/saved-state.js'
import type { JsonValue, RunId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { createPlanVersions } from '../plan/versions.js'
import type { Folded } from './folded.js'

interface SnapshotData {
  readonly state: SavedState
  readonly plans: readonly (readonly [RunId, JsonValue, readonly JsonValue[]])[]
}

/** JSON that does not change any more. The state is as a decision left it. */
export function snapshotOf({ state, documents }: Folded): JsonValue {
  const plans = [...documents].map(([run, { plan, amendments }]) => [run, plan, [...amendments]] as const)
  return { state: encodeState(state), plans } satisfies SnapshotData as unknown as JsonValue
}

/** @throws Error where it cannot be read: another version wrote it, or it is damaged. */
export function readSnapshot(data: JsonValue, compile: (plan: JsonValue, run: RunId) => AmendablePlan): Folded {
  const { state: saved, plans: savedPlans } = data as unknown as SnapshotData
  if (saved.format !== STATE_FORMAT) throw new Error(`It has format ${saved.format}, and this is ${STATE_FORMAT}.`)
  const plans = createPlanVersions()
  const documents: Folded['documents'] = new Map()
  for (const [run, plan, amendments] of savedPlans) {
    plans.put(run, compile(plan, run))
    for (const amendment of amendments) plans.follow({ type: 'run.amended', at: 0, run, amendment }, compile)
    documents.set(run, { plan, amendments: [...amendments] })
  }
  return { state: decodeState(plans.compiled, saved), plans, documents }
}
