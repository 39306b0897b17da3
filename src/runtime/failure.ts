/** How thrown things become failures, and how a handler says more than "error". */
import type { DurationMs, Failure, FailureKind } from '../core/types.js'
import { toJson } from './json.js'

/** Kinds that work may report of itself. */
export type ReportedKind = Exclude<FailureKind, 'lost' | 'cancelled' | 'stalled'>

export interface FailureOptions {
  /** Default `error`. */
  readonly kind?: ReportedKind
  /** `false`: no retry, whatever the plan allows. */
  readonly retryable?: boolean
  /** Earliest next try, in ms from now; never shortens the plan's own delay. */
  readonly retryAfterMs?: DurationMs
  /** Anything else worth keeping. */
  readonly details?: unknown
  readonly cause?: unknown
}

/** Longest message kept of a failure, in characters. */
const MAX_MESSAGE = 4096
/** Kinds that a handler may give its failure; an executor knows of more. */
const REPORTED: readonly ReportedKind[] = ['error', 'timeout', 'rate-limited', 'claim-violation', 'verify']
const KINDS: readonly FailureKind[] = [...REPORTED, 'lost', 'cancelled', 'stalled']

/**
 * An error for a handler to throw when it knows more about its failure.
 *
 * @example throw taskFailure('The API is busy.', { kind: 'rate-limited', retryAfterMs: 30_000 })
 */
export function taskFailure(message: string, options: FailureOptions = {}): Error & FailureOptions {
  const { cause, ...rest } = options
  return Object.assign(cause === undefined ? new Error(message) : new Error(message, { cause }), {
    name: 'TaskFailure',
    ...rest,
  })
}

/** What a handler threw, as a failure. Only an error made by `taskFailure` carries more than its message. */
export function toFailure(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    return { kind: 'error', message: `The handler threw ${describe(thrown)}, which is not an Error.` }
  }
  try {
    const message = thrown.message || thrown.name
    return thrown.name === 'TaskFailure'
      ? failureOf({ ...thrown, message }, REPORTED)
      : failureOf({ message }, REPORTED)
  } catch {
    return { kind: 'error', message: 'The handler threw an error that cannot be read.' }
  }
}

/** What an executor reported as a failure, made fit to be stored: it may be another's code, in another language. */
export function checkFailure(reported: unknown): Failure {
  try {
    if (typeof reported === 'object' && reported !== null) return failureOf(reported, KINDS)
  } catch {
    // Said below.
  }
  return { kind: 'error', message: 'The executor reported a failure that cannot be read.' }
}

/** Keeps what a failure may have, and `error` for a kind that is not among `kinds`. */
function failureOf(reported: object, kinds: readonly string[]): Failure {
  const { kind, message, retryable, retryAfterMs, details } = reported as { readonly [key: string]: unknown }
  const copied = toJson(details)
  return {
    kind: kinds.includes(kind as string) ? (kind as FailureKind) : 'error',
    message: String(message).slice(0, MAX_MESSAGE),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(isDelay(retryAfterMs) ? { retryAfterMs } : {}),
    ...(details === undefined || !copied.ok ? {} : { details: copied.value }),
  }
}

function isDelay(value: unknown): value is DurationMs {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 200)}"`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
