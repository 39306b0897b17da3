/** The order in which ready tasks are offered to workers, as small integers. */

/** The dispatch class of each task. */
export interface DispatchClasses {
  /** By task. */
  readonly dispatchClass: Int32Array
  readonly classCount: number
}

/**
 * Numbers the different (need, priority, rank) densely from 0: needs ascending, inside each the higher priority first,
 * then the higher rank. Tasks that agree in all three share a class. O(n log n), without a comparator.
 */
export function compileDispatchClasses(need: Int32Array, priority: Float64Array, rank: Float64Array): DispatchClasses {
  const { group, groupCount } = groupTasks(need, priority)
  const start = startsOf(group, groupCount)
  const end = start.slice(0, groupCount)
  /** Per group, from `start` to `end`: its ranks, sorted below; tasks that follow each other often rank alike. */
  const sorted = new Float64Array(rank.length)
  for (let task = 0; task < rank.length; task++) {
    const of = group[task] as number
    // Negated, as typed arrays sort upwards.
    const value = -(rank[task] as number)
    const place = end[of] as number
    if (place === start[of] || sorted[place - 1] !== value) sorted[end[of]!++] = value
  }
  /** By place in `sorted`: the class of the rank there. */
  const classAt = new Int32Array(rank.length)
  let classCount = 0
  for (let at = 0; at < groupCount; at++) {
    const from = start[at] as number
    const to = end[at] as number
    sorted.subarray(from, to).sort()
    for (let place = from; place < to; place++) {
      if (place > from && sorted[place] !== sorted[place - 1]) classCount++
      classAt[place] = classCount
    }
    classCount++
  }
  const dispatchClass = new Int32Array(rank.length)
  for (let task = 0; task < rank.length; task++) {
    const of = group[task] as number
    if (task > 0 && of === group[task - 1] && rank[task] === rank[task - 1]) {
      dispatchClass[task] = dispatchClass[task - 1] as number
      continue
    }
    const place = placeOf(-(rank[task] as number), sorted, start[of] as number, end[of] as number)
    dispatchClass[task] = classAt[place] as number
  }
  return { dispatchClass, classCount }
}

/** Numbers the different (need, priority) in their order. */
function groupTasks(need: Int32Array, priority: Float64Array): { group: Int32Array; groupCount: number } {
  const group = new Int32Array(need.length)
  const numbers = new Map<number, Map<number, number>>()
  const groups: { readonly need: number; readonly priority: number; readonly number: number }[] = []
  for (let task = 0; task < need.length; task++) {
    if (task > 0 && need[task] === need[task - 1] && priority[task] === priority[task - 1]) {
      group[task] = group[task - 1] as number
      continue
    }
    const byPriority = numbers.get(need[task] as number) ?? new Map<number, number>()
    if (byPriority.size === 0) numbers.set(need[task] as number, byPriority)
    const known = byPriority.get(priority[task] as number)
    group[task] = known ?? groups.length
    if (known !== undefined) continue
    byPriority.set(priority[task] as number, groups.length)
    groups.push({ need: need[task] as number, priority: priority[task] as number, number: groups.length })
  }
  const ordered = new Int32Array(groups.length)
  const sorted = groups.toSorted((a, b) => a.need - b.need || b.priority - a.priority)
  for (const [place, { number }] of sorted.entries()) ordered[number] = place
  return {
    group: groups.length === 1 ? group : group.map((number) => ordered[number] as number),
    groupCount: groups.length,
  }
}

function startsOf(group: Int32Array, groupCount: number): Int32Array {
  const start = new Int32Array(groupCount + 1)
  for (const of of group) start[of + 1]!++
  for (let at = 0; at < groupCount; at++) start[at + 1]! += start[at] as number
  return start
}

/** Some place of `value` in a sorted range that has it. */
function placeOf(value: number, sorted: Float64Array, from: number, to: number): number {
  let low = from
  let high = to - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The classes when `seated` tasks are new or have changed and all others are as they were: each finds its place among the
 * classes there are, which move up. O(tasks + seated × log classes), where `compileDispatchClasses` would sort.
 */
export function insertDispatchClasses(
  before: DispatchClasses,
  seated: readonly number[],
  need: Int32Array,
  priority: Float64Array,
  rank: Float64Array,
): DispatchClasses {
  const isSeated = new Uint8Array(need.length)
  for (const task of seated) isSeated[task] = 1
  const known = before.dispatchClass
  /** By class: some task of it, -1 where none is left. */
  const example = new Int32Array(before.classCount).fill(-1)
  for (let task = 0; task < known.length; task++) if (isSeated[task] === 0) example[known[task] as number] = task
  const compare = (a: number, b: number): number =>
    need[a]! - need[b]! || priority[b]! - priority[a]! || rank[b]! - rank[a]!
  const ordered = [...seated].sort(compare)
  const dispatchClass = new Int32Array(need.length)
  /** By class as it was: its new number. */
  const moved = new Int32Array(before.classCount)
  let classCount = 0
  let next = 0
  const insertBefore = (task: number): void => {
    for (; next < ordered.length && (task === -1 || compare(ordered[next]!, task) < 0); next++) {
      const isAlike = next > 0 && compare(ordered[next - 1]!, ordered[next]!) === 0
      dispatchClass[ordered[next]!] = isAlike ? classCount - 1 : classCount++
    }
  }
  for (let of = 0; of < example.length; of++) {
    const task = example[of]!
    if (task === -1) continue
    insertBefore(task)
    moved[of] = classCount++
    for (; next < ordered.length && compare(ordered[next]!, task) === 0; next++) {
      dispatchClass[ordered[next]!] = classCount - 1
    }
  }
  insertBefore(-1)
  for (let task = 0; task < known.length; task++) {
    if (isSeated[task] === 0) dispatchClass[task] = moved[known[task] as number]!
  }
  return { dispatchClass, classCount }
}
