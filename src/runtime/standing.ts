/** What a run stands at: its phases, the gates that await an answer, and what holds up the most work. */
import { explain, type Reason } from '../core/explain.js'
import { type PhaseStatus, phaseStatus } from '../core/phases.js'
import type { RunState, ScopeState } from '../core/state.js'
import { isFinal, PLACE, STATUS } from '../core/state.js'
import type { DurationMs, EpochMs, NodeIndex, TaskId, TaskIndex } from '../core/types.js'

export interface PhaseProgress {
  readonly id: string
  readonly title: string | null
  readonly status: PhaseStatus
  /** Tasks of its streams, and how many of them have ended. */
  readonly total: number
  readonly done: number
  /** The gate that passes it; null for none. */
  readonly gate: TaskId | null
}

/** A gate that awaits approval now. */
export interface OpenGate {
  readonly id: TaskId
  readonly title: string | null
  readonly since: EpochMs
}

/** A task or gate that others wait for, directly or through others, for its end or for what it holds. */
export interface Blocker {
  readonly id: TaskId
  /** How many unfinished tasks wait. */
  readonly tasks: number
  /** Their work by estimate; tasks without one count as the mean of the others, or not at all where there is none. */
  readonly workMs: DurationMs
  /** What it is at, or why it has not started; null: it is about to start. */
  readonly reason: Reason | null
}

/** Blockers that are told. */
const MOST_BLOCKERS = 5
/** Tasks that are asked whether they hold others up; in larger runs, those of the highest rank. */
const MOST_ASKED = 200

/** Each phase, in order. O(tasks) where there are any. */
export function phasesOf(run: RunState): readonly PhaseProgress[] {
  const { phases, streamIds, streamOf, taskCount, taskIds } = run.plan
  if (phases.length === 0) return []
  const total = new Int32Array(streamIds.length)
  const done = new Int32Array(streamIds.length)
  for (let task = 0; task < taskCount; task += 1) {
    const stream = streamOf[task]!
    if (stream === -1) continue
    total[stream]! += 1
    if (isFinal(run.status[task]!)) done[stream]! += 1
  }
  const sum = (counts: Int32Array, streams: readonly number[]): number =>
    streams.reduce((all, stream) => all + counts[stream]!, 0)
  return phases.map(({ id, title, gate, streams }, index) => ({
    id,
    title,
    status: phaseStatus(run, index),
    total: sum(total, streams),
    done: sum(done, streams),
    gate: gate === null ? null : taskIds[gate]!,
  }))
}

/** The gates that await approval, the longest-waiting first. */
export function openGates(run: RunState): readonly OpenGate[] {
  const open: OpenGate[] = []
  for (const task of run.plan.gates.keys()) {
    if (run.place[task] !== PLACE.gate) continue
    open.push({ id: run.plan.taskIds[task]!, title: run.plan.sources[task]!.title ?? null, since: run.readyAt[task]! })
  }
  return open.sort((a, b) => a.since - b.since)
}

/**
 * The tasks and gates that hold up the most unfinished work, most first. Who waits for a claim is held up by its holder.
 * O((tasks + dependencies) × tasks that are ready or run), at most 200 of these.
 */
export function blockersOf(state: ScopeState, run: RunState, now: EpochMs): readonly Blocker[] {
  const { plan, status } = run
  const candidates = frontOf(run)
  const reasons = new Map(candidates.map((task) => [task, explain(state, run, task, now)[0] ?? null]))
  const held = heldBy(run, candidates, reasons)
  const workOf = estimator(run)
  const blockers = candidates.flatMap((task): Blocker[] => {
    const reason = reasons.get(task) ?? null
    // Its holder is the blocker.
    if (reason?.kind === 'claim' && status[task] === STATUS.ready && held.owners.has(task)) return []
    const behind = whoWaits(run, task, held.byHolder)
    if (behind.length === 0) return []
    const workMs = Math.round(behind.reduce((sum, each) => sum + workOf(each), 0))
    return [{ id: plan.taskIds[task]!, tasks: behind.length, workMs, reason }]
  })
  return blockers.sort((a, b) => b.workMs - a.workMs || b.tasks - a.tasks).slice(0, MOST_BLOCKERS)
}

/** What is ready or runs: nothing else holds others up by itself. */
function frontOf(run: RunState): readonly TaskIndex[] {
  const { taskCount, rank } = run.plan
  const front: TaskIndex[] = []
  for (let task = 0; task < taskCount; task += 1) {
    if (run.status[task] === STATUS.ready || run.status[task] === STATUS.running) front.push(task)
  }
  if (front.length <= MOST_ASKED) return front
  return front.sort((a, b) => rank[b]! - rank[a]!).slice(0, MOST_ASKED)
}

interface Held {
  readonly byHolder: ReadonlyMap<TaskIndex, readonly TaskIndex[]>
  /** Those who wait for a claim of this run. */
  readonly owners: ReadonlySet<TaskIndex>
}

function heldBy(run: RunState, candidates: readonly TaskIndex[], reasons: ReadonlyMap<TaskIndex, Reason | null>): Held {
  const byHolder = new Map<TaskIndex, TaskIndex[]>()
  const owners = new Set<TaskIndex>()
  const prefix = `${run.id}/`
  for (const task of candidates) {
    const reason = reasons.get(task)
    if (reason?.kind !== 'claim' || !reason.heldBy.startsWith(prefix)) continue
    const id = reason.heldBy.slice(prefix.length, reason.heldBy.lastIndexOf('#'))
    const holder = run.plan.taskIndex.get(id)
    if (holder === undefined || holder === task) continue
    byHolder.set(holder, [...(byHolder.get(holder) ?? []), task])
    owners.add(task)
  }
  return { byHolder, owners }
}

/** All unfinished tasks behind one. */
function whoWaits(
  run: RunState,
  task: TaskIndex,
  byHolder: ReadonlyMap<TaskIndex, readonly TaskIndex[]>,
): readonly TaskIndex[] {
  const { successors, taskCount } = run.plan
  const seen = new Set<NodeIndex>([task])
  const open: NodeIndex[] = [task]
  const visit = (node: NodeIndex): void => {
    if (isFinal(run.status[node]!) || seen.has(node)) return
    seen.add(node)
    open.push(node)
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let i = successors.start[node]!; i < successors.start[node + 1]!; i += 1) visit(successors.targets[i]!)
    if (node < taskCount) for (const waiting of byHolder.get(node) ?? []) visit(waiting)
  }
  seen.delete(task)
  return [...seen].filter((node) => node < taskCount)
}

function estimator({ plan }: RunState): (task: TaskIndex) => DurationMs {
  const estimated = plan.estimateMs.filter((estimate) => estimate > 0)
  const mean = estimated.length === 0 ? 0 : estimated.reduce((sum, each) => sum + each, 0) / estimated.length
  return (task) => (plan.gates.get(task) === 'approval' ? 0 : plan.estimateMs[task]! || mean)
}
