/** From the events of a run to what it was like. */
import { overlaps } from './claims/overlap.js'
import type { Pattern } from './claims/pattern.js'
import type { CompiledPlan, PoolId, RunEvent, RunEventMap, WorkerId } from './core/types.js'
import { compile } from './plan/compile.js'
import type { Plan } from './plan/types.js'
import { type History, readHistory, type WorkerUse } from './reporters/summary/history.js'
import { type ConflictOf, longestWaits } from './reporters/summary/waits.js'
import type { PoolUse, Summary } from './reporters/summary.js'
import { schedulerError } from './runtime/errors.js'

export interface SummarizeOptions {
  /** The run, where the events are of several. Default: the first one that was opened. */
  readonly run?: string
  /**
   * Pools of the host, where they differ from those of the plan: the events of a run, unlike those of its scope, do not
   * say how many slots a pool has. Pools known from nowhere count the slots that were seen at work.
   */
  readonly pools?: {
    readonly [pool: string]: { readonly slots: number; readonly capabilities?: readonly string[] | undefined }
  }
  /** How many waits are listed. Default 5. */
  readonly longestWaits?: number
}

const DEFAULT_LONGEST_WAITS = 5

/**
 * What a run was like, from its events alone: `run.events()` collected, or a stored journal. They must begin with the
 * run's opening, which holds its plan. O(plan + events), and for each wait that is listed once more the attempts.
 *
 * @throws SchedulerError JOURNAL_INVALID when there is no opening, or its plan cannot be read.
 * @example
 * const events: RunEvent[] = []
 * for await (const event of run.events()) events.push(event)
 * console.log(formatSummary(summarize(events)))
 */
export function summarize(events: Iterable<RunEvent>, options: SummarizeOptions = {}): Summary {
  const all = [...events]
  const opening = openingOf(all, options.run)
  const plan = compileStored(opening)
  const haveJoined = all.some(({ type }) => type === 'worker.joined')
  const known = workersOf(haveJoined ? {} : { ...(opening.plan as Plan).pools, ...options.pools })
  const history = readHistory(all, opening.run, plan, known)
  const { verdict, tasks, retries, failures, until, openedAt, holds } = history
  return {
    run: opening.run,
    name: plan.name,
    verdict,
    makespanMs: until - openedAt,
    tasks,
    attempts: holds.length,
    retries,
    pools: poolsOf(history),
    waits: longestWaits(history, plan, conflictsOf(plan), options.longestWaits ?? DEFAULT_LONGEST_WAITS),
    failures,
  }
}

function openingOf(events: readonly RunEvent[], run: string | undefined): RunEventMap['run.opened'] {
  for (const event of events) {
    if (event.type === 'run.opened' && (run === undefined || event.run === run)) return event
  }
  const message = `The events do not hold the opening of ${run === undefined ? 'a run' : `run ${JSON.stringify(run)}`}.`
  throw schedulerError('JOURNAL_INVALID', message, 'Give all events of the run, from "run.opened" on.')
}

function compileStored({ plan, run }: RunEventMap['run.opened']): CompiledPlan {
  const compiled = compile(plan as Plan)
  if (compiled.ok) return compiled.compiled
  const message = `The stored plan of run "${run}" cannot be read: ${compiled.diagnostics[0]?.message}`
  throw schedulerError('JOURNAL_INVALID', message, 'It was written by another version, or the journal is damaged.')
}

/** The embedded scheduler has one worker per pool, called like it; others join in the events. */
function workersOf(pools: SummarizeOptions['pools'] & object): ReadonlyMap<WorkerId, WorkerUse> {
  return new Map(
    Object.entries(pools).map(([pool, { slots, capabilities = [] }]) => [
      pool as WorkerId,
      { pool: pool as PoolId, slots, capabilities: new Set(capabilities) },
    ]),
  )
}

function poolsOf({ workers, holds, openedAt, until }: History): readonly PoolUse[] {
  const pools = new Map<PoolId, { slots: number; attempts: number; busyMs: number }>()
  const useOf = (pool: PoolId): { slots: number; attempts: number; busyMs: number } => {
    const use = pools.get(pool) ?? { slots: 0, attempts: 0, busyMs: 0 }
    pools.set(pool, use)
    return use
  }
  for (const { pool, slots } of workers.values()) useOf(pool).slots += slots
  for (const { worker, from, to } of holds) {
    const use = useOf(workers.get(worker)!.pool)
    use.attempts += 1
    use.busyMs += to - from
  }
  return [...pools].map(([pool, { slots, attempts, busyMs }]) => {
    const offered = slots * (until - openedAt)
    return { pool, slots, attempts, busyMs, busyShare: offered === 0 ? 0 : busyMs / offered }
  })
}

/** Answers are remembered by pair of claim sets. */
function conflictsOf({ claimSets }: CompiledPlan): ConflictOf {
  const known = new Map<number, string | null>()
  return (waiting, held) => {
    const key = waiting * claimSets.length + held
    const answer = known.get(key)
    if (answer !== undefined) return answer
    const mine = claimSets[waiting]!
    const theirs = claimSets[held]!
    // Integrate claims meet integrate claims only, and nobody waits for those to start.
    const found =
      meeting(mine.write, theirs.write) ?? meeting(mine.write, theirs.read) ?? meeting(mine.read, theirs.write)
    known.set(key, found)
    return found
  }
}

function meeting(mine: readonly Pattern[], theirs: readonly Pattern[]): string | null {
  return theirs.find((held) => mine.some((pattern) => overlaps(pattern, held)))?.text ?? null
}
