/** What a plan amounts to, for people and for programs: found out once. */
import type { DurationMs } from '../core/types.js'
import type { PlanCheck } from '../plan/check.js'
import { type PairsApart, tasksKeptApart } from '../plan/pairs-apart.js'
import { type Overview, overviewOf } from '../planning/overview.js'
import { makespanOf } from './makespan.js'
import { type UnclaimedPath, unclaimedPaths } from './unclaimed.js'

export interface Amounts extends Overview {
  /** Played through on its own pools; null where there are none. */
  readonly makespanMs: DurationMs | null
  readonly apart: PairsApart
  readonly unclaimed: readonly UnclaimedPath[]
}

/** Null: the plan has errors, or no tasks. */
export function amountsOf({ plan, compiled }: PlanCheck): Amounts | null {
  if (plan === undefined || compiled === undefined || compiled.taskCount === 0) return null
  return {
    ...overviewOf(compiled, plan),
    makespanMs: makespanOf(compiled, plan),
    apart: tasksKeptApart(compiled),
    unclaimed: unclaimedPaths(compiled),
  }
}

/** As `check --json` prints it. */
export function amountsDocument({ apart, waveCount, bottleneck, ...amounts }: Amounts): object {
  const keptApart = { pairs: apart.pairs.length, isComplete: apart.isComplete }
  return { waves: waveCount, ...amounts, bottleneck, keptApart }
}
