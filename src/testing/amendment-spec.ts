/** A change of a running plan in a simulated world: plain data, and how the library reads it. */
import type { JsonValue } from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import type { Gate, Task } from '../plan/types.js'
import { phaseOf, streamOf, taskOf, toGate } from './world-plan.js'
import type { PhaseSpec, StreamSpec, TaskSpec, WorldSpec } from './world-spec.js'
import { fullIdOf } from './world-spec.js'

export interface AmendmentSpec {
  /** New ones. */
  readonly streams: readonly StreamSpec[]
  /** New ones, which come after all others, with gates that are new too. */
  readonly phases: readonly PhaseSpec[]
  /** New ones, gates among them, in streams that are new or there, or in none. */
  readonly tasks: readonly TaskSpec[]
  /** Full ids. */
  readonly remove: readonly string[]
  /** Tasks and gates that are there as they are to be, whole. */
  readonly change: readonly TaskSpec[]
}

/** The amendments that were asked for and fitted the plan, by what was stored of them. */
export type AskedAmendments = Map<string, AmendmentSpec>

/** What of an amendment is in the journal, as the name under which it is known. */
export function amendmentKey(stored: JsonValue): string {
  return JSON.stringify(stored)
}

/** As people would write it. */
export function documentOf(world: WorldSpec, amendment: AmendmentSpec): AmendmentDocument {
  const { streams, phases, tasks, remove, change } = amendment
  const ids = new Set([...streams.map(({ id }) => id), ...tasks.flatMap(({ stream }) => stream ?? [])])
  const documents = [...ids].map((id) => {
    const own = tasks.filter(({ stream }) => stream === id).map((task) => taskOf(world, task))
    const spec = streams.find((stream) => stream.id === id)
    return spec === undefined ? { id, tasks: own } : { ...streamOf(spec), tasks: own }
  })
  const loose = tasks.filter(({ stream, gate }) => stream === null && gate === null)
  return {
    add: {
      streams: documents,
      tasks: loose.map((task) => taskOf(world, task)),
      gates: tasks.flatMap(toGate),
      phases: phases.map(phaseOf),
    },
    remove,
    change: Object.fromEntries(change.map((task) => [fullIdOf(task), changeOf(world, task)])),
  }
}

function changeOf(world: WorldSpec, task: TaskSpec): object {
  const [gate] = toGate(task)
  if (gate !== undefined) return { ...NO_GATE_FIELDS, ...fieldsOf(gate) }
  return { ...NO_FIELDS, ...fieldsOf(taskOf(world, task)) }
}

/** Fields that it may have had, and no longer has unless it says so. */
const NO_FIELDS = { if: null, milestones: null, optional: null, pool: null, idempotencyKey: null, handler: null }
const NO_GATE_FIELDS = { handler: null, timeout: null }

function fieldsOf<Record extends Task | Gate>({ id: _, ...fields }: Record): object {
  return fields
}

/** One line for people. */
export function describeAmendment({ streams, phases, tasks, remove, change }: AmendmentSpec): string {
  const parts = [
    ...streams.map(
      ({ id, after, phase }) => `adds stream ${id}${afterOf(after)}${phase === null ? '' : ` in ${phase}`}`,
    ),
    ...phases.map(({ id, gate }) => `adds phase ${id}${gate === null ? '' : ` with gate ${gate}`}`),
    ...tasks.map((task) => `adds ${task.gate === null ? '' : 'gate '}${fullIdOf(task)}${afterOf(task.after)}`),
    ...remove.map((id) => `removes ${id}`),
    ...change.map((task) => `changes ${fullIdOf(task)}${afterOf(task.after)}`),
  ]
  return parts.length === 0 ? 'changes nothing' : parts.join(', ')
}

function afterOf(after: readonly string[]): string {
  return after.length === 0 ? '' : ` after ${after.join(' ')}`
}
