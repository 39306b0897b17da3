/** When failed work is tried again: exponential backoff, with jitter but without chance. */
import type { RunState } from './state.js'
import type { AttemptId, EpochMs, Failure, Policy, TaskIndex } from './types.js'
import { attemptId } from './types.js'

/** When the next attempt may start, null if there will be none. `number` is the attempt that failed. */
export function retryAt(run: RunState, task: TaskIndex, number: number, failure: Failure, at: EpochMs): EpochMs | null {
  const policy = run.plan.policies[run.plan.policy[task]!]!
  if (run.cancelled !== null || run.drainedBy !== null) return null
  const isLost = failure.kind === 'lost'
  const { spent, most } = budgetOf(run, task, policy, number, failure)
  if (spent >= most) return null
  if (!isLost && !mayRetry(policy, failure)) return null
  const delay = isLost ? 0 : backoffMs(policy, spent, attemptId(run.id, run.plan.taskIds[task]!, number))
  const next = at + Math.max(delay, failure.retryAfterMs ?? 0)
  const scheduledAt = run.scheduledAt.get(task)
  const isTooLate =
    policy.scheduleToCloseMs !== null && scheduledAt !== undefined && next >= scheduledAt + policy.scheduleToCloseMs
  return isTooLate ? null : next
}

/** How many attempts of the same kind are spent with this one, and how many there may be. */
function budgetOf(
  run: RunState,
  task: TaskIndex,
  { maxAttempts, maxLost, maxVerify }: Policy,
  number: number,
  { kind }: Failure,
): { readonly spent: number; readonly most: number } {
  const lost = run.lost.get(task) ?? 0
  // Losing a worker is not the work's fault: it spends a budget of its own. So does verification, where the plan says so.
  if (kind === 'lost') return { spent: lost + 1, most: maxLost + 1 }
  const unverified = run.unverified.get(task) ?? 0
  if (kind === 'verify' && maxVerify !== null) return { spent: unverified + 1, most: maxVerify + 1 }
  const before = run.generations.get(task)?.attemptsBefore ?? 0
  return { spent: number - before - lost - unverified, most: maxAttempts }
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
