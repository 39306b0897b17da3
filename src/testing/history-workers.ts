/** Whether a worker could serve a task. */
import type { TaskFacts } from './history-facts.js'
import type { WorkerPast } from './history-past.js'

export function checkServes(worker: WorkerPast, facts: TaskFacts, slot: number, refuse: (why: string) => never): void {
  if (worker.isDraining) refuse(`worker "${worker.id}" is to get nothing more`)
  if (slot < 1 || slot > worker.slots) refuse(`worker "${worker.id}" has no slot ${slot} (S7)`)
  const lack = lackOf(worker, facts)
  if (lack !== null) refuse(`worker "${worker.id}" is not ${lack}`)
}

/** What a worker would have to be to serve a task, null if it can. */
export function lackOf(worker: WorkerPast, { spec }: TaskFacts): string | null {
  if (spec.pool !== null && spec.pool !== worker.pool) return `of pool "${spec.pool}"`
  const missing = spec.requires.find((capability) => !worker.capabilities.includes(capability))
  return missing === undefined ? null : `able to do "${missing}"`
}
