/** What the ids in a plan mean, and the edges they make. */
import type { Adjacency, NodeIndex, TaskIndex } from '../core/types.js'
import { createAdjacencyBuilder } from './adjacency.js'
import { pointerTo, type Reporter } from './diagnostic.js'
import { type Layout, nodeName, nodePointer, taskPointer } from './layout.js'
import type { PlanLimits } from './limits.js'
import { nearest } from './nearest.js'
import { visitReferences } from './references.js'
import { isRefusedDependency } from './supported.js'
import { count, quote } from './text.js'
import type { Dependency, Stream, Task } from './types.js'

/** Looks up ids and reports those that mean nothing, or two things. */
export interface Resolver {
  readonly layout: Layout
  readonly reporter: Reporter
  readonly gateIds: ReadonlySet<string>
  /** Unknown ids that still get a hint: finding the nearest name costs time. */
  hintsLeft: number
}

/** Unknown ids for which the nearest one is looked for, in one plan. */
const MOST_HINTS = 50

/** More names than this are not looked through. */
const MOST_NAMES = 5_000

/** What an id means that means nothing, or two things. */
const NOTHING = -1
const AMBIGUOUS = -2

/** A resolver for one plan. */
export function createResolver(layout: Layout, reporter: Reporter): Resolver {
  const gateIds = new Set((layout.plan.gates ?? []).map((gate) => gate.id))
  return { layout, reporter, gateIds, hintsLeft: MOST_HINTS }
}

/**
 * The predecessors of each node: those of a task are what it and its stream depend on and what its input refers to;
 * those of a stream are its tasks, or, where it has none, what it depends on. Null, and reported, if there are too many.
 */
export function resolveEdges(resolver: Resolver, limits: PlanLimits): Adjacency | null {
  const { layout, reporter } = resolver
  const { tasks, streams, streamOf, firstTask } = layout
  const edges = createAdjacencyBuilder(layout.nodeCount, expectedEdges(layout))
  const streamEdges = streams.map((stream, index) => resolveStream(stream, index, resolver))
  for (let task = 0; task < tasks.length; task++) {
    const stream = streamOf[task] as number
    if (stream !== -1) for (const node of streamEdges[stream] as readonly NodeIndex[]) edges.add(node)
    const { dependsOn, input } = tasks[task] as Task
    if (dependsOn !== undefined) {
      for (let index = 0; index < dependsOn.length; index++) {
        const node = resolveDependency(dependsOn[index] as Dependency, index, task, resolver)
        if (node !== NOTHING) edges.add(node)
      }
    }
    if (typeof input === 'object') addReferences(task, (node) => edges.add(node), resolver)
    edges.endRow()
    if (edges.size() > limits.edges) return tooManyEdges(limits, reporter)
  }
  for (let stream = 0; stream < streams.length; stream++) {
    const from = firstTask[stream] as number
    const to = firstTask[stream + 1] as number
    for (let task = from; task < to; task++) edges.add(task)
    if (from === to) for (const node of streamEdges[stream] as readonly NodeIndex[]) edges.add(node)
    edges.endRow()
  }
  return edges.build()
}

/** As many as there are where each is named once, and no stream waits for another. */
function expectedEdges({ tasks, streams }: Layout): number {
  let named = 0
  for (const { dependsOn } of tasks) named += dependsOn?.length ?? 0
  return streams.length === 0 ? named : named + tasks.length
}

/** Calls `found` for each way in which the task `from` waits for another node, with the pointer of what says so. */
export function visitDependencies(
  from: TaskIndex,
  resolver: Resolver,
  found: (node: NodeIndex, at: string) => void,
): void {
  const { layout } = resolver
  const { dependsOn = [], input } = layout.tasks[from] as Task
  for (const [index, dependency] of dependsOn.entries()) {
    found(resolveDependency(dependency, index, from, resolver), `${taskPointer(layout, from)}/dependsOn/${index}`)
  }
  if (typeof input === 'object') addReferences(from, found, resolver)
}

/** The nodes a stream depends on. */
export function resolveStream(stream: Stream, index: number, resolver: Resolver): readonly NodeIndex[] {
  const nodes: NodeIndex[] = []
  for (const [position, dependency] of (stream.dependsOn ?? []).entries()) {
    const node = resolveDependency(dependency, position, resolver.layout.tasks.length + index, resolver)
    if (node !== NOTHING) nodes.push(node)
  }
  return nodes
}

/** The node that a dependency of `from` means; `NOTHING` where it makes no edge, which is reported. */
function resolveDependency(dependency: Dependency, position: number, from: NodeIndex, resolver: Resolver): NodeIndex {
  const isId = typeof dependency === 'string'
  const name = isId ? dependency : 'on' in dependency ? dependency.on : null
  const node = name === null ? NOTHING : lookUp(name, from, resolver.layout)
  if (isId && node >= 0) return node
  const at = `${nodePointer(resolver.layout, from)}/dependsOn/${position}`
  if (isRefusedDependency(dependency, at, resolver.reporter)) return NOTHING
  if (node < 0 && name !== null) reportUnresolved(name, node, from, at, resolver)
  return Math.max(node, NOTHING)
}

/** A sibling task, else a stream, else a full id. */
function lookUp(name: string, from: NodeIndex, layout: Layout): NodeIndex {
  const full = layout.taskIndex.get(name) ?? NOTHING
  if (layout.streams.length === 0) return full
  const sibling = siblingNamed(name, from, layout)
  const stream = layout.streamIndex.get(name)
  const other = stream === undefined ? full : layout.tasks.length + stream
  if (sibling !== NOTHING && other !== NOTHING) return AMBIGUOUS
  return sibling === NOTHING ? other : sibling
}

function lookUpTask(name: string, from: TaskIndex, layout: Layout): TaskIndex {
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

/** Calls `found` for each task that the input of `from` refers to. */
function addReferences(from: TaskIndex, found: (task: TaskIndex, at: string) => void, resolver: Resolver): void {
  const { layout, reporter } = resolver
  visitReferences((layout.tasks[from] as Task).input ?? null, (reference, path) => {
    const at = pointerTo(`${taskPointer(layout, from)}/input`, path)
    if (reference === null) {
      const hint = 'Write { "$from": "task", "path": ["key", 0] }; an input cannot have a key "$from" otherwise.'
      return reporter.error('BAD_REFERENCE', at, 'An object with "$from" is not a reference.', hint)
    }
    const task = lookUpTask(reference.from, from, layout)
    if (task >= 0) return found(task, at)
    if (task === NOTHING && layout.streamIndex.has(reference.from)) {
      const message = `The input refers to ${quote(reference.from)}, which is a stream: only tasks have results.`
      return reporter.error('BAD_REFERENCE', at, message, 'Name one of its tasks, as "stream/task".')
    }
    reportUnresolved(reference.from, task, from, at, resolver)
  })
}

function reportUnresolved(name: string, node: number, from: NodeIndex, at: string, resolver: Resolver): void {
  const { layout, reporter, gateIds } = resolver
  const dependent = nodeName(layout, from)
  if (node === AMBIGUOUS) {
    const sibling = siblingNamed(name, from, layout)
    const stream = layout.streamIndex.get(name)
    const other = stream === undefined ? (layout.taskIndex.get(name) as number) : layout.tasks.length + stream
    const message = `${quote(name)} in ${dependent} means both ${nodeName(layout, sibling)} and ${nodeName(layout, other)}.`
    const hint = `Write ${quote(layout.taskIds[sibling] as string)} for the first, or rename one of them.`
    reporter.error('AMBIGUOUS_ID', at, message, hint)
  } else if (!gateIds.has(name)) {
    const message = `${quote(name)} in ${dependent} is no task or stream of this plan.`
    reporter.error('UNKNOWN_ID', at, message, hintFor(name, from, resolver))
  }
}

function hintFor(name: string, from: NodeIndex, resolver: Resolver): string {
  const { layout } = resolver
  const stream = layout.streamOf[from] ?? -1
  const siblings = stream === -1 ? [] : ((layout.streams[stream] as Stream).tasks as readonly Task[])
  if (resolver.hintsLeft-- > 0 && siblings.length + layout.taskIds.length <= MOST_NAMES) {
    const near = nearest(name, [...siblings.map((task) => task.id), ...layout.streamIds, ...layout.taskIds])
    if (near !== null) return `Did you mean ${quote(near)}?`
  }
  return 'Name a task of the same stream, a stream, or any task as "stream/task".'
}

function tooManyEdges(limits: PlanLimits, reporter: Reporter): null {
  const message = `The plan has more than ${count(limits.edges, 'dependency', 'dependencies')}.`
  const hint = 'A dependency on a stream counts once for each task that waits for it. Raise the limit "edges".'
  reporter.error('TOO_LARGE', '', message, hint)
  return null
}
