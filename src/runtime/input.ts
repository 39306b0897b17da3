/** Fills the references of a task's input with the results they stand for. */
import type { JsonValue } from '../core/types.js'

/** What a reference leads to: a value, or a problem in words. */
export type Filled = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly problem: string }

/** The result of the task a `$from` names, as its author wrote it; undefined where there is none. */
export type ResultOf = (from: string) => JsonValue | undefined

/** Replaces each `{ "$from": task, "path": [...] }` in `input` by that part of the task's result. */
export function fillInput(input: JsonValue, resultOf: ResultOf): Filled {
  let problem: string | null = null
  const fill = (value: JsonValue): JsonValue => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(fill)
    const record = value as { readonly [key: string]: JsonValue }
    if (typeof record.$from === 'string') {
      const found = lookUp(record.$from, record.path, resultOf)
      if (found.ok) return found.value
      problem ??= found.problem
      return null
    }
    return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, fill(item)]))
  }
  const value = fill(input)
  return problem === null ? { ok: true, value } : { ok: false, problem }
}

function lookUp(from: string, path: JsonValue | undefined, resultOf: ResultOf): Filled {
  let value = resultOf(from)
  const steps = Array.isArray(path) ? path : []
  for (const step of steps) {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, String(step))
    if (!isThere) {
      const at = steps.map(String).join('/')
      return { ok: false, problem: `The input refers to "/${at}" of the result of "${from}", which has no such part.` }
    }
    value = (value as { readonly [key: string]: JsonValue })[String(step)]
  }
  if (value === undefined) return { ok: false, problem: `The input refers to the result of "${from}", which has none.` }
  return { ok: true, value }
}
