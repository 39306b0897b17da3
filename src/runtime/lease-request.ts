/** What workers say when they ask for work, and how long they are believed: checked, all problems at once. */
import type { DurationMs, PoolId, WorkerId } from '../core/types.js'
import { ANYTHING } from '../core/workers.js'
import { schedulerError } from './errors.js'
import { ID } from './names.js'

/** How long workers are believed. */
export interface WorkerOptions {
  /** How often a worker that asked for work is to give a sign of life, in ms. Default 30,000. */
  readonly beatMs?: DurationMs
  /**
   * A worker that asked for work is dead when nothing was heard of it for this long, in ms; so are its attempts, where the plan
   * does not say how long they may be silent. At least twice `beatMs`. Default 90,000.
   */
  readonly deadAfterMs?: DurationMs
  /**
   * A worker is called stalled when something it runs has made no progress for this long, in ms, where the plan sets no `stall`;
   * null: never. Nothing is taken from it for that. Default 600,000.
   */
  readonly stalledAfterMs?: DurationMs | null
}

export type WorkerSettings = Required<WorkerOptions>

/** What a worker says when it asks for work. */
export interface LeaseRequest {
  /** Its name: unique among the workers of the scope, and another one after it was started anew. */
  readonly worker: string
  /** What it can do: a task's `requires` must be among these. Default: whatever a task requires. */
  readonly requires?: readonly string[] | undefined
  /** A pool that the host declared with `pull: true`. Default: the only one; `pull` where the host declared none. */
  readonly pool?: string | undefined
  /** How many leases it may hold at a time: 1 to 1,000. Default 1. */
  readonly slots?: number | undefined
  /** How long it waits for work, in ms: 0 to 3,600,000. Default 0: the answer comes at once. */
  readonly waitMs?: DurationMs | undefined
  /** Ends the waiting: the call is rejected with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** A worker that asks for work, as it joins. */
export interface AskingWorker {
  readonly id: WorkerId
  readonly pool: PoolId
  readonly slots: number
  readonly capabilities: readonly string[]
  readonly leaseMs: DurationMs
}

const MAX_WAIT_MS = 3_600_000
const MAX_SLOTS = 1000
const MAX_REQUIRES = 64
const MAX_CAPABILITY = 128
/** A beat must leave time for an append; a dead worker must be missed within a day. */
const MIN_BEAT_MS = 10
const MAX_DEAD_MS = 86_400_000

/** @throws SchedulerError VALUE_INVALID */
export function workerSettings({
  beatMs = 30_000,
  deadAfterMs = 90_000,
  stalledAfterMs = 600_000,
}: WorkerOptions = {}): WorkerSettings {
  const problems = [
    ...(isWhole(beatMs, MIN_BEAT_MS, MAX_DEAD_MS)
      ? []
      : [`"beatMs" is ${beatMs}, not ${MIN_BEAT_MS} to ${MAX_DEAD_MS}`]),
    ...(isWhole(deadAfterMs, 2 * beatMs, MAX_DEAD_MS)
      ? []
      : [`"deadAfterMs" is ${deadAfterMs}, not from twice "beatMs" to ${MAX_DEAD_MS}`]),
    ...(stalledAfterMs === null || isWhole(stalledAfterMs, 1, Number.MAX_SAFE_INTEGER)
      ? []
      : [`"stalledAfterMs" is ${stalledAfterMs}, neither null nor a whole number from 1`]),
  ]
  if (problems.length === 0) return { beatMs, deadAfterMs, stalledAfterMs }
  throw schedulerError(
    'VALUE_INVALID',
    `The times of workers are not usable: ${problems.join('; ')}.`,
    'Give them in ms.',
  )
}

/** The worker of a request. What comes from another machine is not trusted. @throws SchedulerError VALUE_INVALID, POOL_INVALID */
export function checkRequest(request: LeaseRequest, pools: ReadonlySet<string>): Omit<AskingWorker, 'leaseMs'> {
  const { worker, requires = [ANYTHING], slots = 1, waitMs = 0 } = request
  const problems = [
    ...(typeof worker === 'string' && ID.test(worker)
      ? []
      : [`${JSON.stringify(worker)} cannot be the id of a worker`]),
    ...(areCapabilities(requires)
      ? []
      : [`"requires" is not a list of at most ${MAX_REQUIRES} names of 1 to ${MAX_CAPABILITY} characters`]),
    ...(isWhole(slots, 1, MAX_SLOTS) ? [] : [`"slots" is ${String(slots)}, not 1 to ${MAX_SLOTS}`]),
    ...(isWhole(waitMs, 0, MAX_WAIT_MS) ? [] : [`"waitMs" is ${String(waitMs)}, not 0 to ${MAX_WAIT_MS}`]),
  ]
  if (problems.length > 0) {
    const hint = 'Give at least the name of the worker: lease({ worker: "w1" }).'
    throw schedulerError('VALUE_INVALID', `The worker asks for what cannot be: ${problems.join('; ')}.`, hint)
  }
  const pool = poolOf(request.pool, pools)
  return { id: worker as WorkerId, pool: pool as PoolId, slots, capabilities: [...new Set(requires)].sort() }
}

function poolOf(named: string | undefined, pools: ReadonlySet<string>): string {
  const all = pools.size === 0 ? ['pull'] : [...pools]
  if (named === undefined && all.length === 1) return all[0]!
  if (named !== undefined && all.includes(named)) return named
  const message =
    named === undefined ? 'A worker must say in which pool it works.' : `Nobody asks for work in pool "${named}".`
  const hint = `Workers ask for work in ${all.map((pool) => `"${pool}"`).join(', ')}; declare others with { pull: true }.`
  throw schedulerError('POOL_INVALID', message, hint)
}

function areCapabilities(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_REQUIRES) return false
  return value.every((each) => typeof each === 'string' && each.length > 0 && each.length <= MAX_CAPABILITY)
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
