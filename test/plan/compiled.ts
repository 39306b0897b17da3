/** Compiled plans for tests. */
import type { CompiledPlan } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'

/** The value compiled; throws where it has errors. */
export function compiled(value: unknown): CompiledPlan {
  const check = checkPlan(value)
  if (!check.ok) throw new Error(check.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  return check.compiled
}

/** One thing of each task, by full id. */
export function byTask<T>(value: unknown, read: (plan: CompiledPlan, task: number) => T): Record<string, T> {
  const plan = compiled(value)
  return Object.fromEntries(plan.taskIds.map((id, task) => [id, read(plan, task)]))
}

/** The points of a plan that are no streams: `kind id: hit needed/spare of what they watch`. */
export function pointsOf(value: unknown): readonly string[] {
  const plan = compiled(value)
  const name = (node: number): string => plan.taskIds[node] ?? plan.points[node - plan.taskCount]!.id
  const { start, targets } = plan.predecessors
  return plan.points.flatMap(({ kind, id, hit, needed, spare, lagMs }, index) => {
    if (kind === 'stream') return []
    const node = plan.taskCount + index
    const watches = [...targets.slice(start[node], start[node + 1])].map(name).join(', ')
    return [`${kind} "${id}": ${hit} ${needed}/${spare} of ${watches}${lagMs === undefined ? '' : ` + ${lagMs}`}`]
  })
}

/** What a task waits for, by name. */
export function waitsFor(value: unknown, task: string): readonly string[] {
  const plan = compiled(value)
  const node = plan.taskIndex.get(task)!
  const { start, targets } = plan.predecessors
  return [...targets.slice(start[node], start[node + 1])].map(
    (target) => plan.taskIds[target] ?? plan.points[target - plan.taskCount]!.id,
  )
}
