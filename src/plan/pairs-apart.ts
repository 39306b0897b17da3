/** Pairs of tasks that claims alone keep apart: no dependency orders them, and they never run side by side all the same. */
import { overlap } from '../claims/overlap.js'
import { createPatternIndex, type PatternIndex } from '../claims/pattern-index.js'
import type { Adjacency, CompiledPlan, DurationMs, Point, TaskId, TaskIndex } from '../core/types.js'
import { createAdjacencyBuilder, topologicalOrder, transpose } from './adjacency.js'
import type { NumberedSet, PatternNumber } from './claim-sets.js'
import { ordersAll } from './points.js'
import { createReachability, type Reachability } from './reachability.js'

/** Pairs of claim sets and of tasks looked at: what is beyond costs too much for a warning. */
export const MOST_PAIRS_LOOKED_AT = 200_000

/** Two tasks that never run side by side though nothing orders them. */
export interface PairApart {
  /** In the order of the plan. */
  readonly tasks: readonly [TaskId, TaskId]
  /** A path that both claim, and how each of them does. */
  readonly path: string
  readonly modes: readonly ['write' | 'read', 'write' | 'read']
  /**
   * By how much the plan is longer than its critical path because of this pair alone, at least, whichever of the two goes
   * first. By estimates; a task without one counts as 0.
   */
  readonly costMs: DurationMs
}

/** The pairs that were found, the costliest first. */
export interface PairsApart {
  readonly pairs: readonly PairApart[]
  /** Whether these are all: nothing was too much to look at, nor too costly to find out. */
  readonly isComplete: boolean
}

/** How far the search goes. */
export interface PairsApartOptions {
  /** Pairs of claim sets and of tasks looked at. Default 200,000: about a tenth of a second. */
  readonly mostLookedAt?: number | undefined
}

/**
 * Every pair of tasks that claims alone keep apart, sorted by what it costs, equal ones in the order of the plan. Where
 * claims meet so often that not all pairs can be looked at, those of tasks near the critical path are looked at first.
 *
 * @example
 * const { compiled } = checkPlan(plan)
 * if (compiled) console.log(tasksKeptApart(compiled).pairs[0]) // the pair that it pays most to disentangle
 */
export function tasksKeptApart(plan: CompiledPlan, options: PairsApartOptions = {}): PairsApart {
  const index = createPatternIndex()
  const numbers = (patterns: CompiledPlan['claimSets'][number]['write']): readonly PatternNumber[] =>
    patterns.map((pattern) => index.add(pattern))
  const sets = plan.claimSets.map(({ write, read }) => ({ write: numbers(write), read: numbers(read) }))
  const order = topologicalOrder(plan.predecessors, plan.successors)
  const found = findPairsApart({ ...plan, sets, index, order }, options.mostLookedAt ?? MOST_PAIRS_LOOKED_AT)
  const paths = new Map<Meeting, string>()
  const pairs = found.pairs
    .toSorted((x, y) => y.costMs - x.costMs || x.a - y.a || x.b - y.b)
    .map(({ a, b, costMs, meeting }): PairApart => {
      const path = paths.get(meeting) ?? meeting.path()
      paths.set(meeting, path)
      const tasks = [plan.taskIds[a] as TaskId, plan.taskIds[b] as TaskId] as const
      return { tasks, path, modes: modesOf(meeting, a, plan.claimSet), costMs }
    })
  return { pairs, isComplete: found.isComplete && !found.isUnsure }
}

/** What the search looks at. */
export interface ClaimedPlan {
  readonly claimSet: Int32Array
  readonly sets: readonly Pick<NumberedSet, 'write' | 'read'>[]
  readonly index: PatternIndex
  readonly predecessors: Adjacency
  readonly successors: Adjacency
  readonly points: readonly Point[]
  /** Topological. */
  readonly order: Int32Array
  readonly estimateMs: Float64Array
}

/** Two claim sets that exclude each other. */
export interface Meeting {
  readonly set: number
  /** How `set`, and the other one, claim the path. */
  readonly modes: readonly ['write' | 'read', 'write' | 'read']
  /** A path on which they meet. */
  readonly path: () => string
}

export interface FoundPair {
  /** The one that comes first in the plan. */
  readonly a: TaskIndex
  readonly b: TaskIndex
  readonly costMs: DurationMs
  readonly meeting: Meeting
}

export interface FoundPairs {
  /** Sorted by cost, equal ones as they were found: set by set. */
  readonly pairs: readonly FoundPair[]
  /** Whether all could be looked at. */
  readonly isComplete: boolean
  /** Whether the order of some pair would have cost too much to find out: it is left out. */
  readonly isUnsure: boolean
}

/** The plan without what leads to points that do not wait for all of it: those order nothing. */
function withoutLoose(plan: ClaimedPlan): ClaimedPlan {
  const { points, predecessors } = plan
  if (points.every(ordersAll)) return plan
  const { start, targets } = predecessors
  const taskCount = start.length - 1 - points.length
  const edges = createAdjacencyBuilder(start.length - 1, targets.length)
  for (let node = 0; node < start.length - 1; node++) {
    const point = points[node - taskCount]
    if (point === undefined || ordersAll(point)) {
      for (const target of targets.subarray(start[node], start[node + 1])) edges.add(target)
    }
    edges.endRow()
  }
  const hard = edges.build()
  return { ...plan, predecessors: hard, successors: transpose(hard) }
}

/** What is left to do, and to do it with. */
interface Search {
  readonly reachability: Reachability
  readonly costOf: (a: TaskIndex, b: TaskIndex) => DurationMs
  readonly tasksOf: readonly (readonly TaskIndex[])[]
  readonly pairs: FoundPair[]
  looksLeft: number
  isUnsure: boolean
}

/**
 * Finds the pairs, set by set, each once. Works on claim sets: tasks of one set that form a chain are passed over at once.
 * A pair whose order would cost too much to find out is left out.
 */
export function findPairsApart(whole: ClaimedPlan, mostLookedAt: number): FoundPairs {
  const plan = withoutLoose(whole)
  const { claimSet, sets, index } = plan
  if (!sets.some(({ write }) => write.length > 0)) return { pairs: [], isComplete: true, isUnsure: false }
  const tasksOf: TaskIndex[][] = sets.map(() => [])
  for (const [task, set] of claimSet.entries()) tasksOf[set]?.push(task)
  const reachability = createReachability(plan.predecessors, plan.order)
  const { costOf, potential } = measure(plan)
  const looksLeft = mostLookedAt
  const search: Search = { reachability, costOf, tasksOf, pairs: [], looksLeft, isUnsure: false }
  const users = { write: usersOf(sets, 'write', index), read: usersOf(sets, 'read', index) }
  const inOrder = potential === null ? [...sets.keys()] : mostCostlyFirst(tasksOf, potential)
  const placeOf = new Int32Array(sets.length)
  for (const [place, set] of inOrder.entries()) placeOf[set] = place
  const metBy = new Int32Array(sets.length).fill(-1)
  for (const set of inOrder) {
    for (const [mine, theirs] of EXCLUDING) {
      for (const pattern of (sets[set] as NumberedSet)[mine]) {
        for (const other of index.neighbours(pattern)) {
          for (const met of users[theirs][other] as readonly number[]) {
            if (search.looksLeft-- <= 0) return sorted(search)
            if ((placeOf[met] as number) < (placeOf[set] as number) || metBy[met] === set) continue
            metBy[met] = set
            const path = (): string => overlap(index.pattern(pattern), index.pattern(other)) as string
            lookAtSets(set, met, { set, modes: [mine, theirs], path }, search)
          }
        }
      }
    }
  }
  return sorted(search)
}

/** The ways in which two claims exclude each other. */
const EXCLUDING = [
  ['write', 'write'],
  ['write', 'read'],
  ['read', 'write'],
] as const

/** How the two of a pair claim the path, `a` being the first of them. */
export function modesOf(meeting: Meeting, a: TaskIndex, claimSet: Int32Array): Meeting['modes'] {
  const [mine, theirs] = meeting.modes
  return claimSet[a] === meeting.set ? [mine, theirs] : [theirs, mine]
}

function usersOf(sets: ClaimedPlan['sets'], mode: 'write' | 'read', index: PatternIndex): readonly number[][] {
  const users: number[][] = Array.from({ length: index.size }, () => [])
  for (const [set, numbered] of sets.entries()) for (const pattern of numbered[mode]) users[pattern]?.push(set)
  return users
}

function lookAtSets(set: number, other: number, meeting: Meeting, search: Search): void {
  const tasks = search.tasksOf[set] as readonly TaskIndex[]
  if (set === other && isChain(tasks, search)) return
  for (const [position, one] of tasks.entries()) {
    for (const two of set === other ? tasks.slice(position + 1) : (search.tasksOf[other] as readonly TaskIndex[])) {
      if (search.looksLeft-- <= 0) return
      const areOrdered = search.reachability.areOrdered(one, two)
      if (areOrdered === null) search.isUnsure = true
      if (areOrdered !== false) continue
      const a = Math.min(one, two)
      const b = Math.max(one, two)
      search.pairs.push({ a, b, costMs: search.costOf(a, b), meeting })
    }
  }
}

/** Whether the tasks are ordered one after the other. */
function isChain(tasks: readonly TaskIndex[], { reachability: { areOrdered, place } }: Search): boolean {
  const inOrder = tasks.toSorted((a, b) => (place[a] as number) - (place[b] as number))
  return inOrder.every((task, at) => at === 0 || areOrdered(inOrder[at - 1] as number, task) === true)
}

function sorted({ pairs, looksLeft, isUnsure }: Search): FoundPairs {
  // Most pairs of most plans cost nothing, and equal ones keep their order.
  if (pairs.some(({ costMs }) => costMs > 0)) pairs.sort((x, y) => y.costMs - x.costMs)
  return { pairs, isComplete: looksLeft >= 0, isUnsure }
}

// ── What a pair costs ───────────────────────────────────────────────────────────────────────────────────────────

interface Measure {
  readonly costOf: (a: TaskIndex, b: TaskIndex) => DurationMs
  /** By task: its longest way through the plan and once more its estimate; pairs of tasks with small ones cost nothing. */
  readonly potential: Float64Array | null
}

/** Heads and tails by dependencies alone: the longest ways from the start of the plan to a task, and on to its end. */
function measure({ predecessors, successors, order, estimateMs }: ClaimedPlan): Measure {
  if (!estimateMs.some((estimate) => estimate > 0)) return { costOf: () => 0, potential: null }
  const heads = longestWays(predecessors, order, estimateMs)
  const tails = longestWays(successors, order.toReversed(), estimateMs)
  const at = (values: Float64Array, task: TaskIndex): number => values[task] as number
  const potential = estimateMs.map((estimate, task) => at(heads, task) + 2 * estimate + at(tails, task))
  let criticalPathMs = 0
  for (let task = 0; task < potential.length; task++) {
    criticalPathMs = Math.max(criticalPathMs, at(potential, task) - at(estimateMs, task))
  }
  const inTurn = (first: TaskIndex, second: TaskIndex): DurationMs =>
    at(heads, first) + at(estimateMs, first) + at(estimateMs, second) + at(tails, second)
  const costOf = (a: TaskIndex, b: TaskIndex): DurationMs =>
    Math.max(0, Math.min(inTurn(a, b), inTurn(b, a)) - criticalPathMs)
  return { costOf, potential }
}

/** By node: the longest way to it over `before`, itself not counted. `order` has what is before a node before it. */
function longestWays({ start, targets }: Adjacency, order: Int32Array, estimateMs: Float64Array): Float64Array {
  const longest = new Float64Array(order.length)
  for (const node of order) {
    let way = 0
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const before = targets[edge] as number
      way = Math.max(way, (longest[before] as number) + (estimateMs[before] ?? 0))
    }
    longest[node] = way
  }
  return longest
}

/** Half the sum of two potentials, less the critical path, is the most a pair can cost: so the highest come first. */
function mostCostlyFirst(tasksOf: readonly (readonly TaskIndex[])[], potential: Float64Array): readonly number[] {
  const highest = tasksOf.map((tasks) => tasks.reduce((most, task) => Math.max(most, potential[task] as number), 0))
  return [...tasksOf.keys()].sort((a, b) => (highest[b] as number) - (highest[a] as number))
}
