/** Compressed sparse rows of a graph, built row by row, and the orders they allow. */
import type { Adjacency, NodeIndex } from '../core/types.js'

/** Collects the rows of an adjacency, in the order of the nodes. There may be more nodes than were expected. */
export interface AdjacencyBuilder {
  /** Adds a target to the current row, once. */
  add(target: NodeIndex): void
  /** Ends the current row. */
  endRow(): void
  /** Targets so far. */
  size(): number
  build(): Adjacency
}

/** `nodes` and `expected` are how many nodes and targets there will probably be: to guess well saves memory, no more. */
export function createAdjacencyBuilder(nodes: number, expected: number): AdjacencyBuilder {
  let start = new Int32Array(nodes + 1)
  /** The row (from 1) that has a node as its target, of those so far the last. */
  let lastRow = new Int32Array(nodes)
  let targets = new Int32Array(Math.max(16, expected))
  let size = 0
  let row = 0
  return {
    add: (target) => {
      if (target >= lastRow.length) lastRow = enlarge(lastRow, target + 1)
      if (lastRow[target] === row + 1) return
      lastRow[target] = row + 1
      if (size === targets.length) targets = enlarge(targets, size + 1)
      targets[size++] = target
    },
    endRow: () => {
      sortRange(targets, start[row] as number, size)
      row++
      if (row >= start.length) start = enlarge(start, row + 1)
      start[row] = size
    },
    size: () => size,
    build: () => ({
      start: row + 1 === start.length ? start : start.slice(0, row + 1),
      targets: size === targets.length ? targets : targets.slice(0, size),
    }),
  }
}

/** A copy with room for `least` values, and for more to come. */
function enlarge(values: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, values.length * 2))
  larger.set(values)
  return larger
}

/** The same edges the other way round, rows ascending. O(nodes + edges). */
export function transpose({ start, targets }: Adjacency): Adjacency {
  const nodeCount = start.length - 1
  const reversedStart = new Int32Array(nodeCount + 1)
  for (const target of targets) reversedStart[target + 1] = (reversedStart[target + 1] as number) + 1
  for (let node = 0; node < nodeCount; node++) {
    reversedStart[node + 1] = (reversedStart[node + 1] as number) + (reversedStart[node] as number)
  }
  const next = reversedStart.slice(0, nodeCount)
  const reversedTargets = new Int32Array(targets.length)
  for (let node = 0; node < nodeCount; node++) {
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const target = targets[edge] as number
      const place = next[target] as number
      next[target] = place + 1
      reversedTargets[place] = node
    }
  }
  return { start: reversedStart, targets: reversedTargets }
}

/** How many targets each node has. */
export function degrees({ start }: Adjacency): Int32Array {
  const counts = new Int32Array(start.length - 1)
  for (let node = 0; node < counts.length; node++) counts[node] = (start[node + 1] as number) - (start[node] as number)
  return counts
}

/**
 * The nodes so that each comes after its predecessors (Kahn 1962): first those without any, ascending. Shorter than the
 * number of nodes if there are cycles: nodes on a cycle or behind one are left out. O(nodes + edges).
 */
export function topologicalOrder(predecessors: Adjacency, successors: Adjacency): Int32Array {
  const missing = degrees(predecessors)
  const order = new Int32Array(missing.length)
  let end = 0
  for (let node = 0; node < missing.length; node++) {
    if (missing[node] === 0) order[end++] = node
  }
  for (let at = 0; at < end; at++) {
    const node = order[at] as number
    for (let edge = successors.start[node] as number; edge < (successors.start[node + 1] as number); edge++) {
      const next = successors.targets[edge] as number
      const left = (missing[next] as number) - 1
      missing[next] = left
      if (left === 0) order[end++] = next
    }
  }
  return order.subarray(0, end)
}

/** Up to this many entries, insertion is quicker than the built-in sort. */
const FEW = 32

function sortRange(values: Int32Array, from: number, to: number): void {
  if (to - from > FEW) {
    values.subarray(from, to).sort()
    return
  }
  for (let end = from + 1; end < to; end++) {
    const value = values[end] as number
    let place = end
    for (; place > from && (values[place - 1] as number) > value; place--) values[place] = values[place - 1] as number
    values[place] = value
  }
}

/** The neighbours of one node: a view, not a copy. */
export function rowOf({ start, targets }: Adjacency, node: NodeIndex): Int32Array {
  return targets.subarray(start[node], start[node + 1])
}
