/** References to the results of other tasks inside an input: `{ "$from": "fetch", "path": ["sha"] }`. */
import type { JsonValue } from '../core/types.js'

/** A part of a task's result. */
export interface Reference {
  /** As it was written: a sibling's id, or a full id. */
  readonly from: string
  /** Keys and positions that lead to the part; empty for the whole result. */
  readonly path: readonly (string | number)[]
}

/** In the input of a verification step: the result of the task that is verified. No id begins so. */
export const OWN_RESULT = '$result'

type Path = (string | number)[]
type Json = Readonly<Record<string, JsonValue | undefined>>

/**
 * Calls `visit` for each reference in `input`, in order, with the keys that lead to it; with null where something has a
 * key `$from` and is no reference. The list of keys is reused: copy it to keep it.
 */
export function visitReferences(input: JsonValue, visit: (reference: Reference | null, path: Path) => void): void {
  visitValue(input, [], visit)
}

/** The reference that the value is; null where it has a key `$from` but is none; undefined for any other value. */
export function asReference(value: JsonValue): Reference | null | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, '$from')) {
    return undefined
  }
  const { $from: from, path = [], ...rest } = value as Json
  const isReference = typeof from === 'string' && from !== '' && isPath(path) && Object.keys(rest).length === 0
  return isReference ? { from, path } : null
}

function isPath(path: JsonValue): path is readonly (string | number)[] {
  if (!Array.isArray(path)) return false
  return path.every((key) => typeof key === 'string' || (Number.isInteger(key) && (key as number) >= 0))
}

function visitValue(value: JsonValue, path: Path, visit: (reference: Reference | null, path: Path) => void): void {
  if (typeof value !== 'object' || value === null) return
  const reference = asReference(value)
  if (reference !== undefined) return visit(reference, path)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visitInside(index, item, path, visit)
  } else {
    const fields = value as Json
    for (const key of Object.keys(fields)) visitInside(key, fields[key] ?? null, path, visit)
  }
}

function visitInside(
  key: string | number,
  value: JsonValue,
  path: Path,
  visit: (reference: Reference | null, path: Path) => void,
): void {
  path.push(key)
  visitValue(value, path, visit)
  path.pop()
}
