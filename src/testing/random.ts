/** Chance that repeats: the same seed gives the same draws, on every machine. */

export interface Random {
  /** A whole number from 0 to `limit - 1`. */
  int(limit: number): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  /** True with probability `share`; 0 is never, 1 is always. */
  chance(share: number): boolean
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
}

/** sfc32, "small fast counter", by Chris Doty-Humphrey (PractRand); seeded with three words, the first 12 draws dropped. */
export function createRandom(seed: number): Random {
  let a = seed | 0
  let b = Math.floor(seed / 0x1_0000_0000) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i += 1) next()

  const fraction = (): number => next() / 0x1_0000_0000
  return {
    int: (limit) => Math.floor(fraction() * limit),
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    chance: (share) => share > 0 && fraction() < share,
    pick: (list) => list[Math.floor(fraction() * list.length)]!,
  }
}
