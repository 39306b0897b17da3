/** The edges of an amended plan: the rows that are new or have changed are put between those that stay, which are copied. */
import type { Adjacency, NodeIndex, TaskIndex } from '../core/types.js'
import { rowOf } from './adjacency.js'
import { type PointChanges, seatedRow } from './members.js'
import type { Seating } from './seating.js'
import type { TurnsOf } from './turns.js'

/** By node of the result: its whole row, ascending, where that is not the row it had. */
export type Rows = ReadonlyMap<NodeIndex, readonly NodeIndex[]>

/** The predecessors of each node that is written or new, as the small plan has them. */
export function writtenRows(
  seating: Seating,
  changed: ReadonlySet<TaskIndex>,
  { rows: ofPoints }: PointChanges,
  turns: TurnsOf,
): Rows {
  const { large, small, taskAt, pointAt, taskCount } = seating
  const rows = new Map<NodeIndex, readonly NodeIndex[]>()
  for (const [task, at] of taskAt.entries()) {
    if (at < large.taskCount && !changed.has(at)) continue
    const row = seatedRow(seating, task)
    rows.set(at, turns.has(at) ? [...row, ...turns.get(at)!].sort((a, b) => a - b) : row)
  }
  for (const [point, node] of pointAt.entries()) {
    if (node >= taskCount + large.points.length) rows.set(node, seatedRow(seating, small.taskCount + point))
  }
  for (const [index, row] of ofPoints) rows.set(taskCount + index, row)
  return rows
}

/** The other way round: whole rows of all nodes that gain or lose a dependent by `predecessors`. */
export function dependentRows(seating: Seating, predecessors: Rows): Rows {
  const { large } = seating
  const rows = new Map<NodeIndex, Set<NodeIndex>>()
  const dependentsOf = (node: NodeIndex): Set<NodeIndex> => {
    const known = rows.get(node)
    if (known !== undefined) return known
    const made = new Set(rowBefore(large.successors, node, seating))
    rows.set(node, made)
    return made
  }
  for (const [node, row] of predecessors) {
    for (const before of rowBefore(large.predecessors, node, seating)) dependentsOf(before).delete(node)
    for (const before of row) dependentsOf(before).add(node)
  }
  return new Map([...rows].map(([node, row]) => [node, [...row].sort((a, b) => a - b)]))
}

/** The row of a node of the result as it was, in the nodes of the result; none where the node is new. */
function rowBefore(edges: Adjacency, node: NodeIndex, { large, taskCount }: Seating): readonly NodeIndex[] {
  const moved = taskCount - large.taskCount
  const before = node < large.taskCount ? node : node - moved
  const isNew = node < taskCount ? node >= large.taskCount : before >= large.taskCount + large.points.length
  if (isNew) return []
  return Array.from(rowOf(edges, before), (each) => (each < large.taskCount ? each : each + moved))
}

/** `edges` of the large plan with `rows` in place; a new node without a row has none. O(nodes + edges) of copying. */
export function spliceRows(edges: Adjacency, rows: Rows, nodeCount: number, { large, taskCount }: Seating): Adjacency {
  const moved = taskCount - large.taskCount
  const newPoints = taskCount + large.points.length
  let most = edges.targets.length
  for (const row of rows.values()) most += row.length
  const targets = new Int32Array(most)
  const start = new Int32Array(nodeCount + 1)
  let size = 0
  /** Rows from `node` up to `end` stay; they were those of nodes `shift` lower. */
  const copy = (node: NodeIndex, end: NodeIndex, shift: number): void => {
    if (node >= end) return
    const first = edges.start[node - shift]!
    const last = edges.start[end - shift]!
    for (let at = node; at < end; at += 1) start[at + 1] = size + edges.start[at + 1 - shift]! - first
    targets.set(edges.targets.subarray(first, last), size)
    if (moved > 0 && large.points.length > 0) movePoints(targets, size, size + last - first, large.taskCount, moved)
    size += last - first
  }
  let node = 0
  for (const written of [...[...rows.keys()].sort((a, b) => a - b), nodeCount]) {
    copy(node, Math.min(written, large.taskCount), 0)
    start.fill(size, Math.max(node, large.taskCount) + 1, Math.min(written, taskCount) + 1)
    copy(Math.max(node, taskCount), Math.min(written, newPoints), moved)
    start.fill(size, Math.max(node, newPoints) + 1, written + 1)
    if (written === nodeCount) break
    const row = rows.get(written)!
    targets.set(row, size)
    size += row.length
    start[written + 1] = size
    node = written + 1
  }
  return { start, targets: targets.slice(0, size) }
}

function movePoints(targets: Int32Array, from: number, to: number, firstPoint: number, by: number): void {
  for (let at = from; at < to; at += 1) if (targets[at]! >= firstPoint) targets[at]! += by
}

/**
 * The nodes that `seeds` lead to, and these, so that each comes after its predecessors among them (Kahn 1962). Shorter than
 * they are many if some wait for each other; `isWhole` says so. O(what they lead to).
 */
export function orderBehind(
  seeds: Iterable<NodeIndex>,
  predecessors: Adjacency,
  successors: Adjacency,
): { readonly order: readonly NodeIndex[]; readonly isWhole: boolean } {
  const reached = new Set(seeds)
  // A set is gone through in the order in which it grows.
  for (const node of reached) for (const next of rowOf(successors, node)) reached.add(next)
  const missing = new Map<NodeIndex, number>()
  const order: NodeIndex[] = []
  for (const node of reached) {
    const count = rowOf(predecessors, node).reduce((sum, before) => sum + Number(reached.has(before)), 0)
    if (count === 0) order.push(node)
    else missing.set(node, count)
  }
  for (const node of order) {
    for (const next of rowOf(successors, node)) {
      const left = missing.get(next)! - 1
      missing.set(next, left)
      if (left === 0) order.push(next)
    }
  }
  return { order, isWhole: order.length === reached.size }
}
