/**
 * The nodes of a plan that are no tasks. Streams come first; then whatever else tasks wait for, in the order of mention.
 * Conditions that say the same share one point.
 */
import type { Adjacency, DurationMs, NodeIndex, Point, TaskIndex } from '../core/types.js'
import { formatDuration } from './duration.js'
import { type Layout, nodePointer, taskPointer } from './layout.js'
import type { Task } from './types.js'

/** A point with what it watches: its row in the graph. */
export interface PlannedPoint extends Point {
  readonly watches: readonly NodeIndex[]
  /** JSON pointer of the first that says so. */
  readonly at: string
}

/** The points of one plan. */
export interface PointTable {
  readonly layout: Layout
  /** Point `i` is node `taskCount + i`. Those of streams have no row yet: `resolveEdges` gives them theirs; `addPhases` those of phases. */
  readonly points: PlannedPoint[]
  /** By stream: what must have come about before it starts, because of the phase it is in. */
  readonly phaseBefore: Map<number, NodeIndex>
  /** By what they say. */
  readonly known: Map<string, NodeIndex>
  /** By stream: its tasks that are not optional; absent: all. */
  readonly required: ReadonlyMap<number, readonly TaskIndex[]>
  /** What each task weighs: its estimate, or the mean of those that have one. */
  readonly weight: Float64Array
  /** The milestones that tasks declare, by name. */
  readonly milestones: Map<TaskIndex, ReadonlyMap<string, NodeIndex>>
  /** What each task counts in a share of its stream, in whole numbers; made when first asked for. */
  shares: Int32Array | null
}

/** The points that a plan has without any condition: its streams, its phases, and the milestones of its tasks. */
export function createPoints(layout: Layout, weight: Float64Array): PointTable {
  const points = layout.streamIds.map((id, stream): PlannedPoint => {
    const watches: readonly NodeIndex[] = []
    return { kind: 'stream', id, hit: 'done', needed: 0, spare: 0, watches, at: layout.origin.stream(stream) }
  })
  const known = new Map(layout.streamIds.map((id, stream) => [id as string, layout.tasks.length + stream]))
  const required = requiredTasks(layout)
  const table: PointTable = {
    layout,
    points,
    known,
    required,
    weight,
    phaseBefore: new Map(),
    milestones: new Map(),
    shares: null,
  }
  for (const [phase, { id }] of layout.phases.entries()) {
    known.set(id, layout.tasks.length + points.length)
    points.push({ kind: 'phase', id, hit: 'done', needed: 0, spare: 0, watches: [], at: layout.origin.phase(phase) })
  }
  for (let task = 0; task < layout.tasks.length; task++) {
    const { milestones } = layout.tasks[task] as Task
    if (milestones !== undefined) declareMilestones(table, task, milestones)
  }
  return table
}

/** Each is reached by the report of the task, or by its success. */
function declareMilestones(table: PointTable, task: TaskIndex, names: readonly string[]): void {
  const at = `${taskPointer(table.layout, task)}/milestones`
  const declare = (name: string): readonly [string, NodeIndex] => {
    const id = `${table.layout.taskIds[task]}#${name}`
    return [name, intern(table, { kind: 'milestone', id, hit: 'success', needed: 1, spare: 0, watches: [task], at })]
  }
  table.milestones.set(task, new Map(names.map(declare)))
}

/** The tasks that a stream as a whole stands for: those that are not optional. */
export function tasksOfStream({ layout: { firstTask }, required }: PointTable, stream: number): readonly TaskIndex[] {
  const listed = required.get(stream)
  if (listed !== undefined) return listed
  const from = firstTask[stream] as number
  return Array.from({ length: (firstTask[stream + 1] as number) - from }, (_, offset) => from + offset)
}

/** The stream that a node stands for, -1 for others. */
export function streamOfNode({ layout: { tasks, streams } }: PointTable, node: NodeIndex): number {
  const stream = node - tasks.length
  return stream >= 0 && stream < streams.length ? stream : -1
}

/** Reached when one task fails, or when all have ended. A stream without tasks has ended with what it waits for. */
export function outcomePoint(table: PointTable, node: NodeIndex, hit: 'failure' | 'end', at: string): NodeIndex {
  const stream = streamOfNode(table, node)
  const tasks = stream === -1 ? [node] : tasksOfStream(table, stream)
  const watches = tasks.length === 0 ? [node] : tasks
  const needed = hit === 'failure' ? 1 : watches.length
  const id = `${hit} of ${nameOf(table, node)}`
  const point = { kind: 'outcome', id, hit, needed, spare: watches.length - needed, watches, at } as const
  return intern(table, stream === -1 ? point : { ...point, stream })
}

/** Reached when `needed` of the members succeed. */
export function choicePoint(table: PointTable, needed: number, members: readonly NodeIndex[], at: string): NodeIndex {
  const watches = members.toSorted((a, b) => a - b)
  const id = `${needed === 1 ? 'one' : needed} of ${listNames(watches.map((node) => nameOf(table, node)))}`
  const point = { kind: 'choice', id, hit: 'success', needed, spare: members.length - needed, watches, at } as const
  return intern(table, point, `${needed} of ${watches.join()}`)
}

/** Reached when the given share of a stream's work is done, weighed by estimates. */
export function progressPoint(table: PointTable, stream: number, progress: number, at: string): NodeIndex {
  const tasks = tasksOfStream(table, stream)
  const id = `${Number((progress * 100).toPrecision(12))}% of ${table.layout.streamIds[stream]}`
  const key = `${progress} of ${stream}`
  const common = { kind: 'progress', id, hit: 'done', stream, share: progress, at } as const
  if (tasks.length === 0) {
    const watches = [table.layout.tasks.length + stream]
    return intern(table, { ...common, needed: 1, spare: 0, watches }, key)
  }
  table.shares ??= scaleShares(table)
  const weight = table.shares
  return intern(table, { ...common, ...countShare(progress, tasks, weight), weight, watches: tasks }, key)
}

/** What must be done of a share, and what may be missing, in the weights of `tasks`. */
export function countShare(
  share: number,
  tasks: readonly TaskIndex[],
  weight: Int32Array,
): { readonly needed: number; readonly spare: number } {
  const whole = tasks.reduce((sum, task) => sum + (weight[task] as number), 0)
  // What each task counts has been rounded.
  const needed = share === 1 ? whole : Math.max(1, Math.ceil(share * whole - tasks.length / 2))
  return { needed, spare: whole - needed }
}

/** Reached with the node it watches, and lets others go on `lagMs` later. */
export function lagPoint(table: PointTable, node: NodeIndex, lagMs: DurationMs, at: string): NodeIndex {
  const id = `${formatDuration(lagMs)} after ${nameOf(table, node)}`
  return intern(table, { kind: 'lag', id, hit: 'success', needed: 1, spare: 0, lagMs, watches: [node], at })
}

/** Reached when all it watches have ended, in whatever way: the turn of what comes next in a sequence. Each has its own. */
export function turnPoint(table: PointTable, id: string, watches: readonly NodeIndex[], at: string): NodeIndex {
  return intern(table, { kind: 'sequence', id, hit: 'end', needed: watches.length, spare: 0, watches, at }, at)
}

/** Whether one who waits for the point starts after all that it watches have ended. */
export function ordersAll({ kind, spare }: Point): boolean {
  return spare === 0 && kind !== 'milestone'
}

/** `"api/build"`, or the condition as people write it: `"2 of a, b, c"`. */
export function nameOf({ layout: { taskIds }, points }: PointTable, node: NodeIndex): string {
  return taskIds[node] ?? (points[node - taskIds.length] as Point).id
}

/** JSON pointer of a task or stream, or of the condition that a point stands for. */
export function pointerOf({ layout, points }: PointTable, node: NodeIndex): string {
  return points[node - layout.tasks.length]?.at ?? nodePointer(layout, node)
}

/** The points as the core reads them; a stream needs all that its row has. */
export function compilePoints({ points, layout }: PointTable, { start }: Adjacency): readonly Point[] {
  return points.map(({ watches: _, at: __, ...point }, index): Point => {
    const node = layout.tasks.length + index
    if (point.kind !== 'stream') return point
    return { ...point, needed: (start[node + 1] as number) - (start[node] as number) }
  })
}

/** The node of the point; `key` says what it is where the id may be shortened. Ids are unique. */
function intern({ points, known, layout }: PointTable, point: PlannedPoint, key: string = point.id): NodeIndex {
  const old = known.get(`${point.kind} ${key}`)
  if (old !== undefined) return old
  let { id } = point
  for (let number = 2; known.has(id); number++) id = `${point.id} (${number})`
  const node = layout.tasks.length + points.length
  known.set(`${point.kind} ${key}`, node)
  known.set(id, node)
  points.push({ ...point, id })
  return node
}

/** What the tasks of one stream count together, about. */
const WHOLE = 2 ** 30

function scaleShares(table: PointTable): Int32Array {
  const { layout, weight } = table
  const shares = new Int32Array(layout.tasks.length)
  for (let stream = 0; stream < layout.streams.length; stream++) {
    scaleShare(tasksOfStream(table, stream), weight, shares)
  }
  return shares
}

/** What the tasks of one stream count: scaled by a power of two, so that equal shares stay equal, and at least 1. */
export function scaleShare(tasks: readonly TaskIndex[], weight: Float64Array, shares: Int32Array): void {
  const sum = tasks.reduce((total, task) => total + (weight[task] as number), 0)
  const scale = sum === 0 ? 0 : 2 ** Math.floor(Math.log2(WHOLE / sum))
  for (const task of tasks) shares[task] = Math.max(1, Math.round((weight[task] as number) * scale))
}

/** Members of a choice that are named in its id. */
const MOST_NAMED = 8

function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')}, … (${more} more)` : names.join(', ')
}

function requiredTasks({ tasks, streamOf, streams, firstTask }: Layout): ReadonlyMap<number, readonly TaskIndex[]> {
  const required = new Map<number, readonly TaskIndex[]>()
  for (let task = 0; task < (firstTask[streams.length] as number); task++) {
    const stream = streamOf[task] as number
    if ((tasks[task] as Task).optional !== true || required.has(stream)) continue
    const own: TaskIndex[] = []
    for (let at = firstTask[stream] as number; at < (firstTask[stream + 1] as number); at++) {
      if ((tasks[at] as Task).optional !== true) own.push(at)
    }
    required.set(stream, own)
  }
  return required
}
