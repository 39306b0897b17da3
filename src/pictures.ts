/** From a checked plan to its picture. */
import type { CompiledPlan } from './core/types.js'
import type { Plan } from './plan/types.js'
import { overviewOf } from './planning/overview.js'
import { type Picture, pictureOf } from './planning/picture.js'

/**
 * The picture of a plan, for `toSvg`, `toMermaid` and `toDot`: its streams, tasks and waves, the dependencies that no others
 * imply, and the critical path by estimates, tasks without one counted as a minute each. O(nodes × edges / 32), and nobody can
 * look at more than some thousand tasks.
 *
 * @param checked - What `checkPlan` answers where it is ok.
 * @example
 * const check = checkPlan(document)
 * if (check.ok) await writeFile('plan.svg', toSvg(planPicture(check)))
 */
export function planPicture(checked: { readonly plan: Plan; readonly compiled: CompiledPlan }): Picture {
  const { plan, compiled } = checked
  const streamTitles = (plan.streams ?? []).map(({ title = null }) => title)
  return pictureOf(compiled, { streamTitles, criticalPath: overviewOf(compiled, plan).criticalPath })
}
