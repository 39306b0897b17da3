/** A plan made by code: the document, the names of its results, and the functions that stand for handlers. */
import type { TaskId } from '../core/types.js'
import type { PlanDocument } from './types.js'

/** Shared by all copies of the library in a process (the ESM and the CJS build, for one). */
const BRAND: unique symbol = Symbol.for('signalbox.plan') as never

/** A function in place of a handler's name. The runtime gives it the input and a `HandlerContext`. */
export type PlanFunction = (input: never, context: never) => unknown

/** A result, or a part of one. */
export interface ResultSource {
  readonly task: TaskId
  readonly path: readonly (string | number)[]
}

/** A plan made by `definePlan` or `handlers.plan`, with typed results. `JSON.stringify` gives the document. */
export interface TypedPlan<Results = unknown> {
  readonly plan: PlanDocument
  /** What the results of a run are called, and where they come from; null: all tasks, by full id. */
  readonly results: ReadonlyMap<string, ResultSource> | null
  /** By the handler's name in the plan: the full id of the task that has the function. */
  readonly functions: ReadonlyMap<string, PlanFunction>
  toJSON(): PlanDocument
  /** Never there at run time: carries the type of the results. */
  readonly '~results'?: Results
}

/** Puts the parts of a plan made by code together. */
export function createTypedPlan<Results>(
  plan: PlanDocument,
  results: ReadonlyMap<string, ResultSource> | null,
  functions: ReadonlyMap<string, PlanFunction>,
): TypedPlan<Results> {
  const typed: TypedPlan<Results> = { plan, results, functions, toJSON: () => plan }
  return Object.defineProperty(typed, BRAND, { value: true })
}

/** Whether `definePlan` or `handlers.plan` made the value. */
export function isTypedPlan(value: unknown): value is TypedPlan {
  return typeof value === 'object' && value !== null && BRAND in value
}
