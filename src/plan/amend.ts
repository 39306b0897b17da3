/**
 * Changes a compiled plan while it runs, in time that depends on the change and on a few passes over arrays, not on
 * compiling everything again: what is new is compiled as a small plan of its own, in which whatever it mentions stands as
 * a stub, and is then spliced into the arrays of the large one. Tasks keep their indexes; new ones follow.
 */
import type { JsonValue, TaskIndex } from '../core/types.js'
import { type AmendablePlan, type Amendment, gateNamed, readAmendment, storedAmendment } from './amendment.js'
import { type Compilation, compileReporting } from './compile.js'
import { createReporter, type Diagnostic, place, type Reporter } from './diagnostic.js'
import { reportMetByAmendment } from './integrate-claims.js'
import { taskPointer } from './layout.js'
import { CODE_LIMITS, type PlanLimits, withLimits } from './limits.js'
import { guard } from './parse.js'
import { type SmallPlan, smallPlan } from './small-plan.js'
import { splice } from './splice.js'
import { quote } from './text.js'
import { describeTrail } from './trail.js'
import type { Plan } from './types.js'

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
      /** Full ids of the new tasks and gates, in the order of their indexes. */
      readonly added: readonly string[]
      readonly removed: readonly string[]
      readonly changed: readonly string[]
      /** What to store: amending the same plan with it gives the same result. */
      readonly stored: JsonValue
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/**
 * Adds, removes and changes tasks and gates of a plan, and adds streams and phases. Never throws; the plan that is given stays as it is. Removed tasks keep
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
    changed: [...amendment.change.keys(), ...amendment.changedGates.keys()].map((task) => compiled.taskIds[task]!),
    stored: storedAmendment(base, amendment),
  }
}

function compileAmended(
  base: AmendablePlan,
  amendment: Amendment,
  limits: PlanLimits,
  handlers: ReadonlySet<string> | undefined,
  reporter: Reporter,
): AmendablePlan | null {
  const small = smallPlan(base, amendment)
  reportTaken(base, amendment, small, reporter)
  const compilation = compileReporting(small.plan, small.origin, limits, handlers, reporter)
  if (compilation === null || reporter.errorCount() > 0) return null
  if (handlers !== undefined && !hasHandlers(compilation, small.stubs, reporter)) return null
  const changed = new Set([...amendment.change.keys(), ...amendment.changedGates.keys()])
  reportMetIntegrates(base, compilation, changed, amendment, reporter)
  if (reporter.errorCount() > 0) return null
  const spliced = splice(base.compiled, compilation.compiled, changed)
  if (spliced.ok) return { frame: amendedFrame(base, amendment), compiled: spliced.plan }
  for (const trail of spliced.circles) {
    const message = `With this amendment these wait for each other: ${describeTrail(trail)}.`
    reporter.error('CYCLE', '', message, 'Read "→" as "depends on", and remove one of these dependencies.')
  }
  return null
}

function reportMetIntegrates(
  { compiled: large }: AmendablePlan,
  { compiled: small, layout }: Compilation,
  changed: ReadonlySet<TaskIndex>,
  { remove }: Amendment,
  reporter: Reporter,
): void {
  const gone = new Set([...changed, ...remove])
  const isWritten = (task: TaskIndex): boolean => {
    const known = large.taskIndex.get(small.taskIds[task]!)
    return known === undefined || changed.has(known)
  }
  reportMetByAmendment({ large, small, layout, isWritten, stays: (task) => !gone.has(task) }, reporter)
}

function amendedFrame({ frame, compiled }: AmendablePlan, amendment: Amendment): Plan {
  const known = new Set((frame.streams ?? []).map(({ id }) => id))
  const streams = amendment.streams.filter(({ id }) => !known.has(id)).map(({ tasks: _, ...stream }) => stream)
  const gates = (frame.gates ?? []).map((gate) => amendment.changedGates.get(compiled.taskIndex.get(gate.id)!) ?? gate)
  return {
    ...frame,
    streams: [...(frame.streams ?? []), ...streams],
    gates: [...gates, ...amendment.gates],
    phases: [...(frame.phases ?? []), ...amendment.phases],
  }
}

/** Reports new and changed tasks for which no handler is named; whether there are none. */
function hasHandlers({ layout, compiled }: Compilation, stubs: ReadonlySet<string>, reporter: Reporter): boolean {
  const isNameless = (id: string, task: number): boolean =>
    compiled.handler[task] === -1 && !stubs.has(id) && compiled.gates.get(task) !== 'approval'
  const nameless = compiled.taskIds.filter(isNameless)
  for (const id of nameless) {
    const at = taskPointer(layout, compiled.taskIndex.get(id)!)
    const hint = 'Name one in the task, its stream or the plan (`defaults.handler`).'
    reporter.error('UNKNOWN_HANDLER', at, `No handler is named by task ${quote(id)}.`, hint)
  }
  return nameless.length === 0
}

/** Ids that are taken by what does not stand in the small plan, and what would change more than an amendment may. */
function reportTaken(base: AmendablePlan, amendment: Amendment, { stubs }: SmallPlan, reporter: Reporter): void {
  const { frame, compiled } = base
  const { origin } = amendment
  const hint = 'Ids are used once. To change a task or gate that is there, name it under "change".'
  const reportTask = (id: string, at: string): void => {
    const task = compiled.taskIndex.get(id)
    // Gates and stubs stand in the small plan, which reports them.
    if (task === undefined || compiled.gates.has(task) || stubs.has(id)) return
    reporter.error('DUPLICATE_ID', at, `The id ${quote(id)} is used before.`, hint)
  }
  for (const [position, { id }] of amendment.tasks.entries()) reportTask(id, origin.task(position))
  for (const [position, { id }] of amendment.gates.entries()) reportTask(id, origin.gate(position))
  for (const [position, { id, gate }] of amendment.phases.entries()) {
    reportTask(id, origin.phase(position))
    if (gate === undefined || gateNamed(frame, gate) === undefined) continue
    const message = `The gate ${quote(gate)} is there already: the gate of a new phase is new too.`
    reporter.error('BAD_VALUE', `${origin.phase(position)}/gate`, message, 'Add a gate together with the phase.')
  }
  for (const [position, stream] of amendment.streams.entries()) {
    const isKnown = (frame.streams ?? []).some(({ id }) => id === stream.id)
    if (!isKnown) reportTask(stream.id, origin.stream(position))
    for (const [task, { id }] of (stream.tasks ?? []).entries()) {
      reportTask(`${stream.id}/${id}`, origin.streamTask(position, task))
    }
    const more = Object.keys(stream).filter((key) => key !== 'id' && key !== 'tasks')
    if (!isKnown || more.length === 0) continue
    const message = `Stream ${quote(stream.id)} is there already: it can get tasks, and nothing else.`
    reporter.error('BAD_VALUE', origin.stream(position), message, `Leave out ${more.map(quote).join(', ')}.`)
  }
}
