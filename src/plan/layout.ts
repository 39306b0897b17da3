/** Gives every task and stream its place: dense indexes, and the ids that lead to them. */
import type { NodeIndex, StreamId, TaskId, TaskIndex } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import { taskOfGate } from './gates.js'
import type { Origin } from './origin.js'
import { quote } from './text.js'
import type { Gate, Phase, Plan, Stream, Task } from './types.js'

/**
 * The tasks of the streams come first, stream by stream, then those of no stream, then the gates, which are tasks too; inside
 * each in the order of the plan. Stream `s` as a whole is node `tasks.length + s`. What else there is to wait for follows, see
 * `points.ts`.
 */
export interface Layout {
  readonly plan: Plan
  readonly origin: Origin
  readonly tasks: readonly Task[]
  readonly taskIds: readonly TaskId[]
  readonly taskIndex: ReadonlyMap<string, TaskIndex>
  readonly streams: readonly Stream[]
  readonly streamIds: readonly StreamId[]
  readonly streamIndex: ReadonlyMap<string, number>
  /** Stream of a task, -1 for none. */
  readonly streamOf: Int32Array
  /** The tasks of stream `s` are `firstTask[s] … firstTask[s + 1] - 1`; those of no stream follow. */
  readonly firstTask: Int32Array
  readonly gates: readonly Gate[]
  /** Gate `g` is task `firstGate + g`. */
  readonly firstGate: TaskIndex
  /** Phase `p` as a whole is node `tasks.length + streams.length + p`. */
  readonly phases: readonly Phase[]
  readonly phaseIndex: ReadonlyMap<string, number>
}

/** Lays a parsed plan out and reports ids that are used twice; the first use keeps the id. */
export function layOut(plan: Plan, origin: Origin, reporter: Reporter): Layout {
  const { streams = [], tasks: ownTasks = [], gates = [], phases = [] } = plan
  const isPlain = streams.length + gates.length === 0
  const streamTasks = streams.flatMap((stream) => stream.tasks ?? [])
  const tasks = isPlain ? ownTasks : [...streamTasks, ...ownTasks, ...gates.map(taskOfGate)]
  const taskIds = new Array<TaskId>(tasks.length)
  const taskIndex = new Map<string, TaskIndex>()
  const streamIndex = indexStreams(streams, origin, reporter)
  const firstTask = new Int32Array(streams.length + 1)
  const streamOf = new Int32Array(tasks.length).fill(-1)
  let task = 0
  for (let stream = 0; stream < streams.length; stream++) {
    const { id, tasks: streamTasks = [] } = streams[stream] as Stream
    for (const { id: taskId } of streamTasks) {
      streamOf[task] = stream
      taskIds[task++] = `${id}/${taskId}` as TaskId
    }
    firstTask[stream + 1] = task
  }
  for (; task < tasks.length; task++) taskIds[task] = (tasks[task] as Task).id as TaskId
  const streamIds = streams.map((stream) => stream.id as StreamId)
  const layout = {
    plan,
    origin,
    tasks,
    taskIds,
    taskIndex,
    streams,
    streamIds,
    streamIndex,
    streamOf,
    firstTask,
    gates,
    firstGate: tasks.length - gates.length,
    phases,
    phaseIndex: new Map(phases.map(({ id }, phase) => [id, phase])),
  }
  indexTasks(layout, taskIndex, reporter)
  return layout
}

/** JSON pointer of a task, in the document. */
export function taskPointer({ origin, streamOf, firstTask, firstGate, streams }: Layout, task: TaskIndex): string {
  if (task >= firstGate) return origin.gate(task - firstGate)
  const stream = streamOf[task] as number
  const first = firstTask[stream === -1 ? streams.length : stream] as number
  return stream === -1 ? origin.task(task - first) : origin.streamTask(stream, task - first)
}

/** JSON pointer of a task or stream. */
export function nodePointer(layout: Layout, node: NodeIndex): string {
  const { tasks, origin } = layout
  return node < tasks.length ? taskPointer(layout, node) : origin.stream(node - tasks.length)
}

/** `task "api/build"`, `gate "review"`, `stream "api"` or `phase "beta"`, for messages. */
export function nodeName({ tasks, taskIds, streamIds, firstGate, phases }: Layout, node: NodeIndex): string {
  if (node < tasks.length) return `${node < firstGate ? 'task' : 'gate'} ${quote(taskIds[node] as string)}`
  const stream = node - tasks.length
  if (stream < streamIds.length) return `stream ${quote(streamIds[stream] as string)}`
  return `phase ${quote((phases[stream - streamIds.length] as Phase).id)}`
}

function indexStreams(streams: readonly Stream[], origin: Origin, reporter: Reporter): Map<string, number> {
  const index = new Map<string, number>()
  for (const [position, { id }] of streams.entries()) {
    if (index.has(id)) reportTwice('stream', id, origin.stream(position), reporter)
    else index.set(id, position)
  }
  return index
}

function indexTasks(layout: Layout, index: Map<string, TaskIndex>, reporter: Reporter): void {
  const { taskIds, streams, streamIndex, firstTask } = layout
  for (let task = 0; task < taskIds.length; task++) {
    const id = taskIds[task] as string
    index.set(id, task)
    if (index.size === task + 1) continue
    restoreFirst(layout, index, reporter)
    break
  }
  for (let task = firstTask[streams.length] as number; streamIndex.size > 0 && task < taskIds.length; task++) {
    const id = taskIds[task] as string
    if (streamIndex.has(id)) reportTwice(kindOf(layout, task), id, taskPointer(layout, task), reporter)
  }
  const phaseIds = new Set<string>()
  for (const [position, { id }] of layout.phases.entries()) {
    if (phaseIds.has(id) || index.has(id) || streamIndex.has(id)) {
      reportTwice('phase', id, layout.origin.phase(position), reporter)
    }
    phaseIds.add(id)
  }
}

function kindOf({ firstGate }: Layout, task: TaskIndex): 'task' | 'gate' {
  return task < firstGate ? 'task' : 'gate'
}

/** Some id is used twice: goes over all ids again, slowly, to say which. */
function restoreFirst(layout: Layout, index: Map<string, TaskIndex>, reporter: Reporter): void {
  index.clear()
  for (const [task, id] of layout.taskIds.entries()) {
    if (index.has(id)) reportTwice(kindOf(layout, task), id, taskPointer(layout, task), reporter)
    else index.set(id, task)
  }
}

function reportTwice(kind: string, id: string, at: string, reporter: Reporter): void {
  const hint =
    'Ids are unique: those of streams, tasks of no stream, gates and phases together, and those in each stream.'
  reporter.error('DUPLICATE_ID', at, `The ${kind} id ${quote(id)} is used before.`, hint)
}
