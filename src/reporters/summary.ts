/** What a run was like, in figures and in text. `summarize` makes the figures from the run's events. */
import type { DurationMs, Failure, TaskId, Verdict } from '../core/types.js'
import { type Line, type RenderOptions, renderLine, textWidth } from './shared/line.js'
import { formatCount, formatDuration, formatShare, thousands } from './shared/quantity.js'

export interface Summary {
  readonly run: string
  /** Name of the plan. */
  readonly name: string
  /** Null while the run is open; times then count up to its last event. */
  readonly verdict: Verdict | null
  /** From the opening of the run to its close. */
  readonly makespanMs: DurationMs
  readonly tasks: TaskCounts
  /** Attempts started. */
  readonly attempts: number
  /** Attempts that were not the first of their task. */
  readonly retries: number
  /** Every pool that could have been used, in the order of the plan. */
  readonly pools: readonly PoolUse[]
  /** The tasks that waited longest although their dependencies held, longest first. */
  readonly waits: readonly Wait[]
  /** The tasks that failed for good, in the order in which they did. */
  readonly failures: readonly FailedTask[]
}

export interface TaskCounts {
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  readonly skipped: number
}

export interface PoolUse {
  readonly pool: string
  readonly slots: number
  readonly attempts: number
  /** Time of all its slots together. */
  readonly busyMs: DurationMs
  /** Share of its slots' time, from the opening of the run to its close, in which an attempt held them: 0 to 1. */
  readonly busyShare: number
}

export interface Wait {
  readonly task: TaskId
  /** From the moment its dependencies held, or its retry was due, to the start: all attempts together. */
  readonly waitedMs: DurationMs
  /** What was in its way and for how long, longest first; together they are `waitedMs`. */
  readonly reasons: readonly WaitReason[]
}

/** What kept a task from starting. Where a claim and a lack of slots coincide, it is the claim. */
export type WaitReason =
  /** A path it claims was held; `path` is the held pattern. */
  | { readonly kind: 'claim'; readonly path: string; readonly heldBy: readonly TaskId[]; readonly ms: DurationMs }
  /** Every slot that could serve it was busy: those of these pools. */
  | { readonly kind: 'capacity'; readonly pools: readonly string[]; readonly slots: number; readonly ms: DurationMs }
  | { readonly kind: 'paused'; readonly ms: DurationMs }
  /** Nothing in this run: another run of the scope, a reservation, or the scheduler itself. */
  | { readonly kind: 'other'; readonly ms: DurationMs }

export interface FailedTask {
  readonly task: TaskId
  readonly attempts: number
  readonly failure: Failure
}

/** Failed tasks listed in the text. */
const FAILURES_SHOWN = 10
/** Reasons of one wait, and holders of one path, in the text. */
const REASONS_SHOWN = 3
const HOLDERS_SHOWN = 3

/**
 * The summary as text, several lines without a last line break: verdict and makespan, how busy each pool was, what waited
 * longest and why, what failed. Everything that came from the plan is escaped for a terminal.
 */
export function formatSummary(summary: Summary, options: RenderOptions = { colour: 'plain' }): string {
  return summaryLines(summary)
    .map((line) => renderLine(line, options))
    .join('\n')
}

/** `formatSummary`, before it is rendered. */
export function summaryLines(summary: Summary): readonly Line[] {
  return [
    ...verdictLines(summary),
    ...section('Pools', poolLines(summary.pools)),
    ...section('Waited longest', waitLines(summary.waits)),
    ...section('Failed', failureLines(summary.failures)),
  ]
}

function verdictLines({ verdict, makespanMs, tasks, attempts, retries }: Summary): readonly Line[] {
  const style = verdict === 'succeeded' ? 'green' : verdict === null ? 'yellow' : 'red'
  const word = verdict ?? 'still open'
  const ended = [
    `${thousands(tasks.succeeded)} of ${formatCount(tasks.total, 'task')} succeeded`,
    ...(['failed', 'skipped', 'cancelled'] as const)
      .filter((status) => tasks[status] > 0)
      .map((status) => `${thousands(tasks[status])} ${status}`),
  ]
  const tries = `${formatCount(attempts, 'attempt')}, ${formatCount(retries, 'retry', 'retries')}`
  return [
    [
      { text: word, style },
      ` ${verdict === null ? 'after' : 'in'} `,
      { text: formatDuration(makespanMs), style: 'bold' },
    ],
    [ended.join(', '), ` (${tries})`],
  ]
}

function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [[], [{ text: title, style: 'bold' }], ...lines]
}

function poolLines(pools: readonly PoolUse[]): readonly Line[] {
  const rows = pools.map(({ pool, slots, attempts, busyShare }) => [
    pool,
    formatCount(slots, 'slot'),
    `${formatShare(busyShare)} busy`,
    formatCount(attempts, 'attempt'),
  ])
  return table(rows)
}

function waitLines(waits: readonly Wait[]): readonly Line[] {
  return table(waits.map(({ task, waitedMs, reasons }) => [formatDuration(waitedMs), task, reasonsText(reasons)]))
}

function failureLines(failures: readonly FailedTask[]): readonly Line[] {
  const shown = failures.slice(0, FAILURES_SHOWN).map(({ task, attempts, failure }) => {
    const tries = attempts === 0 ? 'never started' : `attempt ${attempts}`
    return [task, tries, `${failure.kind}: ${failure.message}`]
  })
  const more = failures.length - shown.length
  return more === 0 ? table(shown) : [...table(shown), [`  … ${thousands(more)} more`]]
}

function reasonsText(reasons: readonly WaitReason[]): string {
  const shown = reasons.slice(0, REASONS_SHOWN).map(reasonText)
  const more = reasons.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ')
}

/** `src/app.ts held by api/auth for 8h`; not escaped. */
export function reasonText(reason: WaitReason): string {
  const time = `for ${formatDuration(reason.ms)}`
  switch (reason.kind) {
    case 'claim':
      return `${reason.path} held by ${holdersText(reason.heldBy)} ${time}`
    case 'capacity':
      return `${slotsText(reason.slots)} of ${reason.pools.join(', ')} busy ${time}`
    case 'paused':
      return `run paused ${time}`
    case 'other':
      return `other reasons ${time}`
    default:
      return reason satisfies never
  }
}

function slotsText(slots: number): string {
  if (slots === 2) return 'both slots'
  return slots === 1 ? 'the one slot' : `all ${thousands(slots)} slots`
}

function holdersText(holders: readonly TaskId[]): string {
  const more = holders.length - HOLDERS_SHOWN
  const shown = holders.slice(0, HOLDERS_SHOWN).join(', ')
  return more > 0 ? `${shown} and ${thousands(more)} more` : shown
}

/** Rows with their columns under each other, the last one as long as it is. */
function table(rows: readonly (readonly string[])[]): readonly Line[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(cell))
    })
  }
  return rows.map((row) => [
    row.reduce((line, cell, column) => {
      const space = column === row.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - textWidth(cell) + 2)
      return `${line}${cell}${space}`
    }, '  '),
  ])
}
