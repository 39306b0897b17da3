/** Time from left to right: the parts that Gantt, bands and table share. */
import type { DurationMs } from '../../core/types.js'
import { escapeText } from '../shared/escape.js'
import { escapeMarkup } from '../shared/markup.js'
import { formatDuration } from '../shared/quantity.js'
import type { ReportSpan } from '../shared/report.js'

/** Text of any origin, for between tags and in quoted attributes. */
export function safe(text: string): string {
  return escapeMarkup(escapeText(text))
}

export interface Bar extends ReportSpan {
  readonly classes: string
  /** Shown when it is pointed at. */
  readonly title: string
  readonly label?: string
  /** Task whose row it leads to. */
  readonly task?: number
}

/** Where the bar lies in a track that stands for `wholeMs`. */
export function barMarkup({ from, to, classes, title, label = '', task }: Bar, wholeMs: DurationMs): string {
  const share = (ms: DurationMs): string => `${Number(((100 * ms) / Math.max(1, wholeMs)).toFixed(3))}%`
  const place = `style="left:${share(from)};width:${share(to - from)}"`
  const about = `class="bar ${classes}" ${place} title="${safe(title)}"`
  // Thousands of bars are no stops for the keyboard: their rows in the table are.
  return task === undefined ? `<i ${about}></i>` : `<a ${about} href="#t${task}" tabindex="-1">${safe(label)}</a>`
}

export function laneMarkup(name: string, bars: readonly string[]): string {
  return `<div class="lane"><div class="name" title="${safe(name)}">${safe(name)}</div><div class="track">${bars.join('')}</div></div>`
}

const STEPS: readonly DurationMs[] = [1, 5, 10, 50, 100, 500].concat(
  [1, 5, 10, 30].map((seconds) => seconds * 1000),
  [1, 5, 10, 30].map((minutes) => minutes * 60_000),
  [1, 2, 4, 8, 12].map((hours) => hours * 3_600_000),
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400_000),
)
/** Most marks on an axis: at the smallest width they do not touch. */
const MOST_MARKS = 12

/** The marks of an axis over so much time: round numbers of a unit. */
export function marksOf(wholeMs: DurationMs): readonly DurationMs[] {
  const step = STEPS.find((each) => wholeMs / each <= MOST_MARKS) ?? Math.max(1, wholeMs / MOST_MARKS)
  return Array.from({ length: Math.floor(wholeMs / step) + 1 }, (_, at) => at * step).filter(
    (ms) => ms < wholeMs || ms === 0,
  )
}

export function axisMarkup(wholeMs: DurationMs): string {
  const marks = marksOf(wholeMs).map((ms) => {
    const left = Number(((100 * ms) / Math.max(1, wholeMs)).toFixed(3))
    return `<span style="left:${left}%">${ms === 0 ? '0' : formatDuration(ms)}</span>`
  })
  return `<div class="lane axis"><div class="name"></div><div class="track">${marks.join('')}</div></div>`
}
