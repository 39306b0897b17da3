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
    newPoints.push(withOwnId(seatPoint(point, seating), places, large.points.length + newPoints.length))
  }
  return seating
}

/** Streams and phases are known by their ids, whatever else the small plan says of them. */
export function isNamed({ kind }: Point): boolean {
  return kind === 'stream' || kind === 'phase'
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
function withOwnId(point: Point, places: Map<string, number>, place: number): Point {
  let { id } = point
  for (let number = 2; places.has(keyOf({ ...point, id })); number += 1) id = `${point.id} (${number})`
  places.set(keyOf({ ...point, id }), place)
  return { ...point, id }
}

function keyOf({ kind, id }: Point): string {
  return `${kind} ${id}`
}

function seatPoint(point: Point, { taskAt, taskCount }: Seating): Point {
  if (point.weight === undefined) return point
  const weight = new Int32Array(taskCount)
  for (const [task, own] of point.weight.entries()) weight[taskAt[task]!] = own
  return { ...point, weight }
}
