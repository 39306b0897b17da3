/** Results that do not exist yet, as values that code can pass on: `fetch.out.sha`. */
import type { JsonValue, TaskId } from '../core/types.js'

declare const standsFor: unique symbol

/** Stands for a part of a task's result. In a plan's JSON it is `{ "$from": task, "path": [...] }`. */
export interface Ref<out T> {
  /** Never there at run time: carries the type. */
  readonly [standsFor]: T
}

/** A reference with its parts: `out.sha`, `out.files[0].name`. */
export type Refs<T> = Ref<T> & Parts<NonNullable<T>>

type Parts<T> = unknown extends T
  ? { readonly [key: string]: Refs<unknown> }
  : T extends readonly (infer Item)[]
    ? { readonly [index: number]: Refs<Item> }
    : T extends object
      ? { readonly [Key in keyof T]-?: Refs<T[Key]> }
      : unknown

/** What may be given where `T` is wanted: a value, a reference to one, or a value with references inside. */
export type Given<T> = unknown extends T ? unknown : T | Ref<T> | GivenParts<T>

type GivenParts<T> = T extends object ? { readonly [Key in keyof T]: Given<T[Key]> } : never

declare const returns: unique symbol

/** A task in code: an end of edges, and the source of a result. */
export interface TaskRef<T> {
  readonly kind: 'task'
  readonly id: TaskId
  /** Its result, to be used as the input of others. */
  readonly out: Refs<T>
  /** Never there at run time: carries the type. */
  readonly [returns]: T
}

/** The type of the result that a task or reference stands for. */
export type ResultOf<Source> = Source extends { readonly [returns]: infer Result }
  ? Result
  : Source extends { readonly [standsFor]: infer Part }
    ? Part
    : never

/** Where a reference leads. */
export interface RefTarget {
  readonly task: TaskId
  readonly path: readonly (string | number)[]
  /** The plan it belongs to. */
  readonly plan: object
}

/** Under this key a reference gives away where it leads. Shared by all copies of the library in a process. */
const TARGET: unique symbol = Symbol.for('signalbox.ref') as never

/** Deeper input is left as it is: the check of the plan refuses it. */
const DEEPEST_INPUT = 64

/** A reference to the result of `task`. */
export function createRefs(task: TaskId, plan: object): Refs<never> {
  return refTo({ task, path: [], plan }) as Refs<never>
}

/** Where a value leads, if it is a reference. */
export function targetOf(value: unknown): RefTarget | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as { readonly [TARGET]?: RefTarget })[TARGET]
}

/**
 * The value with JSON in place of its references; itself where it has none. References of another plan are refused.
 *
 * @throws TypeError for a reference of another plan.
 */
export function toPlainInput(value: unknown, plan: object, depth: number = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST_INPUT) return value
  const target = targetOf(value)
  if (target !== undefined) return referenceTo(target, plan)
  const items = Object.entries(value).map(([key, item]) => [key, toPlainInput(item, plan, depth + 1)] as const)
  if (items.every(([key, item]) => item === (value as Record<string, unknown>)[key])) return value
  return Array.isArray(value) ? items.map(([, item]) => item) : Object.fromEntries(items)
}

/** @throws TypeError where the reference belongs to another plan. */
export function assertSamePlan(of: { readonly plan: object; readonly task: string }, plan: object): void {
  if (of.plan === plan) return
  throw new TypeError(`The task "${of.task}" belongs to another plan: a reference only leads to tasks of its own plan.`)
}

function referenceTo(target: RefTarget, plan: object): JsonValue {
  assertSamePlan(target, plan)
  const { task, path } = target
  return path.length === 0 ? { $from: task } : { $from: task, path }
}

function refTo(target: RefTarget): object {
  return new Proxy(
    { [TARGET]: target },
    {
      get: (_, key) => {
        if (key === TARGET) return target
        if (key === 'toJSON') return () => referenceTo(target, target.plan)
        // Other symbols are asked for by printers and by `await`; parts of a result have names.
        return typeof key === 'symbol' ? undefined : refTo({ ...target, path: [...target.path, key] })
      },
    },
  )
}
