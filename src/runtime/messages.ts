/** What is handed over comes from anybody's code: it is copied and checked before it is put to the core. */
import type { JsonValue, Message, MessageTarget } from '../core/types.js'
import { type SchedulerError, schedulerError } from './errors.js'
import { toJson } from './json.js'
import { bytesOver } from './json-size.js'
import { ID } from './names.js'
import type { OutgoingMessage } from './ports.js'

/** Largest value that is shared under one key, and largest body of a message, in bytes of JSON. */
export const MAX_HANDED_BYTES = 65_536
const TARGETS = ['task', 'stream', 'worker'] as const
/** Longest full id. */
const MAX_ID = 257

/** @throws SchedulerError VALUE_INVALID, LIMIT_EXCEEDED */
export function checkMessage(message: OutgoingMessage): { readonly to: MessageTarget; readonly body: JsonValue } {
  if (typeof message !== 'object' || message === null) throw invalidTarget(message)
  return { to: checkTarget(message.to), body: checkValue('The body of a message', message.body) }
}

/** A copy of `value`. @throws SchedulerError VALUE_INVALID, LIMIT_EXCEEDED */
export function checkValue(what: string, value: unknown): JsonValue {
  const copied = toJson(value)
  if (!copied.ok) {
    const hint = 'Hand over null, booleans, finite numbers, strings, lists and plain objects.'
    throw schedulerError('VALUE_INVALID', `${what} is not JSON: ${copied.problem}.`, hint)
  }
  const over = bytesOver(copied.value, MAX_HANDED_BYTES)
  if (over === null) return copied.value
  const message = `${what} has ${over} bytes as JSON, more than ${MAX_HANDED_BYTES}.`
  throw schedulerError('LIMIT_EXCEEDED', message, 'Hand over a reference (a path, an address, a hash) instead.')
}

/** @throws SchedulerError ID_INVALID */
export function checkKey(key: string): string {
  if (typeof key === 'string' && ID.test(key)) return key
  const hint = 'Use 1 to 128 letters, digits, ".", "_" or "-", starting with a letter or digit.'
  throw schedulerError('ID_INVALID', `${printed(key)} cannot be the key of a shared value.`, hint)
}

/** @throws SchedulerError VALUE_INVALID */
export function checkAfter(after: number): number {
  if (Number.isSafeInteger(after) && after >= 0) return after
  const hint = 'Give the `seq` of the last message that was seen, or 0.'
  throw schedulerError('VALUE_INVALID', `"after" is ${printed(after)}, not the number of a message.`, hint)
}

/** A message for somebody who may do with it what he likes. */
export function copyMessage({ seq, at, from, to, body }: Message): Message {
  return { seq, at, from: from === null ? null : { ...from }, to: { ...to }, body: copyJson(body) }
}

export function copyJson(value: JsonValue): JsonValue {
  return typeof value === 'object' && value !== null ? (structuredClone(value) as JsonValue) : value
}

function checkTarget(to: unknown): MessageTarget {
  if (typeof to !== 'object' || to === null) throw invalidTarget(to)
  const named = TARGETS.filter((kind) => Object.hasOwn(to, kind))
  const [kind] = named
  if (kind === undefined || named.length > 1) throw invalidTarget(to)
  const id = (to as { readonly [Kind in typeof kind]?: unknown })[kind]
  if (typeof id !== 'string' || id.length > MAX_ID) throw invalidTarget(to)
  return { [kind]: id } as unknown as MessageTarget
}

function invalidTarget(to: unknown): SchedulerError {
  const hint = 'Give { to: { task: "stream/task" }, body }, or { stream } or { worker } in place of { task }.'
  return schedulerError('VALUE_INVALID', `A message is for one task, stream or worker, not for ${printed(to)}.`, hint)
}

/** Anything, on one short line. */
function printed(value: unknown): string {
  const copied = toJson(value)
  return (copied.ok && value !== undefined ? JSON.stringify(copied.value) : typeof value).slice(0, 100)
}
