/** A run as it is seen: the fold of its events. */
import type { ClosingReason, EpochMs, JsonValue, RunEvent, Verdict } from '../../core/types.js'
import type { Plan, Stream, Task } from '../../plan/types.js'

/** Tasks of no stream are shown as a stream of this id, which no stream can have. */
export const NO_STREAM = ''

export interface StreamView {
  readonly id: string
  readonly title: string | null
  readonly total: number
  succeeded: number
  failed: number
  /** Skipped or cancelled. */
  dropped: number
  /** Attempts that hold their slot. */
  running: number
}

export interface RunningView {
  readonly task: string
  readonly attempt: number
  readonly worker: string
  readonly slot: number
  readonly startedAt: EpochMs
  /** Path patterns it holds: writes first, then reads, which are marked, then what it took while it ran. */
  holds: readonly string[]
  /** Told to stop, and not known to have stopped. */
  closing: ClosingReason | null
}

export interface RunModel {
  /** Whether the opening has been seen, and with it the plan. */
  isOpened: boolean
  name: string
  openedAt: EpochMs
  /** Time of the last event. */
  lastAt: EpochMs
  total: number
  ended: number
  paused: boolean
  cancelled: boolean
  closed: Verdict | null
  /** In the order of the plan. */
  streams: StreamView[]
  /** All and only attempts that hold their slot, by fence, in the order of their starts. */
  readonly running: Map<number, RunningView>
  /** All and only tasks without an attempt under way that are not in an end state, in the order of the plan at first. */
  readonly pending: Set<string>
  /** Ids of the gates that await approval, or will. */
  readonly approvals: Set<string>
}

/** What is known of a task beforehand. */
interface TaskView {
  readonly stream: StreamView
  readonly holds: readonly string[]
  /** What it will hold once it integrates. */
  readonly integrates: readonly string[]
  /** Null while it is not in an end state. */
  ended: End | null
}

type End = 'succeeded' | 'failed' | 'dropped'

export interface ModelBuilder {
  readonly model: RunModel
  apply(event: RunEvent): void
}

export function createModel(): ModelBuilder {
  const tasks = new Map<string, TaskView>()
  const model: RunModel = {
    isOpened: false,
    name: '',
    openedAt: 0,
    lastAt: 0,
    total: 0,
    ended: 0,
    paused: false,
    cancelled: false,
    closed: null,
    streams: [],
    running: new Map(),
    pending: new Set(),
    approvals: new Set(),
  }
  return { model, apply: (event) => applyEvent(model, tasks, event) }
}

function applyEvent(model: RunModel, tasks: Map<string, TaskView>, event: RunEvent): void {
  model.lastAt = event.at
  switch (event.type) {
    case 'run.opened':
      model.openedAt = event.at
      return openPlan(model, tasks, event.plan)
    case 'run.paused':
      model.paused = true
      return
    case 'run.resumed':
      model.paused = false
      return
    case 'run.cancelled':
      model.cancelled = true
      return
    case 'run.closed':
      model.closed = event.verdict
      return
    case 'task.reused':
      return end(model, tasks, event.task, 'succeeded')
    case 'task.failed':
      return end(model, tasks, event.task, 'failed')
    case 'task.skipped':
    case 'task.cancelled':
      return end(model, tasks, event.task, 'dropped')
    case 'gate.passed':
    case 'gate.failed':
      // A check ended with its attempt.
      if (model.approvals.has(event.gate))
        end(model, tasks, event.gate, event.type === 'gate.passed' ? 'succeeded' : 'failed')
      return
    case 'task.reopened':
      return reopen(model, tasks, event.task)
    case 'run.amended':
    case 'limit.changed':
    case 'host.elected':
    case 'host.renewed':
    case 'host.resigned':
    case 'worker.joined':
    case 'worker.draining':
    case 'worker.left':
    case 'worker.resized':
    case 'worker.quarantined':
    case 'attempt.completed':
    case 'attempt.verified':
    case 'attempt.renewed':
    case 'attempt.progressed':
    case 'context.shared':
    case 'message.sent':
    case 'milestone.reached':
    case 'integration.asked':
      return
    default:
      return applyToAttempt(model, tasks, event)
  }
}

type AttemptEvent = Extract<
  RunEvent,
  {
    type:
      | `attempt.${'started' | 'succeeded' | 'failed' | 'closing' | 'closed'}`
      | 'integration.granted'
      | 'claim.extended'
  }
>

function applyToAttempt(model: RunModel, tasks: Map<string, TaskView>, event: AttemptEvent): void {
  const { task, fence } = event
  const view = tasks.get(task)
  switch (event.type) {
    case 'attempt.started': {
      const { attempt, worker, slot, at: startedAt } = event
      model.pending.delete(task)
      model.running.set(fence, { task, attempt, worker, slot, startedAt, holds: view?.holds ?? [], closing: null })
      if (view !== undefined) view.stream.running += 1
      return
    }
    case 'attempt.succeeded':
      letGo(model, view, fence)
      return end(model, tasks, task, 'succeeded')
    case 'attempt.failed':
      if (model.running.get(fence)?.closing === null) letGo(model, view, fence)
      if (event.retryAt === null) return end(model, tasks, task, 'failed')
      model.pending.add(task)
      return
    case 'attempt.closing': {
      const running = model.running.get(fence)
      if (running !== undefined) running.closing = event.reason
      return
    }
    case 'attempt.closed':
      return letGo(model, view, fence)
    case 'integration.granted':
      return hold(model, fence, view?.integrates ?? [])
    case 'claim.extended':
      return hold(model, fence, namesOf(event))
    default:
      event satisfies never
  }
}

function hold(model: RunModel, fence: number, more: readonly string[]): void {
  const running = model.running.get(fence)
  if (running !== undefined) running.holds = [...running.holds, ...more]
}

function namesOf({ write, read }: { readonly write: readonly string[]; readonly read: readonly string[] }): string[] {
  return [...write, ...read.map((path) => `${path} (read)`)]
}

function letGo(model: RunModel, view: TaskView | undefined, fence: number): void {
  if (model.running.delete(fence) && view !== undefined) view.stream.running -= 1
}

function end(model: RunModel, tasks: Map<string, TaskView>, task: string, as: End): void {
  model.pending.delete(task)
  model.ended += 1
  const view = tasks.get(task)
  if (view === undefined) return
  view.ended = as
  view.stream[as] += 1
}

function reopen(model: RunModel, tasks: Map<string, TaskView>, task: string): void {
  model.pending.add(task)
  model.ended -= 1
  const view = tasks.get(task)
  if (view === undefined || view.ended === null) return
  view.stream[view.ended] -= 1
  view.ended = null
}

/** The stored plan is a parsed one: lists, with ids. */
function openPlan(model: RunModel, tasks: Map<string, TaskView>, stored: JsonValue): void {
  const { name, streams = [], tasks: ownTasks = [], gates = [] } = stored as Plan
  model.isOpened = true
  model.name = name ?? 'plan'
  for (const stream of streams) addStream(model, tasks, stream, stream.tasks ?? [])
  if (ownTasks.length + gates.length > 0) addStream(model, tasks, null, [...ownTasks, ...gates])
  for (const { id, kind } of gates) if (kind === 'approval') model.approvals.add(id)
  model.total = tasks.size
}

/** A task, or a gate, which claims nothing. */
type TaskLike = Pick<Task, 'id' | 'claims'>

function addStream(
  model: RunModel,
  views: Map<string, TaskView>,
  stream: Stream | null,
  tasks: readonly TaskLike[],
): void {
  const { id, title = null, owns = [] } = stream ?? { id: NO_STREAM, title: 'tasks of no stream' }
  const view: StreamView = { id, title, total: tasks.length, succeeded: 0, failed: 0, dropped: 0, running: 0 }
  model.streams.push(view)
  for (const task of tasks) {
    const full = stream === null ? task.id : `${id}/${task.id}`
    const { write = [], read = [], integrate = [] } = task.claims ?? { write: owns }
    views.set(full, { stream: view, holds: namesOf({ write, read }), integrates: integrate, ended: null })
    model.pending.add(full)
  }
}
