/** Where the tasks and points of a small compiled plan stand when it is put into a large one. */
import type { CompiledPlan, Point, TaskIndex } from '../core/types.js'
import { rowOf } from './adjacency.js'

/** Where the nodes of the small plan stand in the large one. */
export interface Seating {
  readonly large: CompiledPlan
  readonly small: CompiledPlan
  /** By task of the small plan: its index in the result. */
  readonly taskAt: Int32Array
  /** By point of the small plan: its node in the result. */
  readonly pointAt: Int32Array
  /** Tasks of the small plan that the large one does not have, in order. */
  readonly newTasks: readonly TaskIndex[]
  /** Points that the large one does not have, as they stand in the result. */
  readonly newPoints: readonly Point[]
  readonly taskCount: number
}

export function seat(large: CompiledPlan, small: CompiledPlan): Seating {
  const newTasks: TaskIndex[] = []
  const taskAt = Int32Array.from(small.taskIds, (id, task) => {
    const known = large.taskIndex.get(id)
    return known ?? large.taskCount + newTasks.push(task) - 1
  })
  const taskCount = large.taskCount + newTasks.length
  const places = new Map(large.points.map((point, index) => [keyOf(point), index]))
  const ids = new Set(large.points.map(({ id }) => id))
  const newPoints: Point[] = []
  const pointAt = new Int32Array(small.points.length)
  const seating: Seating = { large, small, taskAt, pointAt, newTasks, newPoints, taskCount }
  for (const [index, point] of small.points.entries()) {
    const known = places.get(keyOf(point))
    if (known !== undefined && (isNamed(point) || isSame(known, index, seating))) {
      pointAt[index] = taskCount + known
      continue
    }
    pointAt[index] = taskCount + large.points.length + newPoints.length
    newPoints.push(withOwnId(seatPoint(point, seating), ids))
  }
  return seating
}

/** Streams, phases, and conditions on streams are known by what they say, whatever the small plan has of their members. */
export function isNamed({ kind, stream }: Point): boolean {
  return kind === 'stream' || kind === 'phase' || stream !== undefined
}

/** Whether two points of one name say the same: long names are shortened. Those they watch have been seated before. */
function isSame(known: number, index: number, { large, small, taskAt, pointAt, taskCount }: Seating): boolean {
  const [one, other] = [large.points[known]!, small.points[index]!]
  if (one.needed !== other.needed || one.spare !== other.spare) return false
  const moved = taskCount - large.taskCount
  const mine = rowOf(large.predecessors, large.taskCount + known).map((node) =>
    node < large.taskCount ? node : node + moved,
  )
  const theirs = rowOf(small.predecessors, small.taskCount + index)
    .map((node) => (node < small.taskCount ? taskAt[node]! : pointAt[node - small.taskCount]!))
    .sort()
  return mine.length === theirs.length && mine.every((node, at) => node === theirs[at])
}

/** The point under an id that no other has. */
function withOwnId(point: Point, ids: Set<string>): Point {
  let { id } = point
  for (let number = 2; ids.has(id); number += 1) id = `${point.id} (${number})`
  ids.add(id)
  return { ...point, id }
}

function keyOf({ kind, id, hit, stream, share }: Point): string {
  return stream === undefined ? `${kind} ${id}` : `${kind} ${hit} of stream ${stream}, ${share ?? 'all'}`
}

function seatPoint(point: Point, { taskAt, taskCount }: Seating): Point {
  if (point.weight === undefined) return point
  const weight = new Int32Array(taskCount)
  for (const [task, own] of point.weight.entries()) weight[taskAt[task]!] = own
  return { ...point, weight }
}
