/** Estimates and priorities, from how people write them. */
import type { Duration } from '../../plan/types.js'

/** What an estimate says. `unread`: when or how large, and not how long. */
export type EstimateReading =
  | { readonly kind: 'duration'; readonly estimate: Estimate; readonly inferred: boolean }
  | { readonly kind: 'unread'; readonly why: string }

export type Estimate = Duration | { readonly min: Duration; readonly max: Duration }

/** By first letters; a week is five working days, as plans know no calendar. */
const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440, w: 5 * 1440 }
const SPAN =
  /(?<![\w.])~?\s*(\d{1,4}(?:\.\d{1,2})?)\s*(?:(m|min|mins|h|hrs?|d)?\s*(?:-|–|—|to)\s*(\d{1,4}(?:\.\d{1,2})?))?\s*\+?\s*-?(minutes?|mins?|min|m|hours?|hrs?|hr|h|working days?|days?|d|weeks?|wks?|w)(?![\w])/i
const CALENDAR = /\b(?:weeks?|days?|continuous|month|q[1-4])\s*\d/i

/** The first span of time in a text that is a duration. "Week 7-8" is none: it says when. */
export function readEstimate(text: string): EstimateReading {
  const span = SPAN.exec(text.replace(/\b(?:weeks?|days?)\s*\d+(?:\s*(?:-|–|to)\s*\d+)?(?!\s*(?:h|d|m)\b)/gi, ' '))
  if (span !== null) {
    const [, from, , to, unit] = span as unknown as readonly [string, string, string?, string?, string?]
    const letter = (unit ?? 'h').toLowerCase().replace('working ', '')[0] as string
    const min = durationOf(Number(from), letter)
    const max = to === undefined ? min : durationOf(Number(to), letter)
    const inferred = letter === 'w'
    if (min === null || max === null) return { kind: 'unread', why: 'it is not a length of time' }
    const isRange = to !== undefined && Number(to) > Number(from)
    return { kind: 'duration', estimate: isRange ? { min, max } : max, inferred }
  }
  if (CALENDAR.test(text)) return { kind: 'unread', why: 'it says when, not how long' }
  return { kind: 'unread', why: 'it is not a length of time' }
}

/** A number of units as a duration: whole minutes where it is no round number of hours or days. */
function durationOf(amount: number, letter: string): Duration | null {
  const unit = MINUTES[letter]
  if (unit === undefined || amount <= 0) return null
  if (letter === 'w') return `${amount * 5}d`
  return `${amount}${letter as 'm' | 'h' | 'd'}`
}

/** An estimate divided between tasks, in whole minutes, at least one. */
export function shareOf(estimate: Estimate, tasks: number): Estimate {
  const part = (duration: Duration): Duration => {
    const text = String(duration)
    const minutes = Number.parseFloat(text) * (MINUTES[text.at(-1) as string] ?? 1)
    return `${Math.max(1, Math.round(minutes / tasks))}m`
  }
  if (typeof estimate !== 'object') return part(estimate)
  return { min: part(estimate.min), max: part(estimate.max) }
}

const PRIORITIES: readonly (readonly [RegExp, number])[] = [
  [/\bP0\b|\bcritical\b|\burgent\b|\bblocker\b/i, 100],
  [/\bP1\b|\bhigh(?:est)?\b/i, 50],
  [/\bP2\b|\bmedium\b|\bnormal\b/i, 0],
  [/\bP3\b|\blow\b/i, -50],
  [/\bP4\b|\blowest\b|\bbacklog\b|\bnice to have\b/i, -100],
]

/** P0 to P4, the usual words, or 0 to 4 with 0 the most urgent; null: none of these. */
export function readPriority(text: string): number | null {
  const digit = /^\s*([0-4])\s*$/.exec(text)?.[1]
  const code = /\bP[0-4]\b/.exec(text)?.[0] ?? (digit === undefined ? null : `P${digit}`)
  return PRIORITIES.find(([pattern]) => pattern.test(code ?? text))?.[1] ?? null
}
