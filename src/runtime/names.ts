/** Ids and pools that come from the host's code. */
import type { DurationMs, EpochMs, HostId } from '../core/types.js'
import { ANYTHING } from '../core/workers.js'
import { schedulerError } from './errors.js'

/** Workers of one kind. */
export interface PoolSpec {
  /** How many attempts at a time: 1 to 1,000,000. */
  readonly slots: number
  /** What its workers can do; a task's `requires` must be among them. Default: whatever a task requires. */
  readonly capabilities?: readonly string[] | undefined
}
/** A pool of workers that ask for work: `Scheduler.lease`. As many as ask are in it. */
export interface PullPool {
  readonly pull: true
}
export type Pools = { readonly [pool: string]: PoolSpec | PullPool }
/** Pools that the host gives work. */
export type PushedPools = { readonly [pool: string]: PoolSpec }

export const ID: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const MAX_SLOTS = 1_000_000
/** A lease must leave time for several appends, and a dead host must be missed within a day. */
const MIN_LEASE_MS = 100
const MAX_LEASE_MS = 86_400_000

/** @throws SchedulerError ID_INVALID */
export function checkId(what: string, id: string): string {
  if (ID.test(id)) return id
  const hint = 'Use 1 to 128 letters, digits, ".", "_" or "-", starting with a letter or digit.'
  throw schedulerError('ID_INVALID', `${JSON.stringify(id)} cannot be the id of a ${what}.`, hint)
}

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,256}$/

/** @throws SchedulerError ID_INVALID */
export function checkIdempotencyKey({ idempotencyKey: key }: { readonly idempotencyKey?: string }): string {
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return key
  const hint = 'Use 1 to 256 printable ASCII characters.'
  throw schedulerError('ID_INVALID', `${JSON.stringify(key)} cannot be an idempotency key.`, hint)
}

/** @throws SchedulerError POOL_INVALID, ID_INVALID */
export function checkPools(pools: Pools): void {
  for (const [name, spec] of Object.entries(pools)) {
    checkId('pool', name)
    if (isPulled(spec)) continue
    checkSlots(name, spec.slots, 1)
  }
}

/** @throws SchedulerError POOL_INVALID */
export function checkSlots(pool: string, slots: number, least: number): void {
  if (Number.isInteger(slots) && slots >= least && slots <= MAX_SLOTS) return
  const message = `Pool "${pool}" has ${slots} slots.`
  throw schedulerError('POOL_INVALID', message, `Give it a whole number from ${least} to ${MAX_SLOTS}.`)
}

/** The pools a plan runs on: the host's, and those the plan declares beside them; `local` where there are none. */
export function poolsOf(
  planned: PushedPools | undefined,
  hosted: Pools | undefined,
  defaultSlots: number,
): PushedPools {
  const pools = { ...planned, ...hostPools(hosted) }
  const pulled = pullPools(hosted)
  if (Object.keys(pools).length + pulled.size === 0) return hostPools({ local: { slots: defaultSlots } })
  return Object.fromEntries(Object.entries(pools).filter(([pool]) => !pulled.has(pool)))
}

/** The pools of the host whose workers ask for work. */
export function pullPools(pools: Pools = {}): ReadonlySet<string> {
  return new Set(Object.keys(pools).filter((pool) => isPulled(pools[pool]!)))
}

function isPulled(spec: PoolSpec | PullPool): spec is PullPool {
  return 'pull' in spec && spec.pull === true
}

/** Pools given by the host's code: where it says nothing of capabilities, the pool is for everything. */
export function hostPools(pools: Pools = {}): PushedPools {
  return Object.fromEntries(
    Object.entries(pools).flatMap(([pool, spec]) =>
      isPulled(spec) ? [] : [[pool, { capabilities: [ANYTHING], ...spec }]],
    ),
  )
}

/** An id for a run of this plan: its name, the time, and some chance. */
export function runIdFor(plan: string, now: EpochMs): string {
  const words = plan.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)
  const name = words.replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'run'
  return `${name}-${Math.floor(now).toString(36)}${Math.floor(Math.random() * 36 ** 4).toString(36)}`
}

const CHANCE_DIGITS = 10
/** Characters that `hostIdFor` adds to a name. */
export const CHANCE_LENGTH: number = CHANCE_DIGITS + 1

/** The name of a host, and some chance: unique, whatever others are called. @throws SchedulerError ID_INVALID */
export function hostIdFor(name: string): HostId {
  const chance = Math.floor(Math.random() * 36 ** CHANCE_DIGITS)
  return `${checkId('host', name)}-${chance.toString(36).padStart(CHANCE_DIGITS, '0')}` as HostId
}

/** @throws SchedulerError VALUE_INVALID */
export function checkLease(leaseMs: DurationMs): DurationMs {
  if (Number.isInteger(leaseMs) && leaseMs >= MIN_LEASE_MS && leaseMs <= MAX_LEASE_MS) return leaseMs
  const hint = `Use a whole number from ${MIN_LEASE_MS} to ${MAX_LEASE_MS}.`
  throw schedulerError('VALUE_INVALID', `A lease cannot have ${leaseMs} ms (leaseMs).`, hint)
}

/** @throws SchedulerError VALUE_INVALID */
export function checkSnapshotEvery(events: number): number {
  if (Number.isSafeInteger(events) && events >= 1) return events
  const message = `A snapshot cannot be saved every ${events} events (snapshotEvery).`
  throw schedulerError('VALUE_INVALID', message, 'Use a whole number from 1, or null for no snapshots.')
}
