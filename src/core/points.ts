/**
 * What the end of a node means for those who wait for it: tasks become ready or can never be, points count. Done by
 * `reduce`, so that whatever is derived is derived in one place.
 *
 * A point is a counter of hits and misses (see `Point`); that is all there is to streams, milestones, choices, shares,
 * and conditions on how something ended.
 */
import { leaveReady, makeReady, setStatus } from './ready.js'
import type { RunState, ScopeState } from './state.js'
import { isFinal, STATUS } from './state.js'
import type { Condition, EpochMs, Hit, JsonValue, NodeIndex, Point, TaskIndex } from './types.js'

/** How a node ended, as far as others care. A point is never `failed`: it is reached, missed, or was not needed. */
export type End = 'reached' | 'failed' | 'missed' | 'unneeded'

/** Tells those who wait for a task how it ended. */
export function tell(state: ScopeState, run: RunState, task: TaskIndex, end: End, at: EpochMs): void {
  tellOf(state, run, task, end, at, task)
}

/** Tells those who wait for a point how it ended. `because`: a task whose end decided it; -1 where it dooms nobody. */
export function tellNode(
  state: ScopeState,
  run: RunState,
  node: NodeIndex,
  end: End,
  at: EpochMs,
  because: TaskIndex = -1,
): void {
  tellOf(state, run, node, end, at, because)
}

/** Reaches a point by itself, without a hit; does nothing where it has been reached or missed already. */
export function reach(state: ScopeState, run: RunState, point: NodeIndex, at: EpochMs): void {
  if (run.status[point] !== STATUS.waiting) return
  run.status[point] = STATUS.succeeded
  tellOf(state, run, point, 'reached', at, -1)
}

/** Opens a run: whatever depends on nothing is ready, or reached. */
export function tellRoots(state: ScopeState, run: RunState, at: EpochMs): void {
  const { taskCount, dependencyCount } = run.plan
  for (let node = 0; node < dependencyCount.length; node += 1) {
    if (dependencyCount[node] !== 0 || run.status[node] !== STATUS.waiting) continue
    if (node < taskCount) becomeReady(state, run, node, at, at)
    else reach(state, run, node, at)
  }
}

/** A task reaches an end state other than success: its dependents will never be ready, unless they wait for just that. */
export function endWithout(state: ScopeState, run: RunState, task: TaskIndex, status: number, at: EpochMs): void {
  if (run.status[task] === STATUS.ready) leaveReady(state, run, task)
  run.doomed.delete(task)
  setStatus(run, task, status)
  run.endedAt[task] = at
  const isUnneeded = run.unneeded.has(task)
  if (!isUnneeded && run.plan.optional[task] === 0) run.shortfall += 1
  tell(state, run, task, status === STATUS.failed ? 'failed' : isUnneeded ? 'unneeded' : 'missed', at)
}

/** How a node ended; null while it has not. */
export function endOf(run: RunState, node: NodeIndex): End | null {
  const { taskCount } = run.plan
  const status = run.status[node]!
  if (!isFinal(status)) return null
  if (status === STATUS.succeeded) return 'reached'
  if (status === STATUS.failed) return 'failed'
  if (node < taskCount) return run.unneeded.has(node) ? 'unneeded' : 'missed'
  return run.harmed[node - taskCount] === 1 ? 'missed' : 'unneeded'
}

interface Told {
  readonly node: NodeIndex
  readonly end: End
}

/** `because` is the task whose end is told of; -1 where it cannot doom anybody. */
function tellOf(
  state: ScopeState,
  run: RunState,
  first: NodeIndex,
  firstEnd: End,
  at: EpochMs,
  because: TaskIndex,
): void {
  const { successors, taskCount } = run.plan
  let node = first
  let end = firstEnd
  /** Points that were reached or missed on the way; made only where there are any. */
  let open: Told[] | null = null
  for (;;) {
    const last = successors.start[node + 1]!
    for (let i = successors.start[node]!; i < last; i += 1) {
      const dependent = successors.targets[i]!
      if (dependent < taskCount) {
        tellTask(state, run, dependent, node, end, at, because)
        continue
      }
      const ended = count(run, dependent, node, end, at)
      if (ended === null) continue
      open ??= []
      open.push({ node: dependent, end: ended })
      if (ended === 'reached') delay(run, dependent, at)
    }
    const next = open?.pop()
    if (next === undefined) return
    node = next.node
    end = next.end
  }
}

function tellTask(
  state: ScopeState,
  run: RunState,
  task: TaskIndex,
  by: NodeIndex,
  end: End,
  at: EpochMs,
  because: TaskIndex,
): void {
  if (end !== 'reached') return doom(run, task, by, end, because)
  run.remaining[task]! -= 1
  const from = run.notBefore.size === 0 ? at : postpone(run, task, by, at)
  if (run.remaining[task] === 0 && run.status[task] === STATUS.waiting) becomeReady(state, run, task, at, from)
}

/** All dependencies of a waiting task hold; it is ready unless its own condition does not. */
export function becomeReady(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs, from: EpochMs): void {
  if (isAskedFor(run, task)) return makeReady(state, run, task, at, Math.max(from, run.retries.get(task) ?? from))
  run.doomed.set(task, { because: run.plan.conditions.get(task)!.task, through: null, isUnneeded: true })
}

/** Whether the condition of a task holds, if it has one. */
export function isAskedFor(run: RunState, task: TaskIndex): boolean {
  const condition = run.plan.conditions.size === 0 ? undefined : run.plan.conditions.get(task)
  return condition === undefined || holds(run, condition)
}

/** Whether the part of the result is there and neither `false` nor `null`. */
function holds(run: RunState, { task, path }: Condition): boolean {
  let value: JsonValue | undefined = run.results.get(task)
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = (value as { readonly [key: string | number]: JsonValue | undefined })[key]
  }
  return value !== undefined && value !== null && value !== false
}

/** Marks a waiting task that can never be ready. What went wrong counts more than what was not needed. */
export function doom(run: RunState, task: TaskIndex, by: NodeIndex, end: End, because: TaskIndex): void {
  if (run.status[task] !== STATUS.waiting) return
  const isUnneeded = end === 'unneeded'
  const known = run.doomed.get(task)
  if (known !== undefined && (isUnneeded || !known.isUnneeded)) return
  run.doomed.set(task, { because, through: by < run.plan.taskCount ? -1 : by, isUnneeded })
}

/** Counts the end of `by` at a point; returns how the point ended by that, null if it did not. */
function count(run: RunState, node: NodeIndex, by: NodeIndex, end: End, at: EpochMs): End | null {
  const index = node - run.plan.taskCount
  const point = run.plan.points[index]!
  const weight = point.weight?.[by] ?? 1
  if (isHit(point.hit, end)) {
    run.remaining[node]! -= weight
    if (run.notBefore.size > 0) postpone(run, node, by, at)
    if (run.remaining[node]! > 0 || run.status[node] !== STATUS.waiting) return null
    run.status[node] = STATUS.succeeded
    return 'reached'
  }
  run.spare[index]! -= weight
  // What comes later changes nothing of what has been told.
  if (run.status[node] !== STATUS.waiting) return null
  if (!isHarmless(point.hit, end)) run.harmed[index] = 1
  if (run.spare[index]! >= 0) return null
  run.status[node] = STATUS.skipped
  return run.harmed[index] === 1 ? 'missed' : 'unneeded'
}

export function isHit(hit: Hit, end: End): boolean {
  switch (hit) {
    case 'success':
      return end === 'reached'
    case 'done':
      return end === 'reached' || end === 'unneeded'
    case 'end':
      return true
    case 'failure':
      return end === 'failed'
    default:
      hit satisfies never
      return false
  }
}

/** A miss is harmless where it means that there is nothing to do. */
export function isHarmless(hit: Hit, end: End): boolean {
  return end === 'unneeded' || (hit === 'failure' && end === 'reached')
}

/** A point that was reached lets others go on after its lag, and not before what it waited for lets it. */
function delay(run: RunState, node: NodeIndex, at: EpochMs): void {
  const { lagMs = 0 }: Point = run.plan.points[node - run.plan.taskCount]!
  if (lagMs > 0) run.notBefore.set(node, Math.max(at, run.notBefore.get(node) ?? at) + lagMs)
}

/** When `node` may go on now that `by` lets it: the latest of what it waited for. A task that has ended holds nobody up. */
function postpone(run: RunState, node: NodeIndex, by: NodeIndex, at: EpochMs): EpochMs {
  const allowed = by < run.plan.taskCount ? at : (run.notBefore.get(by) ?? at)
  const from = Math.max(at, allowed, run.notBefore.get(node) ?? at)
  if (from > at) run.notBefore.set(node, from)
  return from
}
