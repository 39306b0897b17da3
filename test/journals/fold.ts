/** A recorded journal, folded as a host folds it: what must come out the same in every later version. */
import { createHash } from 'node:crypto'
import { canonical } from '../../src/core/canonical.js'
import { reduce } from '../../src/core/reduce.js'
import type { RunState } from '../../src/core/state.js'
import { STATUS_NAMES } from '../../src/core/state.js'
import type { JsonValue, RunEvent } from '../../src/core/types.js'
import { type Folded as FoldedScope, noteDocuments, nothingFolded } from '../../src/runtime/folded.js'
import { storedPlanOf } from '../../src/runtime/plans.js'
import { readSnapshot, snapshotOf } from '../../src/runtime/snapshot-data.js'

/** What a journal folds to. */
export interface Folded {
  readonly events: number
  /** Of the canonical text: every fact. It may change only together with what `canonical` tells. */
  readonly sha256: string
  /** Of each run its verdict, null while it is open, and of each task `status, attempts, result`. These never change. */
  readonly runs: { readonly [run: string]: { readonly verdict: string | null; readonly tasks: object } }
}

export function foldJournal(events: readonly RunEvent[]): Folded {
  return foldOn(nothingFolded(), events)
}

/** The snapshot of a journal after so many events. */
export function snapshotAfter(events: readonly RunEvent[], count: number): JsonValue {
  const folded = nothingFolded()
  foldOn(folded, events.slice(0, count))
  return snapshotOf(folded)
}

/** What a snapshot folds to, with the events that came after it. */
export function foldSnapshot(snapshot: JsonValue, events: readonly RunEvent[]): Folded {
  const folded = readSnapshot(snapshot, storedPlanOf)
  return foldOn(folded, events.slice(folded.state.revision))
}

function foldOn(folded: FoldedScope, events: readonly RunEvent[]): Folded {
  const { state, plans } = folded
  const runs = new Map<string, RunState>()
  for (const event of events) {
    plans.follow(event, storedPlanOf)
    reduce(plans.compiled, state, event)
    noteDocuments(folded, event)
    for (const run of [...state.runs.values(), ...state.ended.values()]) runs.set(run.id, run)
    if (event.type === 'run.closed') plans.drop(event.run)
    state.ended.clear()
  }
  const sha256 = createHash('sha256').update(canonical(state)).digest('hex')
  return { events: state.revision, sha256, runs: Object.fromEntries([...runs].map(([id, run]) => [id, outcomeOf(run)])) }
}

function outcomeOf({ plan, status, attempts, results, closed }: RunState): Folded['runs'][string] {
  const tasks = plan.taskIds.map((id, task) => {
    const words = [STATUS_NAMES[status[task]!], attempts[task], JSON.stringify(results.get(task) ?? null)]
    return [id, words.join(' ')]
  })
  return { verdict: closed?.verdict ?? null, tasks: Object.fromEntries(tasks) }
}
