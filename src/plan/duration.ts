/** Durations: text with one unit, or milliseconds. */
import type { DurationMs } from '../core/types.js'

/** Longest duration: a hundred years. */
export const LONGEST_DURATION_MS: DurationMs = 100 * 365 * 86_400_000

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** The grammar of a duration as text. */
export const DURATION_TEXT: RegExp = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)$/

/**
 * The duration in ms, rounded to whole ones where it was text; null if it is none: another unit, negative, not finite
 * or longer than a hundred years.
 */
export function parseDuration(value: unknown): DurationMs | null {
  const ms = typeof value === 'string' ? textToMs(value) : value
  return typeof ms === 'number' && ms >= 0 && ms <= LONGEST_DURATION_MS ? ms : null
}

/** A duration for people, in the largest unit that fits, to a tenth: `350ms`, `20m`, `1.5h`. */
export function printDuration(ms: DurationMs): string {
  const [unit, length] = Object.entries(UNIT_MS).findLast(([, each]) => each <= ms) ?? ['ms', 1]
  return `${Math.round((ms / length) * 10) / 10}${unit}`
}

function textToMs(text: string): DurationMs | null {
  const match = DURATION_TEXT.exec(text)
  if (match === null) return null
  const unit = match[2] as keyof typeof UNIT_MS
  return Math.round(Number(match[1]) * UNIT_MS[unit])
}

/** `ms` as text, exactly, in the largest unit that divides it: `90s`, `5m`, `1.5ms`. */
export function formatDuration(ms: DurationMs): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms % UNIT_MS[name] === 0) ?? 'ms'
  return `${ms / UNIT_MS[unit]}${unit}`
}
