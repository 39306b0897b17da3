/** Lines that lie side by side: each gets a track of its own, tracks are shared by lines that do not touch. */

export interface Stretch {
  readonly from: number
  readonly to: number
}

export interface Tracks {
  /** By stretch: the number of its track, from 0. */
  readonly track: readonly number[]
  readonly count: number
}

/** The left-edge algorithm (Hashimoto and Stevens 1971): as few tracks as there are lines at the busiest place. */
export function assignTracks(stretches: readonly Stretch[], gap: number): Tracks {
  const ends: number[] = []
  const track = new Array<number>(stretches.length).fill(0)
  const order = [...stretches.keys()].sort((a, b) => stretches[a]!.from - stretches[b]!.from || a - b)
  for (const place of order) {
    const { from, to } = stretches[place]!
    const free = ends.findIndex((end) => end + gap < from)
    const chosen = free === -1 ? ends.length : free
    ends[chosen] = to
    track[place] = chosen
  }
  return { track, count: ends.length }
}
