/** The edges that a plan makes: who waits for what. */
import type { Adjacency, Condition, JsonValue, NodeIndex, TaskIndex } from '../core/types.js'
import { createAdjacencyBuilder } from './adjacency.js'
import { isSoft, resolveDependency } from './dependency.js'
import { pointerTo, type Reporter } from './diagnostic.js'
import { type Layout, taskPointer } from './layout.js'
import type { PlanLimits } from './limits.js'
import { lookUpTask, NOTHING, type Resolver, reportUnresolved } from './names.js'
import { streamOfNode, tasksOfStream } from './points.js'
import { OWN_RESULT, visitReferences } from './references.js'
import type { SequenceEdges } from './sequences.js'
import type { SoftEdge } from './soft.js'
import { count, quote } from './text.js'
import type { Dependency, Stream, Task, Condition as WrittenCondition } from './types.js'

/** Who waits for what. The points that stand in it are in the resolver's table. */
export interface ResolvedEdges {
  readonly predecessors: Adjacency
  /** In the order of the plan. */
  readonly soft: readonly SoftEdge[]
  readonly conditions: ReadonlyMap<TaskIndex, Condition>
}

/**
 * The predecessors of each node: those of a task are what it and its stream depend on, what its input and condition refer
 * to, and its turn in sequences; those of a stream are its tasks, or, where it has none, what it depends on; those of
 * other points are what they watch. Null, and reported, if there are too many.
 */
export function resolveEdges(
  resolver: Resolver,
  turns: SequenceEdges,
  gated: ReadonlyMap<TaskIndex, NodeIndex>,
  limits: PlanLimits,
): ResolvedEdges | null {
  const { layout, reporter, points: table } = resolver
  const { tasks, streams, streamOf } = layout
  const edges = createAdjacencyBuilder(tasks.length + table.points.length, expectedEdges(layout))
  const soft: SoftEdge[] = []
  const conditions = new Map<TaskIndex, Condition>()
  const streamEdges = streams.map((stream, index) => resolveStream(stream, index, resolver))
  for (let task = 0; task < tasks.length; task++) {
    const stream = streamOf[task] as number
    if (stream !== -1) addStreamEdges(streamEdges[stream] as StreamEdges, task, edges, soft)
    const { dependsOn, input, verify, if: condition } = tasks[task] as Task
    if (dependsOn !== undefined) {
      for (let index = 0; index < dependsOn.length; index++) {
        const dependency = dependsOn[index] as Dependency
        const node = resolveDependency(dependency, index, task, resolver)
        if (node === NOTHING) continue
        if (!isSoft(dependency)) edges.add(node)
        else soft.push({ from: task, to: node, at: `${taskPointer(layout, task)}/dependsOn/${index}` })
      }
    }
    if (typeof input === 'object') addReferences(task, (node) => edges.add(node), resolver)
    if (verify !== undefined) addStepReferences(verify, task, (node) => edges.add(node), resolver)
    if (condition !== undefined) addCondition(condition, task, edges, conditions, resolver)
    for (const node of turns.get(task) ?? NO_NODES) edges.add(node)
    const phase = gated.size === 0 ? undefined : gated.get(task)
    if (phase !== undefined) edges.add(phase)
    edges.endRow()
    if (edges.size() + soft.length > limits.edges) return tooManyEdges(limits, reporter)
  }
  for (let index = 0; index < table.points.length; index++) {
    const stream = streamOfNode(table, tasks.length + index)
    const own = stream === -1 ? (table.points[index]?.watches ?? NO_NODES) : tasksOfStream(table, stream)
    for (const node of own) edges.add(node)
    if (own.length === 0 && stream !== -1) addStreamEdges(streamEdges[stream] as StreamEdges, -1, edges, [])
    edges.endRow()
    if (edges.size() > limits.edges) return tooManyEdges(limits, reporter)
  }
  return { predecessors: edges.build(), soft, conditions }
}

const NO_NODES: readonly NodeIndex[] = []

/** What a stream waits for; each of its tasks does. With the pointer of what says so. */
interface StreamEdges {
  readonly hard: readonly Omit<SoftEdge, 'from'>[]
  readonly soft: readonly Omit<SoftEdge, 'from'>[]
}

function addStreamEdges(
  { hard, soft: preferred }: StreamEdges,
  task: TaskIndex,
  edges: { add(node: NodeIndex): void },
  soft: SoftEdge[],
): void {
  for (const { to } of hard) edges.add(to)
  for (const edge of preferred) soft.push({ from: task, ...edge })
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
  const { dependsOn = [], input, verify, if: condition } = layout.tasks[from] as Task
  for (const [index, dependency] of dependsOn.entries()) {
    if (isSoft(dependency)) continue
    found(resolveDependency(dependency, index, from, resolver), `${taskPointer(layout, from)}/dependsOn/${index}`)
  }
  if (typeof input === 'object') addReferences(from, found, resolver)
  if (verify !== undefined) addStepReferences(verify, from, found, resolver)
  if (condition !== undefined) found(lookUpTask(condition.$from, from, layout), `${taskPointer(layout, from)}/if`)
}

/** The nodes a stream depends on. */
export function resolveStream({ dependsOn = [] }: Stream, index: number, resolver: Resolver): StreamEdges {
  const { layout } = resolver
  const hard: Omit<SoftEdge, 'from'>[] = []
  const soft: Omit<SoftEdge, 'from'>[] = []
  for (const [position, dependency] of dependsOn.entries()) {
    const to = resolveDependency(dependency, position, layout.tasks.length + index, resolver)
    const at = `${layout.origin.stream(index)}/dependsOn/${position}`
    if (to !== NOTHING) (isSoft(dependency) ? soft : hard).push({ to, at })
  }
  const before = resolver.points.phaseBefore.get(index)
  if (before !== undefined) hard.push({ to: before, at: `${layout.origin.stream(index)}/phase` })
  return { hard, soft }
}

type Found = (task: TaskIndex, at: string) => void

/** Calls `found` for each task that the input of `from` refers to. */
function addReferences(from: TaskIndex, found: Found, resolver: Resolver): void {
  const { layout } = resolver
  const input = (layout.tasks[from] as Task).input ?? null
  addReferencesIn(input, `${taskPointer(layout, from)}/input`, from, found, resolver)
}

/** The same for the inputs of its verification steps, which may also refer to the result of `from` itself. */
function addStepReferences(
  steps: NonNullable<Task['verify']>,
  from: TaskIndex,
  found: Found,
  resolver: Resolver,
): void {
  const { layout } = resolver
  for (const [position, step] of steps.entries()) {
    if (typeof step === 'string' || step.input === undefined) continue
    const at = `${taskPointer(layout, from)}/verify/${position}/input`
    addReferencesIn(step.input, at, from, found, resolver, OWN_RESULT)
  }
}

/** Calls `found` for each task that `input` refers to; `own` refers to none. */
function addReferencesIn(
  input: JsonValue,
  base: string,
  from: TaskIndex,
  found: Found,
  resolver: Resolver,
  own: string | null = null,
): void {
  visitReferences(input, (reference, path) => {
    const at = pointerTo(base, path)
    if (reference === null) {
      const hint = 'Write { "$from": "task", "path": ["key", 0] }; an input cannot have a key "$from" otherwise.'
      return resolver.reporter.error('BAD_REFERENCE', at, 'An object with "$from" is not a reference.', hint)
    }
    if (reference.from === own) return
    const task = resolveReference(reference.from, 'input', from, at, resolver)
    if (task !== NOTHING) found(task, at)
  })
}

/** The edge to the task whose result the condition of `from` looks at. */
function addCondition(
  { $from: name, path = [] }: WrittenCondition,
  from: TaskIndex,
  edges: { add(node: NodeIndex): void },
  conditions: Map<TaskIndex, Condition>,
  resolver: Resolver,
): void {
  const at = `${taskPointer(resolver.layout, from)}/if`
  const task = resolveReference(name, 'condition', from, at, resolver)
  if (task === NOTHING) return
  edges.add(task)
  conditions.set(from, { task, path })
}

function resolveReference(
  name: string,
  what: 'input' | 'condition',
  from: TaskIndex,
  at: string,
  resolver: Resolver,
): TaskIndex {
  const { layout, reporter } = resolver
  const task = lookUpTask(name, from, layout)
  if (task >= 0) return task
  if (task === NOTHING && layout.streamIndex.has(name)) {
    const message = `The ${what} refers to ${quote(name)}, which is a stream: only tasks have results.`
    reporter.error('BAD_REFERENCE', at, message, 'Name one of its tasks, as "stream/task".')
  } else {
    reportUnresolved(name, task, from, at, resolver)
  }
  return NOTHING
}

function tooManyEdges(limits: PlanLimits, reporter: Reporter): null {
  const message = `The plan has more than ${count(limits.edges, 'dependency', 'dependencies')}.`
  const hint = 'A dependency on a stream counts once for each task that waits for it. Raise the limit "edges".'
  reporter.error('TOO_LARGE', '', message, hint)
  return null
}
