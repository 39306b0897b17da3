/** Warns of tasks that write one path with no order between them. */
import { overlap } from '../claims/overlap.js'
import type { Adjacency, CompiledPlan, Point, TaskIndex } from '../core/types.js'
import { createAdjacencyBuilder } from './adjacency.js'
import type { ClaimSets, NumberedSet } from './claim-sets.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, taskPointer } from './layout.js'
import { ordersAll } from './points.js'
import { createReachability, type Reachability } from './reachability.js'
import { quote, thousands } from './text.js'

/** Pairs listed, in all and of tasks that claim alike; one more diagnostic says how many others there are. */
export const MOST_PAIRS_LISTED = 50
export const MOST_PAIRS_ALIKE = 3
/** Pairs of claim sets and of tasks looked at: what is beyond costs too much for a warning. */
export const MOST_PAIRS_LOOKED_AT = 200_000

/** What is left to do, and to do it with. */
interface Search {
  readonly layout: Layout
  readonly claims: ClaimSets
  readonly reachability: Reachability
  readonly reporter: Reporter
  readonly tasksOf: readonly (readonly TaskIndex[])[]
  listed: number
  /** Pairs found and not listed. */
  others: number
  looksLeft: number
}

/**
 * Lists pairs of tasks that will never run side by side although nothing orders them, set by set, each pair once.
 * Works on claim sets: tasks of one set that form a chain are passed over at once.
 */
export function warnOfUnorderedWrites(
  layout: Layout,
  claims: ClaimSets,
  { predecessors, points }: CompiledPlan,
  order: Int32Array,
  reporter: Reporter,
): void {
  if (!claims.sets.some(({ write }) => write.length > 0)) return
  const tasksOf: TaskIndex[][] = claims.sets.map(() => [])
  for (const [task, set] of claims.claimSet.entries()) tasksOf[set]?.push(task)
  const reachability = createReachability(withoutLoose(predecessors, points), order)
  const looksLeft = MOST_PAIRS_LOOKED_AT
  const search: Search = { layout, claims, reachability, reporter, tasksOf, listed: 0, others: 0, looksLeft }
  const writers: number[][] = Array.from({ length: claims.index.size }, () => [])
  for (const [set, { write }] of claims.sets.entries()) for (const pattern of write) writers[pattern]?.push(set)
  const metBy = new Int32Array(claims.sets.length).fill(-1)
  for (let set = 0; set < claims.sets.length && !isOver(search); set++) {
    for (const pattern of (claims.sets[set] as NumberedSet).write) {
      for (const other of claims.index.neighbours(pattern)) {
        const witness = (): string => overlap(claims.index.pattern(pattern), claims.index.pattern(other)) as string
        for (const met of writers[other] as readonly number[]) {
          search.looksLeft--
          if (isOver(search)) break
          if (met < set || metBy[met] === set) continue
          metBy[met] = set
          lookAtSets(set, met, witness, search)
        }
      }
    }
  }
  summarize(search)
}

/** The graph without what leads to points that do not wait for all of it: those order nothing. */
function withoutLoose(predecessors: Adjacency, points: readonly Point[]): Adjacency {
  if (points.every(ordersAll)) return predecessors
  const { start, targets } = predecessors
  const edges = createAdjacencyBuilder(start.length - 1, targets.length)
  for (let node = 0; node < start.length - 1; node++) {
    const point = points[node - (start.length - 1 - points.length)]
    if (point === undefined || ordersAll(point)) {
      for (const target of targets.subarray(start[node], start[node + 1])) edges.add(target)
    }
    edges.endRow()
  }
  return edges.build()
}

function isOver({ looksLeft }: Search): boolean {
  return looksLeft < 0
}

function lookAtSets(set: number, other: number, witness: () => string, search: Search): void {
  const tasks = search.tasksOf[set] as readonly TaskIndex[]
  if (set === other && isChain(tasks, search)) return
  let alike = 0
  for (const [position, a] of tasks.entries()) {
    for (const b of set === other ? tasks.slice(position + 1) : (search.tasksOf[other] as readonly TaskIndex[])) {
      search.looksLeft--
      if (isOver(search)) return
      if (search.reachability.areOrdered(a, b) !== false) continue
      alike++
      if (alike > MOST_PAIRS_ALIKE || search.listed === MOST_PAIRS_LISTED) search.others++
      else list(Math.min(a, b), Math.max(a, b), witness, search)
    }
  }
}

/** Whether the tasks are ordered one after the other. */
function isChain(tasks: readonly TaskIndex[], { reachability: { areOrdered, place } }: Search): boolean {
  const inOrder = tasks.toSorted((a, b) => (place[a] as number) - (place[b] as number))
  return inOrder.every((task, at) => at === 0 || areOrdered(inOrder[at - 1] as number, task) === true)
}

function list(a: TaskIndex, b: TaskIndex, witness: () => string, search: Search): void {
  const { layout, reporter } = search
  search.listed++
  const names = `Tasks ${quote(layout.taskIds[a] as string)} and ${quote(layout.taskIds[b] as string)}`
  reporter.report({
    code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
    severity: 'warning',
    message: `${names} both write ${quote(witness())}, and nothing orders them: they will never run side by side.`,
    at: taskPointer(layout, b),
    hint: 'Let one depend on the other, or narrow what they claim.',
  })
}

function summarize({ others, looksLeft, reporter }: Search): void {
  if (others === 0 && looksLeft >= 0) return
  const atLeast = looksLeft < 0 ? 'At least ' : ''
  const found = `${thousands(others)} more ${others === 1 ? 'pair' : 'pairs'} of tasks`
  const message =
    others > 0
      ? `${atLeast}${found} will never run side by side: they write one path, and nothing orders them.`
      : `Only the first ${thousands(MOST_PAIRS_LOOKED_AT)} pairs of tasks were looked at for writes to one path.`
  reporter.report({
    code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
    severity: others > 0 ? 'warning' : 'info',
    message,
    at: '',
    hint: 'Narrow the claims: tasks that claim the same paths run one after the other.',
  })
}
