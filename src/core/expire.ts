/** Time takes its due: retries become possible, and what took too long is stopped. */
import type { TaskDeadline } from './deadlines.js'
import { waitsToIntegrate } from './integration.js'
import { wakeLimiter } from './parking.js'
import { enqueue } from './ready.js'
import { type Draft, failAttempt, failGate, headOf, NOBODY, record, stopAttempt } from './record.js'
import type { Attempt, RunState } from './state.js'
import { BEAT_SHARE, isFinal, PLACE, STATUS } from './state.js'
import type { EpochMs, Failure, Policy, TaskIndex } from './types.js'
import { stepTookTooLong } from './verify.js'
import { leaseOf } from './workers.js'

/** Handles every deadline that is due at the time of the draft, the earliest first. */
export function expire(draft: Draft): void {
  const { deadlines, runs, limiters } = draft.state
  for (let due = deadlines.takeDue(draft.at); due !== null; due = deadlines.takeDue(draft.at)) {
    // Whoever may be given work again is looked at by the dispatch of this decision.
    if (due.kind === 'worker') continue
    if (due.kind === 'limiter') {
      const limiter = limiters.get(due.limiter)
      if (limiter !== undefined) wakeLimiter(draft.state, limiter)
      continue
    }
    const run = runs.get(due.run)
    if (run !== undefined) fall(draft, run, due)
  }
}

function fall(draft: Draft, run: RunState, due: TaskDeadline): void {
  const { task } = due
  const policy = run.plan.policies[run.plan.policy[task]!]!
  switch (due.kind) {
    case 'retry':
      if (run.place[task] === PLACE.delayed && run.readyAt[task]! <= draft.at) enqueue(run, task)
      return
    case 'scheduleToStart':
      return waitedTooLong(draft, run, task, policy)
    case 'scheduleToClose':
      return tookTooLongInAll(draft, run, task, policy)
    case 'startToClose':
    case 'heartbeat':
    case 'stall': {
      const attempt = run.live.get(task)
      if (attempt?.fence === due.fence) judge(draft, attempt, due, policy)
      return
    }
    case 'verify': {
      const attempt = run.live.get(task)
      if (attempt?.fence === due.fence) stepTookTooLong(draft, attempt)
      return
    }
    case 'close': {
      const attempt = draft.state.closing.get(due.fence)
      if (attempt !== undefined) record(draft, { type: 'attempt.closed', ...headOf(draft, attempt), by: 'time' })
      return
    }
    default:
      due.kind satisfies never
  }
}

function waitedTooLong(draft: Draft, run: RunState, task: TaskIndex, policy: Policy): void {
  // A pause stops this clock: resuming arms it again.
  if (run.status[task] !== STATUS.ready || run.paused !== null || policy.scheduleToStartMs === null) return
  const dueAt = Math.max(run.readyAt[task]!, run.resumedAt) + policy.scheduleToStartMs
  if (dueAt > draft.at) return
  const limit = policy.scheduleToStartMs
  if (run.plan.gates.get(task) === 'approval') {
    const message = `Nobody answered for ${limit} ms (timeout).`
    return failGate(draft, run, task, { kind: 'timeout', message }, NOBODY)
  }
  failWaiting(draft, run, task, `It was ready for ${limit} ms and could not start (timeouts.scheduleToStart).`)
}

function tookTooLongInAll(draft: Draft, run: RunState, task: TaskIndex, policy: Policy): void {
  // Since then it may have been changed, or begun anew.
  const since = run.scheduledAt.get(task)
  if (isFinal(run.status[task]!) || policy.scheduleToCloseMs === null || since === undefined) return
  if (since + policy.scheduleToCloseMs > draft.at) return
  const message = `All its attempts together took longer than ${policy.scheduleToCloseMs} ms (timeouts.scheduleToClose).`
  const attempt = run.live.get(task)
  if (attempt === undefined) return failWaiting(draft, run, task, message)
  stopAttempt(draft, attempt, 'timeout')
  failAttempt(draft, attempt, { kind: 'timeout', message, retryable: false })
}

function failWaiting(draft: Draft, run: RunState, task: TaskIndex, message: string): void {
  const failure: Failure = { kind: 'timeout', message }
  record(draft, { type: 'task.failed', at: draft.at, run: run.id, task: run.plan.taskIds[task]!, failure })
  if (run.plan.gates.has(task)) failGate(draft, run, task, failure, NOBODY)
}

/** Stops a live attempt that is too slow, silent or stuck; arms the deadline again if it was heard of in time. */
function judge(draft: Draft, attempt: Attempt, due: TaskDeadline, policy: Policy): void {
  if (due.kind === 'startToClose') {
    stopAttempt(draft, attempt, 'timeout')
    const message = `The attempt took longer than ${policy.startToCloseMs} ms (timeouts.startToClose).`
    return failAttempt(draft, attempt, { kind: 'timeout', message })
  }
  const isLease = due.kind === 'heartbeat'
  // Whoever waits for its turn cannot get on: this clock stands still, and is armed again when the turn comes.
  if (!isLease && waitsToIntegrate(attempt)) return
  // Without a limit there is no deadline.
  const limit = (isLease ? leaseOf(attempt) : policy.stallMs)!
  const dueAt = silentUntil(attempt, isLease, limit)
  if (dueAt > draft.at) return draft.state.deadlines.add({ ...due, at: dueAt })
  stopAttempt(draft, attempt, isLease ? 'lost' : 'stalled')
  failAttempt(
    draft,
    attempt,
    isLease
      ? {
          kind: 'lost',
          message: `No sign of life for ${limit} ms (${policy.heartbeatMs === null ? 'the lease of its worker' : 'timeouts.heartbeat'}).`,
        }
      : { kind: 'stalled', message: `No progress for ${limit} ms, though it is alive (timeouts.stall).` },
  )
}

/** When silence is long enough. Not every beat is recorded, so a little more than the limit is allowed. */
function silentUntil(attempt: Attempt, isLease: boolean, limit: number): EpochMs {
  const { beatAt, progressAt, integration } = attempt
  const since = isLease ? beatAt : Math.max(progressAt, integration?.grantedAt ?? progressAt)
  return since + Math.round(limit * (1 + BEAT_SHARE))
}
