/** Durations and counts, for people. */
import type { DurationMs } from '../../core/types.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Two units at most, rounded down: `350ms`, `12s`, `3m 20s`, `4h 12m`, `17d 2h`. */
export function formatDuration(ms: DurationMs): string {
  if (!Number.isFinite(ms)) return '?'
  const whole = Math.max(0, Math.floor(ms))
  if (whole < SECOND) return `${whole}ms`
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`
  if (whole < HOUR) return twoUnits(whole, MINUTE, 'm', SECOND, 's')
  if (whole < DAY) return twoUnits(whole, HOUR, 'h', MINUTE, 'm')
  return twoUnits(whole, DAY, 'd', HOUR, 'h')
}

/** `1 task`, `2,500 tasks`. */
export function formatCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${thousands(count)} ${count === 1 ? noun : nouns}`
}

/** `1234567` as `1,234,567`, the same on every machine. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A share of one as `12 %`, rounded down, so that 100 % is all of it. */
export function formatShare(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  const whole = `${Math.floor(ms / large)}${largeName}`
  return rest === 0 ? whole : `${whole} ${rest}${smallName}`
}
