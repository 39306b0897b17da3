/** How the workers of a scope are: who lives, who gets on, and who holds what. */
import type { Attempt, ScopeState, Worker } from '../core/state.js'
import type { AttemptId, EpochMs, JsonValue, PoolId, RunId, TaskId, WorkerId } from '../core/types.js'
import { attemptId } from '../core/types.js'
import type { WorkerSettings } from './lease-request.js'
import type { PullDesk } from './pull.js'

/** `stalled`: it is alive, but something it runs makes no progress. `dead`: nothing is heard of it. */
export type WorkerHealth = 'live' | 'stalled' | 'dead'

export interface HeldAttempt {
  readonly id: AttemptId
  readonly run: RunId
  readonly task: TaskId
  readonly startedAt: EpochMs
  /** Last recorded progress; its start where there was none. */
  readonly progressAt: EpochMs
  readonly progress: JsonValue | undefined
  /** It was told to stop, and is not known to have stopped. */
  readonly isClosing: boolean
}

export interface WorkerStatus {
  readonly id: WorkerId
  readonly pool: PoolId
  readonly slots: number
  /** `*`: whatever a task requires. */
  readonly capabilities: readonly string[]
  /** It asks for work; else the host gives it work. */
  readonly isPulling: boolean
  readonly isDraining: boolean
  readonly health: WorkerHealth
  /** When it was last heard of; null: the host's own live as long as the host. */
  readonly lastBeatAt: EpochMs | null
  readonly holds: readonly HeldAttempt[]
}

export interface StatusOptions {
  readonly desk: PullDesk
  readonly settings: WorkerSettings
  readonly now: EpochMs
  /** Only what is held of this run. */
  readonly run?: RunId
}

/** All workers that have joined, in that order; then those that were given up lately. O(workers + attempts). */
export function workerStatuses(state: ScopeState, options: StatusOptions): readonly WorkerStatus[] {
  const byWorker = new Map<Worker, Attempt[]>()
  for (const attempt of state.attempts.values()) {
    const of = byWorker.get(attempt.worker)
    if (of === undefined) byWorker.set(attempt.worker, [attempt])
    else of.push(attempt)
  }
  const there = [...state.workers.values()].map((worker) => statusOf(worker, byWorker.get(worker) ?? [], options))
  const dead = [...options.desk.lost()].map(({ id, pool, slots, capabilities, heardAt }): WorkerStatus => {
    const rest = { isPulling: true, isDraining: false, health: 'dead', lastBeatAt: heardAt, holds: [] } as const
    return { id, pool, slots, capabilities, ...rest }
  })
  return [...there, ...dead]
}

function statusOf(worker: Worker, attempts: readonly Attempt[], options: StatusOptions): WorkerStatus {
  const { id, pool, slots, capabilities, leaseMs, isDraining } = worker
  const { desk, now, run } = options
  const heardAt = Math.max(desk.heardAt(id) ?? worker.joinedAt, ...attempts.map(({ beatAt }) => beatAt))
  const isSilent = leaseMs !== null && now - heardAt >= leaseMs
  const isStalled = attempts.some((attempt) => isStuck(attempt, options))
  return {
    id,
    pool,
    slots,
    capabilities: [...capabilities],
    isPulling: leaseMs !== null,
    isDraining,
    health: isSilent ? 'dead' : isStalled ? 'stalled' : 'live',
    lastBeatAt: leaseMs === null ? null : heardAt,
    holds: attempts.filter((attempt) => run === undefined || attempt.run.id === run).map(heldOf),
  }
}

/** One that was told to stop for it stays so until it has stopped. */
function isStuck({ run, task, progressAt, closing }: Attempt, { settings, now }: StatusOptions): boolean {
  if (closing !== null) return closing.reason === 'stalled'
  const limit = run.plan.policies[run.plan.policy[task]!]!.stallMs ?? settings.stalledAfterMs
  return limit !== null && now - progressAt >= limit
}

function heldOf({ run, task, number, startedAt, progressAt, progress, closing }: Attempt): HeldAttempt {
  const id = run.plan.taskIds[task]!
  const head = { id: attemptId(run.id, id, number), run: run.id, task: id }
  return { ...head, startedAt, progressAt, progress, isClosing: closing !== null }
}
