/**
 * Limiters: counted things that the attempts of a scope share. What one allows is given by the host, else by the first
 * open run that declares it; what nobody declares is a lock of size one. Each knows who holds how much of it, when the
 * starts of the last minute were, whether its circuit breaker is open, and who waits.
 *
 * Facts come from events alone. Time passes by itself: whoever asks says when it is.
 */
import { addPassed, createLine, dropSettled, type InLine, type Line } from '../claims/line.js'
import { type Ask, EXCLUSIVE, type Limit, LOCK, RATE_WINDOW_MS, SHARED } from './limit.js'
import type { EpochMs } from './words.js'

/** A limiter; `H` holds it, `W` waits for it. */
export interface Limiter<H, W> {
  readonly name: string
  /** What the host gave, null for nothing: wins over what plans declare. */
  host: Limit | null
  /** What open runs declare, the first to open first. */
  readonly declared: Declaration[]
  /** Open runs that have a task which uses it. */
  users: number
  /** What holds now. */
  limit: Limit
  /** All and only attempts that hold some of it: live and closing ones. */
  readonly holders: Map<H, Ask>
  /** Sum and counts over `holders`. */
  units: number
  shared: number
  exclusive: number
  /** Times of the starts that were counted while there was a rate, ascending: all those of the window, from `firstStart`. */
  starts: EpochMs[]
  firstStart: number
  /** Times of the failures that the breaker counts, since it closed: those of its window at the last one. */
  failures: readonly EpochMs[]
  /** When the open breaker lets a probe start; null while it is closed. */
  openUntil: EpochMs | null
  /** The attempt whose end decides about the open breaker. */
  probe: H | null
  /** Everybody who is ready and waits for it, by ask. */
  readonly lines: { readonly ask: Ask; readonly waiting: Line<W> }[]
  /** The next moment the dispatcher looks at those who are parked here; null if there is none. Not a fact. */
  armedFor: EpochMs | null
}

/** What one open run declares. */
export interface Declaration {
  readonly by: object
  readonly limit: Limit
}

export function createLimiter<H, W>(name: string): Limiter<H, W> {
  return {
    name,
    host: null,
    declared: [],
    users: 0,
    limit: LOCK,
    holders: new Map(),
    units: 0,
    shared: 0,
    exclusive: 0,
    starts: [],
    firstStart: 0,
    failures: [],
    openUntil: null,
    probe: null,
    lines: [],
    armedFor: null,
  }
}

/** Finds anew what holds, after the host or a run changed its mind. A breaker that is taken away forgets. */
export function renewLimit<H, W>(limiter: Limiter<H, W>): void {
  limiter.limit = limiter.host ?? limiter.declared[0]?.limit ?? LOCK
  if (limiter.limit.breaker === null) close(limiter)
}

/** Whether nobody has to do with the limiter at `now`: it may be forgotten. The starts of the window outlive a run. */
export function isForgettable<H, W>(limiter: Limiter<H, W>, now: EpochMs): boolean {
  const { host, declared, users, holders, starts } = limiter
  return host === null && declared.length + users + holders.size === 0 && !((starts.at(-1) ?? 0) > now - RATE_WINDOW_MS)
}

// ── May it start ────────────────────────────────────────────────────────────────────────────────────────────────

/** What is in the way of an ask. */
export type Shortage = 'capacity' | 'rate' | 'breaker'

/**
 * What keeps `ask` from being had at `now`, null for nothing. `kept` is what is reserved for somebody else here: it counts
 * as if it were held, and takes one start and the probe. O(1).
 */
export function shortage<H, W>(limiter: Limiter<H, W>, ask: Ask, kept: Ask | null, now: EpochMs): Shortage | null {
  if (isTaken(limiter, ask, kept)) return 'capacity'
  const { openUntil, probe } = limiter
  if (openUntil !== null && (now < openUntil || probe !== null || kept !== null)) return 'breaker'
  return isOverRate(limiter, kept, now) ? 'rate' : null
}

function isTaken<H, W>(limiter: Limiter<H, W>, ask: Ask, kept: Ask | null): boolean {
  const { units, shared, exclusive, holders } = limiter
  const capacity = limiter.limit.capacity ?? Number.POSITIVE_INFINITY
  if (isBeyond(limiter, ask)) return true
  if (kept !== null && (kept === EXCLUSIVE || ask === EXCLUSIVE || (kept === SHARED) !== (ask === SHARED))) return true
  if (ask === EXCLUSIVE) return holders.size > 0
  if (ask === SHARED) return exclusive > 0 || units > 0
  return exclusive > 0 || shared > 0 || units + ask + (kept ?? 0) > capacity
}

/** Whether `ask` is more than there can be: only a change of the limit helps. */
export function isBeyond<H, W>({ limit: { capacity } }: Limiter<H, W>, ask: Ask): boolean {
  return capacity !== null && capacity < Math.max(ask, 1)
}

function isOverRate<H, W>(
  { limit: { perMinute }, starts, firstStart }: Limiter<H, W>,
  kept: Ask | null,
  now: EpochMs,
): boolean {
  if (perMinute === null) return false
  const most = kept === null ? perMinute : perMinute - 1
  if (most === 0) return true
  if (starts.length - firstStart < most) return false
  return starts[starts.length - most]! > now - RATE_WINDOW_MS
}

/** When the rate lets the next one start, if nothing is kept for anybody; null: it does now. */
export function rateUntil<H, W>(
  { limit: { perMinute }, starts, firstStart }: Limiter<H, W>,
  now: EpochMs,
): EpochMs | null {
  if (perMinute === null || starts.length - firstStart < perMinute) return null
  const until = starts[starts.length - perMinute]! + RATE_WINDOW_MS
  return until > now ? until : null
}

/** The next moment after `now` at which time alone may let somebody start: a start leaves the window, the breaker cools. */
export function nextMoment<H, W>(limiter: Limiter<H, W>, now: EpochMs): EpochMs | null {
  const { limit, starts, openUntil } = limiter
  const cooledAt = openUntil !== null && openUntil > now ? openUntil : null
  if (limit.perMinute === null) return cooledAt
  dropOld(limiter, now)
  const oldest = starts[limiter.firstStart]
  if (oldest === undefined) return cooledAt
  return Math.min(oldest + RATE_WINDOW_MS, cooledAt ?? Number.POSITIVE_INFINITY)
}

// ── Holding ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Holds `ask` for `holder`, who holds nothing of it yet. */
export function hold<H, W>(limiter: Limiter<H, W>, holder: H, ask: Ask): void {
  limiter.holders.set(holder, ask)
  count(limiter, ask, 1)
}

/** Counts a start at `at`; while the breaker is open, it is the probe. */
export function countStart<H, W>(limiter: Limiter<H, W>, holder: H, at: EpochMs): void {
  if (limiter.openUntil !== null) limiter.probe = holder
  if (limiter.limit.perMinute === null) return
  limiter.starts.push(at)
  dropOld(limiter, at)
  if (limiter.firstStart > 32 && limiter.firstStart * 2 > limiter.starts.length) {
    limiter.starts = limiter.starts.slice(limiter.firstStart)
    limiter.firstStart = 0
  }
}

/** Moves the front past the starts that have left the window. */
function dropOld<H, W>(limiter: Limiter<H, W>, now: EpochMs): void {
  const { starts } = limiter
  while (limiter.firstStart < starts.length && starts[limiter.firstStart]! <= now - RATE_WINDOW_MS)
    limiter.firstStart += 1
}

/** A probe that lets go without a result leaves the decision to the next one. */
export function giveBack<H, W>(limiter: Limiter<H, W>, holder: H): void {
  const ask = limiter.holders.get(holder)
  if (ask === undefined) return
  limiter.holders.delete(holder)
  count(limiter, ask, -1)
  if (limiter.probe === holder) limiter.probe = null
}

function count<H, W>(limiter: Limiter<H, W>, ask: Ask, by: 1 | -1): void {
  if (ask === EXCLUSIVE) limiter.exclusive += by
  else if (ask === SHARED) limiter.shared += by
  else limiter.units += by * ask
}

// ── The breaker ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A holder failed in a way that counts. Those that started before the breaker opened say nothing new about it. */
export function countFailure<H, W>(limiter: Limiter<H, W>, holder: H, at: EpochMs): void {
  const rule = limiter.limit.breaker
  if (rule === null) return
  if (limiter.openUntil === null) {
    limiter.failures = [...limiter.failures.filter((failedAt) => failedAt > at - rule.windowMs), at]
    if (limiter.failures.length < rule.failures) return
  } else if (limiter.probe !== holder) return
  limiter.failures = []
  limiter.openUntil = at + rule.cooldownMs
  limiter.probe = null
}

/** A holder succeeded: the breaker closes if it was the probe. */
export function countSuccess<H, W>(limiter: Limiter<H, W>, holder: H): void {
  if (limiter.probe === holder) close(limiter)
}

function close<H, W>(limiter: Limiter<H, W>): void {
  limiter.failures = []
  limiter.openUntil = null
  limiter.probe = null
}

// ── Waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function enterLine<H, W>(limiter: Limiter<H, W>, waiter: W, ask: Ask): void {
  let line = limiter.lines.find((each) => each.ask === ask)
  if (line === undefined) {
    line = { ask, waiting: createLine() }
    limiter.lines.push(line)
  }
  line.waiting.items.push(waiter)
}

/**
 * Adds to `passed` whom a start has passed: of each line that it leaves without what its ask needs, the longest-waiting. To
 * be asked when the started one holds what it asked for.
 */
export function addShort<H, W extends InLine>(
  limiter: Limiter<H, W>,
  started: W,
  now: EpochMs,
  isHeldBack: (waiter: W) => boolean,
  passed: Set<W>,
): void {
  for (const { ask, waiting } of limiter.lines) {
    if (shortage(limiter, ask, null, now) === null) dropSettled(waiting)
    else addPassed(waiting, started.seq, now, isHeldBack, passed)
  }
}
