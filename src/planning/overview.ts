/** What a plan amounts to: its longest chain, its work, and how long it takes at best on its pools. */
import type { CompiledPlan, DurationMs, NodeIndex, Point, TaskId, TaskIndex } from '../core/types.js'
import { topologicalOrder } from '../plan/adjacency.js'
import { ordersAll } from '../plan/points.js'
import type { Plan } from '../plan/types.js'

export interface Overview {
  readonly waveCount: number
  /** The longest chain of tasks, first to last; the lags between them count. */
  readonly criticalPath: readonly TaskId[]
  readonly criticalPathMs: DurationMs
  /** All tasks one after the other. */
  readonly workMs: DurationMs
  /** No schedule is shorter. */
  readonly atBestMs: DurationMs
  /** What makes it longer than the critical path, for "by …"; null where that is the bound. */
  readonly bottleneck: string | null
  /** Tasks without an estimate; each counts as `ASSUMED_MS`. */
  readonly unestimated: number
}

/** How long a task takes that has no estimate, where one is needed. */
export const ASSUMED_MS: DurationMs = 60_000

/** O(tasks + edges + claims), and the groups of tasks times the pools. */
export function overviewOf(compiled: CompiledPlan, plan: Plan): Overview {
  const { waveCount, taskIds } = compiled
  const tasks = [...(plan.streams ?? []).flatMap((stream) => stream.tasks ?? []), ...(plan.tasks ?? [])]
  const weight = weights(compiled)
  const { path, lengthMs: criticalPathMs, heads, tails } = longestPaths(compiled, weight)
  let busiest = { ms: criticalPathMs, name: null as string | null }
  for (const { name, members, slots } of [...groupsByPools(compiled, plan), ...groupsByPath(compiled)]) {
    const work = members.reduce((sum, task) => sum + weight[task]!, 0)
    const ms = least(members, heads) + work / slots + least(members, tails)
    if (ms > busiest.ms) busiest = { ms, name }
  }
  return {
    waveCount,
    criticalPath: path.map((task) => taskIds[task]!),
    criticalPathMs,
    workMs: weight.reduce((sum, ms) => sum + ms, 0),
    atBestMs: busiest.ms,
    bottleneck: busiest.name,
    unestimated: tasks.filter(({ estimate }) => estimate === undefined).length,
  }
}

/** How long each task takes: its estimate, or what is assumed. Nobody works on an approval. */
export function weights({ sources, gates, estimateMs }: CompiledPlan): Float64Array {
  return estimateMs.map((estimate, task) => {
    const { estimate: own } = sources[task] as { readonly estimate?: unknown }
    return own !== undefined || gates.get(task) === 'approval' ? estimate : ASSUMED_MS
  })
}

interface Paths {
  /** The tasks of the longest path; of equal ones the first by the plan's order at each step. */
  readonly path: readonly TaskIndex[]
  readonly lengthMs: DurationMs
  /** By node: the longest way from the start of the plan to its start, and from its end to the end of the plan. */
  readonly heads: Float64Array
  readonly tails: Float64Array
}

/** Nothing that is counted can be left out: of a choice, the members that suffice the soonest. */
function longestPaths({ taskCount, points, predecessors, successors }: CompiledPlan, weight: Float64Array): Paths {
  const order = topologicalOrder(predecessors, successors)
  const heads = new Float64Array(order.length)
  const tails = new Float64Array(order.length)
  const before = new Int32Array(order.length).fill(-1)
  let last = -1
  const lengthOf = (node: NodeIndex): DurationMs => weight[node] ?? points[node - taskCount]?.lagMs ?? 0
  const through = (node: NodeIndex, longest: Float64Array): DurationMs => longest[node]! + lengthOf(node)
  for (const node of order) {
    const watched = predecessors.targets.subarray(predecessors.start[node], predecessors.start[node + 1])
    const point = points[node - taskCount]
    if (point?.kind === 'milestone') {
      // It may be reported as soon as its task has started.
      heads[node] = heads[watched[0]!]!
      before[node] = before[watched[0]!]!
      continue
    }
    const decisive = decisiveOf(watched, point, (previous) => through(previous, heads))
    if (decisive !== -1) heads[node] = through(decisive, heads)
    before[node] = decisive
    if (last === -1 || through(node, heads) > through(last, heads)) last = node
  }
  for (const node of order.toReversed()) {
    for (let edge = successors.start[node]!; edge < successors.start[node + 1]!; edge += 1) {
      const next = successors.targets[edge]!
      const point = points[next - taskCount]
      if (point === undefined || ordersAll(point)) tails[node] = Math.max(tails[node]!, through(next, tails))
    }
  }
  const path: TaskIndex[] = []
  for (let node = last; node !== -1; node = before[node]!) if (node < taskCount) path.push(node)
  return { path: path.reverse(), lengthMs: last === -1 ? 0 : through(last, heads), heads, tails }
}

/** Which of what a node waits for lets it go on: the latest, or the one with which there is enough; -1: it waits for nothing. */
function decisiveOf(watched: Int32Array, point: Point | undefined, endOf: (node: NodeIndex) => number): NodeIndex {
  let decisive = -1
  if (point === undefined || ordersAll(point)) {
    for (const node of watched) if (decisive === -1 || endOf(node) > endOf(decisive)) decisive = node
    return decisive
  }
  let lacks = point.needed
  for (const node of watched.toSorted((a, b) => endOf(a) - endOf(b))) {
    if (lacks > 0) decisive = node
    lacks -= point.weight?.[node] ?? 1
  }
  return decisive
}

/** Tasks of which at most `slots` run at a time. */
interface Group {
  readonly name: string
  readonly members: readonly TaskIndex[]
  readonly slots: number
}

/** More sets of pools than this are not compared with each other. */
const MOST_POOL_SETS = 100

/** Tasks that only these pools can serve share their slots; for each set of pools that some task is bound to. */
function groupsByPools({ need, needs }: CompiledPlan, plan: Plan): readonly Group[] {
  const pools = Object.entries(plan.pools ?? {})
  const ableOf = needs.map(({ pool, requires }) =>
    pools
      .filter(([name]) => pool === null || pool === name)
      .filter(([, { capabilities = [] }]) => requires.every((capability) => capabilities.includes(capability)))
      .map(([name]) => name),
  )
  const sets = new Map(ableOf.filter((able) => able.length > 0).map((able) => [able.join(), new Set(able)]))
  const isInside = (able: readonly string[], set: ReadonlySet<string>): boolean =>
    sets.size > MOST_POOL_SETS
      ? able.length === set.size && able.every((name) => set.has(name))
      : able.every((name) => set.has(name))
  return [...sets.values()].map((set) => {
    const isIn = ableOf.map((able) => able.length > 0 && isInside(able, set))
    const members = [...need.keys()].filter((task) => isIn[need[task]!])
    const slots = pools.reduce((sum, [name, { slots: own }]) => sum + (set.has(name) ? own : 0), 0)
    return { name: `the work for ${[...set].join(', ')}`, members, slots }
  })
}

/** Tasks that write the same pattern run one after the other. */
function groupsByPath({ claimSet, claimSets }: CompiledPlan): readonly Group[] {
  const writers = new Map<string, TaskIndex[]>()
  claimSet.forEach((set, task) => {
    for (const { text } of claimSets[set]?.write ?? []) {
      const members = writers.get(text) ?? []
      if (members.push(task) === 1) writers.set(text, members)
    }
  })
  return [...writers].map(([path, members]) => ({ name: `the tasks that write ${path}`, members, slots: 1 }))
}

function least(members: readonly TaskIndex[], values: Float64Array): number {
  return members.reduce((least, task) => Math.min(least, values[task]!), Number.POSITIVE_INFINITY)
}
