/** Whether workers may be given what they are given, and who was passed by it. */
import type { RunEventMap } from '../core/types.js'
import type { TaskFacts } from './history-facts.js'
import { exclude } from './history-facts.js'
import type { RunPast, TaskPast, WorkerPast } from './history-past.js'
import { accuse } from './history-past.js'

/** The part of a history that this is about. */
interface Memory {
  readonly runs: ReadonlyMap<string, RunPast>
  readonly workers: ReadonlyMap<string, WorkerPast>
}

/** Whether a worker may be given the task in this slot. */
export function checkServes(worker: WorkerPast, facts: TaskFacts, slot: number, refuse: (why: string) => never): void {
  if (worker.isDraining) refuse(`worker "${worker.id}" is to get nothing more`)
  if (slot < 1 || slot > worker.slots) refuse(`worker "${worker.id}" has no slot ${slot} (S7)`)
  const lack = lackOf(worker, facts)
  if (lack !== null) refuse(`worker "${worker.id}" is not ${lack}`)
}

/** What a worker would have to be to serve a task, null if it can. */
function lackOf(worker: WorkerPast, { spec }: TaskFacts): string | null {
  if (spec.pool !== null && spec.pool !== worker.pool) return `of pool "${spec.pool}"`
  const missing = spec.requires.find((capability) => !worker.capabilities.includes(capability))
  return missing === undefined ? null : `able to do "${missing}"`
}

/** L4: `task` starts before all who have waited longer for what it takes; the longest-waiting of them was passed. */
export function countPass(memory: Memory, run: RunPast, task: TaskPast, at: number): void {
  let oldest: TaskPast | null = null
  let isTie = false
  for (const other of memory.runs.values()) {
    if (other.isClosed || other.isPaused) continue
    for (const waiting of other.tasks.values()) {
      const isWaiting = waiting.status === 'idle' && waiting.readyOrder !== 0 && waiting.retryAt <= at
      if (!isWaiting || waiting.readyOrder >= task.readyOrder || (other === run && waiting === task)) continue
      if (oldest !== null && oldest.readyOrder < waiting.readyOrder) continue
      if (!exclude(task.facts.spec, waiting.facts.spec) || !isServed(memory.workers, waiting)) continue
      isTie = oldest?.readyOrder === waiting.readyOrder
      oldest = waiting
    }
  }
  // Of two that became ready by one event, either may count as the older one.
  if (oldest === null || isTie) return
  oldest.passes += 1
}

/** Whether a worker is there that could serve the task, busy or not. */
export function isServed(workers: ReadonlyMap<string, WorkerPast>, { facts }: TaskPast): boolean {
  for (const worker of workers.values()) if (!worker.isDraining && lackOf(worker, facts) === null) return true
  return false
}

/** A worker comes once, and goes once. */
export function workerEvent(
  workers: Map<string, WorkerPast>,
  event: RunEventMap['worker.joined' | 'worker.draining' | 'worker.left'],
): void {
  const { worker: id } = event
  if (event.type === 'worker.joined') {
    if (workers.has(id)) accuse(`Worker "${id}" joins twice`)
    const { pool, slots, capabilities } = event
    workers.set(id, { id, pool, slots, capabilities, isDraining: false })
    return
  }
  if (event.type === 'worker.draining') {
    const worker = workers.get(id) ?? accuse(`Worker "${id}" drains, but had not joined`)
    worker.isDraining = true
    return
  }
  if (!workers.delete(id)) accuse(`Worker "${id}" leaves, but had not joined`)
}
