/** What the history checker remembers of a history, and how it finds whom an event speaks of. */
import type { RunEventMap } from '../core/types.js'
import type { AskedAmendments } from './amendment-spec.js'
import type { WorldFacts } from './history-facts.js'
import type { AttemptPast, RunPast, TaskPast, WorkerPast } from './history-past.js'
import { accuse } from './history-past.js'
import type { UsesPast } from './history-uses.js'

export interface Memory {
  readonly facts: WorldFacts
  readonly amendments: AskedAmendments
  readonly runs: Map<string, RunPast>
  readonly keys: Set<string>
  readonly workers: Map<string, WorkerPast>
  readonly unreleased: Map<number, AttemptPast>
  readonly uses: UsesPast
  /** Tasks that ended without success since the last `settle`. */
  readonly fallen: { readonly run: RunPast; readonly task: TaskPast }[]
  /** Tasks that could not start any more, since the last `settle`. */
  readonly barred: { readonly run: RunPast; readonly task: TaskPast }[]
  /** Tasks that plans were amended without, since the last `settle`. */
  readonly removed: { readonly task: TaskPast }[]
  readonly steered: string[]
  readonly countsPasses: boolean
  fence: number
  at: number
  order: number
  digest: number
}

export function openRun(memory: Memory, id: string): RunPast {
  const run = memory.runs.get(id)
  if (run === undefined || run.isClosed) return accuse(`The history speaks of run "${id}", which is not open`)
  return run
}

export function taskOf(run: RunPast, id: string): TaskPast {
  return run.tasks.get(id) ?? accuse(`Run "${run.facts.id}" has no task "${id}"`)
}

export function senderOf(memory: Memory, { type, from }: RunEventMap['message.sent']): AttemptPast | null {
  return from === null ? null : liveOf(memory, { type, ...from })
}

export function liveOf(
  memory: Memory,
  event: { readonly type: string; readonly fence: number; readonly task: string },
): AttemptPast {
  const attempt = memory.unreleased.get(event.fence)
  if (attempt !== undefined && !attempt.isClosing && attempt.task.facts.id === event.task) return attempt
  return accuse(`"${event.type}" of "${event.task}" has fence ${event.fence}, which is not live (S4)`)
}
