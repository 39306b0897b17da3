/** What the history checker says about tasks that never start. */
import type { SkipReason } from '../core/types.js'
import type { RunPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'

/** S11: only because of a task it depends on that ended otherwise, or because a failure lets nothing more start. */
export function checkSkipped(run: RunPast, task: TaskPast, reason: SkipReason, what: string): void {
  const cause = run.tasks.get(reason.because)
  const isRight =
    reason.kind === 'dependency'
      ? task.facts.after.includes(reason.because) && cause?.status === reason.status
      : reason.kind === 'on-failure' &&
        run.isDrained &&
        cause?.status === 'failed' &&
        run.facts.onFailure === reason.rule
  if (!isRight) accuse(`${what} because of "${reason.because}", which is ${cause?.status} (S11)`)
}
