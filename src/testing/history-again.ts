/** Tasks that are done again, and what becomes of those who had gone on because of them. */
import type { RunEventMap } from '../core/types.js'
import { type Memory, openRun, taskOf } from './history-memory.js'
import { accuse, isOver, notBegun, type TaskPast } from './history-past.js'
import { forgetReady, markReady } from './history-starts.js'
import { considerAgain, standOf } from './history-waits.js'

/** A task that has ended is to be done again, with a fresh budget; what is only ready because of it waits again. */
export function reopened(memory: Memory, event: RunEventMap['task.reopened']): void {
  const run = openRun(memory, event.run)
  const task = taskOf(run, event.task)
  const what = `Task "${event.run}/${event.task}" is reopened`
  if (!isOver(task.status)) accuse(`${what}, but is ${task.status}`)
  if (task.isRemoved) accuse(`${what}, but was removed`)
  if (run.isCancelled) accuse(`${what}, but its run was cancelled`)
  if (event.generation !== task.generation + 1) {
    accuse(`${what} for the ${event.generation}. time, after its ${task.generation}. (S5)`)
  }
  Object.assign(task, notBegun(), { generation: event.generation, attemptsBefore: task.attempts })
  run.isReopened = true
  run.isDrained = run.facts.onFailure !== 'continue' && [...run.tasks.values()].some(isFailed)
  for (const index of run.facts.about.get(event.task) ?? []) considerAgain(run, index, event.at)
  for (const other of run.tasks.values()) {
    if (other.status === 'idle' && other.readyOrder !== 0 && standOf(run, other) !== 'holds') forgetReady(other)
  }
  markReady(memory, run, task)
}

function isFailed({ status, facts }: TaskPast): boolean {
  return status === 'failed' && !facts.spec.optional
}
