/** What is drawn of a plan: its tasks in their streams, and the dependencies that no others imply. */
import type { CompiledPlan, DurationMs, NodeIndex, TaskId } from '../core/types.js'
import { isPlain, reducedDependencies } from './reduce.js'

export interface PictureTask {
  readonly kind: 'task' | 'approval' | 'check'
  /** Full id. */
  readonly id: TaskId
  /** Without its stream. */
  readonly name: string
  readonly title: string | null
  /** Index into `streams`, -1 for none. */
  readonly stream: number
  /** From 0. */
  readonly wave: number
  readonly estimateMs: DurationMs
  readonly isCritical: boolean
}

/** Where dependencies meet: all of what leads to it (`all`), or what its id says (`some`), lets go on what comes after it. */
export interface PicturePoint {
  readonly kind: 'all' | 'some'
  readonly id: string
}

export interface PictureEdge {
  /** Nodes: tasks by their place in `tasks`, behind them the points. */
  readonly from: number
  readonly to: number
  readonly isCritical: boolean
}

export interface PictureStream {
  readonly id: string
  readonly title: string | null
  /** Places in `tasks`; may be empty. */
  readonly tasks: readonly number[]
}

export interface Picture {
  readonly name: string
  readonly waveCount: number
  readonly streams: readonly PictureStream[]
  readonly tasks: readonly PictureTask[]
  readonly points: readonly PicturePoint[]
  readonly edges: readonly PictureEdge[]
}

/** What a picture needs besides the compiled plan. */
export interface PictureOptions {
  /** Titles of the streams, by index. */
  readonly streamTitles: readonly (string | null)[]
  /** Marked, and the dependencies between its tasks. */
  readonly criticalPath: readonly TaskId[]
}

/**
 * The picture of a plan. A dependency that others imply is left out; where many tasks wait for many, they do so through one
 * point. O(nodes × edges / 32), so meant for plans that somebody can look at.
 */
export function pictureOf(plan: CompiledPlan, { streamTitles, criticalPath }: PictureOptions): Picture {
  const { taskCount, points, streamOf } = plan
  const rows = reducedDependencies(plan)
  const left = [...rows.keys()].filter((node) => node >= taskCount).sort((a, b) => a - b)
  const numbers = new Map(left.map((node, place) => [node, taskCount + place]))
  const numberOf = (node: NodeIndex): number => numbers.get(node) ?? node
  const edges = [...rows].flatMap(([to, sources]) =>
    sources.map((from): PictureEdge => ({ from: numberOf(from), to: numberOf(to), isCritical: false })),
  )
  const members = plan.streamIds.map((): number[] => [])
  streamOf.forEach((stream, task) => void members[stream]?.push(task))
  return {
    name: plan.name,
    waveCount: plan.waveCount,
    streams: plan.streamIds.map((id, stream) => ({ id, title: streamTitles[stream] ?? null, tasks: members[stream]! })),
    tasks: tasksOf(plan, new Set(criticalPath)),
    points: left.map((node) => ({
      kind: isPlain(points[node - taskCount]!) ? 'all' : 'some',
      id: points[node - taskCount]!.id,
    })),
    edges: markCritical(
      edges,
      criticalPath.flatMap((id) => plan.taskIndex.get(id) ?? []),
    ),
  }
}

function tasksOf(plan: CompiledPlan, critical: ReadonlySet<TaskId>): readonly PictureTask[] {
  return plan.taskIds.map((id, task) => {
    const stream = plan.streamOf[task]!
    return {
      kind: plan.gates.get(task) ?? 'task',
      id,
      name: stream === -1 ? id : id.slice(plan.streamIds[stream]!.length + 1),
      title: plan.sources[task]!.title ?? null,
      stream,
      wave: plan.wave[task]!,
      estimateMs: plan.estimateMs[task]!,
      isCritical: critical.has(id),
    }
  })
}

/** Marks the shortest way from each node of the path to the next. */
function markCritical(edges: readonly PictureEdge[], path: readonly number[]): readonly PictureEdge[] {
  const leaving = new Map<number, number[]>()
  for (const [edge, { from }] of edges.entries()) {
    const own = leaving.get(from) ?? []
    if (own.push(edge) === 1) leaving.set(from, own)
  }
  const marked = new Set<number>()
  for (const [at, from] of path.slice(0, -1).entries()) {
    for (const edge of wayBetween(from, path[at + 1]!, edges, leaving)) marked.add(edge)
  }
  return edges.map((edge, place) => (marked.has(place) ? { ...edge, isCritical: true } : edge))
}

/** Edges of the way with the fewest of them; none where there is no way. */
function wayBetween(
  from: number,
  to: number,
  edges: readonly PictureEdge[],
  leaving: ReadonlyMap<number, readonly number[]>,
): readonly number[] {
  const cameBy = new Map<number, number>([[from, -1]])
  for (const node of cameBy.keys()) {
    for (const edge of leaving.get(node) ?? []) if (!cameBy.has(edges[edge]!.to)) cameBy.set(edges[edge]!.to, edge)
  }
  const way: number[] = []
  for (let edge = cameBy.get(to) ?? -1; edge !== -1; edge = cameBy.get(edges[edge]!.from)!) way.push(edge)
  return way
}
