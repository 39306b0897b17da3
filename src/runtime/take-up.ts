/** What a host that takes the lead says first: what limits it gives, and which runs it cannot go on with. */
import { handlerOfLimiter } from '../core/limit.js'
import type { RunState, ScopeState } from '../core/state.js'
import type { Input, Limit } from '../core/types.js'

/** Why a run is paused that needs functions of its plan: attempts without them would fail for good. */
export const HELD_BACK =
  'nobody has registered its handlers: give its plan to scheduler.resume(id, plan), or register them'

export interface TakeUpOptions {
  /** Limits that this host gives. */
  readonly limits: ReadonlyMap<string, Limit>
  readonly isLacking: (run: RunState) => boolean
}

/** What the host gives now holds: a limit that one gave to a handler before, and this one does not, is taken back. */
export function takeUp({ limiters, runs }: ScopeState, options: TakeUpOptions): readonly Input[] {
  const { limits, isLacking } = options
  const inputs: Input[] = []
  for (const { name, host } of limiters.values()) {
    if (host === null || handlerOfLimiter(name) === null || limits.has(name)) continue
    inputs.push({ type: 'setLimit', name, limit: null })
  }
  for (const [name, limit] of limits) inputs.push({ type: 'setLimit', name, limit })
  for (const run of runs.values()) {
    if (isLacking(run)) inputs.push({ type: 'pause', run: run.id, reason: HELD_BACK })
    else if (run.paused?.reason === HELD_BACK) inputs.push({ type: 'resume', run: run.id })
  }
  return inputs
}
