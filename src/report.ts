/** From the events of a run to what a report of it shows. */
import type { EpochMs, RunEvent } from './core/types.js'
import { type Past, type PastOptions, pastOf } from './past.js'
import { chainOf } from './report-chain.js'
import type {
  ReportAttempt,
  ReportHold,
  ReportLane,
  ReportPath,
  ReportSpan,
  ReportTask,
  RunReport,
} from './reporters/shared/report.js'
import type { History, Hold, Interval } from './reporters/summary/history.js'
import { longestWaits } from './reporters/summary/waits.js'
import { reasonText, type Wait } from './reporters/summary.js'
import { summaryOf } from './summarize.js'

/** Paths that are shown. */
const MOST_PATHS = 40

/**
 * What a report shows of a run, from its events alone, as `summarize` reads them.
 *
 * @throws SchedulerError JOURNAL_INVALID when there is no opening, or its plan cannot be read.
 */
export function reportRun(events: Iterable<RunEvent>, options: PastOptions = {}): RunReport {
  const past = pastOf(events, options)
  const { plan, history } = past
  const { run, name, verdict, makespanMs, retries, pools } = summaryOf(past, { longestWaits: 0 })
  const chain = chainOf(past)
  const critical = new Set(chain.map(({ attempt }) => attempt))
  const lanes = lanesOf(history)
  const laneOf = new Map(lanes.map(({ worker, slot }, lane) => [`${slot} ${worker}`, lane]))
  const attempts = history.holds.map(
    (hold, place): ReportAttempt => ({
      ...spanOf(hold, history),
      task: hold.task,
      lane: laneOf.get(`${hold.slot} ${hold.worker}`)!,
      attempt: hold.attempt,
      end: endOf(hold, history),
      failure: hold.failure === null ? null : `${hold.failure.kind}: ${hold.failure.message}`,
      isCritical: critical.has(place),
    }),
  )
  const waits = longestWaits(history, plan, past.conflictOf, Number.POSITIVE_INFINITY)
  const paths = pathsOf(past, waits)
  return {
    run,
    name,
    verdict,
    openedAt: history.openedAt,
    makespanMs,
    retries,
    pools: pools.map(({ pool, slots, attempts: count, busyShare }) => ({ pool, slots, attempts: count, busyShare })),
    lanes,
    attempts,
    tasks: tasksOf(past, attempts, waits),
    paths: paths.slice(0, MOST_PATHS),
    morePaths: Math.max(0, paths.length - MOST_PATHS),
    chain,
    pauses: history.pauses.map((pause) => spanOf(pause, history)),
  }
}

function spanOf({ from, to }: Interval, { openedAt }: History): ReportSpan {
  const since = (at: EpochMs): number => at - openedAt
  return { from: since(from), to: since(to) }
}

function endOf({ end, to }: Hold, { until, verdict }: History): ReportAttempt['end'] {
  return end ?? (verdict === null && to === until ? 'running' : 'stopped')
}

/** In the order of the pools, then of the workers as they are known, then of their slots. */
function lanesOf({ holds, workers }: History): readonly ReportLane[] {
  const slots = new Map([...workers.keys()].map((worker) => [worker, new Set<number>()]))
  for (const { worker, slot } of holds) slots.get(worker)!.add(slot)
  const pools = [...new Set([...workers.values()].map(({ pool }) => pool))]
  return pools.flatMap((pool) =>
    [...workers].flatMap(([worker, use]) =>
      use.pool === pool ? [...slots.get(worker)!].sort((a, b) => a - b).map((slot) => ({ worker, slot, pool })) : [],
    ),
  )
}

function tasksOf(past: Past, attempts: readonly ReportAttempt[], waits: readonly Wait[]): readonly ReportTask[] {
  const { plan, history } = past
  const own = plan.taskIds.map((): number[] => [])
  for (const [place, { task }] of attempts.entries()) own[task]!.push(place)
  const waitOf = new Map(waits.map((wait) => [wait.task, wait]))
  return plan.taskIds.map((id, task) => {
    const stream = plan.streamOf[task]!
    const wait = waitOf.get(id)
    return {
      id,
      title: plan.sources[task]!.title ?? null,
      stream: stream === -1 ? null : plan.streamIds[stream]!,
      status:
        history.ended.get(task) ??
        (own[task]!.some((place) => attempts[place]!.end === 'running') ? 'running' : 'waiting'),
      attempts: own[task]!,
      waits: (history.waits.get(task) ?? []).map((interval) => spanOf(interval, history)),
      waitedMs: wait?.waitedMs ?? 0,
      reasons: wait?.reasons.map(reasonText) ?? [],
      ...pathsOfSets([plan.claimSet[task]!, ...extendedBy(own[task]!, past)], past),
      isCritical: own[task]!.some((place) => attempts[place]!.isCritical),
    }
  })
}

/** Claim sets that the attempts got while they ran. */
function extendedBy(attempts: readonly number[], { plan, history }: Past): readonly number[] {
  return attempts.flatMap((place) =>
    history.holds[place]!.claims.map(({ set }) => set).filter((set) => set >= plan.claimSets.length),
  )
}

function pathsOfSets(places: readonly number[], { claimSets }: Past): Pick<ReportTask, 'writes' | 'reads'> {
  const sets = places.flatMap((place) => claimSets[place] ?? [])
  const textsOf = (mode: 'write' | 'read'): readonly string[] => [
    ...new Set(sets.flatMap((set) => set[mode].map(({ text }) => text))),
  ]
  return { writes: textsOf('write'), reads: textsOf('read') }
}

/** Paths that more than one attempt claimed: those that were waited for longest, then those that were held most often. */
function pathsOf({ claimSets, history }: Past, waits: readonly Wait[]): readonly ReportPath[] {
  const waited = new Map<string, number>()
  for (const { reasons } of waits) {
    for (const reason of reasons) {
      if (reason.kind === 'claim') waited.set(reason.path, (waited.get(reason.path) ?? 0) + reason.ms)
    }
  }
  const holds = new Map<string, ReportHold[]>()
  for (const [attempt, { claims, to }] of history.holds.entries()) {
    for (const { set, mode: how, from } of claims) {
      for (const mode of how === 'integrate' ? (['integrate'] as const) : (['write', 'read'] as const)) {
        for (const { text } of claimSets[set]![mode]) {
          const own = holds.get(text) ?? []
          if (own.push({ attempt, mode, ...spanOf({ from, to }, history) }) === 1) holds.set(text, own)
        }
      }
    }
  }
  return [...holds]
    .map(([path, own]) => ({ path, holds: own, waitedMs: waited.get(path) ?? 0 }))
    .filter(({ holds: own, waitedMs }) => own.length > 1 || waitedMs > 0)
    .sort((a, b) => b.waitedMs - a.waitedMs || b.holds.length - a.holds.length)
}
