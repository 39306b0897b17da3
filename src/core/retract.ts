/** A task that had ended is to be done again: its end is taken back from everything that was derived from it. */
import { doomAnew, lastCause, waitAnew } from './grow.js'
import { type End, endOf, isHarmless, isHit, tellNode } from './points.js'
import { setStatus, takeBack } from './ready.js'
import type { RunState, ScopeState } from './state.js'
import { isFinal, STATUS } from './state.js'
import type { EpochMs, NodeIndex, TaskIndex } from './types.js'

/**
 * Lets a task that has ended wait anew. What waits for it, or is ready because of it, waits again; what runs or has ended
 * because of it stays as it is.
 */
export function retract(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  const end = endOf(run, task)!
  const isMissed = end === 'failed' || end === 'missed'
  if (isMissed && run.plan.optional[task] === 0) run.shortfall -= 1
  setStatus(run, task, STATUS.waiting)
  for (const facts of [run.results, run.failures, run.skips, run.cancels]) facts.delete(task)
  for (const facts of [run.lost, run.unverified, run.scheduledAt, run.retries]) facts.delete(task)
  run.unneeded.delete(task)
  run.readyAt[task] = Number.NaN
  run.endedAt[task] = Number.NaN
  if (run.drainedBy === task) run.drainedBy = nextFailed(run)
  takeFrom(state, run, task, end, at)
  for (const [doomed, { because }] of run.doomed) if (because === task) doomAnew(run, doomed)
  waitAnew(state, run, task, at)
}

/** Another failure that drains the run; null where the last one was taken back. */
function nextFailed(run: RunState): TaskIndex | null {
  for (let task = 0; task < run.plan.taskCount; task += 1) {
    if (run.status[task] === STATUS.failed && run.plan.optional[task] === 0) return task
  }
  return null
}

/** Takes the end of a node back from those who wait for it. */
function takeFrom(state: ScopeState, run: RunState, node: NodeIndex, end: End, at: EpochMs): void {
  const { successors, taskCount } = run.plan
  for (let i = successors.start[node]!; i < successors.start[node + 1]!; i += 1) {
    const dependent = successors.targets[i]!
    if (dependent >= taskCount) {
      takeFromPoint(state, run, dependent, node, end, at)
    } else if (end === 'reached') {
      run.remaining[dependent]! += 1
      if (run.status[dependent] === STATUS.ready) takeBack(state, run, dependent)
    }
    if (dependent < taskCount && run.doomed.has(dependent)) doomAnew(run, dependent)
  }
}

function takeFromPoint(state: ScopeState, run: RunState, node: NodeIndex, by: NodeIndex, end: End, at: EpochMs): void {
  const index = node - run.plan.taskCount
  const { hit, weight } = run.plan.points[index]!
  const before = endOf(run, node)
  if (isHit(hit, end)) run.remaining[node]! += weight?.[by] ?? 1
  else run.spare[index]! += weight?.[by] ?? 1
  run.harmed[index] = isHarmed(run, node) ? 1 : 0
  const isReached = run.remaining[node]! <= 0
  const isMissed = run.spare[index]! < 0
  run.status[node] = isReached ? STATUS.succeeded : isMissed ? STATUS.skipped : STATUS.waiting
  const after = endOf(run, node)
  if (before === after || before === null) return
  run.notBefore.delete(node)
  takeFrom(state, run, node, before, at)
  if (after !== null) tellNode(state, run, node, after, at, after === 'reached' ? -1 : lastCause(run, node))
}

function isHarmed(run: RunState, node: NodeIndex): boolean {
  const { predecessors, points, taskCount } = run.plan
  const { hit } = points[node - taskCount]!
  for (let i = predecessors.start[node]!; i < predecessors.start[node + 1]!; i += 1) {
    const by = predecessors.targets[i]!
    const end = isFinal(run.status[by]!) ? endOf(run, by) : null
    if (end !== null && !isHit(hit, end) && !isHarmless(hit, end)) return true
  }
  return false
}
