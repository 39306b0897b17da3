/** The plan as a graph of graphology, for people who want to draw it, walk it or measure it. Made when asked for. */
import { DirectedGraph } from 'graphology'
import { forEachNodeInTopologicalOrder } from 'graphology-dag'
import type { CompiledPlan, StreamId, TaskId } from '../core/types.js'

/** What a node of the graph stands for. */
export type PlanGraphNode =
  | { readonly kind: 'task'; readonly id: TaskId; readonly title: string | null; readonly estimateMs: number }
  | { readonly kind: 'stream'; readonly id: StreamId }

/** Tasks and streams of a plan, with an edge from each to what waits for it. */
export type PlanGraph = DirectedGraph<PlanGraphNode>

/**
 * The graph of a compiled plan. Keys are the numbers of the nodes (as text, as graphology has them), never ids: task `i`
 * is `i`, stream `s` is `taskCount + s`. The caller owns it. Costs many times what the compiled plan does.
 */
export function planGraph(plan: CompiledPlan): PlanGraph {
  const graph: PlanGraph = new DirectedGraph<PlanGraphNode>()
  for (let task = 0; task < plan.taskCount; task++) {
    const id = plan.taskIds[task] as TaskId
    const title = plan.sources[task]?.title ?? null
    graph.addNode(task, { kind: 'task', id, title, estimateMs: plan.estimateMs[task] as number })
  }
  for (const [stream, id] of plan.streamIds.entries()) graph.addNode(plan.taskCount + stream, { kind: 'stream', id })
  const { start, targets } = plan.successors
  for (let node = 0; node < start.length - 1; node++) {
    for (const target of targets.subarray(start[node], start[node + 1])) graph.addDirectedEdge(node, target)
  }
  return graph
}

/** The ids of the tasks wave by wave: what may run side by side by dependencies alone. Streams take no wave. */
export function graphWaves(graph: PlanGraph): readonly (readonly TaskId[])[] {
  const waves: TaskId[][] = []
  /** By node: the first wave that what waits for it may be in. */
  const after = new Map<string, number>()
  forEachNodeInTopologicalOrder(graph, (key, node) => {
    const earliest = graph.reduceInNeighbors(key, (wave, before) => Math.max(wave, after.get(before) as number), 0)
    after.set(key, node.kind === 'task' ? earliest + 1 : earliest)
    if (node.kind !== 'task') return
    const wave = waves[earliest] ?? []
    if (wave.push(node.id) === 1) waves[earliest] = wave
  })
  return waves
}
