/** Where a phase stands: a view of its streams and its gate, in which nothing is stored. */
import type { RunState } from './state.js'
import { isFinal, STATUS } from './state.js'

/**
 * `waiting` for the phases before it, `running` while its streams are not done, at its `gate`; `done`: it is passed;
 * `failed`: it never will be, because of its streams, its gate, or a phase before it.
 */
export type PhaseStatus = 'waiting' | 'running' | 'gate' | 'done' | 'failed'

/** Status of the phase at this place in the plan. */
export function phaseStatus(run: RunState, index: number): PhaseStatus {
  const { point, gate } = run.plan.phases[index]!
  const status = run.status[point]!
  if (status === STATUS.skipped) return 'failed'
  if (status !== STATUS.succeeded) return isBegun(run, index) ? 'running' : 'waiting'
  const answer = gate === null ? STATUS.succeeded : run.status[gate]!
  if (answer === STATUS.succeeded) return 'done'
  return isFinal(answer) ? 'failed' : 'gate'
}

/** Whether what passes the phase before it has come about. */
function isBegun(run: RunState, index: number): boolean {
  const before = run.plan.phases[index - 1]
  return before === undefined || run.status[before.gate ?? before.point] === STATUS.succeeded
}
