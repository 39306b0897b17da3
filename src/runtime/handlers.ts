/** Handlers: the named pieces of work a host registers, with the types that plans made by code rely on. */
import type { JsonValue } from '../core/types.js'
import { buildPlan, type PlanBuilder, type PlanOptions, type ResultsOf, separateFunctions } from '../plan/define.js'
import type { PlanFunction, TypedPlan } from '../plan/typed-plan.js'
import type { PlanDocument } from '../plan/types.js'
import type { BreakerOptions, HandlerLimit } from './limits.js'
import type { Executor, HandlerContext } from './ports.js'
import type { StandardSchema } from './standard-schema.js'

export type { HandlerContext } from './ports.js'

/** Carries out one attempt in this process. Returns JSON; rejects or throws when the work failed. */
export type HandlerFunction<Input = never, Output = unknown> = (input: Input, context: HandlerContext) => Output

/** A handler as the runtime sees it. Has one of `run`, `via` and `pull`. */
export interface RegisteredHandler {
  /** Checks the input of each attempt, and may change its form. */
  readonly input?: StandardSchema | undefined
  /** Checks the result of each attempt, and may change its form. */
  readonly output?: StandardSchema | undefined
  /** Counts up when the meaning of input or output changes. Default 1. */
  readonly version?: number | undefined
  /** Attempts of it at once, and starts of it in any 60 s, over all runs of the scope. Default: no limit. */
  readonly limit?: HandlerLimit | undefined
  /** Starts nothing for a while after too many failures. Default: none. */
  readonly breaker?: BreakerOptions | undefined
  readonly run?: ((input: unknown, context: HandlerContext) => unknown) | undefined
  /** Carries out the attempts somewhere else. */
  readonly via?: Executor | undefined
  /** Only workers that ask for work can do it. They may do what has `run` or `via`, too: whoever is given an attempt does it. */
  readonly pull?: true | undefined
}

/** A handler with its types: what plans give it (`Input`) and what others get of it (`Output`). */
export interface Handler<Input = unknown, Output = unknown> extends RegisteredHandler {
  /** Never there at run time: carries the types. */
  readonly '~types'?: { readonly input: Input; readonly output: Output }
}

type InputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']
type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']

type Common = Pick<RegisteredHandler, 'version' | 'limit' | 'breaker'>

/** Handlers by name. */
export interface Handlers<ByName extends HandlersByName = HandlersByName> {
  /** The handler of this name, if it is registered. */
  get(name: string): RegisteredHandler | undefined
  has(name: string): boolean
  names(): IterableIterator<string>
  /**
   * Makes a plan by code: `build` is run once, here and now, and what it returns names the results of a run.
   *
   * @throws TypeError for references to tasks of another plan; and whatever `build` throws.
   * @example
   * const release = handlers.plan('release', (p) => {
   *   const fetch = p.task('fetch', 'repo.fetch', { ref: 'main' })
   *   const build = p.task('build', 'repo.build', { sha: fetch.out.sha }, { claims: { write: ['dist/**'] } })
   *   return { build }
   * })
   */
  plan<Returned>(
    name: string,
    build: (plan: PlanBuilder<SignaturesOf<ByName>, HandlerContext>) => Returned,
    options?: PlanOptions,
  ): TypedPlan<ResultsOf<Returned>>
}

type HandlersByName = Readonly<Record<string, RegisteredHandler>>

/** The types of handlers by name, as the builder wants them. */
export type SignaturesOf<ByName extends HandlersByName> = {
  readonly [Name in keyof ByName]: ByName[Name] extends Handler<infer Input, infer Output>
    ? { readonly input: Input; readonly output: Output }
    : { readonly input: unknown; readonly output: unknown }
}

/**
 * A handler: what it takes (`input`), what it gives (`output`), and who does the work: a function (`run`) an executor (`via`), or
 * whoever asks for it (`pull`, see `Scheduler.lease`). Schemas are of any library that speaks Standard Schema. Without `input` it takes what its function takes;
 * without `output` it gives what its function returns; without both, anything.
 *
 * @example
 * handler({ input: z.object({ sha: z.string() }), output: z.object({ bytes: z.number() }), run: build })
 */
export function handler<In extends StandardSchema, Out extends StandardSchema>(
  definition: Common & {
    readonly input: In
    readonly output: Out
    readonly run: HandlerFunction<OutputOf<In>, InputOf<Out> | Promise<InputOf<Out>>>
  },
): Handler<InputOf<In>, OutputOf<Out>>
export function handler<In extends StandardSchema, Output>(
  definition: Common & { readonly input: In; readonly run: HandlerFunction<OutputOf<In>, Output> },
): Handler<InputOf<In>, Awaited<Output>>
export function handler<Out extends StandardSchema, Input = unknown>(
  definition: Common & {
    readonly output: Out
    readonly run: HandlerFunction<Input, InputOf<Out> | Promise<InputOf<Out>>>
  },
): Handler<Input, OutputOf<Out>>
export function handler<In extends StandardSchema = StandardSchema, Out extends StandardSchema = StandardSchema>(
  definition: Common & {
    readonly input?: In | undefined
    readonly output?: Out | undefined
    readonly via: Executor
  },
): Handler<InputOf<In>, OutputOf<Out>>
export function handler<In extends StandardSchema = StandardSchema, Out extends StandardSchema = StandardSchema>(
  definition: Common & {
    readonly input?: In | undefined
    readonly output?: Out | undefined
    readonly pull: true
  },
): Handler<InputOf<In>, OutputOf<Out>>
export function handler<Output, Input = unknown>(
  definition: Common & { readonly run: HandlerFunction<Input, Output> },
): Handler<Input, Awaited<Output>>
export function handler(definition: RegisteredHandler): Handler<never, unknown> {
  return definition as Handler<never, unknown>
}

/** Collects handlers under the names that plans use. */
export function defineHandlers<const ByName extends HandlersByName>(byName: ByName): Handlers<ByName> {
  const handlers = new Map<string, RegisteredHandler>(Object.entries(byName))
  return {
    get: (name) => handlers.get(name),
    has: (name) => handlers.has(name),
    names: () => handlers.keys(),
    plan: (name, build, options) => buildPlan(name, build, options),
  }
}

/**
 * A plan written as data, in which the handler of a task may be a function: it is registered under the task's full id.
 * The results of a run are those of all tasks, by full id. Nothing is checked here: that is for `checkPlan`, and for
 * whoever starts the plan.
 *
 * @example
 * definePlan({ name: 'demo', tasks: { a: { handler: () => 1 }, b: { handler: 'repo.build', dependsOn: ['a'] } } })
 */
export function definePlan(
  document: PlanDocument<string | HandlerFunction<JsonValue>>,
): TypedPlan<Readonly<Record<string, JsonValue>>> {
  return separateFunctions(document as PlanDocument<string | PlanFunction>)
}
