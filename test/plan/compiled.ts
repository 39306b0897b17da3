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
