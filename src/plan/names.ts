/** What the ids in a plan mean: tasks, streams, and what is reported where they mean nothing, or two things. */
import type { NodeIndex, TaskIndex } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, nodeName } from './layout.js'
import { nearest } from './nearest.js'
import type { PointTable } from './points.js'
import { quote } from './text.js'
import type { Stream, Task } from './types.js'

/** Looks up ids and reports those that mean nothing, or two things. */
export interface Resolver {
  readonly layout: Layout
  readonly reporter: Reporter
  /** What is no task; conditions that are met on the way are added. */
  readonly points: PointTable
  /** Unknown ids that still get a hint: finding the nearest name costs time. */
  hintsLeft: number
}

/** Unknown ids for which the nearest one is looked for, in one plan. */
const MOST_HINTS = 50

/** More names than this are not looked through. */
const MOST_NAMES = 5_000

/** What an id means that means nothing, or two things. */
export const NOTHING = -1
export const AMBIGUOUS = -2

/** A resolver for one plan. */
export function createResolver(layout: Layout, points: PointTable, reporter: Reporter): Resolver {
  return { layout, reporter, points, hintsLeft: MOST_HINTS }
}

/** A sibling task, else a stream or phase, else a full id. */
export function lookUp(name: string, from: NodeIndex, layout: Layout): NodeIndex {
  const full = layout.taskIndex.get(name) ?? NOTHING
  if (layout.streams.length + layout.phases.length === 0) return full
  const sibling = siblingNamed(name, from, layout)
  const stream = layout.streamIndex.get(name)
  const other = stream === undefined ? (phaseNamed(name, layout) ?? full) : layout.tasks.length + stream
  if (sibling !== NOTHING && other !== NOTHING) return AMBIGUOUS
  return sibling === NOTHING ? other : sibling
}

function phaseNamed(name: string, { tasks, streams, phaseIndex }: Layout): NodeIndex | undefined {
  const phase = phaseIndex.get(name)
  return phase === undefined ? undefined : tasks.length + streams.length + phase
}

/** A sibling task, else a full id. */
export function lookUpTask(name: string, from: TaskIndex, layout: Layout): TaskIndex {
  const full = layout.taskIndex.get(name) ?? NOTHING
  const sibling = siblingNamed(name, from, layout)
  if (sibling !== NOTHING && full !== NOTHING) return AMBIGUOUS
  return sibling === NOTHING ? full : sibling
}

/** The task of the same stream; `NOTHING` for streams, and for tasks of no stream, whose ids are full ids. */
function siblingNamed(name: string, from: NodeIndex, layout: Layout): TaskIndex {
  const stream = layout.streamOf[from] ?? -1
  return stream === -1 ? NOTHING : (layout.taskIndex.get(`${layout.streamIds[stream]}/${name}`) ?? NOTHING)
}

/** Reports that `name`, in `from`, means nothing or two things. */
export function reportUnresolved(name: string, node: number, from: NodeIndex, at: string, resolver: Resolver): void {
  const { layout, reporter } = resolver
  const dependent = nodeName(layout, from)
  if (node === AMBIGUOUS) {
    const sibling = siblingNamed(name, from, layout)
    const stream = layout.streamIndex.get(name)
    const top = phaseNamed(name, layout) ?? (layout.taskIndex.get(name) as number)
    const other = stream === undefined ? top : layout.tasks.length + stream
    const message = `${quote(name)} in ${dependent} means both ${nodeName(layout, sibling)} and ${nodeName(layout, other)}.`
    const hint = `Write ${quote(layout.taskIds[sibling] as string)} for the first, or rename one of them.`
    reporter.error('AMBIGUOUS_ID', at, message, hint)
  } else {
    const message = `${quote(name)} in ${dependent} is no task, stream or gate of this plan.`
    reporter.error('UNKNOWN_ID', at, message, hintFor(name, from, resolver))
  }
}

/** The nearest name of a task or stream that `from` may use, as a hint. */
export function hintFor(name: string, from: NodeIndex, resolver: Resolver): string {
  const { layout } = resolver
  const stream = layout.streamOf[from] ?? -1
  const siblings = stream === -1 ? [] : ((layout.streams[stream] as Stream).tasks as readonly Task[])
  if (resolver.hintsLeft-- > 0 && siblings.length + layout.taskIds.length <= MOST_NAMES) {
    const near = nearest(name, [...siblings.map((task) => task.id), ...layout.streamIds, ...layout.taskIds])
    if (near !== null) return `Did you mean ${quote(near)}?`
  }
  return 'Name a task of the same stream, a stream, a gate, or any task as "stream/task".'
}
