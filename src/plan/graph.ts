/** The plan as a graph of graphology, for people who want to draw it, walk it or measure it. Made when asked for. */
import { DirectedGraph } from 'graphology'
import { forEachNodeInTopologicalOrder } from 'graphology-dag'
import type { CompiledPlan, PointKind, TaskId } from '../core/types.js'

/** What a node of the graph stands for. */
export type PlanGraphNode =
  | { readonly kind: 'task'; readonly id: TaskId; readonly title: string | null; readonly estimateMs: number }
  /** Neither a task nor run by anybody: it is there when what leads to it has weighed `needed` together. */
  | { readonly kind: PointKind; readonly id: string; readonly needed: number }

/** An edge to a point; of others the weight is 1 and counts for nothing. */
export interface PlanGraphEdge {
  readonly weight: number
}

/** Tasks and points of a plan (streams, milestones, choices …), with an edge from each to what waits for it. */
export type PlanGraph = DirectedGraph<PlanGraphNode, PlanGraphEdge>

/**
 * The graph of a compiled plan. Keys are the numbers of the nodes (as text, as graphology has them), never ids: task `i`
 * is `i`, stream `s` is `taskCount + s`, the other points follow. The caller owns it. Costs many times what the compiled
 * plan does.
 */
export function planGraph(plan: CompiledPlan): PlanGraph {
  const graph: PlanGraph = new DirectedGraph<PlanGraphNode, PlanGraphEdge>()
  for (let task = 0; task < plan.taskCount; task++) {
    const id = plan.taskIds[task] as TaskId
    const title = plan.sources[task]?.title ?? null
    graph.addNode(task, { kind: 'task', id, title, estimateMs: plan.estimateMs[task] as number })
  }
  for (const [index, { kind, id, needed }] of plan.points.entries()) {
    graph.addNode(plan.taskCount + index, { kind, id, needed })
  }
  const { start, targets } = plan.successors
  for (let node = 0; node < start.length - 1; node++) {
    for (const target of targets.subarray(start[node], start[node + 1])) {
      const weight = plan.points[target - plan.taskCount]?.weight?.[node] ?? 1
      graph.addDirectedEdge(node, target, { weight })
    }
  }
  return graph
}

/** The ids of the tasks wave by wave: what may run side by side by dependencies alone. Points take no wave. */
export function graphWaves(graph: PlanGraph): readonly (readonly TaskId[])[] {
  const waves: TaskId[][] = []
  /** By node: the first wave that what waits for it may be in. */
  const after = new Map<string, number>()
  forEachNodeInTopologicalOrder(graph, (key, node) => {
    const before = graph.mapInEdges(key, (_, { weight }, source) => ({ wave: after.get(source) as number, weight }))
    const earliest = waveOf(node, before)
    after.set(key, node.kind === 'task' ? earliest + 1 : earliest)
    if (node.kind !== 'task') return
    const wave = waves[earliest] ?? []
    if (wave.push(node.id) === 1) waves[earliest] = wave
  })
  return waves
}

/** The wave in which enough of what leads to a node is there: all of it for a task. */
function waveOf(node: PlanGraphNode, before: readonly { readonly wave: number; readonly weight: number }[]): number {
  let lacking = node.kind === 'task' ? Number.POSITIVE_INFINITY : node.needed
  let latest = 0
  for (const { wave, weight } of before.toSorted((a, b) => a.wave - b.wave)) {
    if (lacking > 0) latest = wave
    lacking -= weight
  }
  return latest
}
