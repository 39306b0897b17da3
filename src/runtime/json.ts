/** Values from outside become JSON before they are stored: copied, so that nobody can change them later. */
import type { JsonValue } from '../core/types.js'

export type JsonCopy =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: string }

/** Deepest nesting that is stored. */
const MAX_DEPTH = 64
/** Most values that are stored of one: what is reached by many ways is copied for each. */
const MAX_VALUES = 1_000_000

/**
 * Copies `value` if JSON can hold it: null, booleans, finite numbers, strings, arrays and plain objects. `undefined`
 * becomes null at the top and is left out inside objects, as `JSON.stringify` does; objects with `toJSON` give that.
 * Anything else is a problem that names the place.
 */
export function toJson(value: unknown): JsonCopy {
  if (value === undefined || value === null) return { ok: true, value: null }
  if (typeof value === 'boolean' || typeof value === 'string') return { ok: true, value }
  try {
    return { ok: true, value: copy(value, '', 0, { left: MAX_VALUES }) }
  } catch (error) {
    if (error instanceof Error) return { ok: false, problem: error.message }
    return { ok: false, problem: 'it threw while it was read' }
  }
}

interface Budget {
  left: number
}

function copy(value: unknown, at: string, depth: number, budget: Budget): JsonValue {
  budget.left -= 1
  if (budget.left < 0) throw new Error(`more than ${MAX_VALUES} values`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw new Error(`${value} ${place(at)}`)
  }
  if (typeof value !== 'object') throw new Error(`a ${typeof value} ${place(at)}`)
  if (depth >= MAX_DEPTH) throw new Error(`something nested deeper than ${MAX_DEPTH}, or circular, ${place(at)}`)
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), at, depth + 1, budget)
  // Not `map`: it would leave the holes of a list with holes.
  if (Array.isArray(value)) return Array.from(value, (item, i) => copy(item ?? null, `${at}/${i}`, depth + 1, budget))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const made: unknown = value.constructor
    throw new Error(`an instance of ${typeof made === 'function' ? made.name : 'a class'} ${place(at)}`)
  }
  const result: Record<string, JsonValue> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const copied = copy(item, `${at}/${key}`, depth + 1, budget)
    // Not by assignment: "__proto__" would set the prototype.
    Object.defineProperty(result, key, { value: copied, enumerable: true, writable: true, configurable: true })
  }
  return result
}

function place(at: string): string {
  return at === '' ? 'at the top' : `at ${at}`
}

/** Whether two values are the same JSON, whatever the order of keys; a field that is undefined is none. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const mine = a as { readonly [key: string]: JsonValue | undefined }
  const other = b as { readonly [key: string]: JsonValue | undefined }
  const keys = new Set([...Object.keys(mine), ...Object.keys(other)])
  return [...keys].every((key) => sameJson(mine[key], other[key]))
}
