/**
 * Advisory claims: they never block, they steer the order. Of tasks of equal priority, one whose advisory patterns meet what
 * is held is passed over while another task can use the worker, and starts when nothing else can. That is no bypass: no
 * claim is withheld from it. A person's priority is stronger than advice, and so is a reservation.
 */
import { wakeNext } from './parking.js'
import type { RunState, ScopeState, Waiter } from './state.js'
import { PLACE } from './state.js'
import type { TaskIndex } from './types.js'

/** Tasks passed over in one decision; those beyond start as if they had no advisory claims. */
export const MOST_PASSED_OVER = 32

/** What one decision has passed over. */
export interface Advice {
  /** Each is passed over once. */
  readonly heard: Set<Waiter>
  /** All and only tasks that are out of the ready queue for now, best first. */
  readonly passed: Waiter[]
}

/** Takes a queued task that nothing blocks out of the queue, if it had better wait; whether it did. */
export function passOver(state: ScopeState, advice: Advice, waiter: Waiter): boolean {
  const { run, task, set } = waiter
  if (advice.heard.size === MOST_PASSED_OVER || advice.heard.has(waiter)) return false
  if (waiter === state.claims.reservation() || !state.claims.isAdvisedAgainst(set)) return false
  advice.heard.add(waiter)
  advice.passed.push(waiter)
  run.ready.remove(task)
  run.place[task] = PLACE.nowhere
  // Whoever stands behind it in the line it came from may take the worker.
  wakeNext(state, waiter)
  return true
}

/** Whether those that were passed over come before `next`: none is left of their priority. */
export function isLastCall(
  state: ScopeState,
  { passed }: Advice,
  next: { readonly run: RunState; readonly task: TaskIndex } | null,
): boolean {
  const first = passed[0]
  if (first === undefined) return false
  if (next === null) return true
  return next !== state.claims.reservation() && priorityOf(next) < priorityOf(first)
}

/** Puts back what was passed over, in its old order. */
export function giveBack({ passed }: Advice): void {
  for (let waiter = passed.pop(); waiter !== undefined; waiter = passed.pop()) {
    const { run, task } = waiter
    run.place[task] = PLACE.queued
    run.ready.pushFront(task)
  }
}

function priorityOf({ run, task }: { readonly run: RunState; readonly task: TaskIndex }): number {
  return run.plan.priority[task]!
}
