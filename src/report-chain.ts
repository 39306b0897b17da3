/** Which attempts the end of a run hung on: back from the last one, to whatever let it start. */
import type { CompiledPlan, NodeIndex, TaskIndex } from './core/types.js'
import type { Past } from './past.js'
import { rowOf } from './plan/adjacency.js'
import type { ReportLink } from './reporters/shared/report.js'
import type { Hold } from './reporters/summary/history.js'

interface Candidate {
  /** Place in the holds. */
  readonly hold: number
  readonly because: ReportLink['because']
}

/**
 * The chain from the first attempt to the one that ended last. Each but the first started when the one before ended: it
 * depended on it, tried the same task before, or held its path or its slot. O(attempts) for each link.
 */
export function chainOf({ plan, history: { holds }, conflictOf }: Past): readonly ReportLink[] {
  const ofTask = new Map<TaskIndex, number[]>()
  for (const [hold, { task }] of holds.entries()) {
    const own = ofTask.get(task) ?? []
    if (own.push(hold) === 1) ofTask.set(task, own)
  }
  const chain: ReportLink[] = []
  let at = holds.reduce((last, { to }, hold) => (last === -1 || to >= holds[last]!.to ? hold : last), -1)
  while (at !== -1) {
    const before = whatLetStart(at)
    chain.push({ attempt: at, because: before?.because ?? 'opening' })
    at = before?.hold ?? -1
  }
  return chain.reverse()

  function whatLetStart(place: number): Candidate | null {
    const hold = holds[place]!
    const own = ofTask.get(hold.task)!.findLast((other) => other < place && holds[other]!.retryAt !== null)
    if (own !== undefined && holds[own]!.retryAt === hold.from) return { hold: own, because: 'retry' }
    let best: Candidate | null = own === undefined ? null : { hold: own, because: 'retry' }
    const consider = (other: number, because: ReportLink['because']): void => {
      if (
        other < place &&
        holds[other]!.to <= hold.from &&
        (best === null || holds[other]!.to > holds[best.hold]!.to)
      ) {
        best = { hold: other, because }
      }
    }
    for (const task of dependenciesOf(plan, hold.task, (task) => ofTask.has(task)))
      for (const other of ofTask.get(task) ?? []) consider(other, 'dependency')
    // Whoever let go of a path or a slot at that very moment is what it waited for last.
    for (let other = place - 1; other >= 0; other -= 1) {
      if (holds[other]!.to === hold.from && isInTheWay(hold, holds[other]!)) consider(other, 'claim')
    }
    for (let other = place - 1; other >= 0; other -= 1) {
      const { to, worker, slot } = holds[other]!
      if (to === hold.from && worker === hold.worker && slot === hold.slot) consider(other, 'slot')
    }
    return best
  }

  function isInTheWay(waiting: Hold, held: Hold): boolean {
    const [mine] = waiting.claims
    return (
      mine !== undefined && held.claims.some(({ set, mode }) => mode === 'start' && conflictOf(mine.set, set) !== null)
    )
  }
}

/** The tasks with attempts that it waits for: directly, through points, and through what nobody works on, such as approvals. */
function dependenciesOf(
  { taskCount, predecessors }: CompiledPlan,
  task: TaskIndex,
  isAttempted: (task: TaskIndex) => boolean,
): ReadonlySet<TaskIndex> {
  const tasks = new Set<TaskIndex>()
  const nodes = new Set<NodeIndex>([task])
  for (const node of nodes) {
    for (const before of rowOf(predecessors, node)) {
      if (before < taskCount && isAttempted(before)) tasks.add(before)
      else nodes.add(before)
    }
  }
  return tasks
}
