/** All matches of a pattern in a text. */

/**
 * As `text.matchAll(pattern)`, without a copy of the pattern and an iterator for each of thousands of lines. The pattern is
 * global and matches no empty text. Nothing else may search with it while the matches are looked for.
 */
export function matchesOf(pattern: RegExp, text: string): readonly RegExpExecArray[] {
  pattern.lastIndex = 0
  const first = pattern.exec(text)
  if (first === null) return NONE
  const found = [first]
  for (let next = pattern.exec(text); next !== null; next = pattern.exec(text)) found.push(next)
  return found
}

const NONE: readonly RegExpExecArray[] = []
