/**
 * What streams, phases, conditions on streams and turns of sequences watch once a plan has been amended: the plan as it is
 * then. A point whose members are the same stays the same object.
 */
import type { NodeIndex, Point, TaskIndex } from '../core/types.js'
import { rowOf } from './adjacency.js'
import { countShare, scaleShare } from './points.js'
import type { Seating } from './seating.js'

/** Columns of the amended plan. */
export interface Columns {
  readonly streamOf: Int32Array
  readonly optional: Uint8Array
  /** What each task weighs in a share; asked for only where there are shares. */
  readonly weight: () => Float64Array
}

/** The points of the amended plan, and the new rows of those whose members changed, by index of the point. */
export interface Watching {
  readonly points: readonly Point[]
  readonly rows: ReadonlyMap<number, readonly NodeIndex[]>
}

/** Collects what points watch from now on. */
export interface PointChanges {
  readonly points: Point[]
  readonly rows: Map<number, readonly NodeIndex[]>
}

/** Works out the members of all points that have streams or tasks of streams for members. `written` are new and changed tasks. */
export function watchAnew(seating: Seating, written: readonly TaskIndex[], columns: Columns): PointChanges {
  const changes: PointChanges = { points: [...seating.large.points, ...seating.newPoints], rows: new Map() }
  const members = membersByStream(seating, written, columns)
  for (const [stream, tasks] of members) watchStream(seating, stream, tasks, changes)
  const weights = new Map<number, Int32Array>()
  for (const [index, { stream }] of changes.points.entries()) {
    if (stream !== undefined) watchCondition(seating, index, members.get(stream), columns, weights, changes)
  }
  addToPhases(seating, changes)
  return changes
}

/** By stream that has new or changed tasks: all its tasks that are not optional. */
function membersByStream(
  seating: Seating,
  written: readonly TaskIndex[],
  { streamOf, optional }: Columns,
): ReadonlyMap<number, readonly TaskIndex[]> {
  const { taskAt } = seating
  const byStream = new Map<number, TaskIndex[]>()
  for (const task of written) {
    const at = taskAt[task]!
    const stream = streamOf[at]!
    if (stream === -1) continue
    const own = byStream.get(stream) ?? []
    if (own.push(at) === 1) byStream.set(stream, own)
  }
  for (const [stream, own] of byStream) {
    const rewritten = new Set(own)
    const fresh = own.filter((task) => optional[task] === 0)
    const all = [...presentMembers(seating, stream).filter((task) => !rewritten.has(task)), ...fresh]
    byStream.set(
      stream,
      all.sort((a, b) => a - b),
    )
  }
  return byStream
}

/** The tasks that a stream watches before the amendment; one that has none watches what it depends on. */
function presentMembers({ large, pointAt, taskCount }: Seating, stream: number): readonly TaskIndex[] {
  // All streams stand in the small plan, in their order.
  const index = pointAt[stream]! - taskCount
  if (index >= large.points.length) return []
  return [...rowOf(large.predecessors, large.taskCount + index)].filter((node) => large.streamOf[node] === stream)
}

function watchStream(
  seating: Seating,
  stream: number,
  tasks: readonly TaskIndex[],
  { points, rows }: PointChanges,
): void {
  const { large, small, pointAt, taskCount } = seating
  const index = pointAt[stream]! - taskCount
  const row = tasks.length > 0 ? tasks : seatedRow(seating, small.taskCount + stream)
  if (index < large.points.length && isSameRow(row, largeRow(seating, index))) return
  rows.set(index, row)
  points[index] = { ...points[index]!, needed: row.length }
}

/** Shares are weighed anew where any task is: what a task without an estimate weighs depends on all others. */
function watchCondition(
  seating: Seating,
  index: number,
  known: readonly TaskIndex[] | undefined,
  { weight }: Columns,
  weights: Map<number, Int32Array>,
  { points, rows }: PointChanges,
): void {
  const { large, pointAt, taskCount } = seating
  const { weight: _, isAmended: __, ...point } = points[index]!
  const stream = point.stream as number
  const isNew = index >= large.points.length
  if (known === undefined && point.share === undefined) return
  const tasks = known ?? presentMembers(seating, stream)
  const row = tasks.length > 0 ? tasks : [pointAt[stream]!]
  const before = points[index]!
  let counts = { needed: point.hit === 'failure' ? 1 : row.length, spare: point.hit === 'failure' ? row.length - 1 : 0 }
  let shares: Int32Array | undefined
  if (point.share !== undefined && tasks.length > 0) {
    shares = weights.get(stream) ?? new Int32Array(taskCount)
    if (!weights.has(stream)) scaleShare(tasks, weight(), shares)
    weights.set(stream, shares)
    counts = countShare(point.share, tasks, shares)
  }
  const weighed = (task: number): boolean => shares?.[task] === before.weight?.[task]
  if (!isNew && isSameRow(row, largeRow(seating, index)) && row.every(weighed)) return
  rows.set(index, row)
  points[index] = {
    ...point,
    ...counts,
    ...(shares === undefined ? {} : { weight: shares }),
    ...(isNew ? {} : { isAmended: true }),
  }
}

/** New streams of phases that are there. */
function addToPhases(seating: Seating, { points, rows }: PointChanges): void {
  const { large, small, pointAt, taskCount } = seating
  for (const [index, { kind }] of small.points.entries()) {
    const place = pointAt[index]! - taskCount
    if (kind !== 'phase' || place >= large.points.length) continue
    const fresh = seatedRow(seating, small.taskCount + index).filter((node) => node >= taskCount + large.points.length)
    if (fresh.length === 0) continue
    rows.set(place, [...largeRow(seating, place), ...fresh])
    points[place] = { ...points[place]!, needed: points[place]!.needed + fresh.length }
  }
}

/** The row of a node of the small plan, as it stands in the result. */
export function seatedRow({ small, taskAt, pointAt }: Seating, node: NodeIndex): readonly NodeIndex[] {
  const seat = (by: NodeIndex): NodeIndex => (by < small.taskCount ? taskAt[by]! : pointAt[by - small.taskCount]!)
  return Array.from(rowOf(small.predecessors, node), seat).sort((a, b) => a - b)
}

/** The row of a point of the large plan, as it stands in the result. */
export function largeRow({ large, taskCount }: Seating, index: number): readonly NodeIndex[] {
  const moved = taskCount - large.taskCount
  return Array.from(rowOf(large.predecessors, large.taskCount + index), (node) =>
    node < large.taskCount ? node : node + moved,
  )
}

export function isSameRow(one: readonly NodeIndex[], other: readonly NodeIndex[]): boolean {
  return one.length === other.length && one.every((node, at) => node === other[at])
}
