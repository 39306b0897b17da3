/**
 * How tasks become ready and cease to be: the bookkeeping of the dispatcher's indexes.
 */

import type { ClaimSet } from '../claims/table.js'
import { enterLine } from './limiters.js'
import { park, wakeNext } from './parking.js'
import type { Obstacle, RunState, ScopeState, UseSet, Waiter } from './state.js'
import { PLACE, STATUS } from './state.js'
import type { EpochMs, TaskIndex } from './types.js'

export function setStatus(run: RunState, task: TaskIndex, status: number): void {
  run.counts[run.status[task]!]! -= 1
  run.counts[status]! += 1
  run.status[task] = status
}

/** A task is ready; it may start at `retryAt`, where a retry or a lag holds it up. */
export function makeReady(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs, retryAt: EpochMs = at): void {
  const policy = run.plan.policies[run.plan.policy[task]!]!
  setStatus(run, task, STATUS.ready)
  run.readyAt[task] = retryAt
  enterDispatch(state, run, task, at)
  if (policy.scheduleToStartMs !== null) {
    state.deadlines.add({
      at: retryAt + policy.scheduleToStartMs,
      kind: 'scheduleToStart',
      run: run.id,
      task,
      fence: 0,
    })
  }
  if (policy.scheduleToCloseMs !== null && !run.scheduledAt.has(task)) {
    run.scheduledAt.set(task, at)
    state.deadlines.add({ at: at + policy.scheduleToCloseMs, kind: 'scheduleToClose', run: run.id, task, fence: 0 })
  }
}

/** Gives a ready task its place in the dispatcher, as the youngest: it waits for what it needs, or for the time of its retry. */
export function enterDispatch(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  const retryAt = run.readyAt[task]!
  state.readySeq += 1
  const claimSet = run.plan.claimSet[task]!
  const useSet = run.useSet[task]!
  if (claimSet !== -1 || useSet !== -1) {
    startWaiting(state, run, task, state.readySeq)
    if (state.keyed.size > 0 && state.keyed.has(run.plan.keys.get(task) ?? '')) run.reusable.add(task)
  }
  if (retryAt > at) {
    run.place[task] = PLACE.delayed
    state.deadlines.add({ at: retryAt, kind: 'retry', run: run.id, task, fence: 0 })
  } else {
    enqueue(run, task)
  }
}

const NO_CLAIMS: ClaimSet = { write: [], read: [], integrate: [], advisory: [] }
const NO_USES: UseSet = []

/** Puts a ready task behind all who wait for its claims and uses. `seq` tells when it became ready. */
export function startWaiting(state: ScopeState, run: RunState, task: TaskIndex, seq: number): Waiter {
  const waiter: Waiter = {
    run,
    task,
    set: run.claimSets[run.plan.claimSet[task]!] ?? NO_CLAIMS,
    uses: run.useSets[run.useSet[task]!] ?? NO_USES,
    seq,
    notBefore: run.readyAt[task]!,
    bypasses: 0,
    waiting: true,
    parkedAt: null,
    wokenFrom: null,
  }
  run.waiters.set(task, waiter)
  state.claims.wait(waiter)
  for (const { limiter, ask } of waiter.uses) enterLine(limiter, waiter, ask)
  return waiter
}

/**
 * Takes a ready task out of the dispatcher, because it starts or ends. The caller grants the claims and uses of a task that
 * starts before this, so that whoever stood behind it is woken to what is true now.
 */
export function leaveReady(state: ScopeState, run: RunState, task: TaskIndex): void {
  if (run.place[task] === PLACE.queued) run.ready.remove(task)
  run.place[task] = PLACE.nowhere
  const waiter = run.waiters.get(task)
  if (waiter === undefined) return
  run.waiters.delete(task)
  run.reusable.delete(task)
  waiter.parkedAt = null
  if (waiter.waiting) state.claims.withdraw(waiter)
  wakeNext(state, waiter)
}

/**
 * Moves a queued task that a claim or limiter blocks to the line of that. The line it was woken from is looked at again, also if
 * it is the same one: a reservation may block this task there, and not its owner.
 */
export function parkQueued(state: ScopeState, waiter: Waiter, obstacle: Obstacle): void {
  waiter.run.ready.remove(waiter.task)
  park(state, waiter, obstacle)
  wakeNext(state, waiter)
}

/** Queues a task that may start now; a gate that awaits approval is nobody's work and waits aside. */
export function enqueue(run: RunState, task: TaskIndex): void {
  if (run.plan.gates.size > 0 && run.plan.gates.get(task) === 'approval') {
    run.place[task] = PLACE.gate
    return
  }
  run.place[task] = PLACE.queued
  run.ready.push(task)
}

/** A ready task is as if it had never been. */
export function takeBack(state: ScopeState, run: RunState, task: TaskIndex): void {
  leaveReady(state, run, task)
  setStatus(run, task, STATUS.waiting)
  run.readyAt[task] = Number.NaN
  run.scheduledAt.delete(task)
}
