/** Writes a state down as JSON: see `saved-state.ts`. */
import type { Deadline } from './deadlines.js'
import { startsFirst } from './parking.js'
import { encodeLimiters } from './saved-limiters.js'
import {
  fingerprintOf,
  type SavedAttempt,
  type SavedLine,
  type SavedObstacle,
  type SavedPlace,
  type SavedRun,
  type SavedShared,
  type SavedState,
  type SavedTimes,
  type SavedWaiter,
  type SavedWorker,
  STATE_FORMAT,
} from './saved-state.js'
import type { Attempt, Obstacle, ParkedLine, RunState, ScopeState, SharedContexts, Waiter, Worker } from './state.js'
import { isFinal } from './state.js'
import type { JsonValue } from './types.js'

/**
 * A state as it is after a decision, as JSON that does not change any more when the state does. Closed runs that were not let go of are left out.
 * O(state): of ended runs there is one line each.
 */
export function encodeState(state: ScopeState): SavedState {
  const { revision, fence, clock, now, readySeq, leader, claims, deadlines } = state
  const { patterns, freeIds } = claims.index.save()
  const { held, holders, reserved, overdue } = claims.save()
  const shared = new Map([...state.runs.values()].map((run) => [run, sharedOf(state, run)]))
  return {
    format: STATE_FORMAT,
    revision,
    fence,
    clock,
    now,
    reached: deadlines.reached(),
    readySeq,
    leader,
    workers: [...state.workers.values()].map(workerOf),
    patterns: patterns.map((pattern) => pattern?.text ?? null),
    freePatterns: freeIds,
    limiters: encodeLimiters(state),
    runs: [...state.runs.values()].map((run) => runOf(run, shared.get(run)!)),
    attempts: [...state.attempts.values()].map((each) => attemptOf(state, each, shared.get(each.run)!)),
    closing: [...state.closing.keys()],
    integrations: [...state.integrations.keys()],
    held: held.map(([attempt]) => attempt.fence),
    holders: holders.map(([pattern, ...modes]) => {
      const [write, read, integrate] = modes.map((attempts) => attempts.map((each) => each.fence))
      return [pattern, write!, read!, integrate!] as const
    }),
    reserved: reserved?.seq ?? null,
    overdue: overdue.map(({ seq }) => seq),
    parked: [...state.parked].map(([at, lines]) => [placeOf(at), linesOf(at, lines)] as const),
    deadlines: deadlines.all().filter((deadline) => isMeant(state, deadline)),
    closedRuns: [...state.closedRuns].map(
      ([id, run]) => [id, run.name, run.openedAt, run.openedAfter, run.closedAt, run.verdict] as const,
    ),
    runKeys: [...state.runKeys],
    keyed: [...state.keyed].map(([key, { run, task, result }]) => [key, run, task, result] as const),
  }
}

function workerOf({ offers: _, leaseMs, restsUntil, excess, capabilities, freeSlots, ...worker }: Worker): SavedWorker {
  const saved = { ...worker, capabilities: [...capabilities], freeSlots: [...freeSlots] }
  return {
    ...saved,
    ...(excess === 0 ? {} : { excess }),
    ...(leaseMs === null ? {} : { leaseMs }),
    ...(restsUntil === null ? {} : { restsUntil }),
  }
}

function runOf(run: RunState, shared: readonly SharedContexts[]): SavedRun {
  const { id, plan, openedAt, openedAfter, idempotencyKey, shortfall, resumedAt, paused, drainedBy, cancelled } = run
  return {
    id,
    fingerprint: fingerprintOf(plan),
    openedAt,
    openedAfter,
    idempotencyKey,
    status: Array.from(run.status),
    remaining: Array.from(run.remaining),
    spare: Array.from(run.spare),
    harmed: Array.from(run.harmed),
    notBefore: [...run.notBefore],
    attempts: Array.from(run.attempts),
    readyAt: timesOf(run.readyAt),
    startedAt: timesOf(run.startedAt),
    endedAt: timesOf(run.endedAt),
    place: Array.from(run.place),
    lost: [...run.lost],
    unverified: [...run.unverified],
    results: [...run.results],
    failures: [...run.failures],
    skips: [...run.skips],
    cancels: [...run.cancels],
    scheduledAt: [...run.scheduledAt],
    retries: [...run.retries],
    generations: [...run.generations],
    unneeded: [...run.unneeded],
    shortfall,
    paused,
    resumedAt,
    drainedBy,
    cancelled,
    shared: shared.map(savedShared),
    messages: [...run.messages],
    waiters: [...run.waiters.values()].map(waiterOf),
    queue: run.ready.tasks(),
    needs: [...run.ready.needs],
  }
}

function timesOf(times: Float64Array): SavedTimes {
  return Array.from(times, (time) => (Number.isNaN(time) ? null : time))
}

/** What attempts of the run see of what was shared, each version once; the last one is that of now. */
function sharedOf(state: ScopeState, run: RunState): readonly SharedContexts[] {
  const versions = new Set<SharedContexts>()
  for (const attempt of state.attempts.values()) if (attempt.run === run) versions.add(attempt.shared)
  versions.delete(run.shared)
  return [...versions, run.shared]
}

function savedShared(shared: SharedContexts): SavedShared {
  return [...shared].map(([stream, values]) => [stream, [...values]] as const)
}

function waiterOf({ task, seq, bypasses, parkedAt, wokenFrom }: Waiter): SavedWaiter {
  return { task, seq, bypasses, parkedAt: obstacleOf(parkedAt), wokenFrom: obstacleOf(wokenFrom) }
}

function obstacleOf(obstacle: Obstacle | null): SavedObstacle | null {
  return obstacle && [placeOf(obstacle.at), obstacle.how]
}

function placeOf(at: Obstacle['at']): SavedPlace {
  return typeof at === 'number' ? at : at.name
}

/** Each in its order. An empty line of an open run stays: whether a limiter has any decides when it is looked at. */
function linesOf(at: Obstacle['at'], lines: readonly ParkedLine[]): readonly SavedLine[] {
  return lines.flatMap(({ run, need, how, waiters }): SavedLine[] => {
    const here = waiters.filter(({ waiting, parkedAt }) => waiting && parkedAt?.at === at && parkedAt.how === how)
    return run.closed === null ? [[run.id, need, how, here.sort(byTurn).map(({ task }) => task)]] : []
  })
}

function byTurn(a: Waiter, b: Waiter): number {
  return startsFirst(a, b) ? -1 : 1
}

function attemptOf(state: ScopeState, attempt: Attempt, versions: readonly SharedContexts[]): SavedAttempt {
  const { run, number, fence, worker, slot, task, startedAt, beatAt, progressAt, progress } = attempt
  const { shared, integration, extensions, verifying, closing } = attempt
  const textsOf = (ids: readonly number[]): readonly string[] => ids.map((id) => state.claims.index.pattern(id).text)
  return {
    run: run.id,
    task,
    number,
    fence,
    worker: worker.id,
    slot,
    startedAt,
    beatAt,
    progressAt,
    ...(progress === undefined ? {} : { progress: progress satisfies JsonValue }),
    shared: versions.indexOf(shared),
    integration: integration && { ...integration },
    extensions: extensions?.map(({ write, read }) => ({ write: textsOf(write), read: textsOf(read) })) ?? null,
    verifying,
    closing,
  }
}

/** Whether anybody would do anything when it is due. */
function isMeant({ runs, attempts, limiters, workers }: ScopeState, deadline: Deadline): boolean {
  if (deadline.kind === 'worker') return workers.get(deadline.worker)?.restsUntil === deadline.at
  if (deadline.kind === 'limiter') return limiters.has(deadline.limiter)
  const run = runs.get(deadline.run)
  if (run === undefined) return false
  return deadline.fence === 0 ? !isFinal(run.status[deadline.task]!) : attempts.has(deadline.fence)
}
