/** What must hold after each decision: its consequences have been drawn. */
import { checkRemoved } from './history-amendments.js'
import { checkClaims } from './history-claims.js'
import { checkAlive } from './history-limits.js'
import type { Memory } from './history-memory.js'
import { accuse, isOver, type RunPast, type TaskPast } from './history-past.js'
import * as uses from './history-uses.js'
import { isAskedFor, standOf } from './history-waits.js'

/** Nobody live has outlived a limit, and whoever depends on a task that ended otherwise has ended too (S11). */
export function settle(memory: Memory, at: number): void {
  for (const attempt of memory.unreleased.values()) if (!attempt.isClosing) checkAlive(attempt, at)
  checkClaims(memory.unreleased)
  checkRemoved(memory)
  for (const { run, task } of memory.fallen) checkFallen(run, task)
  for (const { run, task } of memory.barred) checkBarred(run, task)
  if (memory.fallen.length > 0) memory.fallen.length = 0
  if (memory.barred.length > 0) memory.barred.length = 0
  uses.checkNotWaiting(memory)
}

function checkFallen(run: RunPast, fallen: TaskPast): void {
  // It may have been reopened in the same decision.
  if (!isOver(fallen.status) || fallen.status === 'succeeded') return
  for (const id of run.facts.dependents.get(fallen.facts.id) ?? []) {
    const { status } = run.tasks.get(id)!
    const isWrong = status === 'idle' || (!run.isReopened && (status === 'running' || status === 'succeeded'))
    // What had started before something it depends on was reopened goes on, and counts.
    if (isWrong) accuse(`Task "${id}" is ${status} although "${fallen.facts.id}" is ${fallen.status} (S1, S11)`)
  }
}

/** What it waits for may have been reopened in the same decision. */
function checkBarred(run: RunPast, task: TaskPast): void {
  if (task.status !== 'idle') return
  const stand = standOf(run, task)
  const isBarred = stand === 'holds' ? !isAskedFor(run, task) : stand !== 'open'
  if (isBarred) accuse(`Task "${task.facts.id}" waits although it can never start (S11)`)
}
