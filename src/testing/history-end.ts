/** Whether a run ends when it may, and as what it is. */
import type { Verdict } from '../core/types.js'
import { checkAnswered } from './history-gates.js'
import type { AttemptPast, RunPast } from './history-past.js'
import { accuse, isOver } from './history-past.js'
import { isGood } from './history-waits.js'

/** Closes a run; `unreleased` are the attempts that still hold something. */
export function closeRun(unreleased: Iterable<AttemptPast>, run: RunPast, verdict: Verdict): void {
  for (const attempt of unreleased) {
    if (attempt.run === run)
      accuse(`Run "${run.facts.id}" is closed while attempt ${attempt.name} has not stopped (S12)`)
  }
  checkAnswered(run)
  const ends = [...run.tasks.values()].map((task) => task.status)
  if (!ends.every(isOver)) accuse(`Run "${run.facts.id}" is closed before its tasks have ended`)
  const expected = run.isCancelled
    ? 'cancelled'
    : [...run.tasks.values()].every(isGood)
      ? 'succeeded'
      : ends.includes('failed') || !ends.includes('cancelled')
        ? 'failed'
        : 'cancelled'
  if (verdict !== expected) accuse(`Run "${run.facts.id}" is closed as ${verdict}, it ${expected}`)
  run.isClosed = true
}
