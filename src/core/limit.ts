/** What is limited and how much of it a task asks for: the words of resources, rates and circuit breakers. */
import type { DurationMs } from './words.js'

/**
 * How much of a limiter an attempt holds: a number of units from 1, or `SHARED`, or `EXCLUSIVE`. Units, shared and exclusive
 * use exclude each other; shared goes with shared whatever the capacity, exclusive with nothing.
 */
export type Ask = number
/** Together with other shared uses only. */
export const SHARED: Ask = 0
/** With nobody. */
export const EXCLUSIVE: Ask = -1

/** What a task uses of one limiter. */
export interface Use {
  readonly limiter: string
  readonly ask: Ask
}

/**
 * When a limiter lets nothing start because what it stands for is broken: after `failures` failures within `windowMs` it
 * is open for `cooldownMs`; then one attempt, the probe, may start, and what becomes of it closes or opens it again.
 */
export interface BreakerRule {
  readonly failures: number
  readonly windowMs: DurationMs
  readonly cooldownMs: DurationMs
}

/** What a limiter allows; `null`: no limit of this kind. */
export interface Limit {
  /** Units at once. 0: nothing starts. */
  readonly capacity: number | null
  /** Starts in any `RATE_WINDOW_MS`: each counts once, however many units it takes. From 1 to `MOST_PER_MINUTE`. */
  readonly perMinute: number | null
  readonly breaker: BreakerRule | null
}

/** The window of `perMinute`, in ms. */
export const RATE_WINDOW_MS = 60_000
/** As many start times are kept for each limiter at most. */
export const MOST_PER_MINUTE = 100_000

/** A name that is used and that nobody declares: a lock of size one. */
export const LOCK: Limit = { capacity: 1, perMinute: null, breaker: null }

const OF_HANDLER = 'handler:'
const OF_KEY = 'key:'

/** The limiter of a handler; every task of the handler uses one unit of it where the host limits it. */
export function handlerLimiter(handler: string): string {
  return `${OF_HANDLER}${handler}`
}

/** The limiter that keeps tasks of one idempotency key apart. */
export function keyLimiter(key: string): string {
  return `${OF_KEY}${key}`
}

/** The handler a limiter belongs to, null if it belongs to none. */
export function handlerOfLimiter(limiter: string): string | null {
  return limiter.startsWith(OF_HANDLER) ? limiter.slice(OF_HANDLER.length) : null
}

/** Whether plans must not use or declare a resource of this name: the library gives it. */
export function isOwnLimiter(name: string): boolean {
  return name.startsWith(OF_HANDLER) || name.startsWith(OF_KEY)
}

/** Whether two limits say the same; null for none. */
export function isSameLimit(a: Limit | null, b: Limit | null): boolean {
  if (a === null || b === null) return a === b
  return a.capacity === b.capacity && a.perMinute === b.perMinute && isSameRule(a.breaker, b.breaker)
}

function isSameRule(a: BreakerRule | null, b: BreakerRule | null): boolean {
  if (a === null || b === null) return a === b
  return a.failures === b.failures && a.windowMs === b.windowMs && a.cooldownMs === b.cooldownMs
}
