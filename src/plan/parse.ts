/**
 * From any value to a parsed plan. Fields and records with errors are left out of what follows, so that all problems of
 * a plan can be found in one go.
 */
import { createReporter, type Diagnostic, type Locate, place, type Reporter } from './diagnostic.js'
import { createInspection, type Inspection } from './inspect.js'
import { CODE_LIMITS, DEFAULT_LIMITS, type PlanLimits, withLimits } from './limits.js'
import {
  normalizeGate,
  normalizeHeader,
  normalizePhase,
  normalizeStream,
  normalizeTask,
  withoutUndefined,
} from './normalize.js'
import { type CollectionOrigin, createOrigin, type Origin } from './origin.js'
import { isPlainTask } from './plain.js'
import { isPlainObject } from './plain-object.js'
import { type Fields, type Kind, readCollection, readRecord } from './read.js'
import { gateSchema, headerSchema, phaseSchema, streamSchema, taskSchema } from './schema.js'
import { expandTemplates } from './templates.js'
import { describe } from './text.js'
import { isTypedPlan } from './typed-plan.js'
import type { Gate, Phase, Plan, Stream, Task } from './types.js'

/** How a plan is read. */
export interface ParseOptions {
  /** Single limits. Default: `CODE_LIMITS` for what `definePlan` and `handlers.plan` made, else `DEFAULT_LIMITS`. */
  readonly limits?: Partial<PlanLimits> | undefined
  /** Name of the document, for its diagnostics. */
  readonly file?: string | undefined
  /** Finds the lines of values; `parseJson` and `parseYaml` give one. */
  readonly locate?: Locate | undefined
}

/** The parsed plan, or all that is wrong with its shape. */
export type ParseResult =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/** A plan read as far as possible; it may have errors, which are with the reporter. */
export interface ReadPlan {
  readonly plan: Plan
  readonly origin: Origin
}

/**
 * Checks the shape of a plan and puts it into parsed form. What its ids, paths and dependencies mean together is for
 * `checkPlan`. Never throws. The result shares the objects of `value`: change neither afterwards.
 */
export function parsePlan(value: unknown, options: ParseOptions = {}): ParseResult {
  const read = (limits: PlanLimits, reporter: Reporter): ParseResult | null => {
    const found = readPlan(value, limits, reporter)
    return found === null || reporter.errorCount() > 0 ? null : { ok: true, plan: found.plan }
  }
  const { result, diagnostics } = guard(value, options, read)
  return result ?? { ok: false, diagnostics: diagnostics() }
}

/** Reads a plan as far as possible, and reports its errors; null where nothing is left to look at. */
export function readPlan(value: unknown, limits: PlanLimits, reporter: Reporter): ReadPlan | null {
  const moving = moveReports(reporter)
  return readDocument(isTypedPlan(value) ? value.plan : value, createInspection(limits, moving), moving)
}

/**
 * Calls `read` with the limits for `value`. A getter or proxy in the value that throws ends it: the result is null then,
 * and the diagnostics say so.
 */
export function guard<R>(
  value: unknown,
  { limits: changes, file, locate }: ParseOptions,
  read: (limits: PlanLimits, reporter: Reporter) => R,
): { readonly result: R | null; readonly diagnostics: () => readonly Diagnostic[] } {
  let reporter = createReporter(DEFAULT_LIMITS.diagnostics)
  const diagnostics = (): readonly Diagnostic[] => place(reporter.list(), file, locate)
  try {
    const limits = withLimits(isTypedPlan(value) ? CODE_LIMITS : DEFAULT_LIMITS, changes)
    reporter = createReporter(limits.diagnostics)
    return { result: read(limits, reporter), diagnostics }
  } catch (error) {
    const message = `The plan cannot be read: ${describe(error instanceof Error ? error.message : error)}.`
    reporter.error('UNREADABLE', '', message, 'A plan is plain data, without getters or proxies that throw.')
    return { result: null, diagnostics }
  }
}

/** Reports at where things were written. */
interface MovingReporter extends Reporter {
  written: (pointer: string) => string
}

function moveReports(reporter: Reporter): MovingReporter {
  const moving: MovingReporter = {
    ...reporter,
    written: (pointer) => pointer,
    report: (diagnostic) => reporter.report({ ...diagnostic, at: moving.written(diagnostic.at) }),
    error: (code, at, message, hint) => reporter.error(code, moving.written(at), message, hint),
  }
  return moving
}

function movedOrigin(origin: Origin, written: (pointer: string) => string): Origin {
  return {
    ...origin,
    stream: (stream) => written(origin.stream(stream)),
    streamTask: (stream, task) => written(origin.streamTask(stream, task)),
  }
}

/** Depth of the records of a plan, and of the tasks inside streams. */
const RECORD_DEPTH = 3
const STREAM_TASK_DEPTH = 5

const headerKind: Kind<Fields> = {
  section: 'plan',
  schema: headerSchema,
  depth: 1,
  except: new Set(['streams', 'tasks', 'gates', 'phases']),
  normalize: normalizeHeader,
}
const simple = { depth: RECORD_DEPTH, except: new Set<string>() }
const taskKind: Kind<Task> = { ...simple, section: 'task', schema: taskSchema, normalize: normalizeTask }
const gateKind: Kind<Gate> = { ...simple, section: 'gate', schema: gateSchema, normalize: normalizeGate }
const phaseKind: Kind<Phase> = { ...simple, section: 'phase', schema: phaseSchema, normalize: normalizePhase }

function readDocument(value: unknown, inspection: Inspection, moving: MovingReporter): ReadPlan | null {
  const fields = readRecord(withPlainNames(value), '', headerKind, 'list', inspection)
  if (fields === null) return null
  const ownTasks = { ...taskKind, isParsed: (task: unknown): task is Task => isPlainTask(task, inspection.limits) }
  const streamTasks = new Map<Stream, CollectionOrigin>()
  const streamKind = streamKindWith({ ...ownTasks, depth: STREAM_TASK_DEPTH }, streamTasks, inspection)
  const expanded = expandTemplates(fields, inspection.limits, inspection.reporter)
  moving.written = expanded.written
  const streams = readCollection(expanded.fields.streams, '/streams', streamKind, inspection)
  const tasks = readCollection(fields.tasks, '/tasks', ownTasks, inspection)
  const gates = readCollection(fields.gates, '/gates', gateKind, inspection)
  const phases = readCollection(fields.phases, '/phases', phaseKind, inspection)
  if (inspection.abandoned) return null
  const plan: Plan = {
    ...fields,
    streams: streams?.records,
    tasks: tasks?.records,
    gates: gates?.records,
    phases: phases?.records,
  }
  const origins = {
    streams: streams?.origin,
    tasks: tasks?.origin,
    gates: gates?.origin,
    phases: phases?.origin,
    streamTasks,
  }
  return { plan: withoutUndefined(plan), origin: movedOrigin(createOrigin(plan, origins), expanded.written) }
}

/** Streams are read with their tasks; `origins` remembers how those were written. */
function streamKindWith(
  taskKind: Kind<Task>,
  origins: Map<Stream, CollectionOrigin>,
  inspection: Inspection,
): Kind<Stream> {
  return {
    section: 'stream',
    schema: streamSchema,
    depth: RECORD_DEPTH,
    except: new Set(['tasks']),
    normalize: (fields, at) => {
      const tasks = readCollection(fields.tasks, `${at}/tasks`, taskKind, inspection)
      const unchanged = tasks?.records === fields.tasks
      const stream = normalizeStream(unchanged ? fields : { ...fields, tasks: tasks?.records })
      if (tasks !== undefined) origins.set(stream, tasks.origin)
      return stream
    },
  }
}

/** The value with plain objects for the `Map`s that pools and resources may be, without entries that are undefined. */
function withPlainNames(value: unknown): unknown {
  if (!isPlainObject(value)) return value
  const changed: Record<string, unknown> = { ...value }
  for (const field of ['pools', 'resources']) {
    const names = value[field]
    if (names instanceof Map) changed[field] = Object.assign(Object.create(null), Object.fromEntries(names))
    else if (isPlainObject(names)) changed[field] = withoutUndefined(names)
  }
  return changed
}
