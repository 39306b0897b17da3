/** Makes a state of what `encodeState` has written: see `saved-state.ts`. */
import { type Pattern, parsePattern } from '../claims/pattern.js'
import type { ClaimSet } from '../claims/table.js'
import { createRun, createState } from './create.js'
import { startWaiting } from './ready.js'
import { createReadyQueue } from './ready-queue.js'
import { declareLimits, decodeHolders, decodeLimiters } from './saved-limiters.js'
import {
  fingerprintOf,
  type SavedAttempt,
  type SavedObstacle,
  type SavedPlace,
  type SavedRun,
  type SavedShared,
  type SavedState,
  type SavedTimes,
} from './saved-state.js'
import type { Attempt, Obstacle, ParkedLine, RunState, ScopeState, SharedContexts, Waiter } from './state.js'
import type { Fence, Plans, RunId } from './types.js'
import { refreshWorkers } from './workers.js'

/**
 * A state that decides as the one did that was written: the same events for the same inputs.
 *
 * @param plans - Of the runs that were open.
 * @param bypassLimit - As for `createState`.
 * @throws Error where it cannot be read; that it has our format is for the caller to see, and damage is not always found.
 */
export function decodeState(plans: Plans, saved: SavedState, bypassLimit?: number): ScopeState {
  const state = createState(bypassLimit)
  const { revision, fence, clock, now, readySeq, leader } = saved
  Object.assign(state, { revision, fence, clock, now, readySeq, leader })
  state.claims.index.load({ patterns: patternsOf(plans, saved), freeIds: saved.freePatterns })
  for (const worker of saved.workers) {
    const { capabilities, freeSlots } = worker
    state.workers.set(worker.id, {
      ...worker,
      capabilities: new Set(capabilities),
      freeSlots: [...freeSlots],
      excess: worker.excess ?? 0,
      leaseMs: worker.leaseMs ?? null,
      restsUntil: worker.restsUntil ?? null,
      offers: [],
    })
  }
  decodeLimiters(state, saved.limiters)
  const shared = new Map<RunId, readonly SharedContexts[]>()
  for (const run of saved.runs) {
    shared.set(run.id, run.shared.map(sharedOf))
    decodeRun(plans, state, run, shared.get(run.id)!.at(-1)!)
  }
  refreshWorkers(state)
  for (const attempt of saved.attempts) decodeAttempt(state, attempt, shared.get(attempt.run)!)
  for (const each of saved.closing) state.closing.set(each, state.attempts.get(each)!)
  for (const each of saved.integrations) state.integrations.set(each, state.attempts.get(each)!)
  decodeHolders(state, saved.limiters)
  decodeWaiting(state, saved)
  for (const deadline of saved.deadlines) state.deadlines.add(deadline)
  state.deadlines.reach(saved.reached)
  for (const [id, name, openedAt, openedAfter, closedAt, verdict] of saved.closedRuns) {
    state.closedRuns.set(id, { name, openedAt, openedAfter, closedAt, verdict })
  }
  for (const [key, run] of saved.runKeys) state.runKeys.set(key, run)
  for (const [key, run, task, result] of saved.keyed) state.keyed.set(key, { run, task, result })
  return state
}

/** The patterns by their ids. Those of plans are known; whatever else is there was claimed while an attempt ran. */
function patternsOf(plans: Plans, { runs, patterns }: SavedState): readonly (Pattern | null)[] {
  const known = new Map<string, Pattern>()
  for (const { id } of runs) {
    for (const { write, read, integrate, advisory } of plans.get(id)?.claimSets ?? []) {
      for (const pattern of [...write, ...read, ...integrate, ...advisory]) known.set(pattern.text, pattern)
    }
  }
  return patterns.map((text) => (text === null ? null : (known.get(text) ?? patternOf(text))))
}

function patternOf(text: string): Pattern {
  const pattern = parsePattern(text)
  if (pattern.ok) return pattern
  throw new Error(`The state has a claim on "${text}", which is no pattern.`)
}

function decodeRun(plans: Plans, state: ScopeState, saved: SavedRun, shared: SharedContexts): void {
  const { id, idempotencyKey, fingerprint, openedAt, openedAfter } = saved
  const plan = plans.get(id)
  if (plan === undefined || fingerprintOf(plan) !== fingerprint) {
    throw new Error(`The plan of run "${id}" is not the one that the state was written with.`)
  }
  const opened = { type: 'run.opened', at: openedAt, run: id, plan: null } as const
  const fresh = createRun(state, idempotencyKey === null ? opened : { ...opened, idempotencyKey }, plan)
  const run: RunState = {
    ...fresh,
    openedAfter,
    notBefore: new Map(saved.notBefore),
    lost: new Map(saved.lost),
    unverified: new Map(saved.unverified),
    results: new Map(saved.results),
    failures: new Map(saved.failures),
    skips: new Map(saved.skips),
    cancels: new Map(saved.cancels),
    scheduledAt: new Map(saved.scheduledAt),
    retries: new Map(saved.retries),
    generations: new Map(saved.generations),
    unneeded: new Set(saved.unneeded),
    shortfall: saved.shortfall,
    paused: saved.paused,
    resumedAt: saved.resumedAt,
    drainedBy: saved.drainedBy,
    cancelled: saved.cancelled,
    shared,
    messages: [...saved.messages],
    ready: createReadyQueue(plan, saved.needs),
  }
  fill(run.status, saved.status)
  fill(run.remaining, saved.remaining)
  fill(run.spare, saved.spare)
  fill(run.harmed, saved.harmed)
  fill(run.attempts, saved.attempts)
  fill(run.place, saved.place)
  fillTimes(run.readyAt, saved.readyAt)
  fillTimes(run.startedAt, saved.startedAt)
  fillTimes(run.endedAt, saved.endedAt)
  run.counts.fill(0)
  for (let task = 0; task < plan.taskCount; task += 1) run.counts[run.status[task]!]! += 1
  for (const task of saved.queue) run.ready.push(task)
  state.runs.set(id, run)
  declareLimits(state, run)
}

function fill(array: Int32Array | Uint8Array, saved: readonly number[]): void {
  if (saved.length !== array.length) throw new Error(`Expected ${array.length} numbers, got ${saved.length}.`)
  array.set(saved)
}

function fillTimes(array: Float64Array, saved: SavedTimes): void {
  if (saved.length !== array.length) throw new Error(`Expected ${array.length} times, got ${saved.length}.`)
  saved.forEach((time, task) => {
    array[task] = time ?? Number.NaN
  })
}

function sharedOf(saved: SavedShared): SharedContexts {
  return new Map(saved.map(([stream, values]) => [stream, new Map(values)]))
}

function decodeAttempt(state: ScopeState, saved: SavedAttempt, versions: readonly SharedContexts[]): void {
  const run = state.runs.get(saved.run)!
  const { task, fence, progress, integration } = saved
  const extensions = saved.extensions?.map(({ write, read }) =>
    state.claims.intern({ write: write.map(patternOf), read: read.map(patternOf), integrate: [], advisory: [] }),
  )
  const attempt: Attempt = {
    ...saved,
    run,
    worker: state.workers.get(saved.worker)!,
    progress,
    shared: versions[saved.shared]!,
    uses: run.useSets[run.useSet[task]!] ?? null,
    integration: integration && { ...integration },
    extensions: extensions ?? null,
  }
  state.attempts.set(fence, attempt)
  if (attempt.closing === null) run.live.set(task, attempt)
  else run.closing += 1
}

/** Everybody waits again, in the order in which they became ready, and finds those in his way who were there. */
function decodeWaiting(state: ScopeState, saved: SavedState): void {
  const bySeq = new Map<number, Waiter>()
  const waiting = saved.runs.flatMap(({ id, waiters }) => waiters.map((each) => ({ id, ...each })))
  for (const { id, task, seq, bypasses, parkedAt, wokenFrom } of waiting.sort((a, b) => a.seq - b.seq)) {
    const waiter = startWaiting(state, state.runs.get(id)!, task, seq)
    waiter.bypasses = bypasses
    waiter.parkedAt = obstacleOf(state, parkedAt)
    waiter.wokenFrom = obstacleOf(state, wokenFrom)
    bySeq.set(seq, waiter)
  }
  for (const [at, lines] of saved.parked) {
    const parked = lines.map(([id, need, how, tasks]): ParkedLine => {
      const run = state.runs.get(id)!
      // In order, they are a heap.
      return { run, need, how: how as ParkedLine['how'], waiters: tasks.map((task) => run.waiters.get(task)!) }
    })
    state.parked.set(placeOf(state, at), parked)
  }
  const attemptOf = (fence: Fence): Attempt => state.attempts.get(fence)!
  state.claims.load({
    held: saved.held.map((fence) => [attemptOf(fence), claimsOf(attemptOf(fence))] as const),
    holders: saved.holders.map(
      ([pattern, write, read, integrate]) =>
        [pattern, write.map(attemptOf), read.map(attemptOf), integrate.map(attemptOf)] as const,
    ),
    reserved: saved.reserved === null ? null : bySeq.get(saved.reserved)!,
    overdue: saved.overdue.map((seq) => bySeq.get(seq)!),
  })
}

function obstacleOf(state: ScopeState, saved: SavedObstacle | null): Obstacle | null {
  return saved && { at: placeOf(state, saved[0]), how: saved[1] as Obstacle['how'] }
}

function placeOf(state: ScopeState, saved: SavedPlace): Obstacle['at'] {
  return typeof saved === 'number' ? saved : state.limiters.get(saved)!
}

/** What the plan says that it claims, and what it claimed beside that. */
function claimsOf({ run, task, extensions }: Attempt): ClaimSet {
  const planned = run.claimSets[run.plan.claimSet[task]!]
  const sets = [...(planned === undefined ? [] : [planned]), ...(extensions ?? [])]
  if (sets.length === 1) return sets[0]!
  const all = (mode: keyof ClaimSet): readonly number[] => sets.flatMap((set) => set[mode])
  return { write: all('write'), read: all('read'), integrate: all('integrate'), advisory: all('advisory') }
}
