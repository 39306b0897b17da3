/** How a run stands, as its journal has it: for programs and for people. */
import type { RunState, ScopeState } from '../core/state.js'
import { STATUS_NAMES } from '../core/state.js'
import type { EpochMs, TaskStatus } from '../core/types.js'
import type { Line } from '../reporters/shared/line.js'
import { formatCount, formatDuration, thousands } from '../reporters/shared/quantity.js'
import { type Progress, progressOf } from '../runtime/progress.js'
import { listRuns, type RunSummary } from '../runtime/run-list.js'
import { surroundings } from './scope.js'

/** A run in the documents of the verbs that look at stores. */
export interface RunStatus extends RunSummary {
  readonly progress: Progress
}

export interface TaskRow {
  readonly id: string
  readonly status: TaskStatus
  /** Attempts started. */
  readonly attempts: number
}

/** @param now - Nothing has happened after it: never before the last event. */
export function statusOf(state: ScopeState, run: RunState, now: EpochMs): RunStatus {
  const summary = listRuns(state).find(({ id }) => id === run.id)!
  return { ...summary, progress: progressOf(surroundings(state, run), run, Math.max(now, state.clock)) }
}

/** In the order of the plan. */
export function taskRows({ plan, status, attempts }: RunState): readonly TaskRow[] {
  return plan.taskIds.map((id, task) => ({ id, status: STATUS_NAMES[status[task]!]!, attempts: attempts[task]! }))
}

/** `open`, `paused`, or how it ended. */
export function stateText({ status, verdict }: RunSummary): string {
  return verdict ?? status
}

/** In UTC, to the second. */
export function timeText(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

export function statusLines({ id, name, progress, ...rest }: RunStatus): readonly Line[] {
  const { done, total, etaMs, percent } = progress
  const left = rest.verdict !== null || etaMs === null ? '' : `, ${formatDuration(etaMs)} to go`
  const counts = (['running', 'ready', 'waiting', 'succeeded', 'failed', 'cancelled', 'skipped'] as const)
    .filter((status) => progress[status] > 0)
    .map((status) => `${thousands(progress[status])} ${status}`)
  return [
    [{ text: `${name}  run ${id}`, style: 'bold' }, `  ${stateText({ id, name, ...rest })}`],
    [`  opened ${timeText(rest.openedAt)}${rest.closedAt === null ? '' : `, closed ${timeText(rest.closedAt)}`}`],
    [`  ${thousands(done)} of ${formatCount(total, 'task')} done, ${percent} %${left}`],
    [`  ${counts.join(', ')}`],
    ...gateLines(rest, progress),
  ]
}

/** Those that await approval. */
function gateLines({ verdict }: Pick<RunSummary, 'verdict'>, { gates }: Progress): readonly Line[] {
  if (verdict !== null) return []
  return gates.map(({ id, title }): Line => [`  gate ${id} awaits approval${title === null ? '' : `: ${title}`}`])
}
