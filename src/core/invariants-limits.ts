/** The sentences about limiters: who holds what (S7, S12), which there are, and what of them keeps a task from starting. */
import { EXCLUSIVE, handlerLimiter, LOCK, RATE_WINDOW_MS, SHARED, type Use } from './limit.js'
import type { Attempt, Limiter, RunState, ScopeState, Waiter } from './state.js'
import type { EpochMs, TaskIndex } from './types.js'
import { broken, brokenBy } from './violation.js'

/** Checks every limiter against the attempts that are live or closing. */
export function checkLimiters(state: ScopeState, attempts: readonly Attempt[]): void {
  if (state.limiters.size === 0) return
  for (const attempt of attempts) checkUses(state, attempt)
  for (const [name, limiter] of state.limiters) {
    if (limiter.name !== name) broken(`"limiters" has limiters by name, and not "${name}"`)
    checkHolders(state, limiter, attempts)
    checkLimit(state, limiter)
  }
}

/** What a task uses, as the plan says, and its handler where the host limits that. */
export function usesOf(state: ScopeState, { plan }: RunState, task: TaskIndex): readonly Use[] {
  const own = plan.useSets[plan.useSet[task]!] ?? []
  const handler = plan.handlers[plan.handler[task]!]
  const limiter = handler === undefined ? undefined : state.limiters.get(handlerLimiter(handler))
  return limiter?.host ? [...own, { limiter: limiter.name, ask: 1 }] : own
}

function checkUses(state: ScopeState, attempt: Attempt): void {
  const uses = usesOf(state, attempt.run, attempt.task)
  const held = attempt.uses ?? []
  const isRight = uses.every(({ limiter, ask }) => state.limiters.get(limiter)?.holders.get(attempt) === ask)
  if (!isRight || held.length !== uses.length) brokenBy('A live or closing attempt holds all that it uses', attempt)
}

function checkHolders(state: ScopeState, limiter: Limiter, attempts: readonly Attempt[]): void {
  const { name, holders } = limiter
  const sums = { units: 0, shared: 0, exclusive: 0 }
  for (const [attempt, ask] of holders) {
    if (!attempts.includes(attempt)) brokenBy(`"${name}" is held by live and closing attempts only (S12)`, attempt)
    if (!usesOf(state, attempt.run, attempt.task).some((use) => use.limiter === name && use.ask === ask)) {
      brokenBy(`"${name}" is held by those who use it`, attempt)
    }
    if (ask === EXCLUSIVE) sums.exclusive += 1
    else if (ask === SHARED) sums.shared += 1
    else sums.units += ask
  }
  const { units, shared, exclusive, probe } = limiter
  if (units !== sums.units || shared !== sums.shared || exclusive !== sums.exclusive) {
    broken(
      `"${name}" counts what is held of it: ${JSON.stringify(sums)}, not ${JSON.stringify({ units, shared, exclusive })}`,
    )
  }
  const kinds = [units > 0, shared > 0, exclusive > 0].filter(Boolean).length
  if (kinds > 1 || exclusive > 1) broken(`Units, shared and exclusive uses of "${name}" exclude each other (S7)`)
  if (probe !== null && (!holders.has(probe) || limiter.openUntil === null)) broken(`The probe of "${name}" holds it`)
}

function checkLimit(state: ScopeState, limiter: Limiter): void {
  const { name, host, declared, users, limit } = limiter
  const runs = [...state.runs.values()]
  const declaring = runs.filter(({ plan }) => plan.resources.has(name))
  if (declared.length !== declaring.length || declaring.some((run, place) => declared[place]!.by !== run)) {
    broken(`"declared" of "${name}" has the open runs that declare it, in the order in which they were opened`)
  }
  if (limit !== (host ?? declaring[0]?.plan.resources.get(name) ?? LOCK)) broken(`"${name}" has the limit that holds`)
  const using = runs.filter((run) => run.limiters.has(limiter))
  if (users !== using.length) broken(`"users" of "${name}" counts the open runs that use it`)
  const isLate = (limiter.starts.at(-1) ?? Number.NEGATIVE_INFINITY) > state.clock - RATE_WINDOW_MS
  const isNeeded = host !== null || declaring.length > 0 || users > 0 || isLate
  if (!isNeeded && !state.fading.has(limiter)) broken(`"${name}" is needed by somebody, or about to be forgotten`)
}

/** Whether the uses of a ready task forbid it to start, worked out from attempts and times. */
export function isLimited(
  state: ScopeState,
  run: RunState,
  task: TaskIndex,
  attempts: readonly Attempt[],
  reserved: Waiter | null,
  at: EpochMs,
): boolean {
  return usesOf(state, run, task).some(({ limiter: name, ask }) => {
    const limiter = state.limiters.get(name)!
    const kept = reserved?.uses.find((use) => use.limiter === limiter)?.ask
    const asks = attempts.flatMap((attempt) =>
      usesOf(state, attempt.run, attempt.task).filter((use) => use.limiter === name),
    )
    const others = [...asks.map((use) => use.ask), ...(kept === undefined ? [] : [kept])]
    const { capacity, perMinute, breaker } = limiter.limit
    if (!fits(ask, others, capacity ?? Number.POSITIVE_INFINITY)) return true
    const recent = limiter.starts.filter((start) => start > at - RATE_WINDOW_MS).length + (kept === undefined ? 0 : 1)
    if (perMinute !== null && recent >= perMinute) return true
    const { openUntil, probe } = limiter
    return breaker !== null && openUntil !== null && (at < openUntil || probe !== null || kept !== undefined)
  })
}

function fits(ask: number, others: readonly number[], capacity: number): boolean {
  if (capacity < Math.max(1, ask)) return false
  if (others.length === 0) return true
  if (ask === SHARED) return others.every((other) => other === SHARED)
  return ask > 0 && others.every((other) => other > 0) && others.reduce((sum, other) => sum + other, ask) <= capacity
}

/** When time alone may next let somebody start who is parked on a limiter. */
export function limiterDueAt(state: ScopeState, at: EpochMs): EpochMs {
  let dueAt = Number.POSITIVE_INFINITY
  for (const limiter of state.limiters.values()) {
    if (!state.parked.has(limiter)) continue
    const moments = limiter.limit.perMinute === null ? [] : limiter.starts.map((start) => start + RATE_WINDOW_MS)
    if (limiter.openUntil !== null) moments.push(limiter.openUntil)
    for (const moment of moments) if (moment > at) dueAt = Math.min(dueAt, moment)
  }
  return dueAt
}
