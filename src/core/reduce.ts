/**
 * The only writer of facts: applies one stored event to the state, in place. Called by `decide` for each event it makes,
 * and by the host for each event of the journal when it loads. There is no other path: a restart is a fold, and then
 * "the old workers left".
 */
import type { DeadlineKind } from './deadlines.js'
import { extendClaims } from './extension.js'
import { waitAnew } from './grow.js'
import { addMessage, addShared } from './handed-over.js'
import { askToIntegrate, grantIntegration, waitsToIntegrate } from './integration.js'
import { reduceHost } from './leader.js'
import { endWithout, isAskedFor, reach, tell } from './points.js'
import { leaveReady, makeReady, setStatus } from './ready.js'
import { reduceRun } from './reduce-runs.js'
import { giveSlot, reduceWorker, takeSlot } from './reduce-workers.js'
import { retract } from './retract.js'
import { indexOf, liveAttempt, openRun } from './spoken-of.js'
import type { Attempt, RunState, ScopeState } from './state.js'
import { STATUS } from './state.js'
import type { EpochMs, JsonValue, Plans, RunEvent, RunEventMap, TaskIndex } from './types.js'
import { grant, keepResult, letGoOfUses, limitChanged, usesFailed, usesSucceeded } from './uses.js'
import { leaseOf } from './workers.js'

/**
 * Applies `event`. The journal is trusted to be one that `decide` wrote: an event that cannot follow is a bug or damage,
 * and is thrown.
 *
 * @throws Error when the event does not fit the state; the state is then unusable.
 */
export function reduce(plans: Plans, state: ScopeState, event: RunEvent): void {
  state.revision += 1
  if (event.at > state.clock) state.clock = event.at
  switch (event.type) {
    case 'attempt.started':
      return attemptStarted(state, event)
    case 'attempt.succeeded':
      return attemptSucceeded(state, event)
    case 'attempt.completed':
      return verifyNext(state, liveAttempt(state, event), { result: event.result, step: 1, since: event.at })
    case 'attempt.verified':
      return attemptVerified(state, event)
    case 'attempt.failed':
      return attemptFailed(state, event)
    case 'attempt.renewed':
      liveAttempt(state, event).beatAt = event.at
      return
    case 'attempt.progressed':
      return attemptProgressed(state, event)
    case 'context.shared':
      return addShared(liveAttempt(state, event).run, event)
    case 'message.sent':
      return addMessage(openRun(state, event.run), event, state.revision)
    case 'attempt.closing':
      return attemptClosing(state, event)
    case 'attempt.closed':
      return attemptClosed(state, event)
    case 'milestone.reached':
      return milestoneReached(state, event)
    case 'task.reused':
      return taskReused(state, event)
    case 'integration.asked':
      return askToIntegrate(state, liveAttempt(state, event), event.at)
    case 'integration.granted':
      return grantIntegration(state, liveAttempt(state, event), event.at)
    case 'claim.extended':
      return extendClaims(state, liveAttempt(state, event), event)
    case 'task.skipped':
      return taskSkipped(state, event)
    case 'task.cancelled':
      return taskCancelled(state, event)
    case 'task.failed':
      return taskFailed(state, event)
    case 'task.reopened':
      return taskReopened(state, event)
    case 'gate.passed':
      return gatePassed(state, event)
    case 'gate.failed':
      return gateFailed(state, event)
    case 'worker.joined':
    case 'worker.draining':
    case 'worker.left':
    case 'worker.resized':
    case 'worker.quarantined':
      return reduceWorker(state, event)
    case 'host.elected':
    case 'host.renewed':
    case 'host.resigned':
      return reduceHost(state, event)
    case 'limit.changed':
      return limitChanged(state, event)
    default:
      return reduceRun(plans, state, event)
  }
}

function attemptStarted(state: ScopeState, event: RunEventMap['attempt.started']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  const worker = state.workers.get(event.worker)
  if (worker === undefined)
    throw new Error(`Attempt ${event.task}#${event.attempt} started on unknown worker "${event.worker}".`)
  takeSlot(worker, event.slot)
  const { at, attempt: number, fence, slot } = event
  const attempt: Attempt = {
    run,
    task,
    number,
    fence,
    worker,
    slot,
    startedAt: at,
    beatAt: at,
    progressAt: at,
    progress: undefined,
    shared: run.shared,
    uses: null,
    integration: null,
    extensions: null,
    verifying: null,
    closing: null,
  }
  state.fence = fence
  if (run.retries.size > 0) run.retries.delete(task)
  run.attempts[task] = number
  run.startedAt[task] = at
  run.live.set(task, attempt)
  state.attempts.set(fence, attempt)
  const waiter = run.waiters.get(task)
  if (waiter !== undefined) grant(state, attempt, waiter, at)
  leaveReady(state, run, task)
  setStatus(run, task, STATUS.running)
  armAttempt(state, attempt)
}

function armAttempt(state: ScopeState, attempt: Attempt): void {
  const { run, task } = attempt
  const { startToCloseMs, stallMs } = run.plan.policies[run.plan.policy[task]!]!
  const heartbeatMs = leaseOf(attempt)
  if (startToCloseMs !== null) arm(state, attempt, 'startToClose', startToCloseMs)
  if (heartbeatMs !== null) arm(state, attempt, 'heartbeat', heartbeatMs)
  if (stallMs !== null) arm(state, attempt, 'stall', stallMs)
}

function arm(state: ScopeState, attempt: Attempt, kind: DeadlineKind, limit: number): void {
  const { run, task, fence, startedAt } = attempt
  state.deadlines.add({ at: startedAt + limit, kind, run: run.id, task, fence })
}

function attemptVerified(state: ScopeState, event: RunEventMap['attempt.verified']): void {
  const attempt = liveAttempt(state, event)
  const { verifying } = attempt
  if (verifying?.step !== event.step) throw new Error(`Attempt ${event.fence} was verified, but not by this step.`)
  if (event.step < event.of) {
    verifyNext(state, attempt, { result: verifying.result, step: event.step + 1, since: event.at })
  }
}

/** Whoever reported is alive, and has got on. */
function verifyNext(state: ScopeState, attempt: Attempt, verifying: NonNullable<Attempt['verifying']>): void {
  const { run, task, fence } = attempt
  attempt.verifying = verifying
  attempt.beatAt = verifying.since
  attempt.progressAt = verifying.since
  attempt.progress = undefined
  const { timeoutMs } = run.plan.verify.get(task)![verifying.step - 1]!
  if (timeoutMs === null) return
  state.deadlines.add({ at: verifying.since + timeoutMs, kind: 'verify', run: run.id, task, fence })
}

function attemptSucceeded(state: ScopeState, event: RunEventMap['attempt.succeeded']): void {
  const attempt = liveAttempt(state, event)
  const { run, task, uses } = attempt
  run.live.delete(task)
  if (uses !== null) usesSucceeded(attempt, uses)
  letGo(state, attempt)
  if (uses !== null) keepResult(state, run, task, event.result)
  endSucceeded(state, run, task, event.result, event.at)
}

function endSucceeded(state: ScopeState, run: RunState, task: TaskIndex, result: JsonValue, at: EpochMs): void {
  setStatus(run, task, STATUS.succeeded)
  run.endedAt[task] = at
  if (result !== null) run.results.set(task, result)
  tell(state, run, task, 'reached', at)
}

function taskReused(state: ScopeState, event: RunEventMap['task.reused']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  leaveReady(state, run, task)
  endSucceeded(state, run, task, event.result, event.at)
}

function attemptFailed(state: ScopeState, event: RunEventMap['attempt.failed']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  const attempt = run.live.get(task)
  const failed = state.attempts.get(event.fence)
  if (failed !== undefined) usesFailed(state, failed, event.failure.kind, event.at)
  if (attempt?.fence === event.fence) {
    run.live.delete(task)
    letGo(state, attempt)
  }
  if (event.failure.kind === 'lost') run.lost.set(task, (run.lost.get(task) ?? 0) + 1)
  if (event.failure.kind === 'verify') countUnverified(run, task)
  run.failures.set(task, event.failure)
  if (event.retryAt === null) return endFailed(state, run, task, event.at)
  run.retries.set(task, event.retryAt)
  if (run.remaining[task]! > 0 || !isAskedFor(run, task)) return waitForReopened(state, run, task, event.at)
  // A lag of what it depends on may have begun anew.
  const from = Math.max(event.retryAt, run.notBefore.get(task) ?? event.retryAt)
  makeReady(state, run, task, event.at, from)
}

/** What it depends on was reopened while it ran: it waits for that, or is not wanted now, as if it had never been ready. */
function waitForReopened(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  setStatus(run, task, STATUS.waiting)
  run.readyAt[task] = Number.NaN
  run.scheduledAt.delete(task)
  waitAnew(state, run, task, at)
}

function countUnverified(run: RunState, task: TaskIndex): void {
  if (run.plan.policies[run.plan.policy[task]!]!.maxVerify === null) return
  run.unverified.set(task, (run.unverified.get(task) ?? 0) + 1)
}

function taskFailed(state: ScopeState, event: RunEventMap['task.failed']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  run.failures.set(task, event.failure)
  endFailed(state, run, task, event.at)
}

function taskReopened(state: ScopeState, event: RunEventMap['task.reopened']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  run.generations.set(task, { generation: event.generation, attemptsBefore: run.attempts[task]! })
  retract(state, run, task, event.at)
}

function endFailed(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  endWithout(state, run, task, STATUS.failed, at)
  if (run.plan.onFailure !== 'continue' && run.plan.optional[task] === 0) run.drainedBy ??= task
}

/** The attempt of a check has ended its gate already; an approval ends it here, and who gave it is its result. */
function gatePassed(state: ScopeState, event: RunEventMap['gate.passed']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.gate)
  if (run.plan.gates.get(task) === 'check') return
  leaveReady(state, run, task)
  endSucceeded(state, run, task, { by: event.by, note: event.note }, event.at)
}

function gateFailed(state: ScopeState, event: RunEventMap['gate.failed']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.gate)
  if (run.plan.gates.get(task) === 'check') return
  run.failures.set(task, event.failure)
  endFailed(state, run, task, event.at)
}

function attemptProgressed(state: ScopeState, event: RunEventMap['attempt.progressed']): void {
  const attempt = liveAttempt(state, event)
  attempt.beatAt = event.at
  attempt.progressAt = event.at
  attempt.progress = event.progress
}

function milestoneReached(state: ScopeState, event: RunEventMap['milestone.reached']): void {
  const attempt = liveAttempt(state, event)
  const { run, task } = attempt
  const point = run.plan.milestones.get(task)?.get(event.milestone)
  if (point === undefined) throw new Error(`Task "${event.task}" declares no milestone "${event.milestone}".`)
  attempt.beatAt = event.at
  attempt.progressAt = event.at
  reach(state, run, point, event.at)
}

function attemptClosing(state: ScopeState, event: RunEventMap['attempt.closing']): void {
  const attempt = liveAttempt(state, event)
  const { run, task, fence } = attempt
  run.live.delete(task)
  run.closing += 1
  state.closing.set(fence, attempt)
  // It will not integrate any more; if it does already, it may still be writing.
  if (waitsToIntegrate(attempt)) state.integrations.delete(fence)
  attempt.closing = { reason: event.reason, at: event.at, closeBy: event.closeBy }
  if (event.closeBy !== null) state.deadlines.add({ at: event.closeBy, kind: 'close', run: run.id, task, fence })
}

function attemptClosed(state: ScopeState, event: RunEventMap['attempt.closed']): void {
  const attempt = state.closing.get(event.fence)
  if (attempt === undefined) throw new Error(`Attempt ${event.task}#${event.attempt} closed, but was not closing.`)
  state.closing.delete(event.fence)
  attempt.run.closing -= 1
  letGo(state, attempt)
}

function taskSkipped(state: ScopeState, event: RunEventMap['task.skipped']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  run.skips.set(task, event.reason)
  if ('unneeded' in event.reason) run.unneeded.add(task)
  endWithout(state, run, task, STATUS.skipped, event.at)
}

function taskCancelled(state: ScopeState, event: RunEventMap['task.cancelled']): void {
  const run = openRun(state, event.run)
  const task = indexOf(run, event.task)
  run.cancels.set(task, event.reason)
  endWithout(state, run, task, STATUS.cancelled, event.at)
}

/** Gives back slot, claims and uses: once per attempt, when it is known to touch nothing more. */
function letGo(state: ScopeState, attempt: Attempt): void {
  state.attempts.delete(attempt.fence)
  giveSlot(attempt.worker, attempt.slot)
  if (attempt.integration !== null) state.integrations.delete(attempt.fence)
  state.claims.release(attempt)
  if (attempt.uses !== null) letGoOfUses(state, attempt, attempt.uses)
  for (const set of attempt.extensions ?? NONE) state.claims.forget(set)
}

const NONE: readonly never[] = []
