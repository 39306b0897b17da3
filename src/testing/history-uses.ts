/**
 * What the history checker knows of limits: it counts holders, starts and failures anew from what happened, each time it is
 * asked. No table, no window that moves, nothing of the core.
 */
import type { Limit, RunEventMap } from '../core/types.js'
import type { TaskFacts } from './history-facts.js'
import type { AttemptPast, RunPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'
import type { TaskSpec } from './world-spec.js'
import type { AskSpec } from './world-uses.js'

/** All that happened to limits. */
export interface UsesPast {
  /** What the host gave last, by name. */
  readonly given: Map<string, Limit>
  /** Starts that used a limiter while it had a rate. */
  readonly starts: { readonly name: string; readonly at: number }[]
  readonly breakers: Map<string, BreakerPast>
  /** The first success of each key. */
  readonly results: Map<string, { readonly run: string; readonly task: string; readonly result: string }>
}

interface BreakerPast {
  /** Failures that count, since it closed. */
  failedAt: number[]
  /** Null: it is closed. */
  openUntil: number | null
  /** Fence of the probe. */
  probe: number | null
}

/** What is needed of the rest of the history. */
export interface Surroundings {
  readonly uses: UsesPast
  readonly runs: ReadonlyMap<string, RunPast>
  readonly unreleased: ReadonlyMap<number, AttemptPast>
}

/** One limiter, as it is now by all that happened. */
export interface LimiterPast {
  readonly capacity: number | null
  readonly perMinute: number | null
  /** Fences, ascending. */
  readonly held: readonly number[]
  /** Starts of the last minute that were counted. */
  readonly recent: number
  readonly openUntil: number | null
  readonly probe: number | null
}

const MINUTE_MS = 60_000

export function newUses(): UsesPast {
  return { given: new Map(), starts: [], breakers: new Map(), results: new Map() }
}

/** What the plan says that a task asks for; asked for so often that it is worked out once. */
const planned = new WeakMap<TaskSpec, ReadonlyMap<string, AskSpec>>()

function plannedAsks(spec: TaskSpec): ReadonlyMap<string, AskSpec> {
  const known = planned.get(spec)
  if (known !== undefined) return known
  const asks = new Map(Object.entries(spec.uses))
  if (spec.key !== null) asks.set(`key:${spec.key}`, 'exclusive')
  planned.set(spec, asks)
  return asks
}

/** What a task asks for, by name: its uses, its key, and its handler where the host limits that. */
function asksOf({ uses }: Surroundings, { spec }: TaskFacts): ReadonlyMap<string, AskSpec> {
  const asks = plannedAsks(spec)
  const handler = `handler:${spec.handler}`
  return uses.given.has(handler) ? new Map([...asks, [handler, 1]]) : asks
}

/** The limit that holds: the host's, else that of the first open run that declares one. */
function limitOf({ uses, runs }: Surroundings, name: string): Limit {
  const given = uses.given.get(name)
  if (given !== undefined) return given
  for (const { facts, isClosed } of runs.values()) {
    const declared = facts.resources[name]
    if (!isClosed && declared !== undefined) return { ...declared, breaker: null }
  }
  return { capacity: 1, perMinute: null, breaker: null }
}

export function limiterPast(past: Surroundings, name: string, at: number): LimiterPast {
  const { capacity, perMinute } = limitOf(past, name)
  const held: number[] = []
  for (const { task, fence } of past.unreleased.values()) if (asksOf(past, task.facts).has(name)) held.push(fence)
  held.sort((a, b) => a - b)
  let recent = 0
  for (const start of past.uses.starts) if (start.name === name && start.at > at - MINUTE_MS) recent += 1
  const { openUntil = null, probe = null } = past.uses.breakers.get(name) ?? {}
  return { capacity, perMinute, held, recent, openUntil, probe }
}

/** What of limiter `name` would be wrong if somebody had `ask` beside all who hold some of it; null for nothing. */
export function whyNot(past: Surroundings, name: string, ask: AskSpec, at: number): string | null {
  const { capacity, perMinute } = limitOf(past, name)
  const held = [...past.unreleased.values()].flatMap(({ task }) => asksOf(past, task.facts).get(name) ?? [])
  if (!fits(ask, held, capacity ?? Number.POSITIVE_INFINITY)) return `${held.join(' and ')} of ${name} are held (S7)`
  const recent = past.uses.starts.filter((start) => start.name === name && start.at > at - MINUTE_MS)
  if (perMinute !== null && recent.length >= perMinute) return `${recent.length} have started with ${name} in a minute`
  const breaker = past.uses.breakers.get(name)
  if (breaker === undefined || breaker.openUntil === null) return null
  if (at < breaker.openUntil) return `the breaker of ${name} is open until ${breaker.openUntil}`
  return breaker.probe === null ? null : `the breaker of ${name} has a probe already, fence ${breaker.probe}`
}

function fits(ask: AskSpec, held: readonly AskSpec[], capacity: number): boolean {
  if (capacity < (typeof ask === 'number' ? ask : 1)) return false
  if (held.length === 0) return true
  if (ask === 'shared') return held.every((other) => other === 'shared')
  let sum = 0
  for (const each of [ask, ...held]) {
    if (typeof each !== 'number') return false
    sum += each
  }
  return sum <= capacity
}

/** Whether a task asks for more of something than there is. */
export function asksTooMuch(past: Surroundings, facts: TaskFacts): boolean {
  return [...asksOf(past, facts)].some(([name, ask]) => {
    const { capacity } = limitOf(past, name)
    return capacity !== null && capacity < (typeof ask === 'number' ? ask : 1)
  })
}

/** Whether `waiting` could not have what both it and `started` use. */
export function isLeftWithout(past: Surroundings, started: TaskFacts, waiting: TaskFacts, at: number): boolean {
  const taken = asksOf(past, started)
  return [...asksOf(past, waiting)].some(([name, ask]) => taken.has(name) && whyNot(past, name, ask, at) !== null)
}

/** What of all that a task asks for speaks against its start, or that its result is known; null for nothing. */
export function whyUnusable(past: Surroundings, facts: TaskFacts, at: number): string | null {
  for (const [name, ask] of asksOf(past, facts)) {
    const why = whyNot(past, name, ask, at)
    if (why !== null) return why
  }
  return facts.spec.key !== null && past.uses.results.has(facts.spec.key) ? 'its result is known by its key' : null
}

/** Writes down a start that was allowed. */
export function noteStart(past: Surroundings, { task, fence, startedAt: at }: AttemptPast): void {
  for (const name of asksOf(past, task.facts).keys()) {
    if (limitOf(past, name).perMinute !== null) past.uses.starts.push({ name, at })
    const breaker = past.uses.breakers.get(name)
    if (breaker?.openUntil != null) breaker.probe = fence
  }
}

export function noteLimit({ uses, runs }: Surroundings, event: RunEventMap['limit.changed'], order: number): void {
  const { name, limit } = event
  const wasGiven = uses.given.has(name)
  if (limit === null) uses.given.delete(name)
  else uses.given.set(name, limit)
  if (limit?.breaker == null) uses.breakers.delete(name)
  if (wasGiven === (limit !== null)) return
  // Whoever is ready waits for something else now, and has not waited for it before.
  for (const { tasks } of runs.values()) {
    for (const task of tasks.values()) {
      if (task.readyOrder === 0 || name !== `handler:${task.facts.spec.handler}`) continue
      task.readyOrder = order
      task.passes = 0
    }
  }
}

export function noteFailure(
  past: Surroundings,
  attempt: AttemptPast,
  { at, failure }: RunEventMap['attempt.failed'],
): void {
  if (!['error', 'timeout', 'stalled', 'rate-limited'].includes(failure.kind)) return
  for (const name of asksOf(past, attempt.task.facts).keys()) {
    const rule = limitOf(past, name).breaker
    if (rule === null) continue
    const breaker = past.uses.breakers.get(name) ?? { failedAt: [], openUntil: null, probe: null }
    past.uses.breakers.set(name, breaker)
    if (breaker.openUntil !== null && breaker.probe !== attempt.fence) continue
    breaker.failedAt.push(at)
    const isProbe = breaker.probe === attempt.fence
    if (!isProbe && breaker.failedAt.filter((failedAt) => failedAt > at - rule.windowMs).length < rule.failures)
      continue
    past.uses.breakers.set(name, { failedAt: [], openUntil: at + rule.cooldownMs, probe: null })
  }
}

/** An attempt is over; `succeeded`, or it may not have been. */
export function noteEnd(past: Surroundings, { task, fence }: AttemptPast, how: 'succeeded' | 'released'): void {
  for (const name of asksOf(past, task.facts).keys()) {
    const breaker = past.uses.breakers.get(name)
    if (breaker?.probe !== fence) continue
    if (how === 'succeeded') past.uses.breakers.delete(name)
    else breaker.probe = null
  }
}

export function noteResult({ uses }: Surroundings, run: string, { spec, id }: TaskFacts, result: unknown): void {
  if (spec.key === null || uses.results.has(spec.key)) return
  uses.results.set(spec.key, { run, task: id, result: JSON.stringify(result) })
}

/** A result is used again only where it is known by the same key. */
export function checkReused({ uses }: Surroundings, task: TaskPast, event: RunEventMap['task.reused']): void {
  const known = uses.results.get(task.facts.spec.key ?? '')
  const what = `Task "${event.run}/${event.task}" is reused`
  if (task.status !== 'idle' || task.readyOrder === 0) accuse(`${what}, but was not ready`)
  if (known === undefined) return accuse(`${what}, but nothing is known by its key`)
  if (known.run !== event.from.run || known.task !== event.from.task || known.result !== JSON.stringify(event.result)) {
    accuse(`${what} from "${event.from.run}/${event.from.task}", but the first was "${known.run}/${known.task}"`)
  }
}

/** After a decision nobody waits to do what was done. */
export function checkNotWaiting({ uses, runs }: Surroundings): void {
  if (uses.results.size === 0) return
  for (const { tasks, facts, isClosed } of runs.values()) {
    if (isClosed) continue
    for (const { status, readyOrder, facts: task } of tasks.values()) {
      if (status !== 'idle' || readyOrder === 0 || task.spec.key === null || !uses.results.has(task.spec.key)) continue
      accuse(`Task "${facts.id}/${task.id}" waits although its result is known by its key`)
    }
  }
}
