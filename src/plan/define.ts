/** Plans made by code: a builder with typed results, and data with functions in it. Both yield plain JSON. */
import type { JsonValue, TaskId } from '../core/types.js'
import type { AmendmentDocument } from './amendment.js'
import { isPlainObject } from './plain-object.js'
import {
  assertSamePlan,
  createRefs,
  type Given,
  type Ref,
  type Refs,
  type ResultOf,
  type TaskRef,
  targetOf,
  toPlainInput,
} from './refs.js'
import { createTypedPlan, type PlanFunction, type ResultSource, type TypedPlan } from './typed-plan.js'
import type {
  Condition,
  DependencyOf,
  Duration,
  GateFields,
  PlanDocument,
  StreamDocument,
  StreamFields,
  TaskDocument,
  TaskFields,
  VerifyFields,
} from './types.js'

/** The types of the handlers a plan may name. */
export type Signatures = Readonly<Record<string, { readonly input: unknown; readonly output: unknown }>>

/** A stream in code. */
export interface StreamRef<out Named> {
  readonly kind: 'stream'
  readonly id: string
  /** What the function that built the stream returned. */
  readonly tasks: Named
}

/** A task or stream in code, as the end of an edge. */
export interface NodeRef {
  readonly kind: 'task' | 'stream'
  readonly id: string
}

type Edges = readonly (DependencyOf<Duration> | NodeRef)[]

/** What a task says besides its handler and input; `dependsOn` takes tasks and streams too, `if` parts of results. */
export type TaskOptions = Omit<TaskFields<Duration>, 'handler' | 'input' | 'dependsOn' | 'if'> & {
  readonly dependsOn?: Edges | undefined
  readonly if?: Condition | Ref<unknown> | undefined
}

/** What a stream says besides its id and tasks; `dependsOn` takes tasks and streams too. */
export type StreamOptions = Omit<StreamFields<Duration>, 'dependsOn'> & { readonly dependsOn?: Edges | undefined }

/** What a gate says that somebody approves; `dependsOn` takes tasks, streams and gates too. */
export type ApprovalOptions = Pick<GateFields<Duration>, 'title' | 'timeout'> & {
  readonly kind: 'approval'
  readonly dependsOn?: Edges | undefined
}

/** What a gate says that a registered handler checks. A reference in its input makes the dependency too. */
export type CheckOptions<Name, Input> = Omit<ApprovalOptions, 'kind'> & {
  readonly kind: 'check'
  readonly handler: Name
} & (undefined extends Input ? { readonly input?: Given<Input> | undefined } : { readonly input: Given<Input> })

/** Who approved a gate, and what they said: the result of a gate of kind `approval`. */
export interface Approval {
  readonly by: string | null
  readonly note: string | null
}

/** Everything a plan says besides its name, streams and tasks; gates may also be added one by one. */
export type PlanOptions = Omit<PlanDocument, 'name' | 'streams' | 'tasks'>

/** The input may be left out where the handler does without. */
export type TaskArguments<Input> = undefined extends Input
  ? [input?: Given<Input> | undefined, options?: TaskOptions | undefined]
  : [input: Given<Input>, options?: TaskOptions | undefined]

/** Tasks that were made from one list, as the start of a join. */
export interface Group<out Ref> {
  /** One for each item, in order: `dependsOn: group.all` waits for all of them. */
  readonly all: readonly Ref[]
  /** Waits for the first of them that succeeds. */
  any(): DependencyOf<Duration>
  /** Waits until so many of them have succeeded. */
  quorum(count: number): DependencyOf<Duration>
}

/** Adds tasks to a plan or stream. */
export interface TaskBuilder<Handlers extends Signatures, Context> {
  /** Adds a task, or more, for each item; what `each` returns are the members of the group. */
  split<Item, Ref extends NodeRef>(items: Iterable<Item>, each: (item: Item, index: number) => Ref): Group<Ref>
  /** Adds a task that a registered handler carries out. A reference in its input makes the dependency too. */
  task<Name extends keyof Handlers & string>(
    id: string,
    handler: Name,
    ...rest: TaskArguments<Handlers[Name]['input']>
  ): TaskRef<Handlers[Name]['output']>
  /** Adds a task that a function carries out. After a restart of the host, the plan must be made by the same code. */
  task<Input, Output>(
    id: string,
    work: (input: Input, context: Context) => Output,
    ...rest: TaskArguments<NoInfer<Input>>
  ): TaskRef<Awaited<Output>>
}

/** Adds tasks, streams and gates to a plan. */
export interface PlanBuilder<Handlers extends Signatures, Context> extends TaskBuilder<Handlers, Context> {
  /** Adds a stream; `build` adds its tasks. */
  stream<Named>(
    id: string,
    options: StreamOptions,
    build: (stream: TaskBuilder<Handlers, Context>) => Named,
  ): StreamRef<Named>
  /** Adds a gate that somebody approves; it is named wherever a task may be. */
  gate(id: string, options: ApprovalOptions): TaskRef<Approval>
  /** Adds a gate that a registered handler checks: it passes unless the result is `false` or `{ passed: false }`. */
  gate<Name extends keyof Handlers & string>(
    id: string,
    options: CheckOptions<Name, Handlers[Name]['input']>,
  ): TaskRef<Handlers[Name]['output']>
}

/** The results of a run, by the names that the builder's function returned. */
export type ResultsOf<Returned> = { readonly [Key in keyof Returned]: ResultOf<Returned[Key]> }

/**
 * Runs `build` once and keeps what it added. What it returns names the results. Nothing is checked here: that is for
 * `checkPlan`, and for whoever starts the plan.
 *
 * @throws TypeError for references of another plan and for results that are none; and whatever `build` throws.
 */
export function buildPlan<Handlers extends Signatures, Context, Returned>(
  name: string,
  build: (plan: PlanBuilder<Handlers, Context>) => Returned,
  options: PlanOptions = {},
): TypedPlan<ResultsOf<Returned>> {
  const plan = {}
  const functions = new Map<string, PlanFunction>()
  const { builder, tasks, streams, gates } = createBuilder('', plan, functions)
  const returned = build(builder as unknown as PlanBuilder<Handlers, Context>)
  const added = { ...(streams.length > 0 && { streams }), ...(gates.length > 0 && gatesOf(options, gates)) }
  const document = { ...options, name, ...added, tasks } as PlanDocument
  return createTypedPlan(document, resultSources(returned, plan), functions)
}

/** Gates that the options have, and those that were added. */
function gatesOf({ gates: given = [] }: PlanOptions, added: readonly object[]): { readonly gates: readonly unknown[] } {
  const list = Array.isArray(given) ? given : Object.entries(given).map(([id, gate]) => ({ id, ...gate }))
  return { gates: [...list, ...added] }
}

/** Adds tasks, streams and gates to what is running. Handlers are named: a function would not be there after a restart. */
export type ExtensionBuilder = PlanBuilder<Signatures, never>

/**
 * Runs `build` and keeps what it added, as an amendment.
 *
 * @param stream - Where tasks go that are added without a stream; null: into none.
 * @throws TypeError for functions in place of handlers; and whatever `build` throws.
 */
export function buildExtension(stream: string | null, build: (plan: ExtensionBuilder) => void): AmendmentDocument {
  const plan = {}
  const functions = new Map<string, PlanFunction>()
  const { builder, tasks, streams, gates } = createBuilder(stream === null ? '' : `${stream}/`, plan, functions)
  build(builder as unknown as ExtensionBuilder)
  const [work] = functions.keys()
  if (work !== undefined) throw new TypeError(`The task "${work}" of an extension has a function: name a handler.`)
  const own = stream === null || tasks.length === 0 ? [] : [{ id: stream, tasks }]
  const added = { streams: [...own, ...streams] as StreamList, tasks: stream === null ? tasks : [] }
  return { add: gates.length === 0 ? added : { ...added, gates: gates as GateList } }
}

type StreamList = readonly (StreamDocument & { readonly id: string })[]
type GateList = readonly (GateFields<Duration> & { readonly id: string })[]

/** Adds to `tasks`, `streams` and `gates`; ids of tasks of no stream have `prefix` in references to them. */
function createBuilder(prefix: string, plan: object, functions: Map<string, PlanFunction>) {
  const tasks: NamedTask[] = []
  const streams: object[] = []
  const gates: object[] = []
  const builder = {
    task: taskAdder(prefix, tasks, functions, plan),
    split,
    stream: (id: string, { dependsOn, ...fields }: StreamOptions, fill: (stream: object) => unknown) => {
      const own: NamedTask[] = []
      streams.push({ id, ...fields, ...plainEdges(dependsOn, plan), tasks: own })
      return { kind: 'stream', id, plan, tasks: fill({ task: taskAdder(`${id}/`, own, functions, plan), split }) }
    },
    gate: (id: string, { dependsOn, ...fields }: ApprovalOptions & { readonly input?: unknown }) => {
      const input = fields.input === undefined ? {} : { input: toPlainInput(fields.input, plan) }
      gates.push({ id, ...fields, ...input, ...plainEdges(dependsOn, plan) })
      return taskRef(id, plan)
    },
  }
  return { builder, tasks, streams, gates }
}

/** A plan written as data, in which the handlers of tasks may be functions: each is registered under its task's full id. */
export function separateFunctions(document: PlanDocument<string | PlanFunction>): TypedPlan<never> {
  const functions = new Map<string, PlanFunction>()
  const inTasks = (tasks: unknown, prefix: string): unknown => {
    if (Array.isArray(tasks) && !tasks.some(hasFunction)) return tasks
    return mapRecords(tasks, (task: Partial<TaskDocument<string | PlanFunction>>, id) => {
      if (typeof task.handler !== 'function') return task
      functions.set(`${prefix}${id}`, task.handler)
      return { ...task, handler: `${prefix}${id}` }
    })
  }
  const inStreams = (streams: unknown): unknown =>
    mapRecords(streams, (stream: Partial<StreamDocument<string | PlanFunction>>, id) =>
      stream.tasks === undefined ? stream : { ...stream, tasks: inTasks(stream.tasks, `${id}/`) },
    )
  const { streams, tasks, ...rest } = document
  const plan = {
    ...rest,
    ...(streams !== undefined && { streams: inStreams(streams) }),
    ...(tasks !== undefined && { tasks: inTasks(tasks, '') }),
  }
  return createTypedPlan(plan as PlanDocument, null, functions)
}

function hasFunction(task: { readonly handler?: unknown } | null | undefined): boolean {
  return typeof task?.handler === 'function'
}

interface NamedTask {
  readonly id: string
  readonly handler: string
}

/** What tasks have in common: their result is made into references when it is asked for. */
const taskRefPrototype = {
  kind: 'task',
  get out(): Refs<never> {
    const { id, plan } = this as unknown as { readonly id: TaskId; readonly plan: object }
    return createRefs(id, plan)
  },
}

function taskAdder(prefix: string, tasks: NamedTask[], functions: Map<string, PlanFunction>, plan: object) {
  return (id: string, work: string | PlanFunction, input?: unknown, options: TaskOptions = {}): TaskRef<never> => {
    const full = `${prefix}${id}`
    if (typeof work === 'function') functions.set(full, work)
    const { dependsOn, verify, if: condition, ...fields } = options
    tasks.push({
      id,
      handler: typeof work === 'function' ? full : work,
      ...(input !== undefined && { input: toPlainInput(input, plan) }),
      ...plainEdges(dependsOn, plan),
      ...(condition !== undefined && { if: toPlainInput(condition, plan) }),
      ...(verify !== undefined && { verify: verify.map((step) => plainStep(step, plan)) }),
      ...fields,
    })
    return taskRef(full, plan)
  }
}

function taskRef(id: string, plan: object): TaskRef<never> {
  return Object.assign(Object.create(taskRefPrototype), { id, plan })
}

function split<Item, Ref extends NodeRef>(items: Iterable<Item>, each: (item: Item, index: number) => Ref): Group<Ref> {
  const all = Array.from(items, each)
  const of = all.map(({ id }) => id)
  return { all, any: () => ({ anyOf: of }), quorum: (count) => ({ quorum: count, of }) }
}

/** The input of a step may have references as that of a task. */
function plainStep(step: string | VerifyFields<Duration>, plan: object): string | VerifyFields<Duration> {
  if (typeof step === 'string' || step.input === undefined) return step
  return { ...step, input: toPlainInput(step.input, plan) as JsonValue }
}

interface OwnedRef extends NodeRef {
  readonly plan: object
}

function plainEdges(edges: Edges | undefined, plan: object): { dependsOn?: readonly DependencyOf<Duration>[] } {
  if (edges === undefined) return {}
  return { dependsOn: edges.map((edge) => (isOwnedRef(edge) ? idOf(edge, plan) : (edge as DependencyOf<Duration>))) }
}

function isOwnedRef(value: unknown): value is OwnedRef {
  return typeof value === 'object' && value !== null && 'kind' in value && 'plan' in value
}

function idOf(ref: OwnedRef, plan: object): string {
  assertSamePlan({ task: ref.id, plan: ref.plan }, plan)
  return ref.id
}

function resultSources(returned: unknown, plan: object): ReadonlyMap<string, ResultSource> {
  const sources = new Map<string, ResultSource>()
  for (const [name, value] of Object.entries(returned ?? {})) {
    const target =
      targetOf(value) ?? (isOwnedRef(value) ? { task: value.id as TaskId, path: [], plan: value.plan } : null)
    if (target === null) throw new TypeError(`The result "${name}" is neither a task nor a part of a task's result.`)
    assertSamePlan(target, plan)
    sources.set(name, { task: target.task, path: target.path })
  }
  return sources
}

/** The collection with each record changed, in the form it has; anything else as it is. */
function mapRecords<Fields>(collection: unknown, change: (record: Fields, id: string) => unknown): unknown {
  const changed = (record: unknown, id: unknown): unknown =>
    isPlainObject(record) ? change(record as Fields, String(id)) : record
  if (Array.isArray(collection)) return collection.map((record) => changed(record, record?.id))
  if (!isPlainObject(collection)) return collection
  return Object.fromEntries(Object.entries(collection).map(([id, record]) => [id, changed(record, id)]))
}
