/** The events of one run, folded into what a summary is made of: who held what from when to when, and who waited. */
import { type Follower, followRun } from '../../core/follow.js'
import type {
  CompiledPlan,
  EpochMs,
  Failure,
  PoolId,
  RunEvent,
  RunEventMap,
  RunId,
  TaskId,
  TaskIndex,
  Verdict,
  WorkerId,
} from '../../core/types.js'
import type { FailedTask, TaskCounts } from '../summary.js'

/** Time in which an attempt held its slot and its claims: until its end, or until it was known to have stopped. */
export interface Hold {
  readonly task: TaskIndex
  /** From 1; begins anew where the task is reopened. */
  readonly attempt: number
  readonly worker: WorkerId
  readonly slot: number
  /** What it claimed, at its start and while it ran; each is held until the end of the hold. */
  readonly claims: ClaimHold[]
  readonly from: EpochMs
  to: EpochMs
  /** How it ended; null: it was told to stop, or has not ended. */
  end: 'succeeded' | 'failed' | null
  /** Why, where it failed. */
  failure: Failure | null
  /** When the task may be tried again; null where this was its last attempt. */
  retryAt: EpochMs | null
}

/** A claim set that an attempt holds. */
export interface ClaimHold {
  /** Place in the claim sets of the plan, followed by the `extended` of the history. */
  readonly set: number
  readonly mode: 'start' | 'integrate'
  readonly from: EpochMs
}

/** Paths that an attempt claimed while it ran, as they are stored. */
export interface ExtendedClaims {
  readonly write: readonly string[]
  readonly read: readonly string[]
}

export interface Interval {
  readonly from: EpochMs
  readonly to: EpochMs
}

/** Slots as far as they are known. */
export interface WorkerUse {
  readonly pool: PoolId
  slots: number
  readonly capabilities: ReadonlySet<string>
}

export interface History {
  readonly openedAt: EpochMs
  /** When the run was closed, else the time of its last event. */
  readonly until: EpochMs
  readonly verdict: Verdict | null
  readonly tasks: TaskCounts
  /** How tasks ended; those that have not are not in it. */
  readonly ended: ReadonlyMap<TaskIndex, 'succeeded' | 'failed' | 'cancelled' | 'skipped'>
  /** In the order of their starts. */
  readonly holds: readonly Hold[]
  readonly retries: number
  readonly failures: readonly FailedTask[]
  /** Times in which a task was ready to start and did not, by task. */
  readonly waits: ReadonlyMap<TaskIndex, readonly Interval[]>
  readonly pauses: readonly Interval[]
  readonly workers: ReadonlyMap<WorkerId, WorkerUse>
  readonly extended: readonly ExtendedClaims[]
}

interface Fold {
  /** As it was in the end: tasks keep their places. */
  readonly plan: CompiledPlan
  /** As it is opened, and as each amendment makes it. */
  readonly plans: readonly CompiledPlan[]
  amendments: number
  readonly run: RunId
  readonly workers: Map<WorkerId, WorkerUse>
  readonly holds: Hold[]
  /** All and only attempts that hold their slot, by fence; those told to stop included. */
  readonly open: Map<number, Hold>
  readonly closing: Set<number>
  /** Since when each task has been ready to start; null before the opening. */
  follower: Follower | null
  readonly attempts: Int32Array
  readonly waits: Map<TaskIndex, Interval[]>
  readonly pauses: Interval[]
  readonly extended: ExtendedClaims[]
  /** All and only tasks that failed for good and were not reopened. */
  readonly failed: Map<TaskIndex, FailedTask>
  /** All and only tasks in an end state. */
  readonly ended: Map<TaskIndex, 'succeeded' | 'failed' | 'cancelled' | 'skipped'>
  pausedAt: EpochMs | null
  openedAt: EpochMs
  until: EpochMs
  verdict: Verdict | null
  retries: number
}

/**
 * Folds the events of the run; those of other runs are passed over. `plans` are its plan as it is opened and as each
 * amendment among the events makes it. `workers` is what is known of them beforehand: those
 * that join in the events, or are seen at work, come to it.
 */
export function readHistory(
  events: Iterable<RunEvent>,
  run: RunId,
  plans: readonly [CompiledPlan, ...CompiledPlan[]],
  workers: ReadonlyMap<WorkerId, WorkerUse>,
): History {
  const plan = plans.at(-1)!
  const fold: Fold = {
    plan,
    plans,
    amendments: 0,
    run,
    workers: new Map(workers),
    holds: [],
    open: new Map(),
    closing: new Set(),
    follower: null,
    attempts: new Int32Array(plan.taskCount),
    waits: new Map(),
    pauses: [],
    extended: [],
    failed: new Map(),
    ended: new Map(),
    pausedAt: null,
    openedAt: 0,
    until: 0,
    verdict: null,
    retries: 0,
  }
  for (const event of events) {
    if (event.type === 'worker.joined') join(fold, event)
    if (event.type === 'worker.resized') grow(fold, event)
    if (!('run' in event) || event.run !== run) continue
    fold.until = event.at
    apply(fold, event)
    fold.follower?.apply(event)
  }
  for (const hold of fold.open.values()) hold.to = fold.until
  if (fold.pausedAt !== null) fold.pauses.push({ from: fold.pausedAt, to: fold.until })
  const { ended, holds, openedAt, until, verdict, retries, failed, waits, pauses, extended } = fold
  const tasks = { total: plan.taskCount, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 }
  for (const end of ended.values()) tasks[end] += 1
  const failures = [...failed.values()]
  const { workers: known } = fold
  return { openedAt, until, verdict, tasks, ended, holds, retries, failures, waits, pauses, extended, workers: known }
}

function apply(fold: Fold, event: Extract<RunEvent, { readonly run: RunId }>): void {
  switch (event.type) {
    case 'run.opened':
      fold.openedAt = event.at
      fold.follower = followRun(fold.run, fold.plans[0]!, event.at)
      return
    case 'run.paused':
      fold.pausedAt ??= event.at
      return
    case 'run.resumed':
      if (fold.pausedAt !== null) fold.pauses.push({ from: fold.pausedAt, to: event.at })
      fold.pausedAt = null
      return
    case 'run.closed':
      fold.verdict = event.verdict
      return
    case 'task.failed':
    case 'task.cancelled':
    case 'task.skipped':
      return endWithout(fold, event)
    case 'task.reused':
      return reuse(fold, event)
    case 'gate.passed':
    case 'gate.failed':
      return answer(fold, event)
    case 'task.reopened':
      return reopen(fold, event.task)
    case 'run.amended':
      fold.amendments += 1
      fold.follower?.amend(fold.plans[fold.amendments]!, event)
      return
    case 'claim.extended':
      fold.open.get(event.fence)?.claims.push({ set: setOf(fold, event), mode: 'start', from: event.at })
      return
    case 'integration.granted':
      return integrate(fold, event)
    case 'run.cancelled':
    case 'attempt.completed':
    case 'attempt.verified':
    case 'attempt.renewed':
    case 'attempt.progressed':
    case 'context.shared':
    case 'message.sent':
    case 'milestone.reached':
    case 'integration.asked':
      return
    default:
      return applyToAttempt(fold, event)
  }
}

type AttemptEvent = RunEventMap[
  | 'attempt.started'
  | 'attempt.succeeded'
  | 'attempt.failed'
  | 'attempt.closing'
  | 'attempt.closed']

function applyToAttempt(fold: Fold, event: AttemptEvent): void {
  const task = fold.plan.taskIndex.get(event.task)
  if (task === undefined) return
  switch (event.type) {
    case 'attempt.started':
      return start(fold, task, event)
    case 'attempt.succeeded':
      fold.ended.set(task, 'succeeded')
      endHold(fold, event.fence, { end: 'succeeded' })
      return letGo(fold, event)
    case 'attempt.failed':
      endHold(fold, event.fence, { end: 'failed', failure: event.failure, retryAt: event.retryAt })
      if (!fold.closing.has(event.fence)) letGo(fold, event)
      if (event.retryAt === null) fail(fold, task, event)
      return
    case 'attempt.closing':
      fold.closing.add(event.fence)
      return
    case 'attempt.closed':
      fold.closing.delete(event.fence)
      return letGo(fold, event)
    default:
      event satisfies never
  }
}

function join(fold: Fold, { worker, pool, slots, capabilities }: RunEventMap['worker.joined']): void {
  fold.workers.set(worker, { pool, slots, capabilities: new Set(capabilities) })
}

/** Slots that it has lost do not count less: the use of a pool is told of the most it ever had. */
function grow(fold: Fold, { worker, slots }: RunEventMap['worker.resized']): void {
  const use = fold.workers.get(worker)
  if (use !== undefined) use.slots = Math.max(use.slots, slots)
}

function start(fold: Fold, task: TaskIndex, event: RunEventMap['attempt.started']): void {
  stopWaiting(fold, task, event.at)
  if (fold.attempts[task]! > 0) fold.retries += 1
  fold.attempts[task]! += 1
  const { worker, slot, fence, at, attempt } = event
  const use = fold.workers.get(worker) ?? { pool: worker as string as PoolId, slots: 0, capabilities: new Set() }
  use.slots = Math.max(use.slots, slot)
  fold.workers.set(worker, use)
  const set = fold.plans[fold.amendments]!.claimSet[task]!
  const claims: ClaimHold[] = set === -1 ? [] : [{ set, mode: 'start', from: at }]
  const ends = { to: at, end: null, failure: null, retryAt: null }
  const hold: Hold = { task, attempt, worker, slot, claims, from: at, ...ends }
  fold.holds.push(hold)
  fold.open.set(fence, hold)
}

function setOf({ plan, extended }: Fold, { write, read }: ExtendedClaims): number {
  extended.push({ write, read })
  return plan.claimSets.length + extended.length - 1
}

function integrate({ open }: Fold, { fence, at }: RunEventMap['integration.granted']): void {
  const claims = open.get(fence)?.claims
  const [first] = claims ?? []
  if (first !== undefined) claims?.push({ ...first, mode: 'integrate', from: at })
}

function endHold({ open }: Fold, fence: number, how: Partial<Pick<Hold, 'end' | 'failure' | 'retryAt'>>): void {
  Object.assign(open.get(fence) ?? {}, how)
}

function letGo(fold: Fold, { fence, at }: { readonly fence: number; readonly at: EpochMs }): void {
  const hold = fold.open.get(fence)
  if (hold === undefined) return
  hold.to = at
  fold.open.delete(fence)
}

function fail(fold: Fold, task: TaskIndex, event: { readonly task: TaskId; readonly failure: Failure }): void {
  fold.ended.set(task, 'failed')
  fold.failed.set(task, { task: event.task, attempts: fold.attempts[task]!, failure: event.failure })
}

function reopen(fold: Fold, id: TaskId): void {
  const task = fold.plan.taskIndex.get(id)
  if (task === undefined) return
  fold.ended.delete(task)
  fold.failed.delete(task)
}

/** The task ended while no attempt of it was live. */
function endWithout(fold: Fold, event: RunEventMap['task.failed' | 'task.cancelled' | 'task.skipped']): void {
  const task = fold.plan.taskIndex.get(event.task)
  if (task === undefined) return
  stopWaiting(fold, task, event.at)
  if (event.type === 'task.failed') fail(fold, task, event)
  else fold.ended.set(task, event.type === 'task.skipped' ? 'skipped' : 'cancelled')
}

/** The task succeeded without an attempt. */
function reuse(fold: Fold, event: RunEventMap['task.reused']): void {
  const task = fold.plan.taskIndex.get(event.task)
  if (task === undefined) return
  stopWaiting(fold, task, event.at)
  fold.ended.set(task, 'succeeded')
}

/** The time that an approval took is nobody's wait for a worker or a path. A check has ended with its attempt. */
function answer(fold: Fold, event: RunEventMap['gate.passed' | 'gate.failed']): void {
  const { plan } = fold
  const task = plan.taskIndex.get(event.gate)
  if (task === undefined || plan.gates.get(task) !== 'approval') return
  if (event.type === 'gate.passed') fold.ended.set(task, 'succeeded')
  else fail(fold, task, { task: event.gate, failure: event.failure })
}

function stopWaiting(fold: Fold, task: TaskIndex, at: EpochMs): void {
  const from = fold.follower?.readySince(task) ?? Number.NaN
  // Also false where the task was not ready.
  if (!(at > from)) return
  const intervals = fold.waits.get(task) ?? []
  intervals.push({ from, to: at })
  fold.waits.set(task, intervals)
}
