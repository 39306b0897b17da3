/** Finds the cycles of a plan: one shortest trail for each knot of nodes that wait for each other. */
import type { Adjacency, NodeIndex } from '../core/types.js'

/**
 * A trail for each strongly connected part that has a cycle: it begins with the part's smallest node, each node depends
 * on the next, the last on the first, and none shorter leads through the first. Ordered by first node; the same each
 * time. No recursion: a cycle may have a million nodes. O(nodes + edges), Tarjan 1972.
 */
export function findCycles(predecessors: Adjacency): readonly (readonly NodeIndex[])[] {
  const { part, firsts } = findParts(predecessors)
  return firsts
    .map((first) => shortestTrail(first, part, predecessors))
    .sort((a, b) => (a[0] as number) - (b[0] as number))
}

interface Parts {
  /** Number of the strongly connected part of each node. */
  readonly part: Int32Array
  /** The smallest node of each part that has a cycle. */
  readonly firsts: readonly NodeIndex[]
}

function findParts({ start, targets }: Adjacency): Parts {
  const nodeCount = start.length - 1
  const part = new Int32Array(nodeCount).fill(-1)
  /** When a node was first seen, from 1. */
  const seen = new Int32Array(nodeCount)
  /** The earliest seen node of the stack that it reaches. */
  const low = new Int32Array(nodeCount)
  const edge = start.slice(0, nodeCount)
  const stack: NodeIndex[] = []
  const trail: NodeIndex[] = []
  const firsts: NodeIndex[] = []
  let time = 0
  let partCount = 0
  const enter = (node: NodeIndex): void => {
    time++
    seen[node] = time
    low[node] = time
    stack.push(node)
    trail.push(node)
  }
  const leave = (node: NodeIndex): void => {
    trail.pop()
    const parent = trail.at(-1)
    if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number)
    if (low[node] !== seen[node]) return
    const members = stack.splice(stack.lastIndexOf(node))
    for (const member of members) part[member] = partCount
    partCount++
    if (members.length > 1 || hasEdge({ start, targets }, node, node)) firsts.push(members.reduce(smaller))
  }
  for (let root = 0; root < nodeCount; root++) {
    if (seen[root] === 0) enter(root)
    while (trail.length > 0) {
      const node = trail[trail.length - 1] as number
      const at = edge[node] as number
      if (at === start[node + 1]) {
        leave(node)
        continue
      }
      edge[node] = at + 1
      const next = targets[at] as number
      if (seen[next] === 0) enter(next)
      else if (part[next] === -1) low[node] = Math.min(low[node] as number, seen[next] as number)
    }
  }
  return { part, firsts }
}

function smaller(a: number, b: number): number {
  return Math.min(a, b)
}

function hasEdge({ start, targets }: Adjacency, from: NodeIndex, to: NodeIndex): boolean {
  return targets.subarray(start[from], start[from + 1]).includes(to)
}

/** Breadth first from `first`, inside its part, back to it. */
function shortestTrail(first: NodeIndex, part: Int32Array, { start, targets }: Adjacency): readonly NodeIndex[] {
  const cameFrom = new Map<NodeIndex, NodeIndex>()
  const queue: NodeIndex[] = [first]
  for (let at = 0; ; at++) {
    const node = queue[at] as number
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const next = targets[edge] as number
      if (next === first) return trailTo(node, first, cameFrom)
      if (part[next] !== part[first] || cameFrom.has(next)) continue
      cameFrom.set(next, node)
      queue.push(next)
    }
  }
}

function trailTo(last: NodeIndex, first: NodeIndex, cameFrom: ReadonlyMap<NodeIndex, NodeIndex>): readonly NodeIndex[] {
  const trail: NodeIndex[] = []
  for (let node = last; node !== first; node = cameFrom.get(node) as number) trail.push(node)
  return [first, ...trail.reverse()]
}
