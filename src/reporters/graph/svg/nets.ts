/** Dependencies that are drawn as one line with several ends: what leads to one task, comes from one, or meets in a point. */
import type { Picture } from '../../../planning/picture.js'
import type { Standing } from './bands.js'

export interface Net {
  /** Tasks. */
  readonly sources: readonly number[]
  readonly targets: readonly number[]
  /** Those of them that the critical path goes through. */
  readonly critical: ReadonlySet<number>
  /** What lets go on, where that is not the end of all sources; else null. */
  readonly condition: string | null
}

export interface Nets {
  readonly nets: readonly Net[]
  /** Pairs in one row of one stream with nothing between them: a straight line does. */
  readonly straight: readonly { readonly from: number; readonly to: number; readonly isCritical: boolean }[]
}

export function netsOf(picture: Picture, { groupOf, row }: Standing): Nets {
  const { tasks, edges, points } = picture
  const between = edges.filter(({ from, to }) => from < tasks.length && to < tasks.length)
  const cellOf = (task: number, wave: number): string => `${groupOf[task]} ${row[task]} ${wave}`
  const taken = new Set(tasks.map(({ wave }, task) => cellOf(task, wave)))
  const isStraight = ({ from, to }: { readonly from: number; readonly to: number }): boolean => {
    if (groupOf[from] !== groupOf[to] || row[from] !== row[to]) return false
    const { wave } = tasks[from]!
    const between = Array.from({ length: tasks[to]!.wave - wave - 1 }, (_, at) => wave + 1 + at)
    return between.every((each) => !taken.has(cellOf(from, each)))
  }
  const bent = between.filter((edge) => !isStraight(edge))
  const leaving = countBy(bent, ({ from }) => from)
  const entering = countBy(bent, ({ to }) => to)
  const byHub = new Map<string, typeof bent>()
  for (const edge of bent) {
    const isFan = leaving.get(edge.from)! >= entering.get(edge.to)!
    const hub = isFan ? `from ${edge.from}` : `to ${edge.to}`
    const own = byHub.get(hub) ?? []
    own.push(edge)
    byHub.set(hub, own)
  }
  const hubs = [...byHub.values()].map((own): Net => {
    const critical = own.filter(({ isCritical }) => isCritical).flatMap(({ from, to }) => [from, to])
    const sources = unique(own.map(({ from }) => from))
    return { sources, targets: unique(own.map(({ to }) => to)), critical: new Set(critical), condition: null }
  })
  const meetings = points.flatMap((_, point) => netOfPoint(tasks.length + point, picture))
  return { nets: [...hubs, ...meetings], straight: between.filter(isStraight) }
}

/** What leads to points that lead to this one leads to this one. */
function netOfPoint(node: number, { tasks, points, edges }: Picture): readonly Net[] {
  const after = edges.filter(({ from, to }) => from === node && to < tasks.length)
  if (after.length === 0) return []
  const seen = new Set([node])
  const before = new Map<number, boolean>()
  for (const point of seen) {
    for (const { from, to, isCritical } of edges) {
      if (to !== point) continue
      if (from >= tasks.length) seen.add(from)
      else before.set(from, isCritical || before.get(from) === true)
    }
  }
  const critical = new Set([
    ...[...before].flatMap(([task, isCritical]) => (isCritical ? [task] : [])),
    ...after.flatMap(({ to, isCritical }) => (isCritical ? [to] : [])),
  ])
  const { kind, id } = points[node - tasks.length]!
  const targets = unique(after.map(({ to }) => to))
  return before.size === 0
    ? []
    : [{ sources: [...before.keys()], targets, critical, condition: kind === 'some' ? id : null }]
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}

function unique(values: readonly number[]): readonly number[] {
  return [...new Set(values)]
}
