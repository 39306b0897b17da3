/**
 * What attempts use of the scope beside workers and paths: how runs meet limiters, how attempts take and give back, what
 * their ends say to circuit breakers, and which results are known by their key. Called by `reduce` alone.
 */
import { handlerLimiter, handlerOfLimiter, keyLimiter } from './limit.js'
import {
  addShort,
  countFailure,
  countStart,
  countSuccess,
  createLimiter,
  giveBack,
  hold,
  isForgettable,
  renewLimit,
} from './limiters.js'
import { armLimiter, dropLines, isHeldBack, wakeLimiter } from './parking.js'
import { enterDispatch, leaveReady } from './ready.js'
import type { Attempt, Limiter, RunState, ScopeState, UseSet, Waiter } from './state.js'
import { STATUS } from './state.js'
import type { EpochMs, FailureKind, JsonValue, RunEventMap, TaskIndex } from './types.js'

// ── Runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A run is opened: its declarations hold where nobody came before, and its tasks find what they use. O(names). */
export function openUses(state: ScopeState, run: RunState, at: EpochMs): void {
  for (const [name, limit] of run.plan.resources) {
    const limiter = limiterOf(state, name)
    limiter.declared.push({ by: run, limit })
    renewLimit(limiter)
    if (limiter.declared.length === 1) changed(state, limiter)
  }
  wire(state, run)
  if (state.fading.size > 0) forgetIdle(state, at)
}

/** The plan of a run was amended. Tasks that were there and are not `changed` keep the very sets they wait or run with. */
export function growUses(state: ScopeState, run: RunState, changed: ReadonlySet<TaskIndex>): void {
  const { useSet: before, useSets: setsBefore } = run
  unwire(state, run)
  wire(state, run)
  if (setsBefore.length === 0) return
  const sets = [...run.useSets]
  for (let task = 0; task < before.length; task += 1) {
    const set = before[task]!
    if (set !== -1 && !changed.has(task)) sets[run.useSet[task]!] = setsBefore[set]!
  }
  run.useSets = sets
}

/** A run is closed: it declares and uses nothing any more. */
export function closeUses(state: ScopeState, run: RunState, at: EpochMs): void {
  for (const name of run.plan.resources.keys()) {
    const limiter = limiterOf(state, name)
    const place = limiter.declared.findIndex(({ by }) => by === run)
    limiter.declared.splice(place, 1)
    renewLimit(limiter)
    state.fading.add(limiter)
    if (place === 0) changed(state, limiter)
  }
  for (const limiter of run.limiters) dropLines(state, limiter, run)
  unwire(state, run)
  forgetIdle(state, at)
}

function limiterOf(state: ScopeState, name: string): Limiter {
  const known = state.limiters.get(name)
  if (known !== undefined) return known
  const made: Limiter = createLimiter(name)
  state.limiters.set(name, made)
  return made
}

/** Those behind look again: at what holds now, and at what is kept for somebody who may have no chance any more. */
function changed(state: ScopeState, limiter: Limiter): void {
  state.claims.refresh()
  wakeLimiter(state, limiter)
}

function forgetIdle(state: ScopeState, at: EpochMs): void {
  for (const limiter of state.fading) {
    const isGone = isForgettable(limiter, at)
    if (isGone) state.limiters.delete(limiter.name)
    if (isGone || limiter.users + limiter.declared.length > 0 || limiter.host !== null) state.fading.delete(limiter)
  }
}

/** Finds the limiters of a run's tasks: those of the plan, and those of handlers that the host limits. */
export function wire(state: ScopeState, run: RunState): void {
  const { plan } = run
  const planned = plan.useSets.map(
    (set): UseSet => set.map(({ limiter, ask }) => ({ limiter: limiterOf(state, limiter), ask })),
  )
  const ofHandlers = plan.handlers.map((name) => givenLimiter(state, handlerLimiter(name)))
  const isPlain = ofHandlers.every((limiter) => limiter === null)
  const { useSet, useSets } = isPlain
    ? { useSet: plan.useSet, useSets: planned }
    : withHandlers(run, planned, ofHandlers)
  run.useSet = useSet
  run.useSets = useSets
  run.limiters = new Set(useSets.flatMap((set) => set.map(({ limiter }) => limiter)))
  for (const limiter of run.limiters) limiter.users += 1
}

function givenLimiter(state: ScopeState, name: string): Limiter | null {
  const limiter = state.limiters.get(name)
  return limiter === undefined || limiter.host === null ? null : limiter
}

/** Adds one unit of the limiter of its handler to what each task uses. O(tasks). */
function withHandlers(
  { plan }: RunState,
  planned: readonly UseSet[],
  ofHandlers: readonly (Limiter | null)[],
): { readonly useSet: Int32Array; readonly useSets: readonly UseSet[] } {
  const useSets: UseSet[] = [...planned]
  const places = new Map<string, number>()
  const useSet = plan.useSet.map((set, task) => {
    const handler = plan.handler[task]!
    const limiter = ofHandlers[handler] ?? null
    if (limiter === null) return set
    const key = `${set} ${handler}`
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, useSets.length)
    return useSets.push([...(planned[set] ?? []), { limiter, ask: 1 }]) - 1
  })
  return { useSet, useSets }
}

function unwire(state: ScopeState, run: RunState): void {
  for (const limiter of run.limiters) {
    limiter.users -= 1
    state.fading.add(limiter)
  }
}

// ── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The host gives a limit or takes it back. O(tasks of open runs) where a handler becomes limited or ceases to be. */
export function limitChanged(state: ScopeState, { name, limit, at }: RunEventMap['limit.changed']): void {
  const limiter = limiterOf(state, name)
  const wasGiven = limiter.host !== null
  // Events that were folded are not kept.
  limiter.host = limit && { ...limit, breaker: limit.breaker && { ...limit.breaker } }
  renewLimit(limiter)
  const handler = handlerOfLimiter(name)
  if (handler !== null && wasGiven !== (limit !== null)) {
    for (const run of state.runs.values()) rewire(state, run, handler, limiter, at)
  }
  state.fading.add(limiter)
  changed(state, limiter)
  forgetIdle(state, at)
}

/**
 * The tasks of a handler find what they use now. Attempts under way hold it from now on; tasks that are ready start to wait
 * anew, as the youngest.
 */
function rewire(state: ScopeState, run: RunState, handler: string, limiter: Limiter, at: EpochMs): void {
  const { plan } = run
  const index = plan.handlers.indexOf(handler)
  if (index === -1) return
  unwire(state, run)
  wire(state, run)
  for (const attempt of state.attempts.values()) {
    if (attempt.run !== run || plan.handler[attempt.task] !== index) continue
    attempt.uses = run.useSets[run.useSet[attempt.task]!] ?? null
    if (limiter.host === null) giveBack(limiter, attempt)
    else hold(limiter, attempt, 1)
  }
  for (let task = 0; task < plan.taskCount; task += 1) {
    if (plan.handler[task] !== index || run.status[task] !== STATUS.ready) continue
    leaveReady(state, run, task)
    enterDispatch(state, run, task, at)
  }
}

// ── Attempts ────────────────────────────────────────────────────────────────────────────────────────────────────

/** An attempt starts: it takes all that it uses, and its claims. Whoever it leaves without was passed. */
export function grant(state: ScopeState, attempt: Attempt, waiter: Waiter, at: EpochMs): void {
  if (waiter.uses.length === 0) return state.claims.grant(attempt, waiter, at)
  attempt.uses = waiter.uses
  const passed = new Set<Waiter>()
  for (const { limiter, ask } of waiter.uses) {
    hold(limiter, attempt, ask)
    countStart(limiter, attempt, at)
    addShort(limiter, waiter, at, isHeldBack, passed)
  }
  state.claims.grant(attempt, waiter, at, passed)
  for (const { limiter } of waiter.uses) armLimiter(state, limiter)
}

/** An attempt is known to touch nothing more. */
export function letGoOfUses(state: ScopeState, attempt: Attempt, uses: UseSet): void {
  attempt.uses = null
  for (const { limiter } of uses) giveBack(limiter, attempt)
  for (const { limiter } of uses) wakeLimiter(state, limiter)
}

/** Kinds of failure that say something about what was used, and not about the work or about its worker. */
const COUNTED: readonly FailureKind[] = ['error', 'timeout', 'stalled', 'rate-limited']

/** Tells the breakers of what an attempt uses that it failed, before it lets go. */
export function usesFailed(state: ScopeState, attempt: Attempt, kind: FailureKind, at: EpochMs): void {
  if (!COUNTED.includes(kind)) return
  for (const { limiter } of attempt.uses ?? []) {
    countFailure(limiter, attempt, at)
    // Who waited for a probe waits for a time now, and the probe may take long to stop.
    armLimiter(state, limiter)
  }
}

/** Tells the breakers of what an attempt uses that it succeeded, before it lets go. */
export function usesSucceeded(attempt: Attempt, uses: UseSet): void {
  for (const { limiter } of uses) countSuccess(limiter, attempt)
}

// ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A task with a key has succeeded: the first result of a key is kept, and whoever is ready with the same key can have it. */
export function keepResult(state: ScopeState, run: RunState, task: TaskIndex, result: JsonValue): void {
  const key = run.plan.keys.get(task)
  if (key === undefined || state.keyed.has(key)) return
  state.keyed.set(key, { run: run.id, task: run.plan.taskIds[task]!, result })
  for (const { waiting } of limiterOf(state, keyLimiter(key)).lines) {
    for (const waiter of waiting.items) if (waiter.waiting) waiter.run.reusable.add(waiter.task)
  }
}
