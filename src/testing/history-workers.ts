/** Who comes and goes, whether workers may be given what they are given, who was passed by it (L4), and who should have come first. */
import type { RunEventMap, RunEventType } from '../core/types.js'
import { anyMeet, type Claimed, exclude } from './claimed.js'
import { holdsOf } from './history-claims.js'
import type { TaskFacts } from './history-facts.js'
import type { TaskPast, WorkerPast } from './history-past.js'
import { accuse } from './history-past.js'
import { asksTooMuch, isLeftWithout, type Surroundings, whyUnusable } from './history-uses.js'

/** What the history knows of everybody. */
export interface Everybody extends Surroundings {
  readonly workers: ReadonlyMap<string, WorkerPast>
}

/** Workers come, drain and go. */
export function workerEvent(
  workers: Map<string, WorkerPast>,
  event: RunEventMap[Extract<RunEventType, `worker.${string}`>],
): void {
  const { worker: id } = event
  if (event.type === 'worker.joined') {
    if (workers.has(id)) accuse(`Worker "${id}" joins twice`)
    const { pool, slots, capabilities } = event
    workers.set(id, { id, pool, slots, capabilities, isDraining: false, restsUntil: Number.NEGATIVE_INFINITY })
    return
  }
  const worker = workers.get(id) ?? accuse(`${event.type} is told of "${id}", which had not joined`)
  if (event.type === 'worker.draining') worker.isDraining = true
  else if (event.type === 'worker.resized') worker.slots = event.slots
  else if (event.type === 'worker.quarantined') worker.restsUntil = event.until
  else workers.delete(id)
}

/** Whether a worker may be given the task in this slot. */
export function checkServes(
  worker: WorkerPast,
  facts: TaskFacts,
  { slot, at }: { readonly slot: number; readonly at: number },
  refuse: (why: string) => never,
): void {
  if (worker.isDraining) refuse(`worker "${worker.id}" is to get nothing more`)
  if (at < worker.restsUntil) refuse(`worker "${worker.id}" is to rest`)
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

/** Whether a worker is there that could serve a task, busy or not, and it asks for no more than there is of anything. */
export function isServed(everybody: Everybody, { facts }: TaskPast): boolean {
  if (asksTooMuch(everybody, facts)) return false
  for (const worker of everybody.workers.values()) if (!worker.isDraining && lackOf(worker, facts) === null) return true
  return false
}

/** What somebody took. */
export interface Taken {
  readonly claims: Claimed
  /** The task that started by it, null where an attempt got more paths. */
  readonly started: TaskFacts | null
  /** Whoever became ready before had waited longer for it. */
  readonly since: number
}

/** L4: something has been taken before all who have waited longer for it; the longest-waiting of them was passed. */
export function countPass(everybody: Everybody, { claims, started, since }: Taken, at: number): void {
  let oldest: TaskPast | null = null
  let isTie = false
  for (const other of everybody.runs.values()) {
    if (other.isClosed || other.isPaused) continue
    for (const waiting of other.tasks.values()) {
      if (!isReady(waiting, at) || waiting.readyOrder >= since) continue
      if (oldest !== null && oldest.readyOrder < waiting.readyOrder) continue
      const isPassed =
        exclude(claims, waiting.facts.spec) ||
        (started !== null && isLeftWithout(everybody, started, waiting.facts, at))
      if (!isPassed || !isServed(everybody, waiting)) continue
      isTie = oldest?.readyOrder === waiting.readyOrder
      oldest = waiting
    }
  }
  // Of two that became ready by one event, either may count as the older one.
  if (oldest === null || isTie) return
  oldest.passes += 1
}

/** Tasks passed over at most in one decision: where there may be more, nobody is accused. */
const MOST_PASSED_OVER = 32

/**
 * The task that should have been given the worker, by what is advisory: `task` meets what is held and the other does not,
 * and could start too, and is as important. Null if there is none.
 */
export function findSteered(everybody: Everybody, task: TaskPast, worker: WorkerPast, at: number): string | null {
  const { spec } = task.facts
  if (spec.advisory.length === 0 || !meetsHeld(everybody, spec.advisory)) return null
  const open = [...everybody.runs.values()].filter(
    (run) => !(run.isClosed || run.isPaused || run.isDrained || run.isCancelled),
  )
  const rivals = open.flatMap((run) => [...run.tasks.values()].filter((each) => each !== task && isReady(each, at)))
  if (rivals.length >= MOST_PASSED_OVER) return null
  const better = rivals.find(
    ({ facts }) =>
      facts.spec.priority === spec.priority &&
      facts.spec.gate?.kind !== 'approval' &&
      lackOf(worker, facts) === null &&
      !meetsHeld(everybody, facts.spec.advisory) &&
      isFree(everybody, facts.spec) &&
      whyUnusable(everybody, facts, at) === null,
  )
  return better === undefined ? null : `"${better.facts.id}"`
}

/** L2: a task that nothing speaks against starting, and that did not; null if there is none. Nothing must be reserved. */
export function findIdle(everybody: Everybody, at: number): string | null {
  const taken = new Map<string, number>()
  for (const { worker } of everybody.unreleased.values()) taken.set(worker, (taken.get(worker) ?? 0) + 1)
  const free = [...everybody.workers.values()].filter(
    ({ id, slots, isDraining }) => !isDraining && (taken.get(id) ?? 0) < slots,
  )
  if (free.length === 0) return null
  for (const run of everybody.runs.values()) {
    if (run.isClosed || run.isPaused || run.isDrained || run.isCancelled) continue
    for (const task of run.tasks.values()) {
      const { facts } = task
      if (!isReady(task, at) || facts.spec.gate?.kind === 'approval') continue
      if (!free.some((worker) => lackOf(worker, facts) === null) || !isFree(everybody, facts.spec)) continue
      if (whyUnusable(everybody, facts, at) === null) return `"${run.facts.id}/${facts.id}"`
    }
  }
  return null
}

function isReady({ status, readyOrder, startAt }: TaskPast, at: number): boolean {
  return status === 'idle' && readyOrder !== 0 && startAt <= at
}

function isFree({ unreleased }: Everybody, spec: Claimed): boolean {
  for (const attempt of unreleased.values()) if (exclude(spec, holdsOf(attempt))) return false
  return true
}

function meetsHeld({ unreleased }: Everybody, advisory: readonly number[]): boolean {
  if (advisory.length === 0) return false
  for (const attempt of unreleased.values()) {
    const { write, read, integrate } = holdsOf(attempt)
    if (anyMeet(advisory, [...write, ...read, ...integrate, ...attempt.task.facts.spec.advisory])) return true
  }
  return false
}
