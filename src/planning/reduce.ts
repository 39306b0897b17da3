/** The dependencies of a plan that no others imply, and the points at which many of them meet. */
import type { CompiledPlan, NodeIndex, Point } from '../core/types.js'
import { rowOf, topologicalOrder } from '../plan/adjacency.js'

/** By node: what it waits for. Points that nobody needs to see have neither a row of their own nor a place in others. */
export type Dependencies = ReadonlyMap<NodeIndex, readonly NodeIndex[]>

/** Whether one who waits for the point waits for the success of all that it watches, and for no more than that. */
export function isPlain({ kind, hit, spare, lagMs = 0 }: Point): boolean {
  return spare === 0 && lagMs === 0 && kind !== 'milestone' && (hit === 'success' || hit === 'done')
}

/**
 * What each task, and each point that is left, waits for, without what the others imply. A plain point is left where at
 * least two wait for it and it waits for at least two; any other wherever somebody waits for it. O(nodes × edges / 32).
 */
export function reducedDependencies(plan: CompiledPlan): Dependencies {
  const { taskCount, points, predecessors, successors } = plan
  const order = topologicalOrder(predecessors, successors)
  const isKnot = (node: NodeIndex): boolean => node < taskCount || isPlain(points[node - taskCount]!)
  const reduced = withoutImplied(plan, order, isKnot)
  const needed = new Set<NodeIndex>()
  for (const node of order.toReversed()) {
    if (node < taskCount || needed.has(node)) for (const source of reduced[node]!) needed.add(source)
  }
  const waiting = new Int32Array(order.length)
  for (const node of order) {
    if (node < taskCount || needed.has(node)) for (const source of reduced[node]!) waiting[source]! += 1
  }
  const rows = new Map<NodeIndex, readonly NodeIndex[]>()
  /** Of points that are passed over: what they stand for. */
  const passed = new Map<NodeIndex, readonly NodeIndex[]>()
  for (const node of order) {
    const sources = [...new Set(reduced[node]!.flatMap((source) => passed.get(source) ?? [source]))].sort(
      (a, b) => a - b,
    )
    if (node < taskCount) rows.set(node, sources)
    else if (
      sources.length === 0 ||
      !needed.has(node) ||
      (isKnot(node) && (sources.length === 1 || waiting[node] === 1))
    ) {
      passed.set(node, sources)
    } else rows.set(node, sources)
  }
  return rows
}

/** Rows without what is before another of the same row, by ways on which each waits for the success of the one before. */
function withoutImplied(
  { predecessors }: CompiledPlan,
  order: Int32Array,
  isKnot: (node: NodeIndex) => boolean,
): readonly (readonly NodeIndex[])[] {
  const words = (order.length + 31) >> 5
  const ancestors = new Array<Uint32Array>(order.length)
  const rows = new Array<readonly NodeIndex[]>(order.length)
  for (const node of order) {
    const own = new Uint32Array(words)
    const row = [...rowOf(predecessors, node)]
    if (isKnot(node)) {
      for (const source of row) {
        const above = ancestors[source]!
        for (let word = 0; word < words; word += 1) own[word]! |= above[word]!
      }
      rows[node] = row.filter((source) => (own[source >> 5]! & (1 << (source & 31))) === 0)
      for (const source of row) own[source >> 5]! |= 1 << (source & 31)
    } else {
      rows[node] = row
    }
    ancestors[node] = own
  }
  return rows
}
