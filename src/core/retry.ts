/** When failed work is tried again: exponential backoff, with jitter but without chance. */
import type { RunState } from './state.js'
import type { AttemptId, EpochMs, Failure, Policy, TaskIndex } from './types.js'
import { attemptId } from './types.js'

/** When the next attempt may start, null if there will be none. `number` is the attempt that failed. */
export function retryAt(run: RunState, task: TaskIndex, number: number, failure: Failure, at: EpochMs): EpochMs | null {
  const policy = run.plan.policies[run.plan.policy[task]!]!
  if (run.cancelled !== null || run.drainedBy !== null) return null
  const lost = run.lost.get(task) ?? 0
  const before = run.generations.get(task)?.attemptsBefore ?? 0
  const isLost = failure.kind === 'lost'
  // Losing a worker is not the work's fault: it spends a budget of its own.
  const spent = isLost ? lost + 1 : number - before - lost
  if (spent >= (isLost ? policy.maxLost + 1 : policy.maxAttempts)) return null
  if (!isLost && !mayRetry(policy, failure)) return null
  const delay = isLost ? 0 : backoffMs(policy, spent, attemptId(run.id, run.plan.taskIds[task]!, number))
  const next = at + Math.max(delay, failure.retryAfterMs ?? 0)
  const scheduledAt = run.scheduledAt.get(task)
  const isTooLate =
    policy.scheduleToCloseMs !== null && scheduledAt !== undefined && next >= scheduledAt + policy.scheduleToCloseMs
  return isTooLate ? null : next
}

function mayRetry(policy: Policy, failure: Failure): boolean {
  return failure.kind !== 'cancelled' && failure.retryable !== false && policy.on.includes(failure.kind)
}

/**
 * The delay after the n-th counted attempt (from 1): `initialDelay × factor^(n - 1)`, at most `maxDelay`, less up to a
 * share of `jitter` of itself. The share is a hash of the attempt id, so that a replay finds the same moment.
 */
export function backoffMs(policy: Policy, spent: number, id: AttemptId): number {
  const full = Math.min(policy.maxDelayMs, policy.initialDelayMs * policy.factor ** (spent - 1))
  return Math.round(full * (1 - policy.jitter * hashFraction(id)))
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo), finished with the mixer of MurmurHash3, as a fraction in [0, 1). */
export function hashFraction(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000
}
