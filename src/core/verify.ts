/**
 * Verification: the plan's own steps, which must pass before a completed attempt counts as succeeded. They run one after the
 * other in the slot of the attempt, with its claims still held. Whatever goes wrong with one fails the attempt with kind
 * `verify`.
 */
import { verdictOf } from './gates.js'
import { type Draft, failAttempt, headOf, record, stopAttempt } from './record.js'
import type { Attempt } from './state.js'
import type { Failure, JsonValue, VerifyStep } from './types.js'

/** The work is done; its steps are next. */
export function completeForVerification(draft: Draft, attempt: Attempt, result: JsonValue): void {
  const of = stepsOf(attempt).length
  record(draft, { type: 'attempt.completed', ...headOf(draft, attempt), result, of })
}

/** The step under way has ended: the next is due, or the attempt has succeeded, or it has failed. */
export function endStep(draft: Draft, attempt: Attempt, result: JsonValue): void {
  const { isPassed, note } = verdictOf(result)
  if (!isPassed) {
    const message = `${nameOf(attempt)} did not pass${note === null ? '' : `: ${note}`}.`
    return failAttempt(draft, attempt, { kind: 'verify', message })
  }
  // A step has ended, so one is under way.
  const { step, result: work } = attempt.verifying!
  const of = stepsOf(attempt).length
  const head = headOf(draft, attempt)
  record(draft, { type: 'attempt.verified', ...head, step, of })
  if (step === of) record(draft, { type: 'attempt.succeeded', ...head, result: work })
}

/** The step under way could not be carried out: what was to be shown is not shown. */
export function failStep(draft: Draft, attempt: Attempt, failure: Failure): void {
  const message = `${nameOf(attempt)} failed: ${failure.message}`
  failAttempt(draft, attempt, { ...failure, kind: 'verify', message })
}

/** A deadline of a step has come; it may have been that of an earlier one. */
export function stepTookTooLong(draft: Draft, attempt: Attempt): void {
  // Once an attempt is verified, it is so until it ends.
  const { step, since } = attempt.verifying!
  const { timeoutMs } = stepsOf(attempt)[step - 1]!
  if (timeoutMs === null || since + timeoutMs > draft.at) return
  const message = `${nameOf(attempt)} took longer than ${timeoutMs} ms (verify.timeout).`
  stopAttempt(draft, attempt, 'timeout')
  failAttempt(draft, attempt, { kind: 'verify', message })
}

function stepsOf({ run, task }: Attempt): readonly VerifyStep[] {
  return run.plan.verify.get(task)!
}

function nameOf(attempt: Attempt): string {
  const steps = stepsOf(attempt)
  const { step } = attempt.verifying!
  return `Verification step ${step} of ${steps.length} ("${steps[step - 1]!.handler}")`
}
