/** Plans to amend, and what an amended plan says, by names. */
import { expect } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import { transpose } from '../../src/plan/adjacency.js'
import { type AmendablePlan, type AmendResult, amendPlan } from '../../src/plan/amend.js'
import { checkPlan } from '../../src/plan/check.js'
import type { PlanDocument } from '../../src/plan/types.js'

export function amendable(document: PlanDocument): AmendablePlan {
  const check = checkPlan(document)
  if (!check.ok) throw new Error(check.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  return { frame: check.plan, compiled: check.compiled }
}

/** Whoever amends a plan here also sees that its edges read the same both ways. */
export function amended(base: AmendablePlan, amendment: unknown): Extract<AmendResult, { ok: true }> {
  const result = amendPlan(base, amendment)
  if (!result.ok) throw new Error(result.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  const { predecessors, successors } = result.plan.compiled
  expect(successors).toEqual(transpose(predecessors))
  return result
}

export function problems(base: AmendablePlan, amendment: unknown): readonly string[] {
  const result = amendPlan(base, amendment)
  return result.ok ? [] : result.diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)
}

/** Everything the core looks at, by names instead of numbers. Ranks and waves of what was there stay as they were. */
export function facts(plan: CompiledPlan): Readonly<Record<string, unknown>> {
  const nameOf = (node: number): string => plan.taskIds[node] ?? `<${plan.points[node - plan.taskCount]!.id}>`
  const rowOf = (node: number): readonly string[] =>
    [...plan.predecessors.targets.subarray(plan.predecessors.start[node], plan.predecessors.start[node + 1])]
      .map(nameOf)
      .sort()
  const tasks = plan.taskIds.map((id, task) => {
    const set = plan.claimSets[plan.claimSet[task]!]
    const texts =
      set &&
      [set.write, set.read, set.integrate, set.advisory].map((patterns) => patterns.map(({ text }) => text).sort())
    return [
      id,
      {
        after: rowOf(task),
        count: plan.dependencyCount[task],
        stream: plan.streamIds[plan.streamOf[task]!],
        handler: plan.handlers[plan.handler[task]!],
        need: plan.needs[plan.need[task]!],
        policy: plan.policies[plan.policy[task]!],
        claims: texts ?? null,
        priority: plan.priority[task],
        estimate: plan.estimateMs[task],
        optional: plan.optional[task],
        uses: plan.useSets[plan.useSet[task]!] ?? [],
        key: plan.keys.get(task),
        verify: plan.verify.get(task),
        milestones: [...(plan.milestones.get(task) ?? [])].map(([name, point]) => [name, nameOf(point)]),
        condition: plan.conditions.get(task) && {
          of: plan.taskIds[plan.conditions.get(task)!.task],
          path: plan.conditions.get(task)!.path,
        },
        source: plan.sources[task],
        gate: plan.gates.get(task),
        found: plan.taskIndex.get(id) === task,
      },
    ]
  })
  const weights = (weight: Int32Array | undefined, watched: readonly string[]): unknown =>
    weight && watched.map((id) => weight[plan.taskIndex.get(id)!])
  const points = plan.points.map(({ isAmended: _, ...point }, index) => {
    const after = rowOf(plan.taskCount + index)
    return [point.id, { ...point, weight: weights(point.weight, after), after }]
  })
  const phases = plan.phases.map(({ id, point, gate, streams }) => [id, nameOf(point), gate && nameOf(gate), streams])
  const sequences = plan.sequences.map(({ path, entries }) => [
    path.text,
    entries.map(({ task, stream, turn }) => [plan.taskIds[task], plan.streamIds[stream], turn && nameOf(turn)]),
  ])
  return { ...Object.fromEntries(tasks), ...Object.fromEntries(points), phases, sequences }
}
