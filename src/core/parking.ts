/**
 * Ready tasks that a claim blocks. Each is parked on one pattern that blocks it and is looked at again only when that
 * pattern may be free: no scan of the ready set. Tasks of one run that wait on one pattern, with equal need and mode,
 * stand in one line; waking moves the first of the line into the ready queue, and the next one follows when the first
 * has been dealt with. If the first cannot start for want of a worker, none behind it can, so nothing is missed.
 *
 * After the watched literals of SAT solvers: one witness of "cannot start" is enough.
 */
import type { Blocker, PatternId } from '../claims/table.js'
import { heapPop, heapPush } from './heap.js'
import type { ParkedLine, RunState, ScopeState, Waiter } from './state.js'
import { PLACE } from './state.js'

/** Parks a ready task that is in no other place. */
export function park(state: ScopeState, waiter: Waiter, blocker: Blocker): void {
  const { run } = waiter
  const need = run.plan.need[waiter.task]!
  const lines = state.parked.get(blocker.pattern) ?? []
  if (lines.length === 0) state.parked.set(blocker.pattern, lines)
  let line = lines.find((each) => each.run === run && each.need === need && each.mode === blocker.mode)
  if (line === undefined) {
    line = { run, need, mode: blocker.mode, waiters: [] }
    lines.push(line)
  }
  waiter.parkedAt = blocker
  run.place[waiter.task] = PLACE.parked
  heapPush(line.waiters, waiter, startsFirst)
}

/** Queues the first of each line on `pattern` that it no longer blocks. */
export function wakeParked(state: ScopeState, pattern: PatternId): void {
  const lines = state.parked.get(pattern)
  if (lines === undefined) return
  for (const line of lines) wakeFirst(state, pattern, line)
  dropEmpty(state, pattern, lines)
}

function dropEmpty(state: ScopeState, pattern: PatternId, lines: readonly ParkedLine[]): void {
  const waiting = lines.filter((line) => line.waiters.length > 0)
  if (waiting.length === 0) state.parked.delete(pattern)
  else if (waiting.length < lines.length) state.parked.set(pattern, waiting)
}

/** Queues all who are parked on a pattern that nobody speaks of any more: its id will mean another one. */
export function wakeAll(state: ScopeState, pattern: PatternId): void {
  const lines = state.parked.get(pattern)
  if (lines === undefined) return
  state.parked.delete(pattern)
  for (const { run, mode, waiters } of lines) {
    const woken = waiters.filter(
      ({ waiting, parkedAt }) => waiting && parkedAt?.pattern === pattern && parkedAt.mode === mode,
    )
    // Each goes before the one before it, so the first to start comes last.
    for (const waiter of woken.sort((a, b) => (startsFirst(a, b) ? 1 : -1))) {
      waiter.parkedAt = null
      enqueueWoken(run, waiter)
    }
  }
}

/** Queues the next in the line that `waiter` was woken from, now that it has started, moved on or gone. */
export function wakeNext(state: ScopeState, waiter: Waiter): void {
  const from = waiter.wokenFrom
  if (from === null) return
  waiter.wokenFrom = null
  const { run } = waiter
  const need = run.plan.need[waiter.task]!
  const lines = state.parked.get(from.pattern) ?? []
  const line = lines.find((each) => each.run === run && each.need === need && each.mode === from.mode)
  if (line === undefined) return
  wakeFirst(state, from.pattern, line)
  if (line.waiters.length === 0) dropEmpty(state, from.pattern, lines)
}

function wakeFirst(state: ScopeState, pattern: PatternId, line: ParkedLine): void {
  for (;;) {
    const waiter = line.waiters[0]
    if (waiter === undefined) return
    const isHere = waiter.waiting && waiter.parkedAt?.pattern === pattern && waiter.parkedAt.mode === line.mode
    if (isHere && state.claims.isBlockedAt(pattern, line.mode, waiter)) return wakeReserved(state, pattern, line)
    heapPop(line.waiters, startsFirst)
    if (!isHere) continue
    waiter.wokenFrom = waiter.parkedAt
    waiter.parkedAt = null
    enqueueWoken(line.run, waiter)
    return
  }
}

/**
 * Queues the one for whom claims are reserved, if it stands in this line behind others that its reservation blocks. They
 * need not be woken after it: it holds the pattern then, or gives it back. Its entry is dropped when it comes up.
 */
function wakeReserved(state: ScopeState, pattern: PatternId, line: ParkedLine): void {
  const reserved = state.claims.reservation()
  if (reserved === null || reserved.run !== line.run || reserved.run.plan.need[reserved.task] !== line.need) return
  if (reserved.parkedAt?.pattern !== pattern || reserved.parkedAt.mode !== line.mode) return
  if (state.claims.isBlockedAt(pattern, line.mode, reserved)) return
  reserved.parkedAt = null
  enqueueWoken(line.run, reserved)
}

function enqueueWoken(run: RunState, waiter: Waiter): void {
  run.place[waiter.task] = PLACE.queued
  run.ready.pushFront(waiter.task)
}

/** Order of dispatch within one line: class, then age. */
function startsFirst(a: Waiter, b: Waiter): boolean {
  const classes = a.run.plan.dispatchClass
  const left = classes[a.task]!
  const right = classes[b.task]!
  return left < right || (left === right && a.seq < b.seq)
}
