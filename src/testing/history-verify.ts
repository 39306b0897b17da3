/** Whether attempts are verified as the plan says, step by step, before they count. */
import type { FailureKind, JsonValue, RunEventMap } from '../core/types.js'
import type { AttemptPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'

/** A live attempt completed its work, or passed a step. */
export function checkStep(attempt: AttemptPast, event: RunEventMap['attempt.completed' | 'attempt.verified']): void {
  const { name, task, verifying } = attempt
  const of = task.facts.spec.verify.length
  if (event.of !== of || of === 0) accuse(`${name} is verified in ${event.of} steps, the plan has ${of}`)
  const since = event.at
  attempt.heardAt = since
  attempt.progressAt = since
  if (event.type === 'attempt.completed') {
    if (verifying !== null) accuse(`${name} is completed twice (S4)`)
    attempt.verifying = { result: JSON.stringify(event.result), step: 1, since }
    return
  }
  if (verifying?.step !== event.step) {
    return accuse(`${name} passed step ${event.step}, but was at ${verifying?.step ?? 'its work'} (S4)`)
  }
  attempt.verifying = { ...verifying, step: event.step + 1, since }
}

/** It succeeds after its last step, with what its work returned. */
export function checkVerified({ name, task, verifying }: AttemptPast, result: JsonValue): void {
  const of = task.facts.spec.verify.length
  if (of === 0) return
  if (verifying === null || verifying.step <= of) {
    return accuse(`${name} succeeds at step ${verifying?.step ?? 0} of ${of}, not verified`)
  }
  if (verifying.result !== JSON.stringify(result)) accuse(`${name} succeeds with another result than was verified`)
}

export function countFailure(task: TaskPast, kind: FailureKind): void {
  if (kind === 'lost') task.lost += 1
  if (kind === 'verify' && task.facts.policy.maxVerify !== null) task.unverified += 1
}

/** The limit of the step that is under way, and since when it is; null where there is none. */
export function stepLimit({ task, verifying }: AttemptPast): { readonly limit: number; readonly since: number } | null {
  const limit = verifying === null ? null : (task.facts.spec.verify[verifying.step - 1] ?? null)
  return verifying === null || limit === null ? null : { limit, since: verifying.since }
}
