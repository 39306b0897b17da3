/**
 * Changes a compiled plan while it runs, in time that depends on the change and on a few passes over arrays, not on
 * compiling everything again: what is new is compiled as a small plan of its own, in which whatever it mentions stands as
 * a stub, and is then spliced into the arrays of the large one. Tasks keep their indexes; new ones follow.
 */
import type { CompiledPlan, JsonValue, TaskIndex } from '../core/types.js'
import { topologicalOrder } from './adjacency.js'
import { type AmendablePlan, type Amendment, changePointer, readAmendment, storedAmendment } from './amendment.js'
import { type Compilation, compileReporting } from './compile.js'
import { findCycles } from './cycles.js'
import { createReporter, type Diagnostic, place, type Reporter } from './diagnostic.js'
import { taskPointer } from './layout.js'
import { CODE_LIMITS, type PlanLimits, withLimits } from './limits.js'
import { mentionsOf } from './mentions.js'
import type { Origin } from './origin.js'
import { guard } from './parse.js'
import { splice } from './splice.js'
import { quote } from './text.js'
import { describeTrail } from './trail.js'
import type { Plan, Stream, Task } from './types.js'

export type { AmendablePlan } from './amendment.js'

/** How an amendment is read. */
export interface AmendOptions {
  /** Single limits. Default: `CODE_LIMITS`. */
  readonly limits?: Partial<PlanLimits> | undefined
  /** Names of the handlers there are: others are reported. Absent: not looked at. */
  readonly handlers?: ReadonlySet<string> | undefined
}

/** The amended plan, or everything that is wrong with the amendment. */
export type AmendResult =
  | {
      readonly ok: true
      readonly plan: AmendablePlan
      /** Full ids of the new tasks, in the order of their indexes. */
      readonly added: readonly string[]
      readonly removed: readonly string[]
      readonly changed: readonly string[]
      /** What to store: amending the same plan with it gives the same result. */
      readonly stored: JsonValue
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/**
 * Adds, removes and changes tasks of a plan. Never throws; the plan that is given stays as it is. Removed tasks keep
 * their place: the core skips them. Ranks of tasks that were there before stay.
 */
export function amendPlan(base: AmendablePlan, value: unknown, options: AmendOptions = {}): AmendResult {
  const { compiled } = base
  const { result, diagnostics } = guard(value, { limits: options.limits }, () => {
    const limits = withLimits(CODE_LIMITS, options.limits)
    const reporter = createReporter(limits.diagnostics)
    const amendment = readAmendment(value, base, limits, reporter)
    const plan = amendment === null ? null : compileAmended(base, amendment, limits, options.handlers, reporter)
    return { amendment, plan, reported: place(reporter.list(), undefined, undefined) }
  })
  if (result === null) return { ok: false, diagnostics: diagnostics() }
  const { amendment, plan, reported } = result
  if (amendment === null || plan === null) return { ok: false, diagnostics: reported }
  return {
    ok: true,
    plan,
    added: plan.compiled.taskIds.slice(compiled.taskCount),
    removed: amendment.remove.map((task) => compiled.taskIds[task]!),
    changed: [...amendment.change.keys()].map((task) => compiled.taskIds[task]!),
    stored: storedAmendment(compiled, amendment),
  }
}

function compileAmended(
  base: AmendablePlan,
  amendment: Amendment,
  limits: PlanLimits,
  handlers: ReadonlySet<string> | undefined,
  reporter: Reporter,
): AmendablePlan | null {
  reportTaken(base, amendment, reporter)
  const small = smallPlan(base, amendment)
  const compilation = compileReporting(small.plan, small.origin, limits, handlers, reporter)
  if (compilation === null || reporter.errorCount() > 0) return null
  if (handlers !== undefined && !hasHandlers(compilation, small.stubs, reporter)) return null
  const compiled = splice(base.compiled, compilation.compiled, new Set(amendment.change.keys()))
  if (!hasNoCircles(compiled, reporter)) return null
  const known = new Set((base.frame.streams ?? []).map(({ id }) => id))
  const streams = amendment.streams.filter(({ id }) => !known.has(id)).map(({ tasks: _, ...stream }) => stream)
  return { frame: { ...base.frame, streams: [...(base.frame.streams ?? []), ...streams] }, compiled }
}

/** Reports new and changed tasks for which no handler is named; whether there are none. */
function hasHandlers({ layout, compiled }: Compilation, stubs: ReadonlySet<string>, reporter: Reporter): boolean {
  const nameless = compiled.taskIds.filter((id, task) => compiled.handler[task] === -1 && !stubs.has(id))
  for (const id of nameless) {
    const at = taskPointer(layout, compiled.taskIndex.get(id)!)
    const hint = 'Name one in the task, its stream or the plan (`defaults.handler`).'
    reporter.error('UNKNOWN_HANDLER', at, `No handler is named by task ${quote(id)}.`, hint)
  }
  return nameless.length === 0
}

/** Ids that are taken, and streams that are there and would get more than tasks. */
function reportTaken({ frame, compiled }: AmendablePlan, amendment: Amendment, reporter: Reporter): void {
  const { origin } = amendment
  const hint = 'Ids are used once. To change a task that is there, name it under "change".'
  const reportTask = (id: string, at: string): void => {
    if (compiled.taskIndex.get(id) === undefined && !compiled.streamIndex.has(id)) return
    reporter.error('DUPLICATE_ID', at, `The id ${quote(id)} is used before.`, hint)
  }
  for (const [position, { id }] of amendment.tasks.entries()) reportTask(id, origin.task(position))
  for (const [position, stream] of amendment.streams.entries()) {
    const isKnown = (frame.streams ?? []).some(({ id }) => id === stream.id)
    for (const [task, { id }] of (stream.tasks ?? []).entries()) {
      reportTask(`${stream.id}/${id}`, origin.streamTask(position, task))
    }
    const more = Object.keys(stream).filter((key) => key !== 'id' && key !== 'tasks')
    if (!isKnown || more.length === 0) continue
    const message = `Stream ${quote(stream.id)} is there already: it can get tasks, and nothing else.`
    reporter.error('BAD_VALUE', origin.stream(position), message, `Leave out ${more.map(quote).join(', ')}.`)
  }
}

/** Reports the circles there are; all of them go through what is new. */
function hasNoCircles(compiled: CompiledPlan, reporter: Reporter): boolean {
  const nameOf = (node: number): string => {
    const point = compiled.points[node - compiled.taskCount]
    return point === undefined ? quote(compiled.taskIds[node]!) : `${point.kind} ${quote(point.id)}`
  }
  const { predecessors, successors } = compiled
  if (topologicalOrder(predecessors, successors).length === predecessors.start.length - 1) return true
  const cycles = findCycles(predecessors)
  for (const trail of cycles) {
    const message = `With this amendment these wait for each other: ${describeTrail(trail.map(nameOf))}.`
    reporter.error('CYCLE', '', message, 'Read "→" as "depends on", and remove one of these dependencies.')
  }
  return false
}

/**
 * The plan of what is new and changed. All streams stand in it, as new tasks inherit from them and must not write what
 * they own; of the tasks that are there, those that are mentioned.
 */
function smallPlan(
  { frame, compiled }: AmendablePlan,
  amendment: Amendment,
): { readonly plan: Plan; readonly origin: Origin; readonly stubs: ReadonlySet<string> } {
  const added = new Map(amendment.streams.map((stream, position) => [stream.id, { stream, position }]))
  const present = frame.streams ?? []
  const places = new Map(present.map(({ id }, index) => [id as string, index]))
  /** By stream (-1: none): its changed tasks and stubs, by full index. */
  const kept = new Map<number, Map<TaskIndex, Task>>()
  const keep = (task: TaskIndex, record: Task): void => {
    const stream = compiled.streamOf[task]!
    const tasks = kept.get(stream) ?? new Map<TaskIndex, Task>()
    kept.set(stream, tasks.set(task, tasks.get(task) ?? record))
  }
  for (const [task, record] of amendment.change) keep(task, record)
  const mentions = mentionsOf({ frame, compiled }, amendment)
  for (const task of mentions) keep(task, stubOf(compiled.sources[task] as Task))
  const touched = new Set([...amendment.change.keys()].map((task) => compiled.streamOf[task]!))
  const streams: Stream[] = present.map((stream, index) => {
    const { dependsOn, tasks: _, ...fields } = stream
    const isTouched = added.has(stream.id) || touched.has(index)
    const tasks = [...(kept.get(index)?.values() ?? []), ...(added.get(stream.id)?.stream.tasks ?? [])]
    return { ...fields, ...(isTouched && dependsOn !== undefined ? { dependsOn } : {}), tasks }
  })
  const fresh = amendment.streams.filter(({ id }) => !places.has(id))
  const loose = kept.get(-1) ?? new Map<TaskIndex, Task>()
  const plan: Plan = {
    ...frame,
    sequences: undefined,
    // As stubs: what they wait for is in the large plan.
    gates: frame.gates?.map(({ id }) => ({ id, kind: 'approval' as const })),
    streams: [...streams, ...fresh],
    tasks: [...loose.values(), ...amendment.tasks],
  }
  const pointerOf = (tasks: ReadonlyMap<TaskIndex, Task> | undefined, place: number): string | null => {
    const task = [...(tasks?.keys() ?? [])][place]
    return task === undefined ? null : changePointer(compiled, task)
  }
  const { origin } = amendment
  const streamPointer = (index: number): string => {
    const id = (plan.streams as readonly Stream[])[index]!.id
    const position = added.get(id)?.position
    return position === undefined ? '' : origin.stream(position)
  }
  return {
    plan,
    stubs: new Set([...mentions].map((task) => compiled.taskIds[task] as string)),
    origin: {
      ...origin,
      stream: streamPointer,
      task: (place) => pointerOf(loose, place) ?? origin.task(place - loose.size),
      streamTask: (index, place) => {
        const position = added.get((plan.streams as readonly Stream[])[index]!.id)?.position ?? 0
        const before = kept.get(index)
        return pointerOf(before, place) ?? origin.streamTask(position, place - (before?.size ?? 0))
      },
    },
  }
}

/** A task that is there, as far as others care: it claims nothing here, what it claims is in the large plan. */
function stubOf({ id, estimate, optional, milestones }: Task): Task {
  return {
    id,
    claims: {},
    ...(estimate === undefined ? {} : { estimate }),
    ...(optional === undefined ? {} : { optional }),
    ...(milestones === undefined ? {} : { milestones }),
  }
}
