/** A change of a running plan in a simulated world: plain data, and how the library reads it. */
import type { JsonValue } from '../core/types.js'
import type { AmendmentDocument } from '../plan/amendment.js'
import type { Task } from '../plan/types.js'
import { streamOf, taskOf } from './world-plan.js'
import type { StreamSpec, TaskSpec, WorldSpec } from './world-spec.js'
import { fullIdOf } from './world-spec.js'

export interface AmendmentSpec {
  /** New ones. */
  readonly streams: readonly StreamSpec[]
  /** New ones, in streams that are new or there, or in none. */
  readonly tasks: readonly TaskSpec[]
  /** Full ids. */
  readonly remove: readonly string[]
  /** Tasks that are there as they are to be, whole. */
  readonly change: readonly TaskSpec[]
}

/** The amendments that were asked for and fitted the plan, by what was stored of them. */
export type AskedAmendments = Map<string, AmendmentSpec>

/** What of an amendment is in the journal, as the name under which it is known. */
export function amendmentKey(stored: JsonValue): string {
  return JSON.stringify(stored)
}

/** As people would write it. */
export function documentOf(world: WorldSpec, { streams, tasks, remove, change }: AmendmentSpec): AmendmentDocument {
  const ids = new Set([...streams.map(({ id }) => id), ...tasks.flatMap(({ stream }) => stream ?? [])])
  const documents = [...ids].map((id) => {
    const own = tasks.filter(({ stream }) => stream === id).map((task) => taskOf(world, task))
    const spec = streams.find((stream) => stream.id === id)
    return spec === undefined ? { id, tasks: own } : { ...streamOf(spec), tasks: own }
  })
  const loose = tasks.filter(({ stream }) => stream === null).map((task) => taskOf(world, task))
  const changes = change.map((task) => [fullIdOf(task), { ...NO_FIELDS, ...fieldsOf(taskOf(world, task)) }])
  return { add: { streams: documents, tasks: loose }, remove, change: Object.fromEntries(changes) }
}

/** Fields that a task may have had, and no longer has unless it says so. */
const NO_FIELDS = { if: null, milestones: null, optional: null, pool: null, idempotencyKey: null, handler: null }

function fieldsOf({ id: _, ...fields }: Task): Omit<Task, 'id'> {
  return fields
}

/** One line for people. */
export function describeAmendment({ streams, tasks, remove, change }: AmendmentSpec): string {
  const parts = [
    ...streams.map(({ id, after, phase }) => `adds stream ${id}${afterOf(after)}${phase === null ? '' : ` in ${phase}`}`),
    ...tasks.map((task) => `adds ${fullIdOf(task)}${afterOf(task.after)}`),
    ...remove.map((id) => `removes ${id}`),
    ...change.map((task) => `changes ${fullIdOf(task)}${afterOf(task.after)}`),
  ]
  return parts.length === 0 ? 'changes nothing' : parts.join(', ')
}

function afterOf(after: readonly string[]): string {
  return after.length === 0 ? '' : ` after ${after.join(' ')}`
}
