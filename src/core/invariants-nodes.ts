/** Whether what each node waits for, and has been skipped for, is what the ends of others say. */
import { endOf, isHarmless, isHit } from './points.js'
import type { RunState } from './state.js'
import { STATUS, STATUS_NAMES } from './state.js'
import type { Point, TaskIndex } from './types.js'
import { broken } from './violation.js'

/** Counts again what each task lacks, and the hits and misses of each point (S1, S11). */
export function checkNodes(run: RunState): void {
  const { taskCount, points } = run.plan
  for (let task = 0; task < taskCount; task += 1) checkTask(run, task)
  points.forEach((point, index) => {
    checkPoint(run, point, index)
  })
}

function checkTask(run: RunState, task: TaskIndex): void {
  const { start, targets } = run.plan.predecessors
  let unmet = 0
  let isHopeless = false
  for (let i = start[task]!; i < start[task + 1]!; i += 1) {
    const before = run.status[targets[i]!]!
    if (before === STATUS.succeeded) continue
    unmet += 1
    if (before > STATUS.succeeded) isHopeless = true
  }
  if (run.remaining[task] !== unmet) {
    broken(`"remaining" counts the unmet dependencies: it says ${run.remaining[task]}, there are ${unmet}`, run, task)
  }
  checkStatus(run, task, unmet, isHopeless)
}

function checkStatus(run: RunState, task: TaskIndex, unmet: number, isHopeless: boolean): void {
  const status = run.status[task]!
  switch (status) {
    case STATUS.waiting:
      if (unmet === 0) broken('A waiting task has an unmet dependency', run, task)
      if (isHopeless) broken('A task whose dependency ended without success is not left waiting (S11)', run, task)
      return
    case STATUS.ready:
    case STATUS.running:
    case STATUS.succeeded:
    case STATUS.failed:
      // What had started before something it depends on was reopened goes on.
      if (unmet > 0 && (status === STATUS.ready || run.generations.size === 0))
        broken(`The dependencies of a ${STATUS_NAMES[status]!} task hold (S1)`, run, task)
      return
    case STATUS.skipped:
      return checkSkip(run, task, unmet, isHopeless)
    default:
      return
  }
}

function checkPoint(run: RunState, point: Point, index: number): void {
  const { predecessors, taskCount } = run.plan
  const node = taskCount + index
  let needed = point.needed
  let spare = point.spare
  let isHarmed = false
  for (let i = predecessors.start[node]!; i < predecessors.start[node + 1]!; i += 1) {
    const before = predecessors.targets[i]!
    const end = endOf(run, before)
    if (end === null) continue
    const weight = point.weight?.[before] ?? 1
    if (isHit(point.hit, end)) {
      needed -= weight
    } else {
      spare -= weight
      isHarmed ||= !isHarmless(point.hit, end)
    }
  }
  const isOpen = run.status[node] === STATUS.waiting
  const isWrong = isOpen ? (run.harmed[index] === 1) !== isHarmed : run.harmed[index] === 1 && !isHarmed
  if (run.remaining[node] !== needed || run.spare[index] !== spare || isWrong) {
    const says = `${run.remaining[node]} lacking, ${run.spare[index]} to spare`
    broken(`A point counts hits and misses: it says ${says}; it is ${needed} and ${spare}`, run, node)
  }
  const status = run.status[node]
  // A milestone is reached by a report, before its task ends; what had ended when an amendment changed it stays so.
  const mayBeReached = needed <= 0 || point.kind === 'milestone' || point.isAmended === true
  const mayBeMissed = spare < 0 || point.isAmended === true
  const isRight =
    status === STATUS.waiting
      ? needed > 0 && spare >= 0
      : status === STATUS.succeeded
        ? mayBeReached
        : status === STATUS.skipped && mayBeMissed
  if (!isRight)
    broken(
      `A point is reached if and only if its counts allow it; it is ${STATUS_NAMES[status!]}, ${needed} lacking`,
      run,
      node,
    )
}

/** A skipped task names a task that ended otherwise, or the failure that forbade it to start. */
function checkSkip(run: RunState, task: TaskIndex, unmet: number, isHopeless: boolean): void {
  const reason = run.skips.get(task)
  if (reason === undefined) return broken('A skipped task has its reason', run, task)
  if ('unneeded' in reason !== run.unneeded.has(task)) {
    broken('"unneeded" has all and only skipped tasks for which there was nothing to do', run, task)
  }
  const because = run.plan.taskIndex.get(reason.because)
  const status = because === undefined ? 'unknown' : STATUS_NAMES[run.status[because]!]
  if (reason.kind === 'dependency' && (!isHopeless || status !== reason.status)) {
    broken(
      `A task is skipped only if a dependency ended without success (S11); "${reason.because}" is ${status}`,
      run,
      task,
    )
  }
  if (reason.kind === 'condition' && (unmet > 0 || status !== 'succeeded')) {
    broken(`A condition is looked at when all dependencies hold; "${reason.because}" is ${status}`, run, task)
  }
  if (reason.kind === 'removed' && because !== task) broken('A task is removed for its own sake', run, task)
  if (reason.kind === 'on-failure' && (run.drainedBy === null || status !== 'failed')) {
    broken(`A task is skipped by onFailure only if a task failed; "${reason.because}" is ${status}`, run, task)
  }
}

/** The tasks that the run needs and that ended otherwise than succeeded are counted. */
export function checkShortfall(run: RunState): void {
  let shortfall = 0
  for (let task = 0; task < run.plan.taskCount; task += 1) {
    const end = endOf(run, task)
    const isBad = end === 'failed' || end === 'missed'
    if (isBad && run.plan.optional[task] === 0) shortfall += 1
    if (end !== 'unneeded' && run.unneeded.has(task)) broken('"unneeded" has skipped tasks only', run, task)
  }
  if (shortfall === run.shortfall) return
  broken(`"shortfall" says ${run.shortfall} tasks the run needs ended otherwise, there are ${shortfall}`, run)
}
