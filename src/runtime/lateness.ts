/** What has become of an attempt, for the worker that reports too late. */
import type { Attempt, RunState, ScopeState } from '../core/state.js'
import { STATUS_NAMES } from '../core/state.js'
import type { ClosingReason, EpochMs } from '../core/types.js'
import type { AttemptRequest } from './ports.js'

const STOPPED: { readonly [Reason in ClosingReason]: string } = {
  timeout: 'it took too long and was told to stop',
  stalled: 'it made no progress for too long and was taken back',
  lost: 'nothing was heard of it for too long, so it was taken back',
  cancelled: 'it was cancelled',
  aborted: 'its run was aborted',
}

/** One sentence without its end. */
export function latenessOf(
  state: ScopeState,
  { run: runId, task: id, fence, startedAt }: AttemptRequest,
  stoppedFor: string | null,
  now: EpochMs,
): string {
  const why =
    stoppedFor === null ? 'it was taken back' : ((STOPPED as Record<string, string>)[stoppedFor] ?? stoppedFor)
  const parts = [`${why} (it had started ${now - startedAt} ms ago)`]
  const run = state.runs.get(runId)
  if (run === undefined) return [...parts, 'its run has ended'].join('; ')
  const task = run.plan.taskIndex.get(id)
  if (task !== undefined) parts.push(whatNow(run, task, run.live.get(task), fence))
  return parts.filter((part) => part !== '').join('; ')
}

function whatNow(run: RunState, task: number, live: Attempt | undefined, fence: number): string {
  if (live?.fence === fence) return ''
  if (live !== undefined) return `worker "${live.worker.id}" has attempt ${live.number} of it now`
  return `the task is ${STATUS_NAMES[run.status[task]!]!}`
}
