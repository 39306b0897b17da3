/** Why a task is not running: every reason that holds now, the nearest obstacle first. */
import { CLAIM_MODES } from '../claims/table.js'
import { explainUses, type LimitReason } from './explain-uses.js'
import { aheadOf, waitsToIntegrate } from './integration.js'
import type { Attempt, RunState, ScopeState, Waiter } from './state.js'
import { PLACE, STATUS, STATUS_NAMES } from './state.js'
import type {
  AttemptId,
  ClosingReason,
  DurationMs,
  EpochMs,
  Failure,
  JsonValue,
  NodeIndex,
  Point,
  PointKind,
  RunId,
  SkipReason,
  StreamId,
  TaskId,
  TaskIndex,
  TaskStatus,
  WorkerId,
} from './types.js'
import { attemptId } from './types.js'
import { canServe, isFree, room } from './workers.js'

/**
 * One reason. A task that runs or has ended has one, and one more for each attempt of it that has not stopped yet, or before
 * which it waits to integrate; a task that could start this instant has none.
 */
export type Reason =
  /** It runs. */
  | {
      readonly kind: 'running'
      readonly attempt: AttemptId
      readonly worker: WorkerId
      readonly sinceMs: DurationMs
      readonly progress?: JsonValue
      /** Its work is done, and is verified: the step (from 1) that is under way, of how many, and its handler. */
      readonly verifying?: { readonly step: number; readonly of: number; readonly handler: string }
    }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly attempts: number }
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** It depends on a task that has not succeeded yet. */
  | { readonly kind: 'dependency'; readonly on: TaskId; readonly status: TaskStatus }
  /** It depends on a stream; `open` counts the stream's unfinished tasks. */
  | { readonly kind: 'stream'; readonly on: StreamId; readonly open: number }
  /**
   * It depends on something else that has not come about: `lacks` is missing, of `of`. Of a share both are percents of the
   * stream's work, of everything else they count what it watches.
   */
  | {
      readonly kind: 'point'
      readonly point: PointKind
      readonly on: string
      readonly lacks: number
      readonly of: number
    }
  /** Everything it waits for holds, and a lag has to pass. */
  | { readonly kind: 'lag'; readonly at: EpochMs; readonly inMs: DurationMs }
  /**
   * It runs and waits to integrate, behind another attempt that asked before and meets it on `path`: one that integrates
   * now (`isHeld`), or waits itself.
   */
  | {
      readonly kind: 'integration'
      readonly path: string
      readonly behind: AttemptId
      readonly isHeld: boolean
      readonly sinceMs: DurationMs
      readonly closing?: ClosingReason
    }
  /** A path it claims is held. `path` is the held pattern. */
  | {
      readonly kind: 'claim'
      readonly path: string
      readonly heldBy: AttemptId
      readonly sinceMs: DurationMs
      readonly closing?: ClosingReason
    }
  | LimitReason
  /** A path it claims is kept for a task that has been passed too often. */
  | {
      readonly kind: 'reserved'
      readonly path: string
      readonly reservedFor: { readonly run: RunId; readonly task: TaskId }
    }
  /** All workers that could serve it are busy. */
  | {
      readonly kind: 'capacity'
      readonly requires: readonly string[]
      readonly pool: string | null
      readonly busy: number
      readonly slots: number
    }
  /** Workers that could serve it have room, and rest, because they lost attempt after attempt; until the first of them may go on. */
  | {
      readonly kind: 'quarantined'
      readonly requires: readonly string[]
      readonly pool: string | null
      readonly workers: readonly WorkerId[]
      readonly until: EpochMs
      readonly inMs: DurationMs
    }
  /** Workers that could serve it have room, and have not asked for work. */
  | {
      readonly kind: 'not-asked'
      readonly requires: readonly string[]
      readonly pool: string | null
      readonly workers: number
    }
  /** No worker that joined can serve it. */
  | { readonly kind: 'no-worker'; readonly requires: readonly string[]; readonly pool: string | null }
  /** It failed and waits before it is tried again. */
  | { readonly kind: 'retry'; readonly at: EpochMs; readonly inMs: DurationMs; readonly failure: Failure }
  /** It is a gate that awaits approval. */
  | { readonly kind: 'gate'; readonly sinceMs: DurationMs }
  | { readonly kind: 'paused'; readonly sinceMs: DurationMs; readonly reason: string }
  /** The store fails: nothing can be started, and what else is true is not known. Told by the runtime. */
  | { readonly kind: 'store'; readonly sinceMs: DurationMs }
  /** An attempt of it was told to stop and has not confirmed it; the run cannot close before that. */
  | {
      readonly kind: 'closing'
      readonly attempt: AttemptId
      readonly reason: ClosingReason
      readonly sinceMs: DurationMs
    }

/** Every reason why `task` of `run` is not running at `time`. Cost: its own dependencies, claims and workers. */
export function explain(state: ScopeState, run: RunState, task: TaskIndex, time: EpochMs): readonly Reason[] {
  // The clock may have been set back, but nothing has happened in the future.
  const now = Math.max(time, state.clock)
  return [...explainStatus(state, run, task, now), ...explainClosing(state, run, task, now)]
}

function explainStatus(state: ScopeState, run: RunState, task: TaskIndex, now: EpochMs): readonly Reason[] {
  const status = STATUS_NAMES[run.status[task]!]!
  switch (status) {
    case 'succeeded':
      return [{ kind: 'succeeded' }]
    case 'failed':
      return [{ kind: 'failed', failure: run.failures.get(task)!, attempts: run.attempts[task]! }]
    case 'cancelled':
      return [{ kind: 'cancelled', reason: run.cancels.get(task)! }]
    case 'skipped':
      return [{ kind: 'skipped', reason: run.skips.get(task)! }]
    case 'running':
      return [explainRunning(run.live.get(task)!, now), ...explainIntegration(state, run.live.get(task)!, now)]
    case 'waiting':
      return [...explainPause(run, now), ...explainDependencies(run, task)]
    case 'ready':
      return explainReady(state, run, task, now)
    default:
      status satisfies never
      return []
  }
}

/** The unfinished tasks that wait for this one, directly or through others, in the order of the plan. O(dependents). */
export function unblocks(run: RunState, task: TaskIndex): readonly TaskId[] {
  const { successors, taskCount, taskIds } = run.plan
  const seen = new Set<NodeIndex>([task])
  const open: NodeIndex[] = [task]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let i = successors.start[node]!; i < successors.start[node + 1]!; i += 1) {
      const dependent = successors.targets[i]!
      if (run.status[dependent] !== STATUS.waiting || seen.has(dependent)) continue
      seen.add(dependent)
      open.push(dependent)
    }
  }
  seen.delete(task)
  return [...seen]
    .filter((node) => node < taskCount)
    .sort((a, b) => a - b)
    .map((node) => taskIds[node]!)
}

function explainRunning(attempt: Attempt, now: EpochMs): Reason {
  const { worker, startedAt, progress } = attempt
  return {
    kind: 'running',
    attempt: idOf(attempt),
    worker: worker.id,
    sinceMs: now - startedAt,
    ...(progress === undefined ? {} : { progress }),
    ...explainVerification(attempt),
  }
}

function explainVerification({
  run,
  task,
  verifying,
}: Attempt): Pick<Extract<Reason, { kind: 'running' }>, 'verifying'> {
  if (verifying === null) return {}
  const steps = run.plan.verify.get(task)!
  const { step } = verifying
  return { verifying: { step, of: steps.length, handler: steps[step - 1]!.handler } }
}

function explainIntegration(state: ScopeState, attempt: Attempt, now: EpochMs): readonly Reason[] {
  if (!waitsToIntegrate(attempt)) return []
  return aheadOf(state, attempt).map(({ attempt: other, path }): Reason => {
    const { closing } = other
    const isHeld = !waitsToIntegrate(other)
    const sinceMs = now - attempt.integration!.askedAt
    const reason = { kind: 'integration', path, behind: idOf(other), isHeld, sinceMs } as const
    return closing === null ? reason : { ...reason, closing: closing.reason }
  })
}

function explainClosing(state: ScopeState, run: RunState, task: TaskIndex, now: EpochMs): readonly Reason[] {
  const reasons: Reason[] = []
  for (const attempt of state.closing.values()) {
    const { closing } = attempt
    if (attempt.run !== run || attempt.task !== task || closing === null) continue
    reasons.push({ kind: 'closing', attempt: idOf(attempt), reason: closing.reason, sinceMs: now - closing.at })
  }
  return reasons
}

function explainPause(run: RunState, now: EpochMs): readonly Reason[] {
  if (run.paused === null) return []
  return [{ kind: 'paused', sinceMs: now - run.paused.at, reason: run.paused.reason }]
}

function explainDependencies(run: RunState, task: TaskIndex): readonly Reason[] {
  const { predecessors, taskCount, taskIds, points } = run.plan
  const reasons: Reason[] = []
  for (let i = predecessors.start[task]!; i < predecessors.start[task + 1]!; i += 1) {
    const node = predecessors.targets[i]!
    if (run.status[node] === STATUS.succeeded) continue
    if (node < taskCount) {
      reasons.push({ kind: 'dependency', on: taskIds[node]!, status: STATUS_NAMES[run.status[node]!]! })
    } else {
      reasons.push(explainPoint(points[node - taskCount]!, run.remaining[node]!))
    }
  }
  return reasons
}

function explainPoint({ kind, id, needed, spare }: Point, lacks: number): Reason {
  if (kind === 'stream') return { kind, on: id as StreamId, open: lacks }
  // What a share counts has been scaled.
  const unit = kind === 'progress' ? (needed + spare) / 100 : 1
  return { kind: 'point', point: kind, on: id, lacks: Math.ceil(lacks / unit), of: Math.ceil(needed / unit) }
}

function explainReady(state: ScopeState, run: RunState, task: TaskIndex, now: EpochMs): readonly Reason[] {
  if (run.place[task] === PLACE.gate) return [{ kind: 'gate', sinceMs: now - run.readyAt[task]! }]
  const reasons: Reason[] = [...explainPause(run, now)]
  const failure = run.failures.get(task)
  if (run.place[task] === PLACE.delayed) {
    const at = run.readyAt[task]!
    const inMs = Math.max(0, at - now)
    reasons.push(failure === undefined ? { kind: 'lag', at, inMs } : { kind: 'retry', at, inMs, failure })
  }
  const waiter = run.waiters.get(task)
  if (waiter !== undefined) reasons.push(...explainClaims(state, waiter, now), ...explainUses(state, waiter, now))
  return run.plan.gates.get(task) === 'approval' ? reasons : [...reasons, ...explainCapacity(state, run, task, now)]
}

/** Each attempt that holds something in the way, once, with the first path on which they meet. */
function explainClaims(state: ScopeState, waiter: Waiter, now: EpochMs): readonly Reason[] {
  const { claims } = state
  const met = new Map<Attempt, string>()
  const reserved = claims.reservation()
  const reasons: Reason[] = []
  for (const mode of CLAIM_MODES) {
    for (const mine of waiter.set[mode]) {
      for (const other of claims.index.neighbours(mine)) {
        if (!claims.isBlockedAt(other, mode, waiter)) continue
        const path = claims.index.pattern(other).text
        const holders = claims.holders(other)
        for (const holder of holders) if (!met.has(holder)) met.set(holder, path)
        const isReserved =
          holders.length === 0 && reserved !== null && !reasons.some((each) => each.kind === 'reserved')
        if (isReserved)
          reasons.push({ kind: 'reserved', path, reservedFor: { run: reserved.run.id, task: taskIdOf(reserved) } })
      }
    }
  }
  const held = [...met].map(([holder, path]) => explainHolder(holder, path, now))
  return [...held, ...reasons]
}

function explainHolder(holder: Attempt, path: string, now: EpochMs): Reason {
  const reason = { kind: 'claim', path, heldBy: idOf(holder), sinceMs: now - holder.startedAt } as const
  return holder.closing === null ? reason : { ...reason, closing: holder.closing.reason }
}

function explainCapacity(state: ScopeState, run: RunState, task: TaskIndex, now: EpochMs): readonly Reason[] {
  const need = run.plan.needs[run.plan.need[task]!]!
  const able = [...state.workers.values()].filter((worker) => canServe(worker, need) && !worker.isDraining)
  const { pool, requires } = need
  if (able.length === 0) return [{ kind: 'no-worker', requires, pool }]
  const slots = able.reduce((sum, worker) => sum + worker.slots, 0)
  const free = able.reduce((sum, worker) => sum + room(worker), 0)
  if (free === 0) return [{ kind: 'capacity', requires, pool, busy: slots - free, slots }]
  if (able.some((worker) => isFree(worker, now))) return []
  const resting = able.filter((worker) => room(worker) > 0 && (worker.restsUntil ?? now) > now)
  if (resting.length > 0) {
    const until = Math.min(...resting.map(({ restsUntil }) => restsUntil!))
    return [{ kind: 'quarantined', requires, pool, workers: resting.map(({ id }) => id), until, inMs: until - now }]
  }
  return [{ kind: 'not-asked', requires, pool, workers: able.filter((worker) => room(worker) > 0).length }]
}

function idOf(attempt: Attempt): AttemptId {
  return attemptId(attempt.run.id, attempt.run.plan.taskIds[attempt.task]!, attempt.number)
}

function taskIdOf(waiter: Waiter): TaskId {
  return waiter.run.plan.taskIds[waiter.task]!
}
