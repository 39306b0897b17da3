/**
 * How the simulated host changes plans: it compiles an amendment when its turn has come, alone, and has the core decide upon
 * it; if the core refuses, the run goes on with the plan it has.
 */
import type { BatchDecision, Input, RunId, TaskId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { type AmendmentSpec, amendmentKey, documentOf } from './amendment-spec.js'
import { whyTooLate, whyUnfit } from './history-amendments.js'
import type { Machine } from './machine-state.js'

/** What the core is to decide upon, and what must come of it. */
export interface Amending {
  readonly input: Input
  /** Null: the amendment does not fit, and nothing is amended. */
  readonly plan: AmendablePlan | null
  /** Why it comes too late; null: it does not. */
  readonly tooLate: string | null
}

/**
 * Compiles an amendment of a run, that comes by itself or with what an attempt reports. Null where it does not fit and is
 * answered with that. @throws Error where the library and the history differ about whether it fits.
 */
export function prepareAmending(
  machine: Machine,
  run: RunId,
  amendment: AmendmentSpec,
  report: Extract<Input, { readonly type: 'complete' }> | null,
): Amending | null {
  const { facts, history, versions, world, amendments } = machine
  const past = history.run(run)
  const known = past?.facts ?? facts.runs.get(run)
  const result = versions.amend(run, documentOf(world, amendment))
  if (known === undefined || result === undefined) return null
  const why = whyUnfit(facts, known, amendment)
  if (result.ok !== (why === null)) {
    const said = result.ok ? 'nothing' : result.diagnostics.map(({ at, message }) => `${at} ${message}`).join(' ')
    throw new Error(`An amendment of run "${run}" is found wrong because of: ${said}; and it is: ${why ?? 'nothing'}.`)
  }
  if (!result.ok) {
    if (report === null) return null
    const { task, fence } = report
    const failure = { kind: 'error', message: 'It could not extend the plan.', retryable: false } as const
    return { input: { type: 'fail', run, task, fence, failure }, plan: null, tooLate: null }
  }
  const { removed, changed, stored } = result
  amendments.set(amendmentKey(stored), amendment)
  const amending = {
    run,
    amendment: stored,
    removed: removed as readonly TaskId[],
    changed: changed as readonly TaskId[],
  }
  const tooLate = past === null ? 'its run is not open' : whyTooLate(history.attempts(), past, amendment)
  const input: Input = report === null ? { type: 'amend', ...amending } : { ...report, amending }
  return { input, plan: result.plan, tooLate }
}

/** All of an amendment is taken, or nothing: where it comes too late, the attempt that brought it has failed. */
export function checkAmending({ input, plan, tooLate }: Amending, { events, rejections }: BatchDecision): void {
  const count = events.filter(({ type }) => type === 'run.amended').length
  const isRefused = rejections.size > 0 || plan === null
  const expected = isRefused || tooLate !== null ? 0 : 1
  if (count !== expected) throw new Error(`An amendment is taken ${count} times, not ${expected} (${tooLate}).`)
  if (input.type !== 'complete' || isRefused || tooLate === null) return
  const hasFailed = events.some((event) => event.type === 'attempt.failed' && event.fence === input.fence)
  if (!hasFailed)
    throw new Error(`The attempt with fence ${input.fence} could not extend its plan, and has not failed.`)
}
