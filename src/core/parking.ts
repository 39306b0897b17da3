/**
 * Ready tasks that a claim or a limiter blocks. Each is parked on one obstacle, the pattern or limiter that blocks it, and is
 * looked at again only when that may be free: no scan of the ready set. Tasks of one run that wait on one obstacle, with
 * equal need and meeting it in the same way, stand in one line; waking moves the first of the line into the ready queue, and
 * the next one follows when the first has been dealt with. If the first cannot start for want of a worker, none behind it
 * can, so nothing is missed.
 *
 * After the watched literals of SAT solvers: one witness of "cannot start" is enough.
 */
import type { ClaimMode, PatternId } from '../claims/table.js'
import { heapPop, heapPush } from './heap.js'
import type { Ask } from './limit.js'
import { isBeyond, nextMoment, type Shortage, shortage } from './limiters.js'
import type { Limiter, Obstacle, ParkedLine, RunState, ScopeState, Waiter } from './state.js'
import { PLACE } from './state.js'
import type { EpochMs } from './types.js'

/** What blocks a waiter now, null if nothing does: a claim before a limiter. */
export function obstacleOf(state: ScopeState, waiter: Waiter): Obstacle | null {
  const claim = state.claims.blocker(waiter)
  if (claim !== null) return { at: claim.pattern, how: claim.mode }
  for (const { limiter, ask } of waiter.uses) {
    if (shortageFor(state, limiter, ask, waiter, state.now) !== null) return { at: limiter, how: ask }
  }
  return null
}

/** What keeps `waiter` from having `ask` of a limiter at `now`. A reservation blocks everyone but its own waiter. */
export function shortageFor(
  state: ScopeState,
  limiter: Limiter,
  ask: Ask,
  waiter: Waiter,
  now: EpochMs,
): Shortage | null {
  return shortage(limiter, ask, keptFrom(state, limiter, waiter), now)
}

/** What is reserved of a limiter for somebody other than `waiter`, null for nothing. */
export function keptFrom(state: ScopeState, limiter: Limiter, waiter: Waiter): Ask | null {
  const reserved = state.claims.reservation()
  if (reserved === null || reserved === waiter || isHeldBack(reserved)) return null
  return reserved.uses.find((each) => each.limiter === limiter)?.ask ?? null
}

/** Whether a waiter may not start for a reason that no other task has to do with: nobody passes it, nothing is kept for it. */
export function isHeldBack({ run, task, uses }: Waiter): boolean {
  if (run.paused !== null || run.needWorkers[run.plan.need[task]!]!.length === 0) return true
  return uses.length > 0 && uses.some(({ limiter, ask }) => isBeyond(limiter, ask))
}

function isBlockedAt(state: ScopeState, at: PatternId | Limiter, how: ClaimMode | Ask, waiter: Waiter): boolean {
  return typeof at === 'number'
    ? state.claims.isBlockedAt(at, how as ClaimMode, waiter)
    : shortageFor(state, at, how as Ask, waiter, state.now) !== null
}

/** Parks a ready task that is in no other place. */
export function park(state: ScopeState, waiter: Waiter, obstacle: Obstacle): void {
  const { run } = waiter
  const { at, how } = obstacle
  const need = run.plan.need[waiter.task]!
  const lines = state.parked.get(at) ?? []
  if (lines.length === 0) state.parked.set(at, lines)
  let line = lines.find((each) => each.run === run && each.need === need && each.how === how)
  if (line === undefined) {
    line = { run, need, how, waiters: [] }
    lines.push(line)
  }
  waiter.parkedAt = obstacle
  run.place[waiter.task] = PLACE.parked
  heapPush(line.waiters, waiter, startsFirst)
  if (typeof at !== 'number') armLimiter(state, at)
}

/** Queues the first of each line on a pattern or limiter that it no longer blocks. */
export function wakeParked(state: ScopeState, at: PatternId | Limiter): void {
  const lines = state.parked.get(at)
  if (lines === undefined) return
  for (const line of lines) wakeFirst(state, at, line)
  dropEmpty(state, at, lines)
}

/** The same for a limiter, which time may free too: while somebody is parked on it, its next moment is awaited. */
export function wakeLimiter(state: ScopeState, limiter: Limiter): void {
  wakeParked(state, limiter)
  armLimiter(state, limiter)
}

/** Sees to it that the dispatcher looks at those who are parked on a limiter when time may have freed it. */
export function armLimiter(state: ScopeState, limiter: Limiter): void {
  if (!state.parked.has(limiter)) return
  const { armedFor } = limiter
  // What has left the window now does not come back when the clock is set back.
  state.deadlines.reach(state.now)
  const at = nextMoment(limiter, state.now)
  if (at === null || (armedFor !== null && armedFor > state.now && armedFor <= at)) return
  limiter.armedFor = at
  state.deadlines.add({ at, kind: 'limiter', limiter: limiter.name })
}

/** Drops the lines of a closed run on a limiter that outlives it: nobody in them waits any more. */
export function dropLines(state: ScopeState, limiter: Limiter, run: RunState): void {
  const lines = state.parked.get(limiter)
  if (lines === undefined) return
  const others = lines.filter((line) => line.run !== run)
  if (others.length === 0) state.parked.delete(limiter)
  else state.parked.set(limiter, others)
}

function dropEmpty(state: ScopeState, at: PatternId | Limiter, lines: readonly ParkedLine[]): void {
  const waiting = lines.filter((line) => line.waiters.length > 0)
  if (waiting.length === 0) state.parked.delete(at)
  else if (waiting.length < lines.length) state.parked.set(at, waiting)
}

/** Queues all who are parked on a pattern that nobody speaks of any more: its id will mean another one. */
export function wakeAll(state: ScopeState, pattern: PatternId): void {
  const lines = state.parked.get(pattern)
  if (lines === undefined) return
  state.parked.delete(pattern)
  for (const { run, how, waiters } of lines) {
    const woken = waiters.filter(({ waiting, parkedAt }) => waiting && parkedAt?.at === pattern && parkedAt.how === how)
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
  const lines = state.parked.get(from.at) ?? []
  const line = lines.find((each) => each.run === run && each.need === need && each.how === from.how)
  if (line === undefined) return
  wakeFirst(state, from.at, line)
  if (line.waiters.length === 0) dropEmpty(state, from.at, lines)
}

function wakeFirst(state: ScopeState, at: PatternId | Limiter, line: ParkedLine): void {
  for (;;) {
    const waiter = line.waiters[0]
    if (waiter === undefined) return
    const isHere = waiter.waiting && waiter.parkedAt?.at === at && waiter.parkedAt.how === line.how
    if (isHere && isBlockedAt(state, at, line.how, waiter)) return wakeReserved(state, at, line)
    heapPop(line.waiters, startsFirst)
    if (!isHere) continue
    waiter.wokenFrom = waiter.parkedAt
    waiter.parkedAt = null
    enqueueWoken(line.run, waiter)
    return
  }
}

/**
 * Queues the one for whom claims and uses are reserved, if it stands in this line behind others that its reservation blocks.
 * They need not be woken after it: it holds the obstacle then, or gives it back. Its entry is dropped when it comes up.
 */
function wakeReserved(state: ScopeState, at: PatternId | Limiter, line: ParkedLine): void {
  const reserved = state.claims.reservation()
  if (reserved === null || reserved.run !== line.run || reserved.run.plan.need[reserved.task] !== line.need) return
  if (reserved.parkedAt?.at !== at || reserved.parkedAt.how !== line.how) return
  if (isBlockedAt(state, at, line.how, reserved)) return
  reserved.parkedAt = null
  enqueueWoken(line.run, reserved)
}

function enqueueWoken(run: RunState, waiter: Waiter): void {
  run.place[waiter.task] = PLACE.queued
  run.ready.pushFront(waiter.task)
}

/** Order of dispatch within one line: class, then age. */
export function startsFirst(a: Waiter, b: Waiter): boolean {
  const classes = a.run.plan.dispatchClass
  const left = classes[a.task]!
  const right = classes[b.task]!
  return left < right || (left === right && a.seq < b.seq)
}
