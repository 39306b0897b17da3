/**
 * Starts what may start: the ready task that comes first by the person's priority, then rank, then age, among those a
 * free worker can serve; a task for which claims and uses are reserved comes before all others. A task that a claim or
 * a limiter blocks is parked. Ends when no worker is free that could serve any queued task, so whatever can start starts in
 * this step. Advisory claims change the order of tasks of one priority (see `advice.ts`).
 */
import { type Advice, giveBack, isLastCall, passOver } from './advice.js'
import { obstacleOf } from './parking.js'
import { parkQueued } from './ready.js'
import { type Draft, record } from './record.js'
import type { RunState, ScopeState } from './state.js'
import { PLACE } from './state.js'
import type { EpochMs, TaskIndex } from './types.js'
import { freeWorker } from './workers.js'

export function dispatch(draft: Draft): void {
  const { state } = draft
  /** Made where there are any advisory claims. */
  let advice: Advice | null = null
  for (;;) {
    const next = firstStartable(state)
    if (advice !== null && isLastCall(state, advice, next)) {
      giveBack(advice)
      continue
    }
    if (next === null) return
    const { run, task } = next
    const waiter = run.waiters.get(task)
    const obstacle = waiter === undefined ? null : obstacleOf(state, waiter)
    if (waiter !== undefined && obstacle !== null) {
      parkQueued(state, waiter, obstacle)
      continue
    }
    if (waiter !== undefined && waiter.set.advisory.length > 0) {
      advice ??= { heard: new Set(), passed: [] }
      if (passOver(state, advice, waiter)) continue
    }
    start(draft, run, task)
  }
}

interface Candidate {
  readonly run: RunState
  readonly task: TaskIndex
}

function firstStartable(state: ScopeState): Candidate | null {
  const reserved = state.claims.reservation()
  if (reserved !== null && isStartable(reserved, state.now)) return reserved
  let best: Candidate | null = null
  for (const run of state.runs.values()) {
    if (run.paused !== null) continue
    for (const need of run.ready.needs) {
      const task = run.ready.first(need)
      if (task === -1 || (best !== null && !comesBefore(run, task, best))) continue
      if (freeWorker(run, need, state.now) !== null) best = { run, task }
    }
  }
  return best
}

function isStartable({ run, task }: Candidate, now: EpochMs): boolean {
  if (run.paused !== null || run.place[task] !== PLACE.queued) return false
  return freeWorker(run, run.plan.need[task]!, now) !== null
}

function comesBefore(run: RunState, task: TaskIndex, best: Candidate): boolean {
  const other = best.run
  return (
    (other.plan.priority[best.task]! - run.plan.priority[task]! ||
      other.plan.rank[best.task]! - run.plan.rank[task]! ||
      run.readyAt[task]! - other.readyAt[best.task]!) < 0
  )
}

function start(draft: Draft, run: RunState, task: TaskIndex): void {
  const worker = freeWorker(run, run.plan.need[task]!, draft.state.now)!
  run.cursor = task
  record(draft, {
    type: 'attempt.started',
    at: draft.at,
    run: run.id,
    task: run.plan.taskIds[task]!,
    attempt: run.attempts[task]! + 1,
    fence: draft.state.fence + 1,
    worker: worker.id,
    slot: worker.freeSlots.at(-1)!,
  })
}
