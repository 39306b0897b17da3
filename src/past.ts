/** The past of a run, read from its events: what summaries and reports are made of. */
import type { Pattern } from './claims/pattern.js'
import { createPatternIndex } from './claims/pattern-index.js'
import type { CompiledPlan, PoolId, RunEvent, RunEventMap, RunId, WorkerId } from './core/types.js'
import { compile } from './plan/compile.js'
import type { Plan } from './plan/types.js'
import { type History, readHistory, type WorkerUse } from './reporters/summary/history.js'
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
  /** With which the run was opened. */
  readonly plan: CompiledPlan
  readonly history: History
  readonly conflictOf: ConflictOf
}

/** @throws SchedulerError JOURNAL_INVALID when there is no opening, or its plan cannot be read. */
export function pastOf(events: Iterable<RunEvent>, { run, pools }: PastOptions): Past {
  const all = [...events]
  const opening = openingOf(all, run)
  const plan = compileStored(opening)
  const haveJoined = all.some(({ type }) => type === 'worker.joined')
  const known = workersOf(haveJoined ? {} : { ...(opening.plan as Plan).pools, ...pools })
  return { run: opening.run, plan, history: readHistory(all, opening.run, plan, known), conflictOf: conflictsOf(plan) }
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
function workersOf(pools: PastOptions['pools'] & object): ReadonlyMap<WorkerId, WorkerUse> {
  return new Map(
    Object.entries(pools).map(([pool, { slots, capabilities = [] }]) => [
      pool as WorkerId,
      { pool: pool as PoolId, slots, capabilities: new Set(capabilities) },
    ]),
  )
}

/** Which patterns meet is found out once, by an index. */
function conflictsOf({ claimSets }: CompiledPlan): ConflictOf {
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
