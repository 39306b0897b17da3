/** Puts a small compiled plan into a large one: new tasks and points behind those that are there, changed tasks in place. */
import type { Adjacency, CompiledPhase, CompiledPlan, NodeIndex, Point, TaskIndex, TaskLookup } from '../core/types.js'
import { findCycles } from './cycles.js'
import { insertDispatchClasses } from './dispatch-class.js'
import { watchAnew } from './members.js'
import { weigh } from './rank.js'
import { type Seating, seat } from './seating.js'
import { dependentRows, orderBehind, spliceRows, writtenRows } from './splice-edges.js'
import { rankNew, spliceWaves } from './splice-order.js'
import { quote } from './text.js'
import { seatSequences, takeTurns } from './turns.js'
import type { Task } from './types.js'

/** The amended plan, or the circles in it: names, each of which waits for the next, and the last for the first. */
export type Spliced =
  | { readonly ok: true; readonly plan: CompiledPlan }
  | { readonly ok: false; readonly circles: readonly (readonly string[])[] }

/**
 * `large` with what is new in `small`: its tasks and points that `large` does not have, and, in place, the tasks of `changed`
 * (by their index in `large`). Streams, phases, conditions on streams and sequences speak of the plan as it is then.
 * O(nodes + edges) of array copying; ranks of the tasks that are there stay.
 */
export function splice(large: CompiledPlan, small: CompiledPlan, changed: ReadonlySet<TaskIndex>): Spliced {
  const seating = seat(large, small)
  const { taskCount, taskAt } = seating
  const written = smallTasks(seating, changed)
  const columns = spliceColumns(seating, written)
  const { streamOf, optional, estimateMs, sources } = columns
  const isEstimated = (): Uint8Array =>
    Uint8Array.from(sources, (each) => Number((each as Task).estimate !== undefined))
  const changes = watchAnew(seating, written, { streamOf, optional, weight: () => weigh(estimateMs, isEstimated()) })
  const sequences = seatSequences(seating)
  const turns = takeTurns(seating, written, streamOf, sequences, changes)
  const { points } = changes
  const rows = writtenRows(seating, changed, changes, turns)
  const nodeCount = taskCount + points.length
  const predecessors = spliceRows(large.predecessors, rows, nodeCount, seating)
  const successors = spliceRows(large.successors, dependentRows(seating, rows), nodeCount, seating)
  // A circle goes through an edge that is new, and so through a row that was written.
  const { order, isWhole } = orderBehind(rows.keys(), predecessors, successors)
  const { taskIds } = columns
  if (!isWhole) {
    const nameOf = (node: NodeIndex): string => {
      const point = points[node - taskCount]
      return point === undefined ? quote(taskIds[node]!) : `${point.kind} ${quote(point.id)}`
    }
    return { ok: false, circles: findCycles(predecessors).map((trail) => trail.map(nameOf)) }
  }
  const { need, priority } = columns
  const newTasks = order.filter((node) => node >= large.taskCount && node < taskCount)
  const rank = rankNew(seating, newTasks, columns.rank, estimateMs, successors)
  const seated = written.map((task) => taskAt[task]!)
  const plan: CompiledPlan = {
    ...large,
    ...columns,
    taskCount,
    taskIndex: lookUpIn(large, taskIds),
    points,
    successors,
    predecessors,
    dependencyCount: countDependencies(predecessors, points, taskCount),
    rank,
    ...insertDispatchClasses(large, seated, need, priority, rank),
    ...spliceWaves(seating, newTasks, points, predecessors),
    gates: spliceMap(large.gates, small.gates, written, taskAt, (kind) => kind),
    keys: spliceMap(large.keys, small.keys, written, taskAt, (key) => key),
    // All streams stand in the small plan, in their order.
    guarded: small.guarded,
    mergeOrder: small.mergeOrder,
    milestones: spliceMilestones(seating, written),
    verify: spliceMap(large.verify, small.verify, written, taskAt, (steps) => steps),
    phases: splicePhases(seating),
    sequences,
    conditions: spliceMap(large.conditions, small.conditions, written, taskAt, ({ task, path }) => ({
      task: taskAt[task]!,
      path,
    })),
  }
  return { ok: true, plan }
}

/** What has one entry for each task, and the lists that these lead into. */
function spliceColumns(seating: Seating, written: readonly TaskIndex[]) {
  const { large, small, taskCount, taskAt } = seating
  const column = <A extends Int32Array | Float64Array | Uint8Array>(from: A, own: A, map?: (value: number) => number) =>
    spliceColumn(from, own, taskCount, taskAt, written, map)
  const needs = appended(large.needs, small.needs)
  const policies = appended(large.policies, small.policies)
  const handlers = appended(large.handlers, small.handlers)
  const streams = spliceStreams(large, small)
  const behind = (list: readonly unknown[]) => (place: number) => (place === -1 ? -1 : list.length + place)
  const sources = large.sources.slice()
  for (const task of written) sources[taskAt[task]!] = small.sources[task]!
  return {
    taskIds: large.taskIds.concat(seating.newTasks.map((task) => small.taskIds[task]!)),
    sources,
    hasInput: column(large.hasInput, small.hasInput),
    streamIds: streams.streamIds,
    streamIndex: streams.streamIndex,
    streamOf: column(large.streamOf, small.streamOf, (stream) => (stream === -1 ? -1 : streams.at[stream]!)),
    priority: column(large.priority, small.priority),
    rank: column(large.rank, small.rank),
    need: column(large.need, small.need, (value) => needs.at[value]!),
    needs: needs.all,
    claimSet: column(large.claimSet, small.claimSet, behind(large.claimSets)),
    claimSets: [...large.claimSets, ...small.claimSets],
    policy: column(large.policy, small.policy, (value) => policies.at[value]!),
    policies: policies.all,
    handler: column(large.handler, small.handler, (value) => (value === -1 ? -1 : handlers.at[value]!)),
    handlers: handlers.all,
    estimateMs: column(large.estimateMs, small.estimateMs),
    optional: column(large.optional, small.optional),
    useSet: column(large.useSet, small.useSet, behind(large.useSets)),
    useSets: [...large.useSets, ...small.useSets],
  }
}

/** Tasks of the small plan that say something: new and changed ones, no stubs. */
function smallTasks({ large, taskAt }: Seating, changed: ReadonlySet<TaskIndex>): readonly TaskIndex[] {
  const written: TaskIndex[] = []
  for (const [task, at] of taskAt.entries()) if (at >= large.taskCount || changed.has(at)) written.push(task)
  return written
}

function spliceColumn<A extends Int32Array | Float64Array | Uint8Array>(
  from: A,
  own: A,
  taskCount: number,
  taskAt: Int32Array,
  written: readonly TaskIndex[],
  map: (value: number) => number = (value) => value,
): A {
  const column = new (from.constructor as new (length: number) => A)(taskCount)
  column.set(from as never)
  for (const task of written) column[taskAt[task]!] = map(own[task]!)
  return column
}

/** The entries of `first`, and those of `second` that it does not have; `at` leads from the places of `second`. */
function appended<T>(
  first: readonly T[],
  second: readonly T[],
): { readonly all: readonly T[]; readonly at: Int32Array } {
  const places = new Map(first.map((entry, place) => [JSON.stringify(entry), place]))
  const all = [...first]
  const at = Int32Array.from(second, (entry) => {
    const key = JSON.stringify(entry)
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, all.length)
    return all.push(entry) - 1
  })
  return { all, at }
}

function spliceStreams(large: CompiledPlan, small: CompiledPlan) {
  const streamIds = [...large.streamIds]
  const streamIndex = new Map(large.streamIndex)
  const at = Int32Array.from(small.streamIds, (id) => {
    const known = streamIndex.get(id)
    if (known !== undefined) return known
    streamIndex.set(id, streamIds.length)
    return streamIds.push(id) - 1
  })
  return { streamIds, streamIndex, at }
}

/** Phases that are there keep their places and gates; new ones follow. */
function splicePhases({ large, small, taskAt, pointAt, taskCount }: Seating): readonly CompiledPhase[] {
  return small.phases.map((phase, index) => {
    const { streams, gate } = phase
    const known = large.phases[index]
    if (known !== undefined) return { ...known, point: known.point + taskCount - large.taskCount, streams }
    const point = pointAt[phase.point - small.taskCount]!
    return { ...phase, point, gate: gate === null ? null : taskAt[gate]!, streams }
  })
}

/** As `CompiledPlan.dependencyCount`: predecessors of a task, what a point needs. */
function countDependencies({ start }: Adjacency, points: readonly Point[], taskCount: number): Int32Array {
  const counts = new Int32Array(taskCount + points.length)
  for (let task = 0; task < taskCount; task += 1) counts[task] = start[task + 1]! - start[task]!
  for (const [index, { needed }] of points.entries()) counts[taskCount + index] = needed
  return counts
}

function spliceMilestones(
  { large, small, taskAt, pointAt, taskCount }: Seating,
  written: readonly TaskIndex[],
): CompiledPlan['milestones'] {
  if (large.milestones.size + small.milestones.size === 0) return large.milestones
  const moved = taskCount - large.taskCount
  const movedUp = new Map(
    [...large.milestones].map(
      ([task, named]) => [task, new Map([...named].map(([name, node]) => [name, node + moved]))] as const,
    ),
  )
  const seated = (named: ReadonlyMap<string, NodeIndex>): Map<string, NodeIndex> =>
    new Map([...named].map(([name, node]) => [name, pointAt[node - small.taskCount]!]))
  return spliceMap(movedUp, small.milestones, written, taskAt, seated)
}

function spliceMap<V>(
  from: ReadonlyMap<TaskIndex, V>,
  own: ReadonlyMap<TaskIndex, V>,
  written: readonly TaskIndex[],
  taskAt: Int32Array,
  map: (value: V) => V,
): ReadonlyMap<TaskIndex, V> {
  if (from.size + own.size === 0) return from
  const all = new Map(from)
  for (const task of written) {
    const value = own.get(task)
    if (value === undefined) all.delete(taskAt[task]!)
    else all.set(taskAt[task]!, map(value))
  }
  return all
}

/** Finds tasks by id: those of the plan as it was compiled, and those that were added. Shared by all later versions. */
interface GrownLookup extends TaskLookup {
  readonly base: TaskLookup
  readonly added: Map<string, TaskIndex>
}

/** A map of a hundred thousand ids is not copied: a version finds its own tasks, as its list of ids has them. */
function lookUpIn(large: CompiledPlan, taskIds: readonly string[]): GrownLookup {
  const { base = large.taskIndex, added = new Map<string, TaskIndex>() } = large.taskIndex as Partial<GrownLookup>
  for (let task = large.taskCount; task < taskIds.length; task += 1) added.set(taskIds[task]!, task)
  const get = (id: string): TaskIndex | undefined => {
    const task = added.get(id) ?? base.get(id)
    return task !== undefined && taskIds[task] === id ? task : undefined
  }
  return { base, added, get, has: (id) => get(id) !== undefined }
}
