/** Warns of tasks that claims alone keep apart, the costliest pairs first. */
import type { CompiledPlan, TaskIndex } from '../core/types.js'
import type { ClaimSets } from './claim-sets.js'
import type { Reporter } from './diagnostic.js'
import { printDuration } from './duration.js'
import { type Layout, taskPointer } from './layout.js'
import { type FoundPair, findPairsApart, type Meeting, MOST_PAIRS_LOOKED_AT, modesOf } from './pairs-apart.js'
import { quote, thousands } from './text.js'

/** Pairs listed, in all and of tasks that claim alike; one more diagnostic says how many others there are. */
export const MOST_PAIRS_LISTED = 50
export const MOST_PAIRS_ALIKE = 3

/** Lists pairs of tasks that will never run side by side although nothing orders them, and sums up the rest. */
export function warnOfPairsApart(
  layout: Layout,
  claims: ClaimSets,
  compiled: CompiledPlan,
  order: Int32Array,
  reporter: Reporter,
): void {
  const { pairs, isComplete } = findPairsApart({ ...compiled, ...claims, order }, MOST_PAIRS_LOOKED_AT)
  const alike = new Map<Meeting, number>()
  let listed = 0
  for (const pair of pairs) {
    if (listed === MOST_PAIRS_LISTED) break
    const before = alike.get(pair.meeting) ?? 0
    alike.set(pair.meeting, before + 1)
    if (before >= MOST_PAIRS_ALIKE) continue
    listed++
    report(pair, layout, compiled, reporter)
  }
  summarize(pairs.length - listed, isComplete, reporter)
}

function report(
  { a, b, costMs, meeting }: FoundPair,
  layout: Layout,
  compiled: CompiledPlan,
  reporter: Reporter,
): void {
  const name = (task: TaskIndex): string => quote(layout.taskIds[task] as string)
  const [first, second] = modesOf(meeting, a, compiled.claimSet)
  const path = quote(meeting.path())
  const who =
    first === second
      ? `Tasks ${name(a)} and ${name(b)} both write ${path}`
      : `Task ${name(a)} ${first}s and task ${name(b)} ${second}s ${path}`
  const cost = `That makes the plan at least ${printDuration(costMs)} longer than its critical path.`
  reporter.report({
    code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
    severity: 'warning',
    message: `${who}, and nothing orders them: they will never run side by side.${costMs > 0 ? ` ${cost}` : ''}`,
    at: taskPointer(layout, b),
    hint: 'Let one depend on the other, or narrow what they claim.',
    ...(costMs > 0 ? { costMs } : undefined),
  })
}

function summarize(others: number, isComplete: boolean, reporter: Reporter): void {
  if (others === 0 && isComplete) return
  const atLeast = isComplete ? '' : 'At least '
  const found = `${thousands(others)} more ${others === 1 ? 'pair' : 'pairs'} of tasks`
  const message =
    others > 0
      ? `${atLeast}${found} will never run side by side: their claims meet, and nothing orders them.`
      : `Only the first ${thousands(MOST_PAIRS_LOOKED_AT)} pairs of tasks were looked at for claims that meet.`
  reporter.report({
    code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
    severity: others > 0 ? 'warning' : 'info',
    message,
    at: '',
    hint: 'Narrow the claims: tasks that claim the same paths run one after the other.',
  })
}
