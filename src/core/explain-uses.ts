/** Why the limiters that a ready task uses keep it from starting. */
import { type Ask, SHARED } from './limit.js'
import { rateUntil, shortage } from './limiters.js'
import { keptFrom } from './parking.js'
import type { Attempt, Limiter, ScopeState, Waiter } from './state.js'
import type { AttemptId, DurationMs, EpochMs, RunId, TaskId } from './types.js'
import { attemptId } from './types.js'

/** A use as plans write it. */
export type UseText = number | 'shared' | 'exclusive'

/** A reason why a limiter keeps a task from starting. */
export type LimitReason =
  /** What it uses of a resource is not free. `free` counts units: null without a capacity, 0 beside shared or exclusive use. */
  | {
      readonly kind: 'resource'
      readonly resource: string
      readonly asked: UseText
      readonly capacity: number | null
      readonly free: number | null
      readonly heldBy: readonly { readonly attempt: AttemptId; readonly uses: UseText; readonly sinceMs: DurationMs }[]
    }
  /** As many attempts that use the resource have started in the last minute as may. */
  | {
      readonly kind: 'rate'
      readonly resource: string
      readonly perMinute: number
      readonly until: EpochMs
      readonly inMs: DurationMs
    }
  /** Attempts that use the resource failed too often: nothing starts `until` then, or until its `probe` has ended. */
  | {
      readonly kind: 'breaker'
      readonly resource: string
      readonly until: EpochMs
      readonly inMs: DurationMs
      readonly failures: number
    }
  | { readonly kind: 'breaker'; readonly resource: string; readonly probe: AttemptId; readonly failures: number }
  /** A resource it uses is kept for a task that has been passed too often. */
  | {
      readonly kind: 'reserved'
      readonly resource: string
      readonly reservedFor: { readonly run: RunId; readonly task: TaskId }
    }

/** One reason for each limiter that is in the way of `waiter`: what would block it if nothing were reserved, else that. */
export function explainUses(state: ScopeState, waiter: Waiter, now: EpochMs): readonly LimitReason[] {
  return waiter.uses.flatMap(({ limiter, ask }) => {
    const own = explainLimiter(limiter, ask, now)
    if (own !== null) return [own]
    const reserved = state.claims.reservation()
    if (reserved === null || shortage(limiter, ask, keptFrom(state, limiter, waiter), now) === null) return []
    const reservedFor = { run: reserved.run.id, task: reserved.run.plan.taskIds[reserved.task]! }
    return [{ kind: 'reserved', resource: limiter.name, reservedFor } as const]
  })
}

function explainLimiter(limiter: Limiter, ask: Ask, now: EpochMs): LimitReason | null {
  const { name: resource, limit } = limiter
  const lack = shortage(limiter, ask, null, now)
  switch (lack) {
    case null:
      return null
    case 'capacity': {
      const { capacity } = limit
      const isOther = limiter.shared + limiter.exclusive > 0
      const free = capacity === null ? null : isOther ? 0 : Math.max(0, capacity - limiter.units)
      const heldBy = [...limiter.holders].map(([holder, held]) => ({
        attempt: idOf(holder),
        uses: textOf(held),
        sinceMs: now - holder.startedAt,
      }))
      return { kind: 'resource', resource, asked: textOf(ask), capacity, free, heldBy }
    }
    case 'rate': {
      const until = rateUntil(limiter, now)!
      return { kind: 'rate', resource, perMinute: limit.perMinute!, until, inMs: until - now }
    }
    case 'breaker': {
      const { failures } = limit.breaker!
      const { probe } = limiter
      if (probe !== null) return { kind: 'breaker', resource, probe: idOf(probe), failures }
      const until = limiter.openUntil!
      return { kind: 'breaker', resource, until, inMs: until - now, failures }
    }
    default:
      return lack satisfies never
  }
}

function textOf(ask: Ask): UseText {
  if (ask > 0) return ask
  return ask === SHARED ? 'shared' : 'exclusive'
}

function idOf(attempt: Attempt): AttemptId {
  return attemptId(attempt.run.id, attempt.run.plan.taskIds[attempt.task]!, attempt.number)
}
