/** Ranks and waves of what is new in a plan; what was there keeps its own. */
import type { Adjacency, NodeIndex, Point, TaskIndex } from '../core/types.js'
import { rowOf } from './adjacency.js'
import type { Seating } from './seating.js'
import { type Waves, waveOfPoint } from './waves.js'

/** New tasks, in topological order, rank by the longest way from their start to the end, as all others did. */
export function rankNew(
  seating: Seating,
  newTasks: readonly TaskIndex[],
  rank: Float64Array,
  estimateMs: Float64Array,
  { start, targets }: Adjacency,
): Float64Array {
  const { large, taskCount } = seating
  const mean = meanOf(large.estimateMs)
  /** By new task and by point: the longest way behind its start. */
  const known = new Map<NodeIndex, number>()
  const longest = (node: NodeIndex): number => {
    if (node < large.taskCount) return rank[node]!
    const before = known.get(node)
    if (before !== undefined) return before
    let tail = 0
    for (let edge = start[node]!; edge < start[node + 1]!; edge += 1) tail = Math.max(tail, longest(targets[edge]!))
    const way = tail + (node < taskCount ? estimateMs[node]! || mean : 0)
    known.set(node, way)
    return way
  }
  for (const task of newTasks.toReversed()) rank[task] = longest(task)
  return rank
}

/** Mean of the estimates there are; 1 where there are none. */
function meanOf(estimateMs: Float64Array): number {
  let sum = 0
  let count = 0
  for (const estimate of estimateMs) {
    sum += estimate
    if (estimate > 0) count += 1
  }
  return count === 0 ? 1 : sum / count
}

/** The waves of the new tasks, which come in topological order; those that were there keep theirs. */
export function spliceWaves(
  seating: Seating,
  newTasks: readonly TaskIndex[],
  points: readonly Point[],
  predecessors: Adjacency,
): Waves {
  const { large, taskCount } = seating
  const wave = new Int32Array(taskCount)
  wave.set(large.wave)
  let { waveCount } = large
  const known = new Map<NodeIndex, number>()
  /** The first wave that what waits for the node may be in. */
  const after = (node: NodeIndex): number => {
    if (node < large.taskCount) return wave[node]! + 1
    const before = known.get(node)
    if (before !== undefined) return before
    const row = rowOf(predecessors, node)
    const point = points[node - taskCount]
    const latest = point === undefined ? row.reduce((most, by) => Math.max(most, after(by)), 0) : null
    const own = latest === null ? waveOfPoint(point!, row, after) : latest + 1
    known.set(node, own)
    return own
  }
  for (const task of newTasks) {
    wave[task] = after(task) - 1
    waveCount = Math.max(waveCount, wave[task]! + 1)
  }
  return { wave, waveCount }
}
