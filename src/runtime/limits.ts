/** Limits that come from the host's code: of resources, and of handlers. */
import { handlerLimiter, isOwnLimiter, type Limit, MOST_PER_MINUTE } from '../core/limit.js'
import type { DurationMs } from '../core/types.js'
import { isName } from '../plan/ids.js'
import { schedulerError } from './errors.js'

/**
 * A circuit breaker: after `failures` failures within `windowMs` nothing starts for `cooldownMs`; then one attempt may, and
 * its success closes the breaker, its failure opens it again. Failures of the kinds `error`, `timeout`, `stalled` and
 * `rate-limited` count.
 */
export interface BreakerOptions {
  /** 1 to 1000. */
  readonly failures: number
  /** Above 0. */
  readonly windowMs: DurationMs
  /** Above 0. */
  readonly cooldownMs: DurationMs
}

/** What a resource allows. What is absent is not limited. */
export interface LimitOptions {
  /** Units at once, 0 to 1,000,000,000; 0: nothing that uses it starts. */
  readonly capacity?: number | undefined
  /** Starts in any 60 s, 1 to 100,000. */
  readonly perMinute?: number | undefined
  readonly breaker?: BreakerOptions | undefined
}

/** What a handler allows. What is absent is not limited. */
export interface HandlerLimit {
  /** Attempts at once in the scope, 0 to 1,000,000,000. */
  readonly concurrency?: number | undefined
  /** Starts in any 60 s, 1 to 100,000. */
  readonly perMinute?: number | undefined
}

/** Limits by name of the resource; a number is a capacity. */
export type Resources = { readonly [name: string]: number | LimitOptions }

/** What is read of the host's handlers. */
interface LimitedHandlers {
  names(): Iterable<string>
  get(
    name: string,
  ): { readonly limit?: HandlerLimit | undefined; readonly breaker?: BreakerOptions | undefined } | undefined
}

const MOST_UNITS = 1_000_000_000
const MOST_FAILURES = 1000

/** The limits of a host by the names the core knows, those of its handlers included. @throws SchedulerError LIMIT_INVALID */
export function hostLimits(
  resources: Resources | undefined,
  handlers: LimitedHandlers | undefined,
): ReadonlyMap<string, Limit> {
  const limits = new Map<string, Limit>()
  const problems: string[] = []
  for (const [name, options] of Object.entries(resources ?? {})) {
    problems.push(...nameProblems(name, isOwnLimiter(name)))
    limits.set(name, read(name, options, problems))
  }
  for (const handler of handlers?.names() ?? []) {
    const { limit, breaker } = handlers?.get(handler) ?? {}
    if (limit === undefined && breaker === undefined) continue
    const name = handlerLimiter(handler)
    limits.set(name, read(name, { capacity: limit?.concurrency, perMinute: limit?.perMinute, breaker }, problems))
  }
  if (problems.length > 0) throw invalid(problems)
  return limits
}

/** One limit that is given while the scheduler runs. @throws SchedulerError LIMIT_INVALID */
export function oneLimit(name: string, options: number | LimitOptions | null): Limit | null {
  const problems = nameProblems(name, name.startsWith('key:'))
  const limit = options === null ? null : read(name, options, problems)
  if (problems.length > 0) throw invalid(problems)
  return limit
}

function nameProblems(name: string, isReserved: boolean): string[] {
  if (isReserved) return [`The name ${JSON.stringify(name)} is given by the library.`]
  return isName(name) ? [] : [`${JSON.stringify(name)} cannot be the name of a resource.`]
}

function read(name: string, given: number | LimitOptions, problems: string[]): Limit {
  const { capacity, perMinute, breaker } = typeof given === 'number' ? { capacity: given } : given
  const check = (
    field: string,
    value: number | undefined,
    isRight: (value: number) => boolean,
    range: string,
  ): void => {
    if (value === undefined || isRight(value)) return
    problems.push(`The ${field} of "${name}" must be ${range}, not ${String(value)}.`)
  }
  const isWhole = (from: number, to: number) => (value: number) =>
    Number.isInteger(value) && value >= from && value <= to
  const isTime = (value: number): boolean => Number.isFinite(value) && value > 0
  check('capacity', capacity, isWhole(0, MOST_UNITS), 'a whole number from 0 to 1,000,000,000')
  check('rate', perMinute, isWhole(1, MOST_PER_MINUTE), 'a whole number from 1 to 100,000 starts per minute')
  if (breaker !== undefined) {
    const { failures, windowMs, cooldownMs } = breaker
    check('"breaker.failures"', failures ?? Number.NaN, isWhole(1, MOST_FAILURES), 'a whole number from 1 to 1000')
    check('"breaker.windowMs"', windowMs ?? Number.NaN, isTime, 'a number of milliseconds above 0')
    check('"breaker.cooldownMs"', cooldownMs ?? Number.NaN, isTime, 'a number of milliseconds above 0')
  }
  const rule = breaker && { failures: breaker.failures, windowMs: breaker.windowMs, cooldownMs: breaker.cooldownMs }
  return { capacity: capacity ?? null, perMinute: perMinute ?? null, breaker: rule ?? null }
}

function invalid(problems: readonly string[]): Error {
  return schedulerError('LIMIT_INVALID', problems.join(' '), 'See "Limits" in the guide for what a limit can say.')
}
