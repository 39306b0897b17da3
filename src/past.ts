/** The past of a run, read from its events: what summaries and reports are made of. */
import { type Pattern, parsePattern } from './claims/pattern.js'
import { createPatternIndex } from './claims/pattern-index.js'
import type { ClaimSetSpec } from './claims/table.js'
import type { CompiledPlan, PoolId, RunEvent, RunEventMap, RunId, WorkerId } from './core/types.js'
import { compile } from './plan/compile.js'
import type { Plan } from './plan/types.js'
import { createPlanVersions } from './plan/versions.js'
import { type ExtendedClaims, type History, readHistory, type WorkerUse } from './reporters/summary/history.js'
import type { ConflictOf } from './reporters/summary/waits.js'
import { schedulerError } from './runtime/errors.js'

export interface PastOptions {
  /** The run, where the events are of several. Default: the first one that was opened. */
  readonly run?: string
  /**
   * Pools of the host, where they differ from those of the plan: the events of a run, unlike those of its scope, do not
   * say how many slots a pool has. Pools known from nowhere count the slots that were seen at work.
   */
  readonly pools?: {
    readonly [pool: string]: { readonly slots: number; readonly capabilities?: readonly string[] | undefined }
  }
}

export interface Past {
  readonly run: RunId
  /** With all amendments. */
  readonly plan: CompiledPlan
  readonly history: History
  /** Those of the plan, then those that attempts claimed while they ran. */
  readonly claimSets: readonly ClaimSetSpec[]
  readonly conflictOf: ConflictOf
}

/** @throws SchedulerError JOURNAL_INVALID when there is no opening, or its plan cannot be read. */
export function pastOf(events: Iterable<RunEvent>, { run, pools }: PastOptions): Past {
  const all = [...events]
  const opening = openingOf(all, run)
  const plans = plansOf(all, opening)
  const plan = plans.at(-1)!
  const haveJoined = all.some(({ type }) => type === 'worker.joined')
  const known = workersOf(haveJoined ? {} : { ...(opening.plan as Plan).pools, ...pools })
  const history = readHistory(all, opening.run, plans, known)
  const claimSets = [...plan.claimSets, ...history.extended.map(claimSetOf)]
  return { run: opening.run, plan, history, claimSets, conflictOf: conflictsOf(claimSets) }
}

function claimSetOf({ write, read }: ExtendedClaims): ClaimSetSpec {
  const patternsOf = (texts: readonly string[]): readonly Pattern[] =>
    texts.map((text) => parsePattern(text)).filter((parsed) => parsed.ok)
  return { write: patternsOf(write), read: patternsOf(read), integrate: [], advisory: [] }
}

function openingOf(events: readonly RunEvent[], run: string | undefined): RunEventMap['run.opened'] {
  for (const event of events) {
    if (event.type === 'run.opened' && (run === undefined || event.run === run)) return event
  }
  const message = `The events do not hold the opening of ${run === undefined ? 'a run' : `run ${JSON.stringify(run)}`}.`
  throw schedulerError('JOURNAL_INVALID', message, 'Give all events of the run, from "run.opened" on.')
}

/** The plan as it was opened, and as each amendment made it. */
function plansOf(
  events: readonly RunEvent[],
  opening: RunEventMap['run.opened'],
): readonly [CompiledPlan, ...CompiledPlan[]] {
  const { run } = opening
  const versions = createPlanVersions()
  versions.put(run, { compiled: compileStored(opening), frame: opening.plan as Plan })
  const plans: [CompiledPlan, ...CompiledPlan[]] = [versions.compiled.get(run)!]
  for (const event of events) {
    if (event.type !== 'run.amended' || event.run !== run) continue
    const amended = versions.amend(run, event.amendment)
    if (amended?.ok !== true) throw unreadable('amendment', run, amended?.diagnostics[0]?.message)
    versions.put(run, amended.plan)
    plans.push(amended.plan.compiled)
  }
  return plans
}

function compileStored({ plan, run }: RunEventMap['run.opened']): CompiledPlan {
  const compiled = compile(plan as Plan)
  if (compiled.ok) return compiled.compiled
  throw unreadable('plan', run, compiled.diagnostics[0]?.message)
}

function unreadable(what: 'plan' | 'amendment', run: RunId, why: string | undefined): Error {
  const message = `The stored ${what} of run "${run}" cannot be read: ${why}`
  return schedulerError('JOURNAL_INVALID', message, 'It was written by another version, or the journal is damaged.')
}

/** The embedded scheduler has one worker per pool, called like it; others join in the events. */
function workersOf(pools: PastOptions['pools'] & object): ReadonlyMap<WorkerId, WorkerUse> {
  return new Map(
    Object.entries(pools).map(([pool, { slots, capabilities = [] }]) => [
      pool as WorkerId,
      { pool: pool as PoolId, slots, capabilities: new Set(capabilities) },
    ]),
  )
}

/** Which patterns meet is found out once, by an index. */
function conflictsOf(claimSets: readonly ClaimSetSpec[]): ConflictOf {
  const index = createPatternIndex()
  const numbersOf = (patterns: readonly Pattern[]): readonly number[] => patterns.map((pattern) => index.add(pattern))
  const sets = claimSets.map(({ write, read }) => ({ write: numbersOf(write), read: numbersOf(read) }))
  const near = new Map<number, ReadonlySet<number>>()
  const nearOf = (pattern: number): ReadonlySet<number> => {
    const known = near.get(pattern) ?? new Set(index.neighbours(pattern))
    near.set(pattern, known)
    return known
  }
  const meeting = (mine: readonly number[], theirs: readonly number[]): number | undefined =>
    theirs.find((held) => mine.some((pattern) => nearOf(pattern).has(held)))
  return (waiting, held) => {
    const mine = sets[waiting]!
    const theirs = sets[held]!
    // Integrate claims meet integrate claims only, and nobody waits for those to start.
    const found =
      meeting(mine.write, theirs.write) ?? meeting(mine.write, theirs.read) ?? meeting(mine.read, theirs.write)
    return found === undefined ? null : index.pattern(found).text
  }
}
