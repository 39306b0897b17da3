import { type Pattern, type PatternOptions, parsePattern } from '../../src/claims/pattern.js'

/** A pattern that must be a good one. */
export function patternOf(text: string, options?: PatternOptions): Pattern {
  const pattern = parsePattern(text, options)
  if (!pattern.ok) throw new Error(pattern.message)
  return pattern
}
