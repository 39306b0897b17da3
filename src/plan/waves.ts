/** The earliest wave of each task: what may run side by side by dependencies alone. */
import type { Adjacency, NodeIndex, Point } from '../core/types.js'

/** The waves of a plan, from 0. */
export interface Waves {
  /** By task. */
  readonly wave: Int32Array
  readonly waveCount: number
}

/**
 * The wave of a task is one more than that of the latest task it waits for; points take no wave of their own, and are
 * there when the earliest of what they watch suffices. `order` is topological.
 */
export function compileWaves(points: readonly Point[], { start, targets }: Adjacency, order: Int32Array): Waves {
  const taskCount = order.length - points.length
  /** By node: the first wave that what waits for it may be in. */
  const after = new Int32Array(order.length)
  const wave = new Int32Array(taskCount)
  let waveCount = 0
  for (const node of order) {
    const end = start[node + 1] as number
    if (node >= taskCount) {
      const watched = targets.subarray(start[node], end)
      after[node] = waveOfPoint(points[node - taskCount] as Point, watched, (before) => after[before] as number)
      continue
    }
    let earliest = 0
    for (let edge = start[node] as number; edge < end; edge++) {
      earliest = Math.max(earliest, after[targets[edge] as number] as number)
    }
    wave[node] = earliest
    after[node] = earliest + 1
    waveCount = Math.max(waveCount, earliest + 1)
  }
  return { wave, waveCount }
}

/** The first wave by which what a point watches can have made as many hits as it needs. */
export function waveOfPoint(
  { needed, spare, weight }: Point,
  watched: Int32Array,
  after: (node: NodeIndex) => number,
): number {
  let latest = 0
  if (spare === 0) for (const node of watched) latest = Math.max(latest, after(node))
  if (spare === 0) return latest
  let lacking = needed
  for (const node of watched.toSorted((a, b) => after(a) - after(b))) {
    if (lacking > 0) latest = after(node)
    lacking -= weight?.[node] ?? 1
  }
  return latest
}
