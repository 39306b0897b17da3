/** Soft dependencies: an order that is preferred among ready tasks, and never waited for. */
import type { Adjacency, NodeIndex, TaskIndex } from '../core/types.js'
import { createAdjacencyBuilder, topologicalOrder, transpose } from './adjacency.js'
import type { Reporter } from './diagnostic.js'
import { nodeName } from './layout.js'
import { nameOf, type PointTable } from './points.js'
import { quote } from './text.js'

/** `from` would rather start after `to`. */
export interface SoftEdge {
  readonly from: TaskIndex
  readonly to: NodeIndex
  /** JSON pointer of what says so. */
  readonly at: string
}

/** Steps of all searches for circles together: about 20 ms. What is not known by then is dropped. */
const MOST_STEPS = 1_000_000

/**
 * The soft edges that can be had together, earlier ones first; the others, which would close a circle with dependencies or
 * with those, are dropped with a warning.
 */
export function keepSoftEdges(
  soft: readonly SoftEdge[],
  predecessors: Adjacency,
  table: PointTable,
  reporter: Reporter,
): readonly SoftEdge[] {
  const { start, targets } = predecessors
  if (soft.length === 0 || orderWith(soft, predecessors).length === start.length - 1) return soft
  /** By task: what it prefers to come after, of what is kept. */
  const kept = new Map<TaskIndex, NodeIndex[]>()
  let stepsLeft = MOST_STEPS
  const comesAfter = (node: NodeIndex, before: NodeIndex): boolean => {
    const seen = new Set([node])
    const open = [node]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === before || stepsLeft < 0) return true
      for (const earlier of [...targets.subarray(start[next], start[next + 1]), ...(kept.get(next) ?? [])]) {
        stepsLeft--
        if (seen.has(earlier)) continue
        seen.add(earlier)
        open.push(earlier)
      }
    }
    return false
  }
  return soft.filter(({ from, to, at }) => {
    if (comesAfter(to, from)) {
      warnOfCircle(from, to, at, table, reporter)
      return false
    }
    kept.set(from, [...(kept.get(from) ?? []), to])
    return true
  })
}

function warnOfCircle(from: TaskIndex, to: NodeIndex, at: string, table: PointTable, reporter: Reporter): void {
  const name = nodeName(table.layout, from)
  reporter.report({
    code: 'SOFT_CYCLE',
    severity: 'warning',
    message: `The preferred order of ${name} after ${quote(nameOf(table, to))} is dropped: something asks for the reverse.`,
    at,
    hint: 'Remove it, or what orders the two the other way round.',
  })
}

/**
 * Raises ranks in place so that of two tasks the one that is preferred to start first has the higher one, also where a
 * point stands between them. O(nodes + edges).
 */
export function raiseRanks(rank: Float64Array, soft: readonly SoftEdge[], predecessors: Adjacency): void {
  if (soft.length === 0) return
  const { start, targets } = predecessors
  const order = orderWith(soft, predecessors)
  const preferred = bySource(soft)
  /** By node: what the ranks of the tasks behind it must exceed. */
  const floor = new Float64Array(order.length).fill(Number.NEGATIVE_INFINITY)
  const raise = (node: NodeIndex, least: number): void => {
    if (least > (floor[node] as number)) floor[node] = least
  }
  for (const node of order.reverse()) {
    const least = floor[node] as number
    if (node >= rank.length) {
      for (const watched of targets.subarray(start[node], start[node + 1])) raise(watched, least)
      continue
    }
    if ((rank[node] as number) <= least) rank[node] = least + 1
    for (const earlier of preferred.get(node) ?? []) raise(earlier, rank[node] as number)
  }
}

/** The nodes, each after what it depends on and what it prefers to come after; shorter if there are circles. */
function orderWith(soft: readonly SoftEdge[], { start, targets }: Adjacency): Int32Array {
  const preferred = bySource(soft)
  const nodeCount = start.length - 1
  const edges = createAdjacencyBuilder(nodeCount, targets.length + soft.length)
  for (let node = 0; node < nodeCount; node++) {
    for (const target of targets.subarray(start[node], start[node + 1])) edges.add(target)
    for (const target of preferred.get(node) ?? []) edges.add(target)
    edges.endRow()
  }
  const all = edges.build()
  return topologicalOrder(all, transpose(all))
}

function bySource(soft: readonly SoftEdge[]): ReadonlyMap<TaskIndex, readonly NodeIndex[]> {
  const targets = new Map<TaskIndex, NodeIndex[]>()
  for (const { from, to } of soft) {
    const list = targets.get(from) ?? []
    if (list.push(to) === 1) targets.set(from, list)
  }
  return targets
}
