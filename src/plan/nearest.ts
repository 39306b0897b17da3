/** Finds the name somebody may have meant. */

/** More candidates than this are not compared: a hint is not worth a pause. */
const MOST_CANDIDATES = 5_000
/** Longer names are not compared. */
const LONGEST_COMPARED = 128

/**
 * The candidate that differs from `name` in the fewest letters, if at most a third of them differ; the first of
 * equals. Letter case counts for nothing. Null when none is near or there are more than 5,000.
 */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (candidates.length > MOST_CANDIDATES || name.length > LONGEST_COMPARED) return null
  const wanted = name.toLowerCase()
  let best: string | null = null
  let bestDistance = Math.floor(name.length / 3) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment, Damerau 1964). */
function editDistance(from: string, to: string): number {
  let twoAbove: readonly number[] = []
  let above: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const replaced = (above[column - 1] as number) + (isSame ? 0 : 1)
      const swapped = isSwapped ? (twoAbove[column - 2] as number) + 1 : replaced
      current.push(Math.min(replaced, swapped, (above[column] as number) + 1, (current[column - 1] as number) + 1))
    }
    twoAbove = above
    above = current
  }
  return above[to.length] as number
}
