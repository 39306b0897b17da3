/** May this attempt start? Looking at everything that happened, nothing must speak against it. */
import type { RunEventMap } from '../core/types.js'
import { exclude } from './claimed.js'
import { holdsOf } from './history-claims.js'
import { type Memory, openRun, taskOf } from './history-memory.js'
import type { AttemptPast, RunPast, TaskPast } from './history-past.js'
import { accuse } from './history-past.js'
import * as uses from './history-uses.js'
import { isAskedFor, isReached, notBefore, standOf } from './history-waits.js'
import { checkServes, countPass, findSteered } from './history-workers.js'

export function started(memory: Memory, event: RunEventMap['attempt.started']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.task)
  const { facts } = task
  const name = `"${event.run}/${event.task}#${event.attempt}"`
  const refuse = (why: string): never => accuse(`${name} must not start: ${why}`)
  if (run.isPaused) refuse('its run is paused')
  if (run.isCancelled || run.isDrained) refuse('its run starts nothing more')
  if (task.status !== 'idle') refuse(`its task is ${task.status} (S3, S5)`)
  for (const before of facts.after) {
    const status = run.tasks.get(before)?.status
    if (status !== 'succeeded') refuse(`"${before}", on which it depends, is ${status} (S1)`)
  }
  for (const { condition } of facts.waits) {
    const { verdict } = run.conditions[condition]!
    if (verdict !== 'holds') refuse(`something it waits for is ${verdict} (S1)`)
  }
  if (!isAskedFor(run, task)) refuse('what it looks at says no (S1)')
  const stream = run.facts.spec.streams.find(({ id }) => id === facts.spec.stream)
  // Once something was done again, gates that were passed are so still.
  if (stream?.phase != null && !run.isReopened && !isReached(run, stream.phase))
    refuse('a phase before its own is not over (S1)')
  if (facts.spec.gate?.kind === 'approval') refuse('it awaits approval')
  if (event.attempt !== task.attempts + 1) refuse(`the last attempt was #${task.attempts}`)
  const spent = task.attempts - task.attemptsBefore - task.lost - task.unverified
  if (spent >= facts.policy.maxAttempts) refuse('its attempts are used up (S6)')
  if (event.at < task.startAt) refuse(`it may not start before ${task.startAt} (S6)`)
  if (event.fence <= memory.fence) refuse(`its fence ${event.fence} is not above ${memory.fence} (S3)`)
  const worker = memory.workers.get(event.worker)
  if (worker === undefined) return refuse(`worker "${event.worker}" is not there`)
  checkServes(worker, facts, event, refuse)
  for (const other of memory.unreleased.values()) {
    if (other.worker === event.worker && other.slot === event.slot) refuse(`its slot is taken by ${other.name} (S7)`)
    if (exclude(facts.spec, holdsOf(other))) refuse(`${other.name} holds what it claims (S2)`)
  }
  const why = uses.whyUnusable(memory, facts, event.at)
  if (why !== null) refuse(why)
  const better = findSteered(memory, task, worker, event.at)
  if (better !== null) memory.steered.push(`${name} starts although ${better} does not meet what is held`)
  memory.fence = event.fence
  task.attempts += 1
  task.status = 'running'
  const { fence, slot, at, attempt: number } = event
  const past: AttemptPast = {
    run,
    task,
    name,
    number,
    fence,
    worker: event.worker,
    slot,
    startedAt: at,
    heardAt: at,
    progressAt: at,
    verifying: null,
    isClosing: false,
    stoppedFor: null,
    integration: 'none',
    askedOrder: 0,
    extra: { write: [], read: [] },
  }
  memory.unreleased.set(fence, past)
  task.live = past
  uses.noteStart(memory, past)
  if (memory.countsPasses) countPass(memory, { claims: facts.spec, started: facts, since: task.readyOrder }, at)
}

/** Looks whether tasks that have not been ready yet are so now, or never will be. */
export function offerAll(memory: Memory, run: RunPast, ids: readonly string[]): void {
  for (const id of ids) {
    const task = run.tasks.get(id)!
    if (task.readyOrder === 0) markReady(memory, run, task)
  }
}

/** Looks whether an idle task that is not ready is so now; or never will be. */
export function markReady(memory: Memory, run: RunPast, task: TaskPast): void {
  if (task.status !== 'idle') return
  const stand = standOf(run, task)
  if (stand === 'open') return
  if (stand !== 'holds' || !isAskedFor(run, task)) {
    memory.barred.push({ run, task })
    return
  }
  task.startAt = Math.max(task.retryAt, notBefore(run, task))
  task.readyOrder = memory.order
  task.readyAt = Math.max(memory.at, task.startAt)
  if (Number.isNaN(task.scheduledAt)) task.scheduledAt = memory.at
  task.passes = 0
}

/** An idle task is as if it had never been ready; a retry that it waits for is still waited for. */
export function forgetReady(task: TaskPast): void {
  task.readyOrder = 0
  task.readyAt = Number.NaN
  task.scheduledAt = Number.NaN
  task.passes = 0
}
