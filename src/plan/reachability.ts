/** Whether one node comes after another, for a few questions about a large graph. */
import type { Adjacency, NodeIndex } from '../core/types.js'

/** Answers whether nodes are ordered. */
export interface Reachability {
  /**
   * Whether the two are ordered, either way; null when the steps for all questions together are used up. O(1) where the
   * tree below answers, else a search backwards between the two.
   */
  areOrdered(a: NodeIndex, b: NodeIndex): boolean | null
  /** Place in the topological order. */
  readonly place: Int32Array
}

/** Steps of all searches together: about 20 ms. */
export const MOST_STEPS = 1_000_000

/**
 * A tree in which the parent of each node is its latest predecessor answers most questions: below it, a node is reached.
 * So chains of any length cost nothing.
 */
export function createReachability(predecessors: Adjacency, order: Int32Array): Reachability {
  const { start, targets } = predecessors
  const place = new Int32Array(order.length)
  for (let at = 0; at < order.length; at++) place[order[at] as number] = at
  const { first, size } = numberTree(latestPredecessors(predecessors, place), order)
  const isBelow = (node: NodeIndex, ancestor: NodeIndex): boolean => {
    const distance = (first[node] as number) - (first[ancestor] as number)
    return distance >= 0 && distance < (size[ancestor] as number)
  }
  const seenIn = new Int32Array(order.length)
  let search = 0
  let stepsLeft = MOST_STEPS

  function isReached(from: NodeIndex, to: NodeIndex): boolean | null {
    search++
    const stack = [to]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isBelow(node, from)) return true
      for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
        const before = targets[edge] as number
        if (--stepsLeft < 0) return null
        if ((place[before] as number) < (place[from] as number) || seenIn[before] === search) continue
        seenIn[before] = search
        stack.push(before)
      }
    }
    return false
  }

  return {
    areOrdered: (a, b) => ((place[a] as number) < (place[b] as number) ? isReached(a, b) : isReached(b, a)),
    place,
  }
}

/** -1 for nodes without predecessors. */
function latestPredecessors({ start, targets }: Adjacency, place: Int32Array): Int32Array {
  return place.map((_, node) => {
    let latest = -1
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const before = targets[edge] as number
      if (latest === -1 || (place[before] as number) > (place[latest] as number)) latest = before
    }
    return latest
  })
}

/** Numbers the nodes of a forest so that those below a node follow it: `first … first + size - 1`. */
function numberTree(parent: Int32Array, order: Int32Array): { first: Int32Array; size: Int32Array } {
  const size = new Int32Array(order.length).fill(1)
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] as number
    const above = parent[node] as number
    if (above !== -1) size[above] = (size[above] as number) + (size[node] as number)
  }
  const first = new Int32Array(order.length)
  /** The next free number below each node. */
  const next = new Int32Array(order.length)
  let nextRoot = 0
  for (const node of order) {
    const above = parent[node] as number
    first[node] = above === -1 ? nextRoot : (next[above] as number)
    if (above === -1) nextRoot += size[node] as number
    else next[above] = (next[above] as number) + (size[node] as number)
    next[node] = (first[node] as number) + 1
  }
  return { first, size }
}
