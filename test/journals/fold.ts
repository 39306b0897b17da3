/**
 * A recorded journal, folded as a host folds it: what must come out the same in every later version. Only what it means is compared,
 * by names that stay: a state that gets another fact, or another form, changes none of it.
 */
import { canonical } from '../../src/core/canonical.js'
import { reduce } from '../../src/core/reduce.js'
import type { Attempt, RunState, ScopeState } from '../../src/core/state.js'
import { STATUS_NAMES } from '../../src/core/state.js'
import type { JsonValue, RunEvent } from '../../src/core/types.js'
import { type Folded as FoldedScope, noteDocuments, nothingFolded } from '../../src/runtime/folded.js'
import { storedPlanOf } from '../../src/runtime/plans.js'
import { readSnapshot, snapshotOf } from '../../src/runtime/snapshot-data.js'

/** What a journal folds to. */
export interface Folded {
  readonly events: number
  /** The newest: the next attempt gets a higher one. */
  readonly fence: number
  /** The host that was elected last, and its epoch; null: none was. */
  readonly leader: string | null
  /** Those that have joined and not left. */
  readonly workers: readonly string[]
  /** Attempts that hold their claims: `run/task#attempt`, fence, worker. */
  readonly attempts: readonly string[]
  readonly runs: { readonly [run: string]: FoldedRun }
}

interface FoldedRun {
  /** Its verdict, or `open`, `paused`, `cancelled` while it is not closed. */
  readonly state: string
  readonly messages: number
  /** Of each task: status, attempts, generation, and its result as JSON or the kind of its last failure. */
  readonly tasks: { readonly [task: string]: string }
}

export function foldJournal(events: readonly RunEvent[]): Folded {
  const folded = nothingFolded()
  return factsOf(folded.state, foldOn(folded, events))
}

/** Every fact of the state that a journal folds to, as text of this version. */
export function stateAfter(events: readonly RunEvent[]): string {
  const folded = nothingFolded()
  foldOn(folded, events)
  return canonical(folded.state)
}

/** The same from a snapshot, with the events that came after it. */
export function stateFrom(snapshot: JsonValue, events: readonly RunEvent[]): string {
  const folded = readSnapshot(snapshot, storedPlanOf)
  foldOn(folded, events.slice(folded.state.revision))
  return canonical(folded.state)
}

/** The snapshot of a journal after so many events. */
export function snapshotAfter(events: readonly RunEvent[], count: number): JsonValue {
  const folded = nothingFolded()
  foldOn(folded, events.slice(0, count))
  return snapshotOf(folded)
}

/** The runs that were open meanwhile, as they are in the end. */
function foldOn(folded: FoldedScope, events: readonly RunEvent[]): ReadonlyMap<string, RunState> {
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
  return runs
}

function factsOf({ revision, fence, leader, workers, attempts }: ScopeState, runs: ReadonlyMap<string, RunState>): Folded {
  return {
    events: revision,
    fence,
    leader: leader === null ? null : `${leader.host} ${leader.epoch}`,
    workers: [...workers.values()].map(({ id, isDraining }) => (isDraining ? `${id} draining` : id)),
    attempts: [...attempts.values()].map(attemptText),
    runs: Object.fromEntries([...runs].map(([id, run]) => [id, runFacts(run)])),
  }
}

function attemptText({ run, task, number, fence, worker, closing }: Attempt): string {
  return `${run.id}/${run.plan.taskIds[task]}#${number} fence ${fence} on ${worker.id}${closing === null ? '' : ' closing'}`
}

function runFacts(run: RunState): FoldedRun {
  const { plan, paused, cancelled, closed, messages } = run
  const openState = paused === null ? 'open' : 'paused'
  return {
    state: closed?.verdict ?? (cancelled === null ? openState : 'cancelled'),
    messages: messages.length,
    tasks: Object.fromEntries(plan.taskIds.map((id, task) => [id, taskText(run, task)])),
  }
}

function taskText({ status, attempts, generations, results, failures }: RunState, task: number): string {
  const name = STATUS_NAMES[status[task]!]
  const end = name === 'succeeded' ? JSON.stringify(results.get(task) ?? null) : (failures.get(task)?.kind ?? '-')
  return `${name} ${attempts[task]} ${generations.get(task)?.generation ?? 1} ${end}`
}
