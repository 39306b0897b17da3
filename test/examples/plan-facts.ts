/** What a plan says, found out the slow way: by looking at every pair. */
import { readFileSync } from 'node:fs'
import { checkPlan, overlap, type Pattern } from 'signalbox'
import { parse } from 'yaml'

type Checked = Extract<ReturnType<typeof checkPlan>, { readonly ok: true }>

export interface PlanFacts extends Checked {
  /** Dependencies as they are written. */
  readonly edges: number
  readonly claimsOf: (task: string) => { readonly write: readonly Pattern[]; readonly read: readonly Pattern[] }
  readonly conflict: (a: string, b: string) => boolean
  /** Ids of the tasks that must have succeeded before this one starts, and before those. */
  readonly prerequisites: (task: string) => ReadonlySet<string>
  /** Pairs that conflict with nothing to order them, as `a × b`, in the order of the plan. */
  readonly keptApart: readonly string[]
}

const folder = new URL('../../examples/plans/', import.meta.url)

export function readFacts(name: string): PlanFacts {
  const check = checkPlan(parse(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'), { maxAliasCount: 0 }))
  if (!check.ok) throw new Error(check.diagnostics.map(({ at, message }) => `${at}: ${message}`).join('\n'))
  const { compiled, plan } = check
  const indexOf = (task: string): number => {
    const index = compiled.taskIndex.get(task)
    if (index === undefined) throw new Error(`${name} has no task "${task}".`)
    return index
  }

  function claimsOf(task: string): { readonly write: readonly Pattern[]; readonly read: readonly Pattern[] } {
    return compiled.claimSets[compiled.claimSet[indexOf(task)]!] ?? { write: [], read: [] }
  }

  function conflict(a: string, b: string): boolean {
    const meet = (some: readonly Pattern[], others: readonly Pattern[]): boolean =>
      some.some((one) => others.some((other) => overlap(one, other) !== null))
    const [one, other] = [claimsOf(a), claimsOf(b)]
    return meet(one.write, [...other.write, ...other.read]) || meet(other.write, one.read)
  }

  const closures = new Map<number, Set<number>>()
  function closureOf(node: number): Set<number> {
    const known = closures.get(node)
    if (known !== undefined) return known
    const closure = new Set<number>()
    closures.set(node, closure)
    const { start, targets } = compiled.predecessors
    for (const next of targets.subarray(start[node], start[node + 1])) {
      const point = compiled.points[next - compiled.taskCount]
      // A choice leaves open which of its members ends before; a milestone is there while its task still runs.
      if (point !== undefined && (point.spare > 0 || point.kind === 'milestone')) continue
      closure.add(next)
      for (const further of closureOf(next)) closure.add(further)
    }
    return closure
  }

  function prerequisites(task: string): ReadonlySet<string> {
    const tasks = [...closureOf(indexOf(task))].filter((node) => node < compiled.taskCount)
    return new Set(tasks.map((node) => compiled.taskIds[node]!))
  }

  const ids = compiled.taskIds
  const pairs = ids.flatMap((a, index) => ids.slice(index + 1).map((b) => [a, b] as const))
  const keptApart = pairs
    .filter(([a, b]) => conflict(a, b) && !prerequisites(a).has(b) && !prerequisites(b).has(a))
    .map(([a, b]) => `${a} × ${b}`)
  const streams = plan.streams ?? []
  const all = [...streams, ...streams.flatMap(({ tasks = [] }) => tasks), ...(plan.tasks ?? []), ...(plan.gates ?? [])]
  const edges = all.reduce((sum, { dependsOn = [] }) => sum + dependsOn.length, 0)
  return { ...check, edges, claimsOf, conflict, prerequisites, keptApart }
}
