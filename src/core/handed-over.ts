/**
 * What attempts hand over to others: contexts, shared by stream for whatever starts later, and messages, sent to whoever
 * they are for. All of it is of one run and is forgotten when the run is closed; the journal keeps it.
 */
import type { Attempt, KeptMessage, RunState, SharedContexts } from './state.js'
import type { MessageTarget, Revision, RunEventMap, StreamId, TaskIndex } from './types.js'

/** Most keys that the attempts of one stream may share in a run; those of tasks of no stream count together. */
export const SHARED_KEYS_LIMIT = 256
/** Most messages of one run. */
export const MESSAGES_LIMIT = 4096

export const NOTHING_SHARED: SharedContexts = new Map()

/** The stream of a task, null for one of none. */
export function streamOf(run: RunState, task: TaskIndex): StreamId | null {
  const stream = run.plan.streamOf[task]!
  return stream === -1 ? null : run.plan.streamIds[stream]!
}

/** Part of `reduce`. O(keys of the stream + streams that have shared). */
export function addShared(run: RunState, { stream, key, value }: RunEventMap['context.shared']): void {
  run.shared = new Map(run.shared).set(stream, new Map(run.shared.get(stream)).set(key, value))
}

/** Part of `reduce`. */
export function addMessage(run: RunState, event: RunEventMap['message.sent'], revision: Revision): void {
  const { seq, at, from, to, body } = event
  if (seq !== run.messages.length + 1) throw new Error(`Message ${seq} of run "${run.id}" is not the next one.`)
  run.messages.push({ seq, revision, at, from, to, body })
}

/**
 * The messages for an attempt: those to its task, its stream or its worker, in order, also from before its start.
 *
 * @param after - Only those with a higher `seq`.
 * @param upTo - Only those that the journal has at this revision.
 */
export function inboxOf(attempt: Attempt, after: number, upTo: Revision): readonly KeptMessage[] {
  const { run, task, worker } = attempt
  const id = run.plan.taskIds[task]!
  const stream = streamOf(run, task)
  const isForIt = (to: MessageTarget): boolean => {
    if ('task' in to) return to.task === id
    return 'stream' in to ? to.stream === stream : to.worker === worker.id
  }
  return run.messages.slice(after).filter(({ to, revision }) => revision <= upTo && isForIt(to))
}
