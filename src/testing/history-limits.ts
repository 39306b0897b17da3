/** Whether an attempt was stopped, and its task tried again, when the plan says so and not otherwise. */
import type { FailureKind, RunEventMap } from '../core/types.js'
import type { AttemptPast, RunPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'
import { stepLimit } from './history-verify.js'

/** Signs of life are recorded by the tenth of a lease; so much longer may silence last, and so much earlier it must end. */
const SHARE = 0.1
const ROUNDING_MS = 1e-6

/** An attempt is told to stop only if the reason is true. */
export function checkStop(attempt: AttemptPast, event: RunEventMap['attempt.closing']): void {
  const { task, run, name, startedAt, heardAt, progressAt } = attempt
  const { policy } = task.facts
  const isWrong = (why: string): never => accuse(`${name} is stopped as ${event.reason}, but ${why}`)
  switch (event.reason) {
    case 'lost': {
      if (policy.heartbeat === undefined) return isWrong('no sign of life is asked of it')
      const silentFor = event.at - heardAt
      if (silentFor < policy.heartbeat - ROUNDING_MS)
        isWrong(`it was heard ${silentFor} ms ago, of ${policy.heartbeat}`)
      if (event.closeBy === null) return isWrong('nobody could ever confirm it')
      const total = (1 + SHARE) * policy.heartbeat + event.closeBy - event.at
      if (total > 1.5 * policy.heartbeat + ROUNDING_MS) isWrong(`what it holds is free after ${total} ms only (L3)`)
      return
    }
    case 'stalled': {
      if (policy.stall === undefined) return isWrong('no progress is asked of it')
      const stuckFor = event.at - progressAt
      if (attempt.integration === 'asked') isWrong('it waits to integrate')
      if (stuckFor < policy.stall - ROUNDING_MS) isWrong(`it got on ${stuckFor} ms ago, of ${policy.stall}`)
      return
    }
    case 'timeout': {
      const isTooSlow = policy.startToClose !== undefined && event.at >= startedAt + policy.startToClose
      const isTooLate = policy.scheduleToClose !== undefined && event.at >= task.scheduledAt + policy.scheduleToClose
      const step = stepLimit(attempt)
      const isStepTooSlow = step !== null && event.at >= step.since + step.limit
      if (!isTooSlow && !isTooLate && !isStepTooSlow) isWrong(`it has run for ${event.at - startedAt} ms`)
      return
    }
    case 'aborted':
      if (!run.isDrained || run.facts.onFailure !== 'abort') isWrong('its run was not aborted')
      return
    case 'cancelled':
      return
    default:
      event.reason satisfies never
  }
}

/** After a decision nobody is live who has taken too long, was silent too long, or got stuck. */
export function checkAlive(attempt: AttemptPast, at: number): void {
  const { task, name, startedAt, heardAt, progressAt, integration } = attempt
  const step = stepLimit(attempt)
  if (step !== null && at >= step.since + step.limit) accuse(`${name} is verified since ${step.since}`)
  const { startToClose, heartbeat, stall } = task.facts.policy
  if (startToClose !== undefined && at >= startedAt + startToClose) accuse(`${name} has run for ${at - startedAt} ms`)
  const longer = 1 + SHARE
  if (heartbeat !== undefined && at >= heardAt + heartbeat * longer + 1)
    accuse(`${name} is silent since ${heardAt} (L3)`)
  if (stall !== undefined && integration !== 'asked' && at >= progressAt + stall * longer + 1)
    accuse(`${name} is stuck since ${progressAt}`)
}

/** A waiting task fails only if it waited too long, a pause not counted, or took too long in all. */
export function checkPatience(run: RunPast, task: TaskPast, at: number, what: string): void {
  const { scheduleToStart, scheduleToClose } = task.facts.policy
  if (scheduleToClose !== undefined && at >= task.scheduledAt + scheduleToClose) return
  const waitedFor = at - Math.max(task.readyAt, run.resumedAt)
  if (scheduleToStart === undefined || run.isPaused || waitedFor < scheduleToStart) {
    accuse(`${what}, but was ready for ${waitedFor} ms of ${scheduleToStart}${run.isPaused ? ', and is paused' : ''}`)
  }
}

/** What can end an attempt that is being verified: a step, or whatever ends any attempt. */
const OF_STEPS: readonly FailureKind[] = ['verify', 'lost', 'timeout', 'stalled', 'cancelled']

/** S6: tried again only within the bounds, only for the kinds the plan names, and not before its time. */
export function checkFailure(run: RunPast, attempt: AttemptPast, event: RunEventMap['attempt.failed']): void {
  const { failure, retryAt } = event
  const { task, name } = attempt
  const { policy } = task.facts
  const isLost = failure.kind === 'lost'
  const isUnverified = failure.kind === 'verify' && policy.maxVerify !== null
  const counted = attempt.number - task.attemptsBefore - task.lost - task.unverified
  const budget = isLost
    ? policy.maxLost - task.lost
    : isUnverified
      ? (policy.maxVerify ?? 0) - task.unverified
      : policy.maxAttempts - counted
  const mayFail = attempt.verifying === null || OF_STEPS.includes(failure.kind)
  if (!mayFail) accuse(`${name} fails its verification as "${failure.kind}"`)
  const mayRetry =
    budget > 0 &&
    !run.isCancelled &&
    !run.isDrained &&
    (isLost || (failure.retryable !== false && (policy.on as readonly string[]).includes(failure.kind)))
  if (retryAt === null) {
    if (mayRetry && policy.scheduleToClose === undefined)
      accuse(`${name} failed (${failure.kind}) and is not tried again`)
    return
  }
  if (!mayRetry) accuse(`${name} failed (${failure.kind}) and is tried again (S6)`)
  const spent = isUnverified ? task.unverified + 1 : counted
  const full = Math.min(policy.maxDelay, policy.initialDelay * policy.factor ** (spent - 1))
  const least = Math.max(isLost ? 0 : full * (1 - policy.jitter) - 1, failure.retryAfterMs ?? 0)
  const most = Math.max(isLost ? 0 : full + 1, failure.retryAfterMs ?? 0)
  const delay = retryAt - event.at
  if (delay < least - ROUNDING_MS || delay > most + ROUNDING_MS)
    accuse(`${name} is tried again after ${delay} ms, not ${least} to ${most}`)
}
