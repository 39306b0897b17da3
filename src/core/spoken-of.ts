/** What an event speaks of: a journal that speaks of what there is not is damaged, or a bug wrote it. */
import type { Attempt, RunState, ScopeState } from './state.js'
import { findTask } from './state.js'
import type { Fence, RunId, TaskId, TaskIndex } from './types.js'

export function openRun(state: ScopeState, id: RunId): RunState {
  const run = state.runs.get(id)
  if (run === undefined) throw new Error(`The journal speaks of run "${id}", which is not open.`)
  return run
}

export function indexOf(run: RunState, id: TaskId): TaskIndex {
  const task = findTask(run, id)
  if (task === undefined) throw new Error(`The journal speaks of task "${id}", which run "${run.id}" does not have.`)
  return task
}

export function liveAttempt(state: ScopeState, event: { readonly task: TaskId; readonly fence: Fence }): Attempt {
  const attempt = state.attempts.get(event.fence)
  if (attempt !== undefined && attempt.closing === null) return attempt
  throw new Error(`The journal speaks of attempt ${event.fence} of "${event.task}", which is not live.`)
}
