/** Who could be served, and who was passed (L4), told from the history alone. */
import type { TaskFacts } from './history-facts.js'
import { exclude } from './history-facts.js'
import type { RunPast, TaskPast, WorkerPast } from './history-past.js'
import { asksTooMuch, isLeftWithout, type Surroundings } from './history-uses.js'

interface Passing extends Surroundings {
  readonly workers: ReadonlyMap<string, WorkerPast>
}

/** What a worker would have to be to serve a task, null if it can. */
export function lackOf(worker: WorkerPast, { spec }: TaskFacts): string | null {
  if (spec.pool !== null && spec.pool !== worker.pool) return `of pool "${spec.pool}"`
  const missing = spec.requires.find((capability) => !worker.capabilities.includes(capability))
  return missing === undefined ? null : `able to do "${missing}"`
}

/** Whether a worker is there that could serve a task, busy or not, and it asks for no more than there is of anything. */
export function isServed(past: Passing, { facts }: TaskPast): boolean {
  if (asksTooMuch(past, facts)) return false
  for (const worker of past.workers.values()) if (!worker.isDraining && lackOf(worker, facts) === null) return true
  return false
}

/** `task` has started before all who have waited longer for what it takes; the longest-waiting of them was passed. */
export function countPass(past: Passing, run: RunPast, task: TaskPast, at: number): void {
  let oldest: TaskPast | null = null
  let isTie = false
  for (const other of past.runs.values()) {
    if (other.isClosed || other.isPaused) continue
    for (const waiting of other.tasks.values()) {
      const isWaiting = waiting.status === 'idle' && waiting.readyOrder !== 0 && waiting.retryAt <= at
      if (!isWaiting || waiting.readyOrder >= task.readyOrder || (other === run && waiting === task)) continue
      if (oldest !== null && oldest.readyOrder < waiting.readyOrder) continue
      const isPassed =
        exclude(task.facts.spec, waiting.facts.spec) || isLeftWithout(past, task.facts, waiting.facts, at)
      if (!isPassed || !isServed(past, waiting)) continue
      isTie = oldest?.readyOrder === waiting.readyOrder
      oldest = waiting
    }
  }
  // Of two that became ready by one event, either may count as the older one.
  if (oldest === null || isTie) return
  oldest.passes += 1
}
