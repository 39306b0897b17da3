/** How far a run has come, and how long the rest may take. */
import type { RunState, ScopeState } from '../core/state.js'
import { isFinal, STATUS } from '../core/state.js'
import type { DurationMs, EpochMs } from '../core/types.js'
import { canServe } from '../core/workers.js'
import { type Blocker, blockersOf, type OpenGate, openGates, type PhaseProgress, phasesOf } from './standing.js'

export interface Progress {
  readonly total: number
  readonly waiting: number
  readonly ready: number
  readonly running: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  readonly skipped: number
  /** Attempts told to stop that have not confirmed it; the run cannot close before that. */
  readonly closing: number
  /** Tasks in an end state. */
  readonly done: number
  /** Share of the work that is done, 0 to 100: by estimates where the plan gives any, else by tasks. */
  readonly percent: number
  /** How long the rest may take; null while there is nothing to judge by. An estimate, not a promise. */
  readonly etaMs: DurationMs | null
  /** In the order of the plan. */
  readonly phases: readonly PhaseProgress[]
  /** The gates that await approval, the longest-waiting first. */
  readonly gates: readonly OpenGate[]
  /** At most five tasks and gates that hold up the most work, most first. Made when first read. */
  readonly blockers: readonly Blocker[]
}

/** Progress of `run` at `now`. O(tasks + dependencies). */
export function progressOf(state: ScopeState, run: RunState, now: EpochMs): Progress {
  const { counts, plan } = run
  const done = counts[STATUS.succeeded]! + counts[STATUS.failed]! + counts[STATUS.cancelled]! + counts[STATUS.skipped]!
  let blockers: readonly Blocker[] | undefined
  const work = workOf(run)
  const share = work.all > 0 ? work.done / work.all : plan.taskCount === 0 ? 1 : done / plan.taskCount
  return {
    total: plan.taskCount,
    waiting: counts[STATUS.waiting]!,
    ready: counts[STATUS.ready]!,
    running: counts[STATUS.running]!,
    succeeded: counts[STATUS.succeeded]!,
    failed: counts[STATUS.failed]!,
    cancelled: counts[STATUS.cancelled]!,
    skipped: counts[STATUS.skipped]!,
    closing: run.closing,
    done,
    percent: Math.round(share * 1000) / 10,
    etaMs: done === plan.taskCount ? 0 : etaOf(state, run, now),
    phases: phasesOf(run),
    gates: openGates(run),
    get blockers(): readonly Blocker[] {
      blockers ??= blockersOf(state, run, now)
      return blockers
    },
  }
}

function workOf(run: RunState): { readonly done: number; readonly all: number } {
  let done = 0
  let all = 0
  for (let task = 0; task < run.plan.taskCount; task += 1) {
    const estimate = run.plan.estimateMs[task]!
    all += estimate
    if (isFinal(run.status[task]!)) done += estimate
  }
  return { done, all }
}

/**
 * The longer of two bounds on the rest: its longest chain, and its work spread over the workers that can do it; times how
 * much longer than estimated the finished tasks took. Where the plan has no estimates, the mean of the finished tasks.
 */
function etaOf(state: ScopeState, run: RunState, now: EpochMs): DurationMs | null {
  const { factor, mean } = pace(run)
  if (mean === null) return null
  const left = (task: number): DurationMs => {
    // How long people take is not to be foretold from how long work takes.
    if (isFinal(run.status[task]!) || run.plan.gates.get(task) === 'approval') return 0
    const whole = (run.plan.estimateMs[task]! || mean) * factor
    const spent = run.status[task] === STATUS.running ? now - run.startedAt[task]! : 0
    return Math.max(whole - spent, 0)
  }
  return Math.round(Math.max(longestChain(run, left), busiestNeed(state, run, left)))
}

function pace(run: RunState): { readonly factor: number; readonly mean: DurationMs | null } {
  let estimated = 0
  let took = 0
  let timed = 0
  let planned = 0
  let plannedCount = 0
  let tookOfEstimated = 0
  for (let task = 0; task < run.plan.taskCount; task += 1) {
    const estimate = run.plan.estimateMs[task]!
    if (estimate > 0) {
      planned += estimate
      plannedCount += 1
    }
    // A reused result took no time, and how long an approval takes says nothing of work.
    if (run.status[task] !== STATUS.succeeded || run.attempts[task] === 0 || run.plan.gates.has(task)) continue
    const duration = run.endedAt[task]! - run.startedAt[task]!
    took += duration
    timed += 1
    if (estimate > 0) {
      estimated += estimate
      tookOfEstimated += duration
    }
  }
  const factor = estimated > 0 ? tookOfEstimated / estimated : 1
  if (plannedCount > 0) return { factor, mean: planned / plannedCount }
  return { factor: 1, mean: timed > 0 ? took / timed : null }
}

function longestChain(run: RunState, left: (task: number) => DurationMs): DurationMs {
  const { predecessors, successors, taskCount } = run.plan
  const nodes = predecessors.start.length - 1
  const endsAt = new Float64Array(nodes)
  const open = Int32Array.from(
    { length: nodes },
    (_, node) => predecessors.start[node + 1]! - predecessors.start[node]!,
  )
  const next: number[] = []
  for (let node = 0; node < nodes; node += 1) if (open[node] === 0) next.push(node)
  let longest = 0
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    let startsAt = 0
    for (let i = predecessors.start[node]!; i < predecessors.start[node + 1]!; i += 1) {
      startsAt = Math.max(startsAt, endsAt[predecessors.targets[i]!]!)
    }
    endsAt[node] = startsAt + (node < taskCount ? left(node) : 0)
    longest = Math.max(longest, endsAt[node]!)
    for (let i = successors.start[node]!; i < successors.start[node + 1]!; i += 1) {
      const dependent = successors.targets[i]!
      open[dependent]! -= 1
      if (open[dependent] === 0) next.push(dependent)
    }
  }
  return longest
}

function busiestNeed(state: ScopeState, run: RunState, left: (task: number) => DurationMs): DurationMs {
  const work = new Float64Array(run.plan.needs.length)
  for (let task = 0; task < run.plan.taskCount; task += 1) work[run.plan.need[task]!]! += left(task)
  let busiest = 0
  run.plan.needs.forEach((need, i) => {
    let slots = 0
    for (const worker of state.workers.values()) if (canServe(worker, need)) slots += worker.slots
    if (slots > 0) busiest = Math.max(busiest, work[i]! / slots)
  })
  return busiest
}
