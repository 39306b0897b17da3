/** One picture of a run, as lines that fit the terminal. */
import type { EpochMs } from '../../core/types.js'
import { inColumns, type Line, lineWidth, type Span, type Style, textWidth } from '../shared/line.js'
import { formatCount, formatDuration, thousands } from '../shared/quantity.js'
import type { RunModel, RunningView, StreamView } from './model.js'
import type { WatchedProgress } from './run.js'
import type { Waiting } from './waiting.js'

export interface FrameInput {
  readonly run: string
  readonly model: RunModel
  readonly progress: WatchedProgress
  readonly waiting: Waiting
  readonly now: EpochMs
  /** Shown beside the elapsed time. */
  readonly note: string | null
  readonly columns: number
  readonly rows: number
}

const HEAD_ROWS = 2
/** A blank line before each of three sections, and the title of the running attempts. */
const SECTION_ROWS = 4
const OBSTACLES_SHOWN = 2
/** With fewer rows than this below the head, only the running attempts are shown. */
const FEWEST_ROWS = 10
const STREAM_BAR = 14
const WIDEST_BAR = 40

/** At most `rows - 1` lines, so that the terminal never scrolls. */
export function frame(input: FrameInput): readonly Line[] {
  const { model, rows, waiting } = input
  const room = Math.max(rows - 1 - HEAD_ROWS, 0)
  const head = headLines(input).slice(0, Math.max(rows - 1, 1))
  if (model.closed !== null) return head
  const running = [...model.running.values()]
  if (room < FEWEST_ROWS) return [...head, ...runningLines(running, room, input)]
  const waits = waitingLines(model.pending.size, waiting)
  const rest = room - SECTION_ROWS - waits.length
  const runningRows = Math.min(running.length, Math.max(Math.ceil(rest / 2), rest - model.streams.length))
  const streams = streamLines(model.streams, rest - runningRows, input)
  return [
    ...head,
    [],
    ...streams,
    [],
    runningTitle(running, model),
    ...runningLines(running, runningRows, input),
    [],
    ...waits,
  ]
}

function headLines({ run, model, progress, now, note, columns }: FrameInput): readonly Line[] {
  const elapsed = `${formatDuration((model.closed === null ? now : model.lastAt) - model.openedAt)} elapsed`
  const right = [elapsed, ...(note === null ? [] : [note])].join(' · ')
  const state = stateText(model)
  const left: Line = [{ text: model.name, style: 'bold' }, { text: `  run ${run}`, style: 'dim' }, ...state]
  const space = Math.max(2, columns - lineWidth(left) - textWidth(right))
  const counts = model.closed === null ? openLine(progress, columns) : closedLine(progress, columns)
  return [[...left, ' '.repeat(space), { text: right, style: 'dim' }], counts]
}

function openLine({ percent, done, total, running, failed, etaMs }: WatchedProgress, columns: number): Line {
  return [
    ...barSpans(percent / 100, barWidth(columns), failed > 0 ? 'red' : 'green'),
    { text: ` ${percent.toFixed(1)} %`, style: 'bold' },
    `  ${thousands(done)}/${thousands(total)} done`,
    `  ${thousands(running)} running`,
    ...(failed > 0 ? [{ text: `  ${thousands(failed)} failed`, style: 'red' } as const] : []),
    ...(etaMs === null ? [] : [`  ${formatDuration(etaMs)} to go`]),
  ]
}

/** At the end only what succeeded counts as done. */
function closedLine({ succeeded, total }: WatchedProgress, columns: number): Line {
  const bar = barSpans(total === 0 ? 1 : succeeded / total, barWidth(columns), succeeded === total ? 'green' : 'red')
  return [...bar, `  ${thousands(succeeded)}/${thousands(total)} succeeded`]
}

function barWidth(columns: number): number {
  return Math.min(WIDEST_BAR, Math.max(10, columns - 60))
}

function stateText({ closed, cancelled, paused }: RunModel): Line {
  if (closed !== null) return [{ text: `  ${closed}`, style: closed === 'succeeded' ? 'green' : 'red' }]
  if (cancelled) return [{ text: '  stopping', style: 'yellow' }]
  return paused ? [{ text: '  paused', style: 'yellow' }] : []
}

function streamLines(streams: readonly StreamView[], room: number, { columns }: FrameInput): readonly Line[] {
  if (room < 1) return []
  const shown = streams.length <= room ? streams : mostInteresting(streams, room - 1)
  const hidden = streams.length - shown.length
  const counts = Math.max(...streams.map(({ total }) => 2 * thousands(total).length + 1))
  const idWidth = Math.min(24, Math.max(...shown.map(({ id }) => textWidth(id)), 0))
  const titles = Math.max(...shown.map(({ title }) => (title === null ? 0 : textWidth(title))), 0)
  const titleWidth = Math.min(titles, Math.max(0, columns - idWidth - STREAM_BAR - counts - 28))
  const lines = shown.map((stream) => streamLine(stream, { idWidth, titleWidth, counts }))
  return hidden === 0 ? lines : [...lines, [{ text: `  … ${hiddenText(streams, shown)}`, style: 'dim' }]]
}

interface StreamColumns {
  readonly idWidth: number
  readonly titleWidth: number
  readonly counts: number
}

function streamLine(stream: StreamView, { idWidth, titleWidth, counts }: StreamColumns): Line {
  const { id, title, total, succeeded, failed, dropped, running } = stream
  const ended = succeeded + failed + dropped
  const { mark, style } = MARKS[phaseOf(stream)]
  const notes = [
    [running, 'running', 'cyan'],
    [failed, 'failed', 'red'],
    [dropped, 'skipped', 'yellow'],
  ] as const
  return [
    { text: `${mark} `, style },
    ...(idWidth > 0 ? [`${inColumns(id, idWidth)} `] : []),
    ...(titleWidth > 0 ? [{ text: `${inColumns(title ?? '', titleWidth)} `, style: 'dim' } as const] : []),
    ...barSpans(total === 0 ? 1 : ended / total, STREAM_BAR, failed > 0 ? 'red' : 'green'),
    ` ${inColumns(`${thousands(ended)}/${thousands(total)}`, counts, 'end')}`,
    ...notes.flatMap(([count, word, colour]) =>
      count > 0 ? [{ text: `  ${thousands(count)} ${word}`, style: colour }] : [],
    ),
  ]
}

type StreamPhase = 'running' | 'failed' | 'begun' | 'waiting' | 'done'

const MARKS: { readonly [P in StreamPhase]: { readonly mark: string; readonly style: Style } } = {
  running: { mark: '●', style: 'cyan' },
  failed: { mark: '✗', style: 'red' },
  begun: { mark: '○', style: 'dim' },
  waiting: { mark: '·', style: 'dim' },
  done: { mark: '✓', style: 'green' },
}

const BY_INTEREST: readonly StreamPhase[] = ['running', 'failed', 'begun', 'waiting', 'done']

function phaseOf({ total, succeeded, failed, dropped, running }: StreamView): StreamPhase {
  if (running > 0) return 'running'
  if (failed + dropped > 0) return 'failed'
  if (succeeded === total) return 'done'
  return succeeded > 0 ? 'begun' : 'waiting'
}

/** As many streams as there is room for, those with work under way first; shown in the order of the plan. */
function mostInteresting(streams: readonly StreamView[], room: number): readonly StreamView[] {
  const chosen = new Set(
    [...streams].sort((a, b) => BY_INTEREST.indexOf(phaseOf(a)) - BY_INTEREST.indexOf(phaseOf(b))).slice(0, room),
  )
  return streams.filter((stream) => chosen.has(stream))
}

function hiddenText(streams: readonly StreamView[], shown: readonly StreamView[]): string {
  const seen = new Set(shown)
  const hidden = streams.filter((stream) => !seen.has(stream))
  const phases = BY_INTEREST.map((phase) => ({
    phase,
    count: hidden.filter((stream) => phaseOf(stream) === phase).length,
  }))
  const texts = phases.filter(({ count }) => count > 0).map(({ phase, count }) => `${thousands(count)} ${phase}`)
  return `${formatCount(hidden.length, 'more stream')}: ${texts.join(', ')}`
}

function runningTitle(running: readonly RunningView[], { paused }: RunModel): Line {
  return [
    { text: 'Running', style: 'bold' },
    running.length > 0 ? '' : paused ? ' nothing: paused' : ' nothing at the moment',
  ]
}

function runningLines(running: readonly RunningView[], room: number, { now, columns }: FrameInput): readonly Line[] {
  if (room < 1) return []
  const shown = running.length <= room ? running : running.slice(0, room - 1)
  const nameWidth = Math.min(Math.floor(columns * 0.4), Math.max(...shown.map((view) => textWidth(nameOf(view))), 0))
  const whoWidth = Math.min(20, Math.max(...shown.map((view) => textWidth(whoOf(view))), 0))
  const lines = shown.map((view): Line => {
    const { startedAt, holds, closing } = view
    return [
      { text: '  ', style: 'cyan' },
      `${inColumns(nameOf(view), nameWidth)}  ${inColumns(whoOf(view), whoWidth)} `,
      `${inColumns(formatDuration(now - startedAt), 7, 'end')}  `,
      ...(closing === null ? [] : [{ text: `stopping (${closing})  `, style: 'yellow' } as const]),
      { text: holds.length === 0 ? 'no paths' : holds.join(', '), style: 'dim' },
    ]
  })
  const hidden = running.length - shown.length
  return hidden === 0 ? lines : [...lines, [{ text: `  … ${thousands(hidden)} more`, style: 'dim' }]]
}

function nameOf({ task, attempt }: RunningView): string {
  return `${task}#${attempt}`
}

function whoOf({ worker, slot }: RunningView): string {
  return `${worker}/${slot}`
}

function waitingLines(total: number, { asked, kinds, obstacles }: Waiting): readonly Line[] {
  if (total === 0) return [[{ text: 'Waiting', style: 'bold' }, ' nothing']]
  const about = asked < total ? ` (of ${thousands(asked)} looked at)` : ''
  const counts = kinds.map(({ text, count }) => `${thousands(count)} ${text}`).join(', ')
  const title: Line = [
    { text: 'Waiting', style: 'bold' },
    ` ${thousands(total)}${counts === '' ? '' : `: ${counts}${about}`}`,
  ]
  const shown = obstacles.slice(0, OBSTACLES_SHOWN).map(({ text, count }): Line => [`  ${thousands(count)} ${text}`])
  return [title, ...shown]
}

function barSpans(share: number, width: number, style: Style): readonly Span[] {
  const full = Math.floor(Math.min(1, Math.max(0, share)) * width)
  return [
    { text: '█'.repeat(full), style },
    { text: '░'.repeat(width - full), style: 'dim' },
  ]
}
