/** How large a value is when it is stored: the bytes of its JSON in UTF-8. */
import type { JsonValue } from '../core/types.js'

/** Most bytes that one character of a string can take (`\u0000`); and a number, a boolean or null. */
const MOST_OF_A_CHARACTER = 6
const MOST_OF_A_SCALAR = 32

export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** The size of a value that is larger than `limit`, else null. Free where it is plain that it is not. */
export function bytesOver(value: JsonValue, limit: number): number | null {
  if (mostBytes(value) <= limit) return null
  const bytes = jsonBytes(value)
  return bytes > limit ? bytes : null
}

/** A bound that needs no look at the contents. */
function mostBytes(value: JsonValue): number {
  if (typeof value === 'string') return value.length * MOST_OF_A_CHARACTER + 2
  return typeof value === 'object' && value !== null ? Number.POSITIVE_INFINITY : MOST_OF_A_SCALAR
}
