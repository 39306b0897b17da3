/**
 * What a running plan is changed by: read, checked and put into parsed form. What its ids mean together with the plan is
 * for `amendPlan`.
 */
import type { CompiledPlan, JsonValue, TaskIndex } from '../core/types.js'
import { pointerSegment, type Reporter } from './diagnostic.js'
import type { PlanLimits } from './limits.js'
import { nearest } from './nearest.js'
import type { Origin } from './origin.js'
import { type ReadPlan, readPlan } from './parse.js'
import { isPlainObject } from './plain-object.js'
import { describe, quote } from './text.js'
import type {
  Collection,
  Duration,
  Gate,
  GateFields,
  Phase,
  PhaseFields,
  Plan,
  PlanDocument,
  Stream,
  StreamDocument,
  Task,
  TaskDocument,
} from './types.js'

/** A plan that can be amended. */
export interface AmendablePlan {
  /** Its header, streams, gates and phases; the tasks are in `compiled`. */
  readonly frame: Plan
  readonly compiled: CompiledPlan
}

/** A change of a running plan, as written. All of it is taken, or nothing. */
export interface AmendmentDocument {
  /**
   * New streams with their tasks, new tasks of streams that are there (with nothing but `tasks`), tasks of no stream, gates,
   * and phases, which come after those that are there and whose gates are new too.
   */
  readonly add?:
    | {
        readonly streams?: Collection<StreamDocument> | undefined
        readonly tasks?: Collection<TaskDocument> | undefined
        readonly gates?: Collection<GateFields<Duration>> | undefined
        readonly phases?: Collection<PhaseFields> | undefined
      }
    | undefined
  /** Full ids of tasks and gates that will not be done: they are skipped. Only such as do not run and have not ended. */
  readonly remove?: readonly string[] | undefined
  /**
   * By full id: the fields to put in place of those of a task or gate; `null` takes one away. Only such as do not run and
   * have not ended.
   */
  readonly change?:
    | { readonly [id: string]: { readonly [Field in ChangeableField]?: ChangeableFields[Field] | null } }
    | undefined
}

type ChangeableFields = TaskDocument & Partial<Omit<GateFields<Duration>, keyof TaskDocument>>
type ChangeableField = keyof ChangeableFields

/** An amendment in parsed form. */
export interface Amendment {
  /** New streams, and those that are there and get tasks. */
  readonly streams: readonly Stream[]
  /** New tasks of no stream. */
  readonly tasks: readonly Task[]
  readonly gates: readonly Gate[]
  readonly phases: readonly Phase[]
  readonly remove: readonly TaskIndex[]
  /** Whole tasks, by their index. */
  readonly change: ReadonlyMap<TaskIndex, Task>
  /** Whole gates, by their index as tasks. */
  readonly changedGates: ReadonlyMap<TaskIndex, Gate>
  /** Pointers of what is added; those of changed tasks are `changePointer`. */
  readonly origin: Origin
}

const FIELDS = ['add', 'remove', 'change']
const ADDED = ['streams', 'tasks', 'gates', 'phases']

/** Reads an amendment of `plan` and reports everything that is wrong with it; null where nothing is left to look at. */
export function readAmendment(
  value: unknown,
  base: AmendablePlan,
  limits: PlanLimits,
  reporter: Reporter,
): Amendment | null {
  const plan = base.compiled
  if (!isPlainObject(value)) {
    reporter.error(
      'BAD_VALUE',
      '',
      `The amendment must be an object, not ${describe(value)}.`,
      'Write { "add": { … } }.',
    )
    return null
  }
  reportUnknownFields(value, FIELDS, '', reporter)
  const added = readAdded(value.add, base.frame, limits, reporter)
  if (added === null) return null
  const { streams = [], tasks = [], gates = [], phases = [] } = added.plan
  const remove = readRemoved(value.remove, base, reporter)
  const changed = readChanged(value.change, base, limits, reporter)
  for (const task of remove) {
    if (!changed.change.has(task) && !changed.changedGates.has(task)) continue
    const message = `The ${plan.gates.has(task) ? 'gate' : 'task'} ${quote(plan.taskIds[task]!)} is both removed and changed.`
    reporter.error('BAD_VALUE', changePointer(plan, task), message, 'Do one of the two.')
  }
  return { streams, tasks, gates, phases, remove, ...changed, origin: below(added.origin, '/add') }
}

/** The gate of this id. */
export function gateNamed({ gates = [] }: Plan, id: string): Gate | undefined {
  return gates.find((gate) => gate.id === id)
}

/** Pointer of a changed task or gate. */
export function changePointer(plan: CompiledPlan, task: TaskIndex): string {
  return `/change/${pointerSegment(plan.taskIds[task]!)}`
}

/** The amendment as it is stored: JSON that reads as the same amendment of the same plan. */
export function storedAmendment({ frame, compiled }: AmendablePlan, amendment: Amendment): JsonValue {
  const { streams, tasks, gates, phases, remove, change, changedGates } = amendment
  const idOf = (task: TaskIndex): string => compiled.taskIds[task]!
  const changes = [
    ...[...change].map(([task, after]) => [idOf(task), fieldsOf(compiled.sources[task] as Task, after)] as const),
    ...[...changedGates].map(([task, after]) => [idOf(task), fieldsOf(gateNamed(frame, idOf(task))!, after)] as const),
  ]
  const stored = {
    add: { streams, tasks, ...(gates.length > 0 && { gates }), ...(phases.length > 0 && { phases }) },
    remove: remove.map(idOf),
    change: Object.fromEntries(changes),
  }
  return stored as unknown as JsonValue
}

/** All fields of what was changed, and null for those it no longer has. */
function fieldsOf<Record extends Task | Gate>({ id: _, ...before }: Record, { id: __, ...fields }: Record): object {
  return { ...Object.fromEntries(Object.keys(before).map((key) => [key, null])), ...fields }
}

function readAdded(value: unknown, { templates }: Plan, limits: PlanLimits, reporter: Reporter): ReadPlan | null {
  if (value === undefined) return readPlan({}, limits, reporter)
  if (!isPlainObject(value)) {
    reporter.error('BAD_VALUE', '/add', `"add" must be an object, not ${describe(value)}.`, 'Write { "tasks": { … } }.')
    return null
  }
  reportUnknownFields(value, ADDED, '/add', reporter)
  return readBelow('/add', reporter, (inner) =>
    readPlan({ ...pick(value, ADDED), ...(templates === undefined ? {} : { templates }) }, limits, inner),
  )
}

function readRemoved(value: unknown, base: AmendablePlan, reporter: Reporter): readonly TaskIndex[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    reporter.error(
      'BAD_VALUE',
      '/remove',
      `"remove" must be a list of ids, not ${describe(value)}.`,
      'Write [ "stream/task" ].',
    )
    return []
  }
  const tasks = new Set<TaskIndex>()
  for (const [position, id] of value.entries()) {
    const task = knownTask(id, base, `/remove/${position}`, reporter)
    if (task !== undefined) tasks.add(task)
  }
  return [...tasks]
}

function readChanged(
  value: unknown,
  base: AmendablePlan,
  limits: PlanLimits,
  reporter: Reporter,
): Pick<Amendment, 'change' | 'changedGates'> {
  const change = new Map<TaskIndex, Task>()
  const changedGates = new Map<TaskIndex, Gate>()
  const changed = { change, changedGates }
  if (value === undefined) return changed
  if (!isPlainObject(value)) {
    const hint = 'Write { "stream/task": { "priority": 5 } }.'
    reporter.error(
      'BAD_VALUE',
      '/change',
      `"change" must be a mapping from id to fields, not ${describe(value)}.`,
      hint,
    )
    return changed
  }
  for (const id of Object.keys(value)) {
    const at = `/change/${pointerSegment(id)}`
    const task = knownTask(id, base, at, reporter)
    const fields = value[id]
    if (task === undefined) continue
    if (!isPlainObject(fields)) {
      reporter.error(
        'BAD_VALUE',
        at,
        `The change must be an object, not ${describe(fields)}.`,
        'Write { "priority": 5 }.',
      )
      continue
    }
    const gate = gateNamed(base.frame, id)
    const kind = gate === undefined ? 'tasks' : 'gates'
    const source = gate ?? (base.compiled.sources[task] as Task)
    const record = withoutNulls({ ...source, ...fields, id: source.id })
    const inner = readBelow(at, reporter, (each) => readPlan({ [kind]: [record] }, limits, each), `/${kind}/0`)
    const { tasks = [], gates = [] } = inner?.plan ?? {}
    for (const read of tasks) change.set(task, read)
    for (const read of gates) changedGates.set(task, read)
  }
  return changed
}

function knownTask(
  id: unknown,
  { frame, compiled: plan }: AmendablePlan,
  at: string,
  reporter: Reporter,
): TaskIndex | undefined {
  const task = typeof id === 'string' ? plan.taskIndex.get(id) : undefined
  if (task !== undefined) return task
  const isPhase = frame.phases?.some((phase) => phase.id === id)
  if (isPhase || (typeof id === 'string' && plan.streamIndex.has(id))) {
    const message = `${describe(id)} is a ${isPhase ? 'phase' : 'stream'}: only tasks and gates are removed or changed.`
    reporter.error('UNKNOWN_ID', at, message, isPhase ? 'Name its gate.' : 'Name its tasks, as "stream/task".')
    return undefined
  }
  const near = typeof id === 'string' && plan.taskCount <= MOST_NAMES ? nearest(id, plan.taskIds) : null
  const hint = near === null ? 'Use the full id, "stream/task".' : `Did you mean ${quote(near)}?`
  reporter.error('UNKNOWN_ID', at, `${describe(id)} is no task of this plan.`, hint)
  return undefined
}

/** More names than this are not looked through for the nearest. */
const MOST_NAMES = 5_000

/** What `read` reports, with the pointers of the amendment: `from` in them becomes `at`. */
function readBelow<R>(at: string, reporter: Reporter, read: (inner: Reporter) => R, from = ''): R {
  const inner: Reporter = {
    ...reporter,
    report: (diagnostic) => reporter.report({ ...diagnostic, at: moved(diagnostic.at, from, at) }),
    error: (code, place, message, hint) => reporter.error(code, moved(place, from, at), message, hint),
  }
  return read(inner)
}

function moved(pointer: string, from: string, to: string): string {
  return pointer.startsWith(from) ? `${to}${pointer.slice(from.length)}` : to
}

function below(origin: Origin, at: string): Origin {
  return {
    ...origin,
    stream: (stream) => `${at}${origin.stream(stream)}`,
    task: (task) => `${at}${origin.task(task)}`,
    streamTask: (stream, task) => `${at}${origin.streamTask(stream, task)}`,
    gate: (gate) => `${at}${origin.gate(gate)}`,
    phase: (phase) => `${at}${origin.phase(phase)}`,
  }
}

function reportUnknownFields(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  at: string,
  reporter: Reporter,
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key) || value[key] === undefined) continue
    const near = nearest(key, known)
    const hint = near === null ? `The fields are ${known.map(quote).join(', ')}.` : `Did you mean ${quote(near)}?`
    reporter.error('UNKNOWN_FIELD', `${at}/${pointerSegment(key)}`, `The field ${quote(key)} is not known here.`, hint)
  }
}

function pick(
  value: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Partial<PlanDocument> & Partial<Plan> {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]))
}

function withoutNulls(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, field]) => field !== null && field !== undefined))
}
