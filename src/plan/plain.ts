/**
 * Recognises plain tasks without zod: most tasks of a large plan have few fields, already in parsed form. Accepts only
 * what `taskSchema` accepts and `normalizeTask` leaves alone (a property test holds it to that); refusing means only
 * that zod has a look.
 */
import { LONGEST_DURATION_MS } from './duration.js'
import { isId, isName } from './ids.js'
import type { PlanLimits } from './limits.js'
import { isPlainObject } from './plain-object.js'

/** Whether the value is beyond doubt a parsed task. */
export function isPlainTask(value: unknown, limits: PlanLimits): boolean {
  if (!isPlainObject(value) || typeof value.id !== 'string') return false
  for (const key in value) {
    if (!isPlainField(key, value[key], limits.stringLength)) return false
  }
  return limits.depth >= SHALLOWEST
}

/** Depth of a plan with plain tasks: plan, streams, stream, tasks, task, claims, list. */
const SHALLOWEST = 7

function isPlainField(key: string, field: unknown, longest: number): boolean {
  switch (key) {
    case 'id':
      return isId(field as string) && (field as string).length <= longest
    case 'handler':
      return typeof field === 'string' && isName(field) && field.length <= longest
    case 'title':
      return isPlainText(field, 0, longest)
    case 'dependsOn':
      return isListOfTexts(field, longest)
    case 'claims':
      return isPlainClaims(field, longest)
    case 'estimate':
      return typeof field === 'number' && field >= 0 && field <= LONGEST_DURATION_MS
    case 'priority':
      return typeof field === 'number' && field >= -1000 && field <= 1000
    default:
      return false
  }
}

function isPlainClaims(claims: unknown, longest: number): boolean {
  if (!isPlainObject(claims)) return false
  for (const key in claims) {
    if ((key !== 'write' && key !== 'read') || !isListOfTexts(claims[key], longest)) return false
  }
  return true
}

function isListOfTexts(list: unknown, longest: number): boolean {
  if (!Array.isArray(list)) return false
  // biome-ignore lint/style/useForOf: lists of many shapes come here, and an iterator would be made for each.
  for (let at = 0; at < list.length; at++) {
    if (!isPlainText(list[at], 1, longest)) return false
  }
  return true
}

function isPlainText(text: unknown, shortest: number, longest: number): boolean {
  return typeof text === 'string' && text.length >= shortest && text.length <= longest
}
