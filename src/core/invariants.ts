/**
 * Whether the state is what it says it is: every sentence in `state.ts`, and every promise that can be seen in a state,
 * worked out again from the facts by the simplest means. For tests and simulations: nothing here is fast by design, but
 * it must be bearable after every step of a world of 40 tasks.
 */
import { checkAttempts } from './invariants-attempts.js'
import { checkDispatch } from './invariants-dispatch.js'
import { checkHandedOver } from './invariants-handed-over.js'
import { checkLimiters } from './invariants-limits.js'
import { checkNodes, checkShortfall } from './invariants-nodes.js'
import type { RunState, ScopeState } from './state.js'
import { isFinal, STATUS, STATUS_NAMES, unfinished } from './state.js'
import type { EpochMs, TaskIndex } from './types.js'
import { broken } from './violation.js'

/**
 * Checks a state as it is after a decision; a state that was only folded may still have work for the next decision.
 *
 * @param now - The time of the decision, where it is later than the last event.
 * @throws Error that tells which sentence is false, of which run, task and attempt. O(tasks + edges + attempts²).
 */
export function checkInvariants(state: ScopeState, now: EpochMs = state.clock): void {
  const at = Math.max(now, state.clock, state.deadlines.reached())
  for (const [id, run] of state.runs) {
    if (run.id !== id || run.closed !== null || state.closedRuns.has(id)) broken('An open run is not closed', run)
    checkNodes(run)
    checkCounts(run)
    checkMaps(run)
    checkEnds(run)
    checkShortfall(run)
  }
  const attempts = checkAttempts(state)
  checkLimiters(state, attempts)
  checkDispatch(state, attempts, at)
  checkHandedOver(state)
}

/** `counts`, and everything that is kept per task in typed arrays. */
function checkCounts(run: RunState): void {
  const { plan, status, readyAt, endedAt } = run
  const counts = new Uint32Array(STATUS_NAMES.length)
  for (let task = 0; task < plan.taskCount; task += 1) {
    const code = status[task]!
    counts[code]! += 1
    const neverReady = Number.isNaN(readyAt[task])
    if (code === STATUS.waiting ? !neverReady : code <= STATUS.failed && neverReady) {
      broken('"readyAt" says when a task became ready, and NaN if it never did', run, task)
    }
    if (isFinal(code) === Number.isNaN(endedAt[task])) broken('"endedAt" is set by the end of a task', run, task)
    if (run.attempts[task] !== 0) checkBudget(run, task)
    else if (!Number.isNaN(run.startedAt[task])) broken('A task without attempts never started', run, task)
  }
  for (let code = 0; code < counts.length; code += 1) {
    if (counts[code] === run.counts[code]) continue
    broken(`"counts" says ${run.counts[code]} ${STATUS_NAMES[code]}, there are ${counts[code]}`, run)
  }
}

/** S6: attempts without the lost ones, and the lost ones, within their bounds. */
function checkBudget(run: RunState, task: TaskIndex): void {
  const attempts = run.attempts[task]! - (run.generations.get(task)?.attemptsBefore ?? 0)
  const lost = run.lost.size === 0 ? 0 : (run.lost.get(task) ?? 0)
  const unverified = run.unverified.size === 0 ? 0 : (run.unverified.get(task) ?? 0)
  const { maxAttempts, maxLost, maxVerify } = run.plan.policies[run.plan.policy[task]!]!
  if (attempts - lost - unverified > maxAttempts) {
    const counted = `${attempts}, ${lost} lost, ${unverified} not verified`
    broken(`A task has at most maxAttempts = ${maxAttempts} attempts (S6); it has ${counted}`, run, task)
  }
  if (unverified > (maxVerify ?? -1) + 1) {
    broken(`At most maxVerify + 1 attempts fail verification (S6); ${unverified} did, of ${maxVerify}`, run, task)
  }
  if (lost > maxLost + 1) broken(`At most maxLost + 1 = ${maxLost + 1} attempts are lost; ${lost} were`, run, task)
}

/** The maps by task, each against the status of the tasks in it. */
function checkMaps(run: RunState): void {
  const { status, counts, doomed, results, failures, skips, cancels } = run
  for (const task of keysOf(doomed)) broken('"doomed" is empty after each decision', run, task)
  for (const task of run.reusable) broken('"reusable" is empty after each decision', run, task)
  for (const task of keysOf(results)) {
    if (status[task] !== STATUS.succeeded) broken('"results" has succeeded tasks only', run, task)
  }
  let failed = 0
  for (const task of keysOf(failures)) if (status[task] === STATUS.failed) failed += 1
  if (failed !== counts[STATUS.failed]) broken('"failures" has every failed task', run)
  for (const task of keysOf(skips)) {
    if (status[task] !== STATUS.skipped) broken('"skips" has all and only skipped tasks', run, task)
  }
  for (const task of keysOf(cancels)) {
    if (status[task] !== STATUS.cancelled) broken('"cancels" has all and only cancelled tasks', run, task)
  }
  if (cancels.size !== counts[STATUS.cancelled]) broken('"cancels" has all and only cancelled tasks', run)
  for (const task of keysOf(run.scheduledAt)) {
    if (Number.isNaN(run.readyAt[task])) broken('"scheduledAt" has tasks that were ready', run, task)
  }
}

const NOTHING: readonly TaskIndex[] = []

/** Most of these maps are empty most of the time: asking for the size first halves the cost of looking. */
function keysOf(map: ReadonlyMap<TaskIndex, unknown>): Iterable<TaskIndex> {
  return map.size === 0 ? NOTHING : map.keys()
}

/** What a failure, a cancellation and the end of all tasks mean for the run. */
function checkEnds(run: RunState): void {
  const { counts, drainedBy } = run
  const { onFailure } = run.plan
  if ((drainedBy !== null) !== (onFailure !== 'continue' && counts[STATUS.failed]! > 0 && hasFailed(run))) {
    broken(
      '"drainedBy" is set by the first failure of a task the run needs, where onFailure is not "continue", and by nothing else',
      run,
    )
  }
  if (drainedBy !== null) {
    if (run.status[drainedBy] !== STATUS.failed) broken('"drainedBy" has failed', run, drainedBy)
    if (counts[STATUS.waiting]! + counts[STATUS.ready]! > 0) broken('A run that drains starts nothing more', run)
    if (onFailure === 'abort' && counts[STATUS.running]! > 0) broken('An aborted run has no live attempt', run)
  }
  if (run.cancelled !== null && unfinished(run) > 0) broken('A cancelled run has no unfinished task', run)
  if (unfinished(run) === 0 && run.closing === 0) broken('A run with nothing left to do is closed (L1)', run)
}

/** Whether a task that the run needs has failed. */
function hasFailed({ status, plan }: RunState): boolean {
  return plan.taskIds.some((_, task) => status[task] === STATUS.failed && plan.optional[task] === 0)
}
