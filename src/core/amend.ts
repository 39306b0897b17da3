/** The plan of an open run is changed: whether that may be, and what it leads to. */
import { type Draft, record } from './record.js'
import type { RunState, ScopeState } from './state.js'
import { STATUS } from './state.js'
import type { Amending, Rejection, TaskId } from './types.js'

/**
 * Why the plan cannot be changed like that now; null if it can. What an amendment changes must not have begun: a task
 * that runs was given its input, and an end is final.
 */
export function refusal(draft: Draft, run: RunState, { removed, changed }: Amending): Rejection | null {
  if (run.cancelled !== null) {
    return { code: 'RUN_CLOSED', message: `Run "${run.id}" was cancelled.`, hint: 'Start a new run.' }
  }
  const begun = [...removed, ...changed].find((id) => !isOpen(draft.state, run, id))
  if (begun !== undefined) {
    const what = run.plan.gates.has(run.plan.taskIndex.get(begun)!) ? 'Gate' : 'Task'
    const message = `${what} "${begun}" runs or has ended: it can be neither removed nor changed.`
    return { code: 'TASK_STARTED', message, hint: 'Cancel it, or add another task.' }
  }
  const after = draft.plans.get(run.id)
  const finished = run.plan.points.find((point, index) => {
    // What an amendment leaves alone stays the same object. Conditions that have come about are kept, see `Point.isAmended`.
    const isChanged = after !== undefined && after.points[index] !== point
    const isGroup = point.kind === 'stream' || point.kind === 'phase'
    return isGroup && isChanged && run.status[run.plan.taskCount + index] !== STATUS.waiting
  })
  if (finished === undefined) return null
  const message = `The ${finished.kind} "${finished.id}" has ended: others may have gone on because of it.`
  return { code: 'STREAM_FINISHED', message, hint: 'Add the tasks to another stream, or to none.' }
}

/** Changes the plan; what was removed is skipped. The caller has seen that nothing speaks against it. */
export function amend(draft: Draft, run: RunState, { amendment, removed }: Amending): void {
  record(draft, { type: 'run.amended', at: draft.at, run: run.id, amendment })
  for (const task of removed) {
    const reason = { kind: 'removed', because: task, unneeded: true } as const
    record(draft, { type: 'task.skipped', at: draft.at, run: run.id, task, reason })
  }
}

/** It waits, and nothing of it runs any more: an attempt that closes still holds what the plan said when it started. */
function isOpen(state: ScopeState, run: RunState, id: TaskId): boolean {
  const task = run.plan.taskIndex.get(id)
  if (task === undefined) return false
  for (const attempt of state.closing.values()) if (attempt.run === run && attempt.task === task) return false
  return run.status[task] === STATUS.waiting || run.status[task] === STATUS.ready
}
