/** Cancellation: of a task, of a stream, or of a whole run. */
import { type Draft, record, reject, stopAttempt } from './record.js'
import { isFinal, type RunState } from './state.js'
import type { CancelTarget, TaskIndex } from './types.js'

export function cancelTarget(draft: Draft, run: RunState, target: CancelTarget, reason: string): void {
  const tasks = tasksOf(draft, run, target)
  if (tasks === null) return
  if (target.kind === 'run') {
    // What has ended in the same batch ended by itself.
    if (run.cancelled !== null || tasks.length === 0) return
    record(draft, { type: 'run.cancelled', at: draft.at, run: run.id, reason })
  }
  for (const task of tasks) cancelTask(draft, run, task, reason)
}

function tasksOf(draft: Draft, run: RunState, target: CancelTarget): readonly TaskIndex[] | null {
  const { plan } = run
  if (target.kind === 'task') {
    const task = plan.taskIndex.get(target.task)
    if (task === undefined) {
      reject(draft, 'TASK_UNKNOWN', `Run "${run.id}" has no task "${target.task}".`, 'Use the full id, "stream/task".')
      return null
    }
    if (!isFinal(run.status[task]!)) return [task]
    reject(draft, 'TASK_FINISHED', `Task "${target.task}" has ended already.`, 'An end state is final.')
    return null
  }
  if (target.kind === 'stream' && !plan.streamIndex.has(target.stream)) {
    const message = `Run "${run.id}" has no stream "${target.stream}".`
    reject(draft, 'STREAM_UNKNOWN', message, 'Use the id of a stream of the plan.')
    return null
  }
  const stream = target.kind === 'stream' ? plan.streamIndex.get(target.stream)! : null
  const tasks: TaskIndex[] = []
  for (let task = 0; task < plan.taskCount; task += 1) {
    if ((stream === null || plan.streamOf[task] === stream) && !isFinal(run.status[task]!)) tasks.push(task)
  }
  return tasks
}

function cancelTask(draft: Draft, run: RunState, task: TaskIndex, reason: string): void {
  const attempt = run.live.get(task)
  if (attempt !== undefined) stopAttempt(draft, attempt, 'cancelled')
  record(draft, { type: 'task.cancelled', at: draft.at, run: run.id, task: run.plan.taskIds[task]!, reason })
}
