/** Puts a small compiled plan into a large one: new tasks and points behind those that are there, changed tasks in place. */
import type { Adjacency, CompiledPlan, NodeIndex, Point, TaskIndex, TaskLookup } from '../core/types.js'
import { rowOf, transpose } from './adjacency.js'
import { insertDispatchClasses } from './dispatch-class.js'
import { isNamed, type Seating, seat } from './seating.js'
import { rankNew, spliceWaves } from './splice-order.js'

/**
 * `large` with what is new in `small`: its tasks and points that `large` does not have by id, and, in place, the tasks of
 * `changed` (by their index in `large`). Streams that are there get their new tasks as members. O(nodes + edges) of
 * array copying; ranks of the tasks that are there stay.
 */
export function splice(large: CompiledPlan, small: CompiledPlan, changed: ReadonlySet<TaskIndex>): CompiledPlan {
  const seating = seat(large, small)
  const { taskCount, taskAt } = seating
  const written = smallTasks(seating, changed)
  const members = newMembers(seating)
  const predecessors = spliceRows(seating, changed, members)
  const successors = transpose(predecessors)
  const points = splicePoints(seating, members)
  const needs = appended(large.needs, small.needs)
  const policies = appended(large.policies, small.policies)
  const handlers = appended(large.handlers, small.handlers)
  const streams = spliceStreams(large, small)
  const claimOffset = large.claimSets.length
  const column = <A extends Int32Array | Float64Array | Uint8Array>(from: A, own: A, map?: (value: number) => number) =>
    spliceColumn(from, own, taskCount, taskAt, written, map)
  const need = column(large.need, small.need, (value) => needs.at[value]!)
  const priority = column(large.priority, small.priority)
  const estimateMs = column(large.estimateMs, small.estimateMs)
  const rank = rankNew(seating, column(large.rank, small.rank), estimateMs, successors)
  const taskIds = large.taskIds.concat(seating.newTasks.map((task) => small.taskIds[task]!))
  const sources = large.sources.slice()
  for (const task of written) sources[taskAt[task]!] = small.sources[task]!
  return {
    ...large,
    taskCount,
    taskIds,
    taskIndex: lookUpIn(large, taskIds),
    sources,
    hasInput: column(large.hasInput, small.hasInput),
    streamIds: streams.streamIds,
    streamIndex: streams.streamIndex,
    streamOf: column(large.streamOf, small.streamOf, (stream) => (stream === -1 ? -1 : streams.at[stream]!)),
    points,
    successors,
    predecessors,
    dependencyCount: countDependencies(predecessors, points, taskCount),
    priority,
    rank,
    ...insertDispatchClasses(
      large,
      written.map((task) => taskAt[task]!),
      need,
      priority,
      rank,
    ),
    need,
    needs: needs.all,
    claimSet: column(large.claimSet, small.claimSet, (set) => (set === -1 ? -1 : claimOffset + set)),
    claimSets: [...large.claimSets, ...small.claimSets],
    policy: column(large.policy, small.policy, (value) => policies.at[value]!),
    policies: policies.all,
    handler: column(large.handler, small.handler, (value) => (value === -1 ? -1 : handlers.at[value]!)),
    handlers: handlers.all,
    estimateMs,
    ...spliceWaves(seating, points, predecessors),
    optional: column(large.optional, small.optional),
    useSet: column(large.useSet, small.useSet, (set) => (set === -1 ? -1 : large.useSets.length + set)),
    useSets: [...large.useSets, ...small.useSets],
    keys: spliceMap(large.keys, small.keys, written, taskAt, (key) => key),
    // All streams stand in the small plan, in their order.
    guarded: small.guarded,
    mergeOrder: small.mergeOrder,
    milestones: spliceMilestones(seating, written),
    verify: spliceMap(large.verify, small.verify, written, taskAt, (steps) => steps),
    phases: large.phases.map((phase, index) => ({
      ...phase,
      point: phase.point + taskCount - large.taskCount,
      streams: small.phases[index]!.streams,
    })),
    conditions: spliceMap(large.conditions, small.conditions, written, taskAt, ({ task, path }) => ({
      task: taskAt[task]!,
      path,
    })),
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

/** New tasks of streams that are there, and new streams of phases that are there, by index of the point in the large plan. */
function newMembers({ large, small, pointAt, taskAt, taskCount }: Seating): ReadonlyMap<number, readonly NodeIndex[]> {
  const members = new Map<number, readonly NodeIndex[]>()
  const isNew = (node: NodeIndex): boolean =>
    node < small.taskCount
      ? taskAt[node]! >= large.taskCount
      : pointAt[node - small.taskCount]! >= taskCount + large.points.length
  for (const [index, point] of small.points.entries()) {
    const place = pointAt[index]! - taskCount
    if (!isNamed(point) || place >= large.points.length) continue
    const fresh = [...rowOf(small.predecessors, small.taskCount + index)]
      .filter(isNew)
      .map((node) => (node < small.taskCount ? taskAt[node]! : pointAt[node - small.taskCount]!))
    if (fresh.length > 0) members.set(place, fresh)
  }
  return members
}

/** Points that are there, with the members they get; then the new ones. */
function splicePoints(seating: Seating, members: ReadonlyMap<number, readonly NodeIndex[]>): readonly Point[] {
  const { large, newPoints } = seating
  const points = [...large.points, ...newPoints]
  for (const [index, fresh] of members) {
    const point = points[index]!
    points[index] = { ...point, needed: point.needed + fresh.length }
  }
  return points
}

function spliceRows(
  seating: Seating,
  changed: ReadonlySet<TaskIndex>,
  members: ReadonlyMap<number, readonly NodeIndex[]>,
): Adjacency {
  const { large, small, taskAt, pointAt, newPoints, taskCount } = seating
  const pointCount = large.points.length + newPoints.length
  const moved = taskCount - large.taskCount
  const most = large.predecessors.targets.length + small.predecessors.targets.length + taskCount - large.taskCount
  const targets = new Int32Array(most)
  const start = new Int32Array(taskCount + pointCount + 1)
  let size = 0
  const addLarge = (node: NodeIndex): void => {
    for (let i = large.predecessors.start[node]!; i < large.predecessors.start[node + 1]!; i += 1) {
      const target = large.predecessors.targets[i]!
      targets[size] = target < large.taskCount ? target : target + moved
      size += 1
    }
  }
  const addSmall = (node: NodeIndex): void => {
    const from = size
    for (const target of rowOf(small.predecessors, node)) {
      targets[size] = target < small.taskCount ? taskAt[target]! : pointAt[target - small.taskCount]!
      size += 1
    }
    targets.subarray(from, size).sort()
  }
  const written = new Map<NodeIndex, NodeIndex>()
  for (const [task, at] of taskAt.entries()) if (at >= large.taskCount || changed.has(at)) written.set(at, task)
  for (const [point, node] of pointAt.entries()) {
    if (node >= taskCount + large.points.length) written.set(node, small.taskCount + point)
  }
  for (let node = 0; node < taskCount + pointCount; node += 1) {
    const own = written.size === 0 ? undefined : written.get(node)
    if (own !== undefined) addSmall(own)
    else addLarge(node < large.taskCount ? node : node - moved)
    const fresh = node < taskCount ? undefined : members.get(node - taskCount)
    if (fresh !== undefined) {
      targets.set(fresh, size)
      size += fresh.length
      targets.subarray(start[node], size).sort()
    }
    start[node + 1] = size
  }
  return { start, targets: targets.slice(0, size) }
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
