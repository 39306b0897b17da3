/** In which order tasks should start: tail of the critical path + own estimate + 0.2 × work of the tasks they exclude. */
import type { PatternIndex } from '../claims/pattern-index.js'
import type { Adjacency, Point } from '../core/types.js'
import type { ClaimSets, NumberedSet, PatternNumber } from './claim-sets.js'

/** Weight of the work that a task's claims hold up, from measurements: 0.1 to 0.3 are equally good. */
export const EXCLUDED_WORK_WEIGHT = 0.2

/**
 * Up to this many meetings of a claim set with other sets, each set met is counted once. Above it, the work behind each
 * pattern is summed, so that a set met through two patterns counts twice: a bound on time, at the price of a rank that
 * is too high.
 */
export const MOST_SETS_COUNTED = 200

/**
 * What a task weighs in ranks, in ms: its estimate; where it has none, the mean of those that have; 1 where none has,
 * so that the longest chain leads.
 */
export function weigh(estimateMs: Float64Array, isEstimated: Uint8Array): Float64Array {
  let sum = 0
  let known = 0
  for (let task = 0; task < estimateMs.length; task++) {
    sum += estimateMs[task] as number
    known += isEstimated[task] as number
  }
  const otherwise = known === 0 ? 1 : sum / known
  const weight = new Float64Array(estimateMs.length)
  for (let task = 0; task < weight.length; task++) {
    weight[task] = isEstimated[task] === 1 ? (estimateMs[task] as number) : otherwise
  }
  return weight
}

/** Rank by task, in the unit of `weight`. `order` is topological. O(nodes + edges) and the meetings of claim sets. */
export function rankTasks(
  weight: Float64Array,
  points: readonly Point[],
  successors: Adjacency,
  order: Int32Array,
  claims: ClaimSets,
): Float64Array {
  const rank = longestPaths(weight, points, successors, order)
  if (claims.sets.length === 0) return rank
  const excluded = excludedWork(weight, claims)
  for (let task = 0; task < rank.length; task++) {
    const set = claims.claimSet[task] as number
    if (set === -1) continue
    const own = (claims.sets[set] as NumberedSet).write.length > 0 ? (weight[task] as number) : 0
    const others = Math.max(0, (excluded[set] as number) - own)
    rank[task] = (rank[task] as number) + EXCLUDED_WORK_WEIGHT * others
  }
  return rank
}

/** Longest way from the start of each task to the end of the plan. Points (nodes above the tasks) weigh their lag. */
function longestPaths(
  weight: Float64Array,
  points: readonly Point[],
  { start, targets }: Adjacency,
  order: Int32Array,
): Float64Array {
  const longest = new Float64Array(start.length - 1)
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] as number
    let tail = 0
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const next = longest[targets[edge] as number] as number
      if (next > tail) tail = next
    }
    longest[node] = tail + (weight[node] ?? points[node - weight.length]?.lagMs ?? 0)
  }
  return longest.subarray(0, weight.length)
}

/** The work of the tasks whose claims conflict with those of each set; of its own tasks too, if it writes. */
function excludedWork(weight: Float64Array, { claimSet, sets, index }: ClaimSets): Float64Array {
  const work = new Float64Array(sets.length)
  for (let task = 0; task < claimSet.length; task++) {
    const set = claimSet[task] as number
    if (set !== -1) work[set] = (work[set] as number) + (weight[task] as number)
  }
  const writers = usersOf(sets, 'write', index)
  const readers = usersOf(sets, 'read', index)
  const metByWrite = meetings([writers, readers], work, index)
  const metByRead = meetings([writers], work, index)
  const countedFor = new Int32Array(sets.length).fill(-1)
  const countOnce = (set: number): number => {
    const { write, read } = sets[set] as NumberedSet
    let sum = 0
    const visit = (users: readonly (readonly number[])[], pattern: PatternNumber): void => {
      for (const other of index.neighbours(pattern)) {
        for (const met of users[other] as readonly number[]) {
          if (countedFor[met] === set) continue
          countedFor[met] = set
          sum += work[met] as number
        }
      }
    }
    for (const pattern of write) visit(writers, pattern)
    for (const pattern of write) visit(readers, pattern)
    for (const pattern of read) visit(writers, pattern)
    return sum
  }
  return work.map((_, set) => {
    const { write, read } = sets[set] as NumberedSet
    const total = (by: 'sets' | 'work'): number => sumAt(metByWrite[by], write) + sumAt(metByRead[by], read)
    return total('sets') <= MOST_SETS_COUNTED ? countOnce(set) : total('work')
  })
}

/** By pattern: the sets that write (or read) it. */
function usersOf(
  sets: readonly NumberedSet[],
  mode: 'write' | 'read',
  index: PatternIndex,
): readonly (readonly number[])[] {
  const users: number[][] = Array.from({ length: index.size }, () => [])
  for (const [set, numbered] of sets.entries()) for (const pattern of numbered[mode]) users[pattern]?.push(set)
  return users
}

/** What a pattern meets, as often as it meets it. */
interface Meetings {
  readonly sets: Float64Array
  readonly work: Float64Array
}

/** By pattern: how many sets use it or one that meets it, and their work. */
function meetings(
  users: readonly (readonly (readonly number[])[])[],
  work: Float64Array,
  index: PatternIndex,
): Meetings {
  const own = { sets: new Float64Array(index.size), work: new Float64Array(index.size) }
  const met = { sets: new Float64Array(index.size), work: new Float64Array(index.size) }
  for (let pattern = 0; pattern < index.size; pattern++) {
    for (const byPattern of users) {
      const sets = byPattern[pattern] as readonly number[]
      own.sets[pattern] = (own.sets[pattern] as number) + sets.length
      own.work[pattern] = (own.work[pattern] as number) + sumAt(work, sets)
    }
  }
  for (let pattern = 0; pattern < index.size; pattern++) {
    const neighbours = index.neighbours(pattern)
    met.sets[pattern] = sumAt(own.sets, neighbours)
    met.work[pattern] = sumAt(own.work, neighbours)
  }
  return met
}

function sumAt(values: Float64Array, places: readonly number[]): number {
  let sum = 0
  for (const place of places) sum += values[place] as number
  return sum
}
