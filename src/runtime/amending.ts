/** Amendments on their way to the core: as they were asked for, and as they are decided upon. */
import type { Amending, AttemptRef, Input, JsonValue, RunId, TaskId } from '../core/types.js'
import type { AmendResult } from '../plan/amend.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import { schedulerError } from './errors.js'

/** Changes the plan of a run: by itself, or together with the result of an attempt. */
export type RawAmendment =
  | { readonly type: 'amend'; readonly run: RunId; readonly amendment: unknown }
  | ({ readonly type: 'extend'; readonly result: JsonValue; readonly amendment: unknown } & AttemptRef)

/** Whether it has still to be compiled. */
export function isRaw(input: Input | RawAmendment): input is RawAmendment {
  return input.type === 'extend' || (input.type === 'amend' && !('removed' in input))
}

/** What the core is to decide upon. Where the plan cannot grow as an attempt asked, the attempt has failed. */
export function prepared(raw: RawAmendment, result: AmendResult | undefined): Input {
  const { run } = raw
  const amending: Amending = {
    run,
    amendment: result?.ok === true ? result.stored : null,
    removed: result?.ok === true ? (result.removed as readonly TaskId[]) : [],
    changed: result?.ok === true ? (result.changed as readonly TaskId[]) : [],
  }
  if (raw.type === 'amend') return { type: 'amend', ...amending }
  const { task, fence } = raw
  if (result?.ok !== false) return { type: 'complete', run, task, fence, result: raw.result, amending }
  const message = `It could not extend the plan: ${invalidAmendment(result.diagnostics).message}`
  return { type: 'fail', run, task, fence, failure: { kind: 'error', message, retryable: false } }
}

export function invalidAmendment(diagnostics: readonly Diagnostic[]): Error {
  const lines = diagnostics.map(({ at, message }) => `\n  ${at || '/'}: ${message}`)
  const message = `The amendment has ${diagnostics.length} ${diagnostics.length === 1 ? 'error' : 'errors'}.${lines.join('')}`
  const hint = 'Each of the `diagnostics` has a hint. Nothing was changed.'
  return Object.assign(schedulerError('PLAN_INVALID', message, hint), { diagnostics })
}
