/**
 * What is handed over to an attempt when it starts: its filled input, and what the attempts before it have shared. It has
 * a limit; beyond it, a hook of the host may condense it. Nothing of this is stored: it is made of what is stored.
 */
import type { SharedContexts } from '../core/state.js'
import type { Failure, JsonValue, RunId, StreamId, TaskId } from '../core/types.js'
import { schedulerError } from './errors.js'
import { toFailure } from './failure.js'
import { toJson } from './json.js'
import { jsonBytes } from './json-size.js'
import { copyJson } from './messages.js'
import type { AttemptContext, AttemptRequest } from './ports.js'

export interface HandOverOptions {
  /**
   * Most that is handed over to one attempt, in bytes of JSON (UTF-8): its input, references filled in, and the contexts
   * that were shared before it. Default 262,144 (256 KiB). What is larger goes through `condense`, or fails the attempt.
   */
  readonly maxBytes?: number
  /**
   * Makes less of what is handed over, before the attempt starts; what it returns is used instead, for this attempt. To
   * be repeatable it should look at nothing but what it is given. If it throws, the attempt fails and may be tried again.
   */
  readonly condense?: (handed: HandedOver) => Condensed | Promise<Condensed>
}

/** What is handed over to an attempt: copies, free to be changed. */
export interface HandedOver {
  readonly run: RunId
  readonly task: TaskId
  /** From 1. */
  readonly attempt: number
  readonly input: JsonValue
  /** Values by key, by stream; `''` has those of the tasks of no stream. */
  readonly shared: SharedValues
  /** What it must fit into, in bytes of JSON: input and shared together. */
  readonly maxBytes: number
  /** Aborted when the attempt must stop. */
  readonly signal: AbortSignal
}

export interface SharedValues {
  readonly [stream: string]: { readonly [key: string]: JsonValue }
}

/** In place of what was handed over; what is left out stays as it was. */
export interface Condensed {
  readonly input?: unknown
  readonly shared?: { readonly [stream: string]: { readonly [key: string]: unknown } } | undefined
}

export const DEFAULT_MAX_BYTES = 262_144

/** What an attempt is given in the end, or why it is not started. */
export type Fitted =
  | { readonly ok: true; readonly input: JsonValue; readonly shared: SharedContexts }
  | { readonly ok: false; readonly failure: Failure }

/** @throws SchedulerError VALUE_INVALID */
export function checkHandOver({ maxBytes, condense }: HandOverOptions): void {
  if (maxBytes !== undefined) checkBytes('handOver.maxBytes', maxBytes)
  if (condense === undefined || typeof condense === 'function') return
  throw schedulerError('VALUE_INVALID', '"handOver.condense" is not a function.', 'Give a function, or leave it out.')
}

/** @throws SchedulerError VALUE_INVALID */
export function checkBytes(what: string, bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 1) return
  throw schedulerError('VALUE_INVALID', `"${what}" is ${String(bytes)}.`, 'Give a whole number of bytes, 1 or more.')
}

/** Lets what fits pass, and has the rest condensed. */
export async function fitIn(
  context: { readonly attempt: AttemptRequest } & Pick<AttemptContext, 'signal'>,
  input: JsonValue,
  shared: SharedContexts,
  { maxBytes = DEFAULT_MAX_BYTES, condense }: HandOverOptions,
): Promise<Fitted> {
  const bytes = jsonBytes(input) + bytesOf(shared)
  if (bytes <= maxBytes) return { ok: true, input, shared }
  const { run, task, attempt } = context.attempt
  const size = `${bytes} bytes as JSON (${bytes - bytesOf(shared)} of input, ${bytesOf(shared)} shared)`
  const story = `What is handed over to "${task}" has ${size}, more than handOver.maxBytes (${maxBytes}).`
  if (condense === undefined) {
    return refusal(`${story} Hand over references instead of contents, or give createScheduler a handOver.condense.`)
  }
  const given = { run, task, attempt, input: copyJson(input), shared: valuesOf(shared), maxBytes }
  try {
    const made = await condense({ ...given, signal: context.signal })
    return take(made, input, shared, `${story} handOver.condense`, maxBytes)
  } catch (error) {
    const failure = toFailure(error)
    return { ok: false, failure: { ...failure, message: `handOver.condense failed: ${failure.message}` } }
  }
}

/** What the hook returned may be anything. */
function take(made: Condensed, input: JsonValue, shared: SharedContexts, story: string, maxBytes: number): Fitted {
  if (typeof made !== 'object' || made === null) return refusal(`${story} returned no object.`)
  const copied = toJson({ input: made.input, shared: made.shared })
  if (!copied.ok) return refusal(`${story} returned what is not JSON: ${copied.problem}.`)
  const { input: newInput = input, shared: newShared } = copied.value as Condensed & { readonly input?: JsonValue }
  const contexts = newShared === undefined ? shared : contextsOf(newShared)
  if (contexts === null) return refusal(`${story} returned "shared" that is not values by key, by stream.`)
  const bytes = jsonBytes(newInput) + bytesOf(contexts)
  if (bytes > maxBytes) return refusal(`${story} returned ${bytes} bytes, still too many.`)
  return { ok: true, input: newInput, shared: contexts }
}

/** Trying again would not help. */
function refusal(message: string): Fitted {
  return { ok: false, failure: { kind: 'error', message, retryable: false } }
}

/** Sizes of contexts: they are shared by all attempts that start between two shares. */
const sizes = new WeakMap<SharedContexts, number>()

function bytesOf(shared: SharedContexts): number {
  if (shared.size === 0) return 0
  const known = sizes.get(shared)
  if (known !== undefined) return known
  const bytes = jsonBytes(valuesOf(shared))
  sizes.set(shared, bytes)
  return bytes
}

function valuesOf(shared: SharedContexts): SharedValues {
  const byStream = Object.create(null) as Record<string, Record<string, JsonValue>>
  for (const [stream, values] of shared) {
    const byKey = Object.create(null) as Record<string, JsonValue>
    for (const [key, value] of values) byKey[key] = copyJson(value)
    byStream[stream ?? ''] = byKey
  }
  return byStream
}

/** Null where it is not values by key, by stream. */
function contextsOf(values: unknown): SharedContexts | null {
  if (!isRecord(values)) return null
  const contexts = new Map<StreamId | null, ReadonlyMap<string, JsonValue>>()
  for (const [stream, byKey] of Object.entries(values)) {
    if (!isRecord(byKey)) return null
    contexts.set(stream === '' ? null : (stream as StreamId), new Map(Object.entries(byKey)))
  }
  return contexts
}

function isRecord(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
