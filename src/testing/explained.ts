/** L1: whatever is not running can say why. */
import { explain } from '../core/explain.js'
import type { Machine } from './machine-state.js'

/** To be asked after a decision, when all that can start has started. @throws Error where a task has no reason to wait. */
export function checkExplained({ state, now }: Machine): void {
  for (const run of state.runs.values()) {
    for (let task = 0; task < run.plan.taskCount; task += 1) {
      const reasons = explain(state, run, task, now)
      if (reasons.length > 0) continue
      throw new Error(`Nothing says why "${run.id}/${run.plan.taskIds[task]!}" is not running (L1).`)
    }
  }
}
