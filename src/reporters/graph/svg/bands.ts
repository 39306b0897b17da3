/**
 * Where tasks stand: a wave is a column, a band holds streams that share no column. So no two of them can overlap, whatever
 * the plan; what is left to choose is which band a stream goes to.
 */
import type { Picture } from '../../../planning/picture.js'

/** A stream, or a task of no stream. */
export interface Group {
  /** -1: a task of no stream. */
  readonly stream: number
  readonly tasks: readonly number[]
  /** Columns that it takes, from its first wave to its last. */
  readonly first: number
  readonly last: number
  readonly rows: number
}

export interface Standing {
  readonly groups: readonly Group[]
  /** By group. */
  readonly band: readonly number[]
  readonly bandCount: number
  /** By task. */
  readonly groupOf: Int32Array
  /** By task: its row in its group. */
  readonly row: Int32Array
}

/** How often streams are drawn towards what they depend on and what depends on them. */
const ROUNDS = 8

export function standingOf(picture: Picture): Standing {
  const { tasks, streams, edges } = picture
  const row = new Int32Array(tasks.length)
  const sourcesOf = tasks.map((): number[] => [])
  for (const { from, to } of edges) if (from < tasks.length) sourcesOf[to]?.push(from)
  const loose = tasks.flatMap(({ stream }, task) => (stream === -1 ? [[task]] : []))
  const members = [...streams.map(({ tasks: own }) => own), ...loose]
  const groups = members.flatMap((own, place): readonly Group[] => {
    if (own.length === 0) return []
    const waves = own.map((task) => tasks[task]!.wave)
    const rows = assignRows(own, picture, sourcesOf, row)
    const stream = place < streams.length ? place : -1
    return [{ stream, tasks: own, first: Math.min(...waves), last: Math.max(...waves), rows }]
  })
  const groupOf = new Int32Array(tasks.length)
  for (const [group, { tasks: own }] of groups.entries()) for (const task of own) groupOf[task] = group
  const neighbours = neighboursOf(groups, groupOf, picture)
  return { groups, ...bestBands(groups, neighbours, picture.waveCount), groupOf, row }
}

/** A task stands in the row of what it continues where that is free. Returns how many rows there are. */
function assignRows(
  own: readonly number[],
  { tasks }: Picture,
  sourcesOf: readonly (readonly number[])[],
  row: Int32Array,
): number {
  const members = new Set(own)
  const taken = new Set<string>()
  let rows = 0
  for (const task of own.toSorted((a, b) => tasks[a]!.wave - tasks[b]!.wave || a - b)) {
    const { wave } = tasks[task]!
    const before = sourcesOf[task]!.filter((source) => members.has(source))
    let place = before.length === 0 ? 0 : Math.min(...before.map((source) => row[source]!))
    while (taken.has(`${wave} ${place}`)) place += 1
    taken.add(`${wave} ${place}`)
    row[task] = place
    rows = Math.max(rows, place + 1)
  }
  return rows
}

/** By group: the groups at the other ends of its dependencies, as often as there are such. Points stand for what they join. */
function neighboursOf(groups: readonly Group[], groupOf: Int32Array, { tasks, edges }: Picture): readonly number[][] {
  const neighbours = groups.map((): number[] => [])
  const around = new Map<number, number[]>()
  for (const { from, to } of edges) {
    for (const [node, other] of [
      [from, to],
      [to, from],
    ] as const) {
      if (node < tasks.length) continue
      const joined = around.get(node) ?? []
      if (other < tasks.length) joined.push(other)
      around.set(node, joined)
    }
    if (from < tasks.length && to < tasks.length) connect(from, to)
  }
  for (const [first, ...others] of around.values()) for (const other of others) connect(first!, other)
  return neighbours

  function connect(a: number, b: number): void {
    const [one, two] = [groupOf[a]!, groupOf[b]!]
    if (one === two) return
    neighbours[one]!.push(two)
    neighbours[two]!.push(one)
  }
}

interface Bands {
  readonly band: readonly number[]
  readonly bandCount: number
}

/** As many bands as are needed, and of the arrangements that were tried the one with the shortest ways. */
function bestBands(groups: readonly Group[], neighbours: readonly number[][], waveCount: number): Bands {
  const inOrder = groups.map((_, group) => group)
  let best = place(groups, inOrder, () => 0, waveCount)
  let bestLength = lengthOf(best, neighbours)
  let latest = best
  for (let round = 0; round < ROUNDS; round += 1) {
    const { band } = latest
    const wanted = groups.map((_, group) => mean(neighbours[group]!.map((other) => band[other]!)) ?? band[group]!)
    // Long ones first: they find room in few bands.
    const order = inOrder.toSorted(
      (a, b) => spanOf(groups[b]!) - spanOf(groups[a]!) || wanted[a]! - wanted[b]! || a - b,
    )
    latest = place(groups, order, (group) => wanted[group]!, waveCount)
    const length = lengthOf(latest, neighbours)
    if (latest.bandCount > best.bandCount || length >= bestLength) continue
    best = latest
    bestLength = length
  }
  return best
}

/** Each group into the free band that is nearest to the wanted one; a new one where there is none. */
function place(
  groups: readonly Group[],
  order: readonly number[],
  wantedOf: (group: number) => number,
  waveCount: number,
): Bands {
  const taken: Uint8Array[] = []
  const band = new Array<number>(groups.length).fill(0)
  for (const group of order) {
    const { first, last } = groups[group]!
    const isFree = (columns: Uint8Array): boolean => columns.subarray(first, last + 1).every((column) => column === 0)
    const wanted = wantedOf(group)
    let chosen = -1
    for (const [candidate, columns] of taken.entries()) {
      if (chosen !== -1 && Math.abs(candidate - wanted) >= Math.abs(chosen - wanted)) continue
      if (isFree(columns)) chosen = candidate
    }
    if (chosen === -1) chosen = taken.push(new Uint8Array(waveCount)) - 1
    taken[chosen]!.fill(1, first, last + 1)
    band[group] = chosen
  }
  return { band, bandCount: taken.length }
}

function spanOf({ first, last }: Group): number {
  return last - first
}

function lengthOf({ band }: Bands, neighbours: readonly number[][]): number {
  return neighbours.reduce(
    (sum, others, group) => sum + others.reduce((own, other) => own + Math.abs(band[group]! - band[other]!), 0),
    0,
  )
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
