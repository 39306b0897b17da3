/**
 * Consequences: what can never be ready is skipped, what a failure forbids does not start, what was done before is not done
 * again, what has ended is closed.
 */
import { type Draft, failAttempt, record, stopAttempt } from './record.js'
import type { Doom, RunState } from './state.js'
import { STATUS, STATUS_NAMES, unfinished } from './state.js'
import type { SkipReason, TaskIndex, Verdict } from './types.js'

export function settle(draft: Draft): void {
  for (const run of draft.state.runs.values()) {
    do {
      skipDoomed(draft, run)
      if (run.drainedBy !== null) drain(draft, run, run.drainedBy)
      if (run.reusable.size > 0) for (const task of run.reusable) reuse(draft, run, task)
      // A result that was used again is a success, which others may have hoped against.
    } while (run.doomed.size > 0)
    if (unfinished(run) === 0 && run.closing === 0) {
      record(draft, { type: 'run.closed', at: draft.at, run: run.id, verdict: verdictOf(run) })
    }
  }
}

/** Skips dependents in the order in which they were found, each with the nearest cause. */
function skipDoomed(draft: Draft, run: RunState): void {
  for (const [task, doom] of run.doomed) skip(draft, run, task, reasonOf(run, doom))
}

function reasonOf(run: RunState, { because, through, isUnneeded }: Doom): SkipReason {
  const { taskIds, points, taskCount } = run.plan
  if (through === null) return { kind: 'condition', because: taskIds[because]!, unneeded: true }
  const status = STATUS_NAMES[run.status[because]!] as 'succeeded' | 'failed' | 'cancelled' | 'skipped'
  return {
    kind: 'dependency',
    because: taskIds[because]!,
    status,
    ...(through === -1 ? {} : { through: points[through - taskCount]!.id }),
    ...(isUnneeded ? { unneeded: true } : {}),
  }
}

/** After a failure under `drain` or `abort` nothing starts; under `abort`, what runs is stopped too. */
function drain(draft: Draft, run: RunState, failed: TaskIndex): void {
  const { onFailure, taskIds } = run.plan
  const rule = onFailure === 'abort' ? 'abort' : 'drain'
  const reason: SkipReason = { kind: 'on-failure', because: taskIds[failed]!, rule }
  if (run.counts[STATUS.waiting]! + run.counts[STATUS.ready]! > 0) {
    for (let task = 0; task < run.plan.taskCount; task += 1) {
      if (run.status[task] === STATUS.waiting || run.status[task] === STATUS.ready) skip(draft, run, task, reason)
    }
  }
  if (rule !== 'abort') return
  for (const attempt of [...run.live.values()]) {
    stopAttempt(draft, attempt, 'aborted')
    const message = `The run was aborted because "${taskIds[failed]!}" failed (onFailure).`
    failAttempt(draft, attempt, { kind: 'cancelled', message })
  }
}

/** The result that is known by the key of a ready task stands for its own. What this makes ready may be reusable too. */
function reuse(draft: Draft, run: RunState, task: TaskIndex): void {
  const { run: from, task: by, result } = draft.state.keyed.get(run.plan.keys.get(task)!)!
  const id = run.plan.taskIds[task]!
  record(draft, { type: 'task.reused', at: draft.at, run: run.id, task: id, from: { run: from, task: by }, result })
}

function skip(draft: Draft, run: RunState, task: TaskIndex, reason: SkipReason): void {
  record(draft, { type: 'task.skipped', at: draft.at, run: run.id, task: run.plan.taskIds[task]!, reason })
}

/** `cancelled` if somebody cancelled the run; else `succeeded` if every task did that the run needs. */
function verdictOf(run: RunState): Verdict {
  if (run.cancelled !== null) return 'cancelled'
  if (run.shortfall === 0) return 'succeeded'
  return run.counts[STATUS.failed] === 0 && run.counts[STATUS.cancelled]! > 0 ? 'cancelled' : 'failed'
}
