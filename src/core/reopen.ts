/** A task that has ended is done again, and with it what could not be done because of it. */
import { type Draft, record, reject } from './record.js'
import type { RunState } from './state.js'
import { isFinal, STATUS } from './state.js'
import type { NodeIndex, TaskIndex } from './types.js'

/** Reopens a task, those skipped because of it, and, if asked for, everything after it that has ended. */
export function reopenTask(draft: Draft, run: RunState, id: string, downstream: boolean, reason: string): void {
  const task = run.plan.taskIndex.get(id)
  if (task === undefined) {
    return reject(draft, 'TASK_UNKNOWN', `Run "${run.id}" has no task "${id}".`, 'Use the full id, "stream/task".')
  }
  if (run.cancelled !== null) {
    return reject(draft, 'RUN_CLOSED', `Run "${run.id}" was cancelled.`, 'Start a new run.')
  }
  if (!isFinal(run.status[task]!)) {
    return reject(draft, 'TASK_OPEN', `Task "${id}" has not ended.`, 'Only what has ended can be done again.')
  }
  if (run.skips.get(task)?.kind === 'removed') {
    return reject(draft, 'TASK_FINISHED', `Task "${id}" was removed from the plan.`, 'Add a task with another id.')
  }
  for (const each of toReopen(run, task, downstream)) {
    const generation = (run.generations.get(each)?.generation ?? 1) + 1
    const head = { at: draft.at, run: run.id, task: run.plan.taskIds[each]! } as const
    record(draft, { type: 'task.reopened', ...head, generation, reason })
  }
}

/** Each after those it waits for, by wave. */
function toReopen(run: RunState, first: TaskIndex, downstream: boolean): readonly TaskIndex[] {
  const { successors, taskCount, taskIds, wave } = run.plan
  const found = new Set<TaskIndex>([first])
  const seen = new Set<NodeIndex>([first])
  const open: NodeIndex[] = [first]
  const visit = (task: TaskIndex): void => {
    seen.add(task)
    const isLeft = !isFinal(run.status[task]!) || run.skips.get(task)?.kind === 'removed'
    if (!downstream && (isLeft || run.status[task] !== STATUS.skipped)) return
    if (!isLeft) found.add(task)
    open.push(task)
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (run.drainedBy !== null && node < taskCount && run.status[node] === STATUS.failed) {
      for (const [task, { kind, because }] of run.skips) {
        if (kind === 'on-failure' && because === taskIds[node] && !seen.has(task)) visit(task)
      }
    }
    for (let i = successors.start[node]!; i < successors.start[node + 1]!; i += 1) {
      const next = successors.targets[i]!
      if (seen.has(next)) continue
      if (next < taskCount) {
        visit(next)
      } else {
        seen.add(next)
        open.push(next)
      }
    }
  }
  return [...found].sort((a, b) => wave[a]! - wave[b]! || a - b)
}
