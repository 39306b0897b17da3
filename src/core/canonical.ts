/**
 * The facts of a state as one text, so that a fold of the journal can be compared with the live state byte for byte (S9).
 *
 * A fact is what `reduce` wrote down because an event said so, or what follows from such facts alone: statuses, counters,
 * attempts, slots in the order they will be taken, claims with who holds and who waits for them, who integrates, how often
 * each waiter was passed, and for whom claims are reserved, limiters with who holds them, their last minute and their breaker,
 * and results that are known by key. No fact is where the dispatcher keeps a ready task: `place`, the ready queue,
 * the lines of parked tasks, the deadlines, who was woken from where, and which workers serve which need are indexes. They
 * are rebuilt by the next decision. Whether a delayed task was moved to the queue is therefore not told; `readyAt` is.
 *
 * Nothing depends on the order of a map, on the ids the claim table gave to patterns, or on the order of keys in JSON.
 */
import type { ClaimSet } from '../claims/table.js'
import { RATE_WINDOW_MS } from './limit.js'
import type { Attempt, Limiter, RunState, ScopeState, Waiter, Worker } from './state.js'
import { STATUS_NAMES } from './state.js'
import type { JsonValue, TaskIndex } from './types.js'

/** All facts of `state`, one per line. Equal if and only if the facts are equal. O(state), and not made to be fast. */
export function canonical(state: ScopeState): string {
  const { revision, fence, clock, readySeq } = state
  const reserved = state.claims.reservation()
  const lines: string[] = [line('scope', { revision, fence, clock, readySeq })]
  if (state.leader !== null) lines.push(line('leader', { ...state.leader }))
  lines.push(...[...state.closedRuns].map(([id, closed]) => line('closed run', { id, ...closed })).sort())
  lines.push(...[...state.runKeys].map(([key, run]) => line('key', { key, run })).sort())
  for (const worker of byKey(state.workers)) lines.push(line('worker', factsOfWorker(worker)))
  for (const run of byKey(state.runs)) lines.push(...linesOfRun(state, run))
  const closing = [...state.closing.values()].sort((a, b) => a.fence - b.fence)
  for (const attempt of closing) lines.push(line('closing', factsOfAttempt(attempt)))
  const held = [...state.claims.held].sort(([a], [b]) => a.fence - b.fence)
  for (const [{ fence: holder }, set] of held) lines.push(line('held', { holder, ...textsOf(state, set) }))
  for (const limiter of byKey(state.limiters)) lines.push(line('limiter', factsOfLimiter(state, limiter)))
  for (const key of [...state.keyed.keys()].sort()) {
    const { run, task, result } = state.keyed.get(key)!
    lines.push(line('keyed', { key, run, task, result: sorted(result) }))
  }
  const integrations = [...state.integrations.keys()]
  if (integrations.length > 0) lines.push(line('integrations', integrations))
  if (reserved !== null)
    lines.push(line('reserved', { run: reserved.run.id, task: reserved.run.plan.taskIds[reserved.task]! }))
  return lines.join('\n')
}

function linesOfRun(state: ScopeState, run: RunState): readonly string[] {
  const { plan } = run
  const lines = [line('run', factsOfRun(run))]
  for (let task = 0; task < plan.taskCount; task += 1) lines.push(line('task', factsOfTask(run, task)))
  plan.points.forEach((point, index) => {
    const node = plan.taskCount + index
    const facts = {
      run: run.id,
      id: point.id,
      status: STATUS_NAMES[run.status[node]!]!,
      remaining: run.remaining[node]!,
      spare: run.spare[index]!,
      harmed: run.harmed[index]!,
      notBefore: run.notBefore.get(node),
    }
    lines.push(line(point.kind, facts))
  })
  for (const [stream, shared] of run.shared)
    lines.push(line('shared', { run: run.id, stream, values: valuesOf(shared) }))
  for (const message of run.messages)
    lines.push(line('message', { run: run.id, ...message, body: sorted(message.body) }))
  for (const attempt of byKey(run.live)) lines.push(line('live', factsOfAttempt(attempt)))
  for (const waiter of byKey(run.waiters)) lines.push(line('waiter', factsOfWaiter(state, waiter)))
  return lines
}

function factsOfRun(run: RunState): unknown {
  const {
    id,
    plan,
    openedAt,
    openedAfter,
    idempotencyKey,
    resumedAt,
    paused,
    drainedBy,
    cancelled,
    closed,
    closing,
    shortfall,
  } = run
  const counts = Array.from(run.counts)
  const drained = drainedBy === null ? null : plan.taskIds[drainedBy]!
  const ends = [paused, cancelled, closed].map((end) => sorted(end))
  const opening = { openedAt, openedAfter, idempotencyKey }
  return { id, plan: plan.name, ...opening, resumedAt, drained, ends, closing, shortfall, counts }
}

function factsOfTask(run: RunState, task: TaskIndex): unknown {
  return {
    run: run.id,
    id: run.plan.taskIds[task]!,
    status: STATUS_NAMES[run.status[task]!]!,
    remaining: run.remaining[task]!,
    attempts: run.attempts[task]!,
    readyAt: timeOf(run.readyAt[task]!),
    startedAt: timeOf(run.startedAt[task]!),
    endedAt: timeOf(run.endedAt[task]!),
    scheduledAt: run.scheduledAt.get(task),
    retryAt: run.retries.get(task),
    lost: run.lost.get(task),
    unverified: run.unverified.get(task),
    result: sorted(run.results.get(task)),
    failure: sorted(run.failures.get(task) as JsonValue | undefined),
    skip: sorted(run.skips.get(task)),
    cancel: run.cancels.get(task),
    notBefore: run.notBefore.get(task),
    generation: run.generations.get(task),
    unneeded: run.unneeded.has(task),
    doomed: run.doomed.get(task),
    reusable: run.reusable.has(task),
  }
}

function factsOfAttempt(attempt: Attempt): unknown {
  const { run, task, number, fence, worker, slot, startedAt, beatAt, progressAt, integration, closing } = attempt
  const id = run.plan.taskIds[task]!
  const progress = sorted(attempt.progress)
  const facts = { run: run.id, id, number, fence, worker: worker.id, slot, startedAt, beatAt, progressAt, progress }
  const shared = [...attempt.shared].map(([stream, values]) => [stream, valuesOf(values)])
  const asked = integration === null ? undefined : [integration.askedAt, integration.grantedAt]
  const stops = closing === null ? null : [closing.reason, closing.at, closing.closeBy]
  const { verifying } = attempt
  const verified = verifying === null ? null : [sorted(verifying.result), verifying.step, verifying.since]
  return { ...facts, shared, verified, integration: asked, closing: stops }
}

function factsOfWaiter(state: ScopeState, waiter: Waiter): unknown {
  const { run, task, seq, notBefore, bypasses, waiting, set } = waiter
  const uses = waiter.uses.map(({ limiter, ask }) => [limiter.name, ask])
  return { run: run.id, id: run.plan.taskIds[task]!, seq, notBefore, bypasses, waiting, ...textsOf(state, set), uses }
}

function factsOfLimiter({ clock }: ScopeState, limiter: Limiter): unknown {
  const { name, limit, users, failures, openUntil, probe } = limiter
  const held = [...limiter.holders].map(([{ fence }, ask]) => [fence, ask] as const).sort(([a], [b]) => a - b)
  const starts = limiter.starts.filter((start) => start > clock - RATE_WINDOW_MS)
  const { capacity, perMinute, breaker } = limit
  const rule = breaker === null ? null : [breaker.failures, breaker.windowMs, breaker.cooldownMs]
  const isGiven = limiter.host !== null
  const facts = { name, isGiven, capacity, perMinute, rule, declared: limiter.declared.length, users, held, starts }
  return { ...facts, failures, openUntil, probe: probe?.fence ?? null }
}

function factsOfWorker(worker: Worker): unknown {
  const { id, pool, slots, capabilities, freeSlots, joinedAt, isDraining, leaseMs, restsUntil } = worker
  const facts = { id, pool, slots, capabilities: [...capabilities].sort(), freeSlots, joinedAt, isDraining }
  return { ...facts, ...(leaseMs === null ? {} : { leaseMs }), ...(restsUntil === null ? {} : { restsUntil }) }
}

function textsOf(state: ScopeState, set: ClaimSet): { readonly [Kind in keyof ClaimSet]: readonly string[] } {
  const texts = (ids: readonly number[]): string[] => ids.map((id) => state.claims.index.pattern(id).text).sort()
  const { write, read, integrate, advisory } = set
  return { write: texts(write), read: texts(read), integrate: texts(integrate), advisory: texts(advisory) }
}

function valuesOf(shared: ReadonlyMap<string, JsonValue>): unknown {
  return [...shared].map(([key, value]) => [key, sorted(value)])
}

/** NaN means never, and JSON has no NaN. */
function timeOf(time: number): number | null {
  return Number.isNaN(time) ? null : time
}

function byKey<K extends string | number, V>(map: Iterable<readonly [K, V]>): readonly V[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

/** Facts are written in one order; only what users gave may differ in the order of its keys (see `sorted`). */
function line(kind: string, facts: unknown): string {
  return `${kind} ${JSON.stringify(facts)}`
}

/** The value with the keys of every object in order. Keys become entries, so that none of them is special. */
function sorted(value: JsonValue | undefined): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const fields = value as { readonly [key: string]: JsonValue | undefined }
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined)
  return { o: keys.sort().map((key) => [key, sorted(fields[key])]) }
}
