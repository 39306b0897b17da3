/** The states in which a power failure may leave a disk, prefix by prefix of what was asked of it. */
import {
  type DiskState,
  type Operation,
  pendingAt,
  type Share,
  type SimulatedDisk,
  sectorsOf,
  stateAfter,
} from './simulated-disk.js'

/** Writes of so many sectors are tried in all combinations; of longer ones, each sector missing, each alone. */
const MOST_COMBINED_SECTORS = 4
/** At most so many states for each prefix of the log, spread over all of them. */
const MOST_PER_PREFIX = 150
/** A last write is cut at each byte; where it is longer, at so many places. */
const MOST_CUTS = 400

export function* statesOf(disk: SimulatedDisk): Generator<readonly [count: number, state: DiskState]> {
  const { log, before } = disk
  for (let count = 0; count <= log.length; count += 1) {
    const pending = pendingAt(log, count)
    for (const shares of combinations(pending.map((at) => sharesOf(log[at]!)))) {
      const shareAt = new Map(pending.map((at, n) => [at, shares[n]!]))
      yield [count, stateAfter(before, log, count, (_, at) => shareAt.get(at)!)]
    }
    const last = log[count - 1]
    if (last?.type !== 'write') continue
    const step = Math.ceil(last.bytes.length / MOST_CUTS)
    for (let bytes = 1; bytes < last.bytes.length; bytes += step) {
      yield [count, stateAfter(before, log, count, (_, at) => (at === count - 1 ? { bytes } : 'all'))]
    }
  }
}

function sharesOf(operation: Operation): readonly Share[] {
  if (operation.type !== 'write') return ['all', 'none']
  const count = sectorsOf(operation).length
  if (count <= MOST_COMBINED_SECTORS) return Array.from({ length: 1 << count }, (_, sectors) => ({ sectors }))
  const all = (1 << count) - 1
  const each = Array.from({ length: count }, (_, n) => 1 << n)
  return [...each, ...each.map((sector) => all ^ sector), 0, all].map((sectors) => ({ sectors }))
}

function* combinations(choices: readonly (readonly Share[])[]): Generator<readonly Share[]> {
  const total = choices.reduce((product, { length }) => product * length, 1)
  const step = Math.max(1, total / MOST_PER_PREFIX)
  for (let n = 0; n < total; n += step) {
    let rest = Math.floor(n)
    yield choices.map((shares) => {
      const share = shares[rest % shares.length]!
      rest = Math.floor(rest / shares.length)
      return share
    })
  }
}
