/** The sentences about ready tasks: where they stand, who waits for what, and that nothing startable is left (L2). */
import type { ClaimMode } from '../claims/table.js'
import { conflicts } from './conflict-oracle.js'
import { waitsToIntegrate } from './integration.js'
import { attemptConflicts } from './invariants-claims.js'
import { isLimited, limiterDueAt, usesOf } from './invariants-limits.js'
import { shortageFor } from './parking.js'
import type { Attempt, Obstacle, RunState, ScopeState, Waiter, Worker } from './state.js'
import { BEAT_SHARE, isFinal, PLACE, STATUS } from './state.js'
import type { Ask, EpochMs, TaskIndex } from './types.js'
import { broken } from './violation.js'
import { canServe, isFree, leaseOf } from './workers.js'

/** Checks the dispatcher after a decision at `at`; `attempts` are those that occupy a slot. */
export function checkDispatch(state: ScopeState, attempts: readonly Attempt[], at: EpochMs): void {
  let dueAt = limiterDueAt(state, at)
  for (const run of state.runs.values()) {
    dueAt = Math.min(dueAt, checkRun(state, run, attempts, at))
  }
  for (const attempt of attempts) dueAt = Math.min(dueAt, attemptDueAt(attempt))
  for (const { restsUntil } of state.workers.values()) {
    if (restsUntil !== null && restsUntil > at) dueAt = Math.min(dueAt, restsUntil)
  }
  if (dueAt <= at) broken(`What is due at ${dueAt} has been done by the decision at ${at}`)
  const next = state.deadlines.next()
  if (dueAt < (next ?? Number.POSITIVE_INFINITY)) {
    broken(`"deadlines" has every moment at which something may be due: ${dueAt} is before the first, ${next}`)
  }
  checkReservation(state)
}

/** Returns when the next thing is due that does not concern an attempt. */
function checkRun(state: ScopeState, run: RunState, attempts: readonly Attempt[], at: EpochMs): EpochMs {
  const { plan, status } = run
  checkNeeds(state, run)
  const free = run.needWorkers.map((workers) => isAnyFree(workers, at))
  const firstClass = plan.needs.map(() => Number.POSITIVE_INFINITY)
  let claimants = 0
  let dueAt = Number.POSITIVE_INFINITY
  for (let task = 0; task < plan.taskCount; task += 1) {
    if (status[task] !== STATUS.ready) {
      if (run.place[task] !== PLACE.nowhere) broken('Only ready tasks have a place in the dispatcher', run, task)
    } else {
      const need = plan.need[task]!
      if (plan.claimSet[task] !== -1 || run.useSet[task] !== -1) claimants += 1
      checkPlace(state, run, task, at)
      if (run.place[task] === PLACE.queued) firstClass[need] = Math.min(firstClass[need]!, plan.dispatchClass[task]!)
      const isApproval = plan.gates.get(task) === 'approval'
      if (run.paused === null && free[need] === true && !isApproval) checkBlocked(state, run, task, attempts, at)
      dueAt = Math.min(dueAt, readyDueAt(run, task))
    }
    dueAt = Math.min(dueAt, closeDueAt(run, task))
  }
  if (run.waiters.size !== claimants) broken('"waiters" has all and only ready tasks with claims or uses', run)
  checkQueue(run, firstClass)
  return dueAt
}

/** Who can serve which need. */
function checkNeeds(state: ScopeState, run: RunState): void {
  const { needs } = run.plan
  for (let index = 0; index < needs.length; index += 1) {
    const need = needs[index]!
    const able = run.needWorkers[index]!
    let count = 0
    let isRight = true
    for (const worker of state.workers.values()) {
      const isAble = !worker.isDraining && canServe(worker, need)
      if (isAble) count += 1
      if (able.includes(worker) !== isAble) isRight = false
    }
    if (isRight && able.length === count) continue
    broken(`"needWorkers" has all and only the workers that can serve a need (${need.requires.join(' ')})`, run)
  }
}

function isAnyFree(workers: readonly Worker[], at: EpochMs): boolean {
  for (const worker of workers) if (isFree(worker, at)) return true
  return false
}

function checkPlace(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  const place = run.place[task]
  const isEarly = run.readyAt[task]! > at
  if (place === PLACE.nowhere) broken('A ready task is queued, parked or delayed', run, task)
  if (isEarly !== (place === PLACE.delayed)) {
    broken(`A task is delayed until its retry is due (S6), at ${run.readyAt[task]}, and no longer`, run, task)
  }
  if ((place === PLACE.gate) !== (run.plan.gates.get(task) === 'approval' && !isEarly)) {
    broken('A gate that awaits approval stands aside, and nothing else does', run, task)
  }
  const waiter = run.waiters.get(task)
  if (waiter === undefined) {
    if (run.plan.claimSet[task] !== -1 || usesOf(state, run, task).length > 0) {
      broken('"waiters" has all and only ready tasks with claims or uses', run, task)
    }
    if (place === PLACE.parked) broken('Only a task with claims or uses is parked', run, task)
    return
  }
  if (waiter.run !== run || waiter.task !== task || !waiter.waiting) broken('A ready claimant waits', run, task)
  const set = run.claimSets[run.plan.claimSet[task]!]
  if (set === undefined ? Object.values(waiter.set).some(({ length }) => length > 0) : waiter.set !== set) {
    broken('A claimant waits for its own claims', run, task)
  }
  const uses = usesOf(state, run, task)
  const isWaited = (name: string, ask: number): boolean =>
    waiter.uses.some((use) => use.limiter === state.limiters.get(name) && use.ask === ask)
  if (waiter.uses.length !== uses.length || !uses.every(({ limiter, ask }) => isWaited(limiter, ask))) {
    broken('A ready task waits for all that it uses', run, task)
  }
  if ((waiter.parkedAt !== null) !== (place === PLACE.parked)) broken('"parkedAt" is set while parked', run, task)
  if (waiter.parkedAt !== null) checkParked(state, waiter, waiter.parkedAt, at)
}

/** A parked task stands in the line of its obstacle, and that blocks it or somebody before it was woken. */
function checkParked(state: ScopeState, waiter: Waiter, parkedAt: Obstacle, now: EpochMs): void {
  const { run, task } = waiter
  const need = run.plan.need[task]!
  const { at, how } = parkedAt
  const line = state.parked.get(at)?.find((each) => each.run === run && each.need === need && each.how === how)
  if (line === undefined || !line.waiters.includes(waiter)) {
    broken('"parked" has all waiters that are parked, by what they are parked on', run, task)
  }
  const isBlocked =
    typeof at === 'number'
      ? state.claims.isBlockedAt(at, how as ClaimMode, waiter)
      : shortageFor(state, at, how as Ask, waiter, now) !== null
  if (isBlocked) return
  for (const other of run.waiters.values()) {
    const from = other.wokenFrom
    if (from?.at === at && from.how === how && run.plan.need[other.task] === need) return
  }
  broken('A parked task is blocked where it is parked, or the first of its line was woken', run, task)
}

/** L2 by brute force: a free worker could serve this task, so something held, a limit or the reservation must forbid it. */
function checkBlocked(
  state: ScopeState,
  run: RunState,
  task: TaskIndex,
  attempts: readonly Attempt[],
  at: EpochMs,
): void {
  if (run.readyAt[task]! > at) return
  const { plan } = run
  const claimSet = plan.claimSet[task]!
  const owner = state.claims.reservation()
  const isKept = owner !== null && !rests(state, owner) && (owner.run !== run || owner.task !== task)
  if (run.useSet[task] !== -1 && isLimited(state, run, task, attempts, isKept ? owner : null, at)) return
  if (claimSet !== -1) {
    for (const attempt of attempts) if (attemptConflicts(state, attempt, plan, claimSet)) return
    if (isKept && conflicts(plan, claimSet, owner.run.plan, owner.run.plan.claimSet[owner.task]!)) return
  }
  broken('A ready task whose claims and worker are free starts in the same step (L2)', run, task)
}

/** Whether a reservation holds nobody up for now, as its owner may not start for another reason. */
function rests(state: ScopeState, { run, task, uses }: Waiter): boolean {
  const need = run.plan.needs[run.plan.need[task]!]!
  if (run.paused !== null) return true
  if (uses.some(({ limiter, ask }) => (limiter.limit.capacity ?? Number.POSITIVE_INFINITY) < Math.max(ask, 1)))
    return true
  for (const worker of state.workers.values()) if (!worker.isDraining && canServe(worker, need)) return false
  return true
}

/** `ready` has the queued tasks: the first of each need is one of the best class. */
function checkQueue(run: RunState, firstClass: readonly number[]): void {
  const { plan } = run
  for (let need = 0; need < firstClass.length; need += 1) {
    const first = run.ready.first(need)
    const isNone = firstClass[need] === Number.POSITIVE_INFINITY
    if (first === -1 ? !isNone : run.place[first] !== PLACE.queued || plan.need[first] !== need) {
      broken('"ready" has all and only the queued tasks', run, first === -1 ? undefined : first)
    }
    if (first !== -1 && plan.dispatchClass[first] !== firstClass[need]) {
      broken('The first of the ready tasks is of the best class', run, first)
    }
    if (!(isNone || run.ready.needs.includes(need))) broken('"ready" names the needs it has tasks for', run)
  }
}

function checkReservation(state: ScopeState): void {
  const reserved = state.claims.reservation()
  if (reserved === null) return
  const { run, task } = reserved
  if (state.runs.get(run.id) !== run || run.waiters.get(task) !== reserved) {
    broken('Claims are reserved for a ready task only (L4)', run, task)
  }
}

/** When a ready task is due for something: its retry, or the end of its patience. */
function readyDueAt(run: RunState, task: TaskIndex): EpochMs {
  const readyAt = run.readyAt[task]!
  if (run.place[task] === PLACE.delayed) return readyAt
  const limit = run.plan.policies[run.plan.policy[task]!]!.scheduleToStartMs
  if (limit === null || run.paused !== null) return Number.POSITIVE_INFINITY
  return Math.max(readyAt, run.resumedAt) + limit
}

function closeDueAt(run: RunState, task: TaskIndex): EpochMs {
  if (isFinal(run.status[task]!) || Number.isNaN(run.readyAt[task])) return Number.POSITIVE_INFINITY
  const limit = run.plan.policies[run.plan.policy[task]!]!.scheduleToCloseMs
  if (limit === null) return Number.POSITIVE_INFINITY
  const since = run.scheduledAt.get(task)
  if (since === undefined) broken('"scheduledAt" has tasks with scheduleToClose that were ready', run, task)
  return since + limit
}

/** When an attempt is due for something, at the latest. */
function attemptDueAt(attempt: Attempt): EpochMs {
  const { run, task, startedAt, beatAt, progressAt, integration, closing, verifying } = attempt
  if (closing !== null) return closing.closeBy ?? Number.POSITIVE_INFINITY
  const heartbeatMs = leaseOf(attempt)
  const { startToCloseMs, stallMs } = run.plan.policies[run.plan.policy[task]!]!
  const stepMs = verifying === null ? null : run.plan.verify.get(task)![verifying.step - 1]!.timeoutMs
  return Math.min(
    verifying === null || stepMs === null ? Number.POSITIVE_INFINITY : verifying.since + stepMs,
    startToCloseMs === null ? Number.POSITIVE_INFINITY : startedAt + startToCloseMs,
    heartbeatMs === null ? Number.POSITIVE_INFINITY : beatAt + Math.round(heartbeatMs * (1 + BEAT_SHARE)),
    stallMs === null || waitsToIntegrate(attempt)
      ? Number.POSITIVE_INFINITY
      : Math.max(progressAt, integration?.grantedAt ?? progressAt) + Math.round(stallMs * (1 + BEAT_SHARE)),
  )
}
