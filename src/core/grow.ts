/** What a run is when its plan has been amended: new tasks and points take their places, changed tasks wait anew. */
import { becomeReady, doom, endOf, isHarmless, isHit, reach, tellNode } from './points.js'
import { takeBack } from './ready.js'
import { createReadyQueue } from './ready-queue.js'
import type { RunState, ScopeState } from './state.js'
import { isFinal, STATUS } from './state.js'
import type { CompiledPlan, EpochMs, NodeIndex, TaskIndex } from './types.js'
import { growUses } from './uses.js'
import { refreshWorkers } from './workers.js'

/** Puts `plan`, an amendment of the run's own, in its place. `changed` are tasks that wait or are ready. O(nodes). */
export function grow(
  state: ScopeState,
  run: RunState,
  plan: CompiledPlan,
  changed: readonly TaskIndex[],
  at: EpochMs,
): void {
  const before = run.plan
  for (const task of changed) if (run.status[task] === STATUS.ready) takeBack(state, run, task)
  const queued = run.ready.tasks()
  run.plan = plan
  widen(run, before)
  run.claimSets = [...run.claimSets, ...plan.claimSets.slice(before.claimSets.length).map(state.claims.intern)]
  growUses(state, run, new Set(changed))
  run.ready = createReadyQueue(plan)
  for (const task of queued) run.ready.push(task)
  refreshWorkers(state)
  const amended: number[] = []
  for (let index = 0; index < before.points.length; index += 1) {
    if (plan.points[index] !== before.points[index]) amended.push(index)
  }
  for (const index of amended) countAnew(run, index)
  countNewPoints(run, before.points.length, at)
  const waiting = [...changed]
  for (let task = before.taskCount; task < plan.taskCount; task += 1) waiting.push(task)
  for (const task of waiting) waitAnew(state, run, task, at)
  for (const index of amended) endAmended(state, run, index, at)
}

function widen(run: RunState, before: CompiledPlan): void {
  const { taskCount, points, dependencyCount } = run.plan
  const added = taskCount - before.taskCount
  run.counts[STATUS.waiting]! += added
  run.status = moved(run.status, before.taskCount, added, taskCount + points.length)
  run.remaining = moved(run.remaining, before.taskCount, added, taskCount + points.length)
  for (let point = before.points.length; point < points.length; point += 1) {
    run.remaining[taskCount + point] = dependencyCount[taskCount + point]!
  }
  run.spare = Int32Array.from(points, ({ spare }, point) => run.spare[point] ?? spare)
  run.harmed = moved(run.harmed, run.harmed.length, 0, points.length)
  run.attempts = moved(run.attempts, before.taskCount, 0, taskCount)
  run.place = moved(run.place, before.taskCount, 0, taskCount)
  run.readyAt = withoutTimes(run.readyAt, taskCount)
  run.startedAt = withoutTimes(run.startedAt, taskCount)
  run.endedAt = withoutTimes(run.endedAt, taskCount)
  run.notBefore = new Map(
    [...run.notBefore].map(([node, time]) => [node < before.taskCount ? node : node + added, time] as const),
  )
}

/** A longer copy, in which what stands behind `from` has moved by `by`. */
function moved<A extends Int32Array | Uint8Array>(array: A, from: number, by: number, length: number): A {
  const longer = new (array.constructor as new (size: number) => A)(length)
  longer.set(array.subarray(0, from) as never)
  longer.set(array.subarray(from) as never, from + by)
  return longer
}

/** A longer copy; NaN for what is new. */
function withoutTimes(times: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length).fill(Number.NaN)
  longer.set(times)
  return longer
}

/** Counts the ends of what a point watches now. Whether it has ended is not looked at. */
function countAnew(run: RunState, index: number): void {
  const node = run.plan.taskCount + index
  const { hit, needed, spare, weight } = run.plan.points[index]!
  const isOpen = !isFinal(run.status[node]!)
  run.remaining[node] = needed
  run.spare[index] = spare
  if (isOpen) run.harmed[index] = 0
  forEachBefore(run, node, (by) => {
    const end = endOf(run, by)
    if (end === null) return
    if (isHit(hit, end)) run.remaining[node]! -= weight?.[by] ?? 1
    else run.spare[index]! -= weight?.[by] ?? 1
    if (isOpen && !isHit(hit, end) && !isHarmless(hit, end)) run.harmed[index] = 1
  })
}

/** A point that was open may have been decided by what it watches now. */
function endAmended(state: ScopeState, run: RunState, index: number, at: EpochMs): void {
  const node = run.plan.taskCount + index
  if (isFinal(run.status[node]!)) return
  if (run.remaining[node]! <= 0) return reach(state, run, node, at)
  if (run.spare[index]! >= 0) return
  run.status[node] = STATUS.skipped
  tellNode(state, run, node, endOf(run, node)!, at, lastCause(run, node))
}

/** Counts for new points what has ended already. A point may watch points behind it, so until nothing changes. */
function countNewPoints(run: RunState, first: number, at: EpochMs): void {
  const counted = new Set<string>()
  for (let isDone = false; !isDone; ) {
    isDone = true
    for (let index = first; index < run.plan.points.length; index += 1) {
      if (countAgain(run, index, counted, at)) isDone = false
    }
  }
}

/** Counts the ends that have not been counted at a point; whether that ended the point. */
function countAgain(run: RunState, index: number, counted: Set<string>, at: EpochMs): boolean {
  const { taskCount, points, predecessors } = run.plan
  const node = taskCount + index
  const { hit, weight } = points[index]!
  for (let i = predecessors.start[node]!; i < predecessors.start[node + 1]!; i += 1) {
    const by = predecessors.targets[i]!
    const end = endOf(run, by)
    if (end === null || counted.has(`${by} ${node}`)) continue
    counted.add(`${by} ${node}`)
    if (isHit(hit, end)) {
      run.remaining[node]! -= weight?.[by] ?? 1
    } else {
      run.spare[index]! -= weight?.[by] ?? 1
      if (!isHarmless(hit, end)) run.harmed[index] = 1
    }
  }
  if (isFinal(run.status[node]!)) return false
  if (run.remaining[node]! <= 0) {
    run.status[node] = STATUS.succeeded
    delay(run, node, at)
    return true
  }
  if (run.spare[index]! >= 0) return false
  run.status[node] = STATUS.skipped
  return true
}

/** A lag counts from the end of what it follows, also where that is past. */
function delay(run: RunState, node: NodeIndex, at: EpochMs): void {
  const { taskCount, points } = run.plan
  const lag = points[node - taskCount]!.lagMs ?? 0
  let from = Number.NEGATIVE_INFINITY
  forEachBefore(run, node, (by) => {
    const ended = by < taskCount ? run.endedAt[by]! : (run.notBefore.get(by) ?? at)
    from = Math.max(from, Number.isNaN(ended) ? at : ended)
  })
  if (from + lag > at) run.notBefore.set(node, from + lag)
}

/** Counts what a new or changed task lacks; it is ready, or doomed, or waits. */
export function waitAnew(state: ScopeState, run: RunState, task: TaskIndex, at: EpochMs): void {
  let unmet = 0
  let from = at
  run.notBefore.delete(task)
  run.doomed.delete(task)
  forEachBefore(run, task, (by) => {
    const end = endOf(run, by)
    if (end !== 'reached') unmet += 1
    // A task that has ended holds nobody up, whenever it might have started.
    if (end === 'reached') from = Math.max(from, by < run.plan.taskCount ? at : (run.notBefore.get(by) ?? at))
    else if (end !== null) doom(run, task, by, end, lastCause(run, by))
  })
  run.remaining[task] = unmet
  if (from > at) run.notBefore.set(task, from)
  if (unmet === 0) becomeReady(state, run, task, at, from)
}

/** Finds anew why a doomed task can never be ready, after an end was taken back. It waits for that now, at least. */
export function doomAnew(run: RunState, task: TaskIndex): void {
  run.doomed.delete(task)
  forEachBefore(run, task, (by) => {
    const end = endOf(run, by)
    if (end !== null && end !== 'reached') doom(run, task, by, end, lastCause(run, by))
  })
}

/** A task whose end is why a node cannot be reached. */
export function lastCause(run: RunState, node: NodeIndex): TaskIndex {
  if (node < run.plan.taskCount) return node
  let cause: NodeIndex = -1
  forEachBefore(run, node, (by) => {
    const end = endOf(run, by)
    const { hit } = run.plan.points[node - run.plan.taskCount]!
    if (cause === -1 && end !== null && !isHit(hit, end)) cause = by
  })
  return lastCause(run, cause)
}

function forEachBefore(run: RunState, node: NodeIndex, visit: (by: NodeIndex) => void): void {
  const { start, targets } = run.plan.predecessors
  for (let i = start[node]!; i < start[node + 1]!; i += 1) visit(targets[i]!)
}
