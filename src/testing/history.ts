/**
 * The history checker: reads the events of a scope one by one, knows the plans as they were written, and finds every
 * event that must not be. It shares nothing with the core: no state, no compiled plan, no claim table, no ready queue. It
 * is slow of thought on purpose: a task may start if, looking at everything that happened, nothing speaks against it.
 */
import type { JsonValue, Limit, RunEvent, RunEventMap } from '../core/types.js'
import type { AskedAmendments } from './amendment-spec.js'
import type { Claimed } from './claimed.js'
import { reopened } from './history-again.js'
import { amended } from './history-amendments.js'
import { claimed, mayClaim } from './history-claims.js'
import { closeRun } from './history-end.js'
import type { WorldFacts } from './history-facts.js'
import { checkAnswer, checkVerdict } from './history-gates.js'
import { checkSent, checkShared } from './history-handed-over.js'
import { checkFailure, checkPatience, checkStop } from './history-limits.js'
import { liveOf, type Memory, openRun, senderOf, taskOf } from './history-memory.js'
import type { AttemptPast, RunPast, TaskPast } from './history-past.js'
import { accuse, isOver, newRun } from './history-past.js'
import { settle } from './history-settle.js'
import { forgetReady, markReady, offerAll, started } from './history-starts.js'
import * as uses from './history-uses.js'
import { checkStep, checkVerified, countFailure } from './history-verify.js'
import { checkSkipped, considerAll, isAskedFor, reconsider, standOf } from './history-waits.js'
import { countPass, findIdle, isServed, workerEvent } from './history-workers.js'

/** What can be told from a history so far. */
export interface History {
  /** Takes the next event. @throws Error when it must not be. */
  feed(event: RunEvent): void
  /** An accepted sign of life that need not be recorded. */
  hear(fence: number, at: number, isProgress: boolean): void
  /** Ends a decision at `at`: its consequences must have been drawn. @throws Error otherwise. */
  settle(at: number): void
  /** All attempts that are live or closing. */
  attempts(): Iterable<AttemptPast>
  /** The attempt with this fence, live or closing, null if there is none. */
  attempt(fence: number): AttemptPast | null
  /** Whether nobody holds, and the attempt does not integrate, what it would have more. */
  mayClaim(attempt: AttemptPast, more: Claimed): boolean
  run(id: string): RunPast | null
  /** Whether a run was opened under this key. */
  hasKey(key: string | undefined): boolean
  hasWorker(id: string): boolean
  runs(): Iterable<RunPast>
  /** Whether a task may be served some time: a worker could do it, and there is as much as it asks for of everything. */
  isServed(task: TaskPast): boolean
  /** Whether a task that started left another without what both use. */
  isLeftWithout(started: TaskPast, waiting: TaskPast): boolean
  /** The limits that the host gave. */
  limits(): ReadonlyMap<string, Limit>
  limiter(name: string, at: number): uses.LimiterPast
  /** A task that could start now and did not, null if there is none; where nothing is reserved for anybody. */
  findIdle(at: number): string | null
  /** Starts since the last `settle` that another task should have had, by what is advisory; and forgets them. */
  takeSteered(): readonly string[]
  /** A number that tells two histories apart. */
  digest(): number
}

/**
 * A history of nothing. `countsPasses`: also counts how often a waiting task is passed, which costs O(tasks) a start;
 * `amendments`: what has been and will be asked for.
 */
export function createHistory(facts: WorldFacts, countsPasses: boolean, amendments: AskedAmendments): History {
  const memory: Memory = {
    facts,
    amendments,
    runs: new Map(),
    keys: new Set(),
    workers: new Map(),
    unreleased: new Map(),
    uses: uses.newUses(),
    fallen: [],
    barred: [],
    removed: [],
    steered: [],
    countsPasses,
    fence: 0,
    at: 0,
    order: 0,
    digest: 0x811c9dc5,
  }
  return {
    feed: (event) => feed(memory, event),
    hear(fence, at, isProgress) {
      const attempt = memory.unreleased.get(fence)
      if (attempt === undefined) return
      attempt.heardAt = at
      if (isProgress) attempt.progressAt = at
    },
    settle: (at) => settle(memory, at),
    attempts: () => memory.unreleased.values(),
    attempt: (fence) => memory.unreleased.get(fence) ?? null,
    mayClaim: (attempt, more) => mayClaim(memory.unreleased, attempt, more),
    run: (id) => memory.runs.get(id) ?? null,
    hasKey: (key) => key !== undefined && memory.keys.has(key),
    hasWorker: (id) => memory.workers.has(id),
    runs: () => memory.runs.values(),
    isServed: (task) => isServed(memory, task),
    isLeftWithout: (started, waiting) => uses.isLeftWithout(memory, started.facts, waiting.facts, memory.at),
    limits: () => memory.uses.given,
    limiter: (name, at) => uses.limiterPast(memory, name, at),
    findIdle: (at) => findIdle(memory, at),
    takeSteered: () => memory.steered.splice(0),
    digest: () => memory.digest >>> 0,
  }
}

function feed(memory: Memory, event: RunEvent): void {
  if (event.at < memory.at) accuse(`Events go back in time: "${event.type}" at ${event.at} after ${memory.at}`)
  memory.at = event.at
  memory.order += 1
  const fence = 'fence' in event ? event.fence : 0
  memory.digest = Math.imul(memory.digest ^ (event.at | 0), 0x01000193) ^ (fence + event.type.length * 0x10000)
  switch (event.type) {
    case 'attempt.started':
      return started(memory, event)
    case 'attempt.succeeded':
      return succeeded(memory, event)
    case 'attempt.completed':
    case 'attempt.verified':
      return checkStep(liveOf(memory, event), event)
    case 'attempt.failed':
      return failed(memory, event)
    case 'attempt.closing':
      return closing(memory, event)
    case 'attempt.closed':
      return closed(memory, event)
    case 'attempt.renewed':
    case 'attempt.progressed':
      return renewed(memory, event)
    case 'context.shared':
      return checkShared(liveOf(memory, event), event)
    case 'message.sent':
      return checkSent(openRun(memory, event.run), senderOf(memory, event), memory.workers, event)
    case 'milestone.reached':
      return reached(memory, event)
    case 'task.failed':
    case 'task.skipped':
    case 'task.cancelled':
      return endedWithout(memory, event)
    case 'gate.passed':
    case 'gate.failed':
      return answered(memory, event)
    case 'worker.joined':
    case 'worker.draining':
    case 'worker.left':
    case 'worker.resized':
    case 'worker.quarantined':
      return workerEvent(memory.workers, event)
    case 'task.reused':
      return reused(memory, event)
    case 'limit.changed':
      return uses.noteLimit(memory, event, memory.order)
    case 'run.opened':
      return opened(memory, event)
    case 'run.amended':
      return amended(memory, event)
    case 'task.reopened':
      return reopened(memory, event)
    case 'host.elected':
    case 'host.renewed':
    case 'host.resigned':
      // Worlds do not ask for these yet.
      return
    case 'integration.asked':
    case 'integration.granted':
    case 'claim.extended': {
      const more = claimed(memory, liveOf(memory, event), event)
      if (more === null || !memory.countsPasses) return
      countPass(memory, { claims: more, started: null, since: Number.POSITIVE_INFINITY }, event.at)
      return
    }
    default:
      return runEvent(memory, event)
  }
}

function opened(memory: Memory, event: RunEventMap['run.opened']): void {
  const facts = memory.facts.runs.get(event.run)
  if (facts === undefined || memory.runs.has(event.run)) return accuse(`Run "${event.run}" is opened twice`)
  const { idempotencyKey: key } = event
  if (key !== undefined && memory.keys.has(key)) accuse(`Run "${event.run}" is opened under a key that was used`)
  if (key !== undefined) memory.keys.add(key)
  const run = newRun(facts, event.at)
  memory.runs.set(event.run, run)
  considerAll(run, event.at)
  for (const task of run.tasks.values()) markReady(memory, run, task)
}

function runEvent(
  memory: Memory,
  event: RunEventMap['run.paused' | 'run.resumed' | 'run.cancelled' | 'run.closed'],
): void {
  const run = openRun(memory, event.run)
  switch (event.type) {
    case 'run.paused':
      run.isPaused = true
      return
    case 'run.resumed':
      run.isPaused = false
      run.resumedAt = event.at
      return
    case 'run.cancelled':
      run.isCancelled = true
      return
    case 'run.closed':
      return closeRun(memory.unreleased.values(), run, event.verdict)
    default:
      event satisfies never
  }
}

// ── Ends ────────────────────────────────────────────────────────────────────────────────────────────────────────

function succeeded(memory: Memory, event: RunEventMap['attempt.succeeded']): void {
  const attempt = liveOf(memory, event)
  const { run, task } = attempt
  checkVerdict(task, event.result)
  checkVerified(attempt, event.result)
  uses.noteEnd(memory, attempt, 'succeeded')
  memory.unreleased.delete(event.fence)
  task.live = null
  uses.noteResult(memory, event.run, task.facts, event.result)
  succeed(memory, run, task, event.result)
}

function reused(memory: Memory, event: RunEventMap['task.reused']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.task)
  uses.checkReused(memory, task, event)
  succeed(memory, run, task, event.result)
}

function succeed(memory: Memory, run: RunPast, task: TaskPast, result: JsonValue): void {
  task.status = 'succeeded'
  task.endedAt = memory.at
  task.result = result
  tell(memory, run, task)
}

function reached(memory: Memory, event: RunEventMap['milestone.reached']): void {
  const attempt = liveOf(memory, event)
  const { run, task } = attempt
  const { milestone: name } = event
  if (!task.facts.spec.milestones.includes(name)) accuse(`Task "${event.task}" has no milestone "${name}"`)
  if (task.reached.has(name)) accuse(`Milestone "${event.task}#${name}" is reached twice`)
  task.reached.add(name)
  attempt.heardAt = event.at
  attempt.progressAt = event.at
  tell(memory, run, task)
}

/** Something became of the task: others may start now, or never. */
function tell(memory: Memory, run: RunPast, { facts: { id }, status }: TaskPast): void {
  for (const index of reconsider(run, id, memory.at)) {
    offerAll(memory, run, run.facts.waiting[index]!)
  }
  if (status === 'succeeded') offerAll(memory, run, run.facts.dependents.get(id) ?? [])
}

function failed(memory: Memory, event: RunEventMap['attempt.failed']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.task)
  const attempt = memory.unreleased.get(event.fence)
  if (attempt === undefined || attempt.task !== task || task.live !== attempt) {
    return accuse(`"${event.run}/${event.task}" fails with fence ${event.fence}, which is not its last attempt (S4)`)
  }
  checkFailure(run, attempt, event)
  uses.noteFailure(memory, attempt, event)
  if (!attempt.isClosing) release(memory, attempt)
  task.live = null
  countFailure(task, event.failure.kind)
  if (event.retryAt === null) return fall(memory, run, task, 'failed')
  task.status = 'idle'
  task.retryAt = event.retryAt
  if (standOf(run, task) !== 'holds' || !isAskedFor(run, task)) forgetReady(task)
  markReady(memory, run, task)
}

function fall(memory: Memory, run: RunPast, task: TaskPast, status: 'failed' | 'skipped' | 'cancelled'): void {
  task.status = status
  task.endedAt = memory.at
  memory.fallen.push({ run, task })
  if (status === 'failed' && run.facts.onFailure !== 'continue' && !task.facts.spec.optional) run.isDrained = true
  tell(memory, run, task)
}

/** A check was ended by its attempt; an approval is ended here, if it was ready and what is said is true. */
function answered(memory: Memory, event: RunEventMap['gate.passed' | 'gate.failed']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.gate)
  const isReady = task.status === 'idle' && task.readyOrder !== 0 && event.at >= task.startAt
  const end = checkAnswer(run, task, event, isReady)
  if (task.facts.spec.gate?.kind !== 'approval') return
  if (end === 'succeeded') succeed(memory, run, task, { by: event.by, note: event.note })
  else fall(memory, run, task, 'failed')
}

function endedWithout(memory: Memory, event: RunEventMap['task.failed' | 'task.skipped' | 'task.cancelled']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.task)
  const what = `Task "${event.run}/${event.task}" is ${event.type.slice(5)}`
  if (isOver(task.status)) accuse(`${what}, but had ${task.status} (S5)`)
  if (task.live !== null && !task.live.isClosing) accuse(`${what} while its attempt ${task.live.name} is live`)
  task.live = null
  switch (event.type) {
    case 'task.failed':
      if (task.status !== 'idle' || task.readyOrder === 0) accuse(`${what}, but was not ready`)
      checkPatience(run, task, event.at, what)
      return fall(memory, run, task, 'failed')
    case 'task.skipped':
      checkSkipped(run, task, event.reason, what)
      task.isNeedless = 'unneeded' in event.reason
      task.skippedFor = event.reason.because
      return fall(memory, run, task, 'skipped')
    case 'task.cancelled':
      return fall(memory, run, task, 'cancelled')
    default:
      event satisfies never
  }
}

// ── Stops ───────────────────────────────────────────────────────────────────────────────────────────────────────

function renewed(memory: Memory, event: RunEventMap['attempt.renewed' | 'attempt.progressed']): void {
  const attempt = liveOf(memory, event)
  attempt.heardAt = event.at
  if (event.type === 'attempt.progressed') attempt.progressAt = event.at
}

function closing(memory: Memory, event: RunEventMap['attempt.closing']): void {
  const attempt = liveOf(memory, event)
  checkStop(attempt, event)
  attempt.isClosing = true
  if (attempt.integration === 'asked') attempt.integration = 'none'
  attempt.stoppedFor = event.reason
}

function closed(memory: Memory, event: RunEventMap['attempt.closed']): void {
  const attempt = memory.unreleased.get(event.fence)
  if (attempt?.isClosing !== true) return accuse(`Fence ${event.fence} is released, but was not closing (S12)`)
  release(memory, attempt)
}

function release(memory: Memory, attempt: AttemptPast): void {
  uses.noteEnd(memory, attempt, 'released')
  memory.unreleased.delete(attempt.fence)
}
