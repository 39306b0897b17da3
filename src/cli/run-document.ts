/** What `run --json` prints. Times count from the opening of the run, so that the same run gives the same document. */
import type { DurationMs, RunEvent } from '../core/types.js'
import type { Summary } from '../reporters/summary.js'

/** How work is simulated. */
export interface Simulated {
  readonly seed: number
  /** Share of the attempts that fail: 0 to 1. */
  readonly failShare: number
  /** How many times as fast as real time. */
  readonly speed: number
}

interface TaskDocument {
  readonly id: string
  status: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped'
  attempts: number
  /** Start of the last attempt; null: none was started. */
  startedMs: DurationMs | null
  /** Null: it has not ended. */
  endedMs: DurationMs | null
}

export function runDocument(
  summary: Summary,
  events: readonly RunEvent[],
  { seed, failShare, speed }: Simulated,
): object {
  const { verdict, tasks: counts, ...rest } = summary
  return {
    ok: verdict === 'succeeded',
    verdict,
    simulated: { seed, failShare, speed },
    ...rest,
    counts,
    tasks: tasksOf(events),
  }
}

/** Every task that an event speaks of, in the order of the first one; at the end of a run that is each. */
function tasksOf(events: readonly RunEvent[]): readonly TaskDocument[] {
  const tasks = new Map<string, TaskDocument>()
  const openedAt = events[0]?.at ?? 0
  for (const event of events) {
    const id = 'task' in event ? event.task : 'gate' in event ? event.gate : null
    if (id === null) continue
    const known = tasks.get(id)
    const task: TaskDocument = known ?? {
      id,
      status: 'waiting',
      attempts: 0,
      startedMs: null,
      endedMs: null,
    }
    if (known === undefined) tasks.set(id, task)
    apply(task, event, event.at - openedAt)
  }
  return [...tasks.values()]
}

function apply(task: TaskDocument, event: RunEvent, atMs: DurationMs): void {
  const end = (status: TaskDocument['status']): void => {
    task.status = status
    task.endedMs = atMs
  }
  switch (event.type) {
    case 'attempt.started':
      task.status = 'running'
      task.attempts = event.attempt
      task.startedMs = atMs
      return
    case 'attempt.succeeded':
    case 'task.reused':
      return end('succeeded')
    case 'attempt.failed':
      if (event.retryAt === null) return end('failed')
      task.status = 'waiting'
      return
    case 'gate.passed':
      return end('succeeded')
    case 'gate.failed':
    case 'task.failed':
      return end('failed')
    case 'task.cancelled':
      return end('cancelled')
    case 'task.skipped':
      return end('skipped')
    case 'task.reopened':
      task.status = 'waiting'
      task.endedMs = null
      return
    default:
      return
  }
}
