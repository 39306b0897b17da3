/** What chance does to a disk: the power fails in the middle of whatever is under way, calls fail for a while, bits flip. */
import type { Random } from '../../../src/testing/random.js'
import {
  type DiskState,
  errorOf,
  type Operation,
  type Share,
  SimulatedDisk,
  sectorsOf,
  stateAfter,
} from '../../stores/file/simulated-disk.js'

/** A disk, and the trouble that it is in for. */
export interface TroubledDisk {
  readonly disk: SimulatedDisk
  /** Resolves when the power has failed, or the process has died: from then on no call is ever answered. */
  readonly isOff: Promise<typeof OFF>
  /** The end comes after so many more calls. */
  endAfter(calls: number): void
  /** After so many more calls as many fail; the first of them, where it is a write, is only short. */
  failAfter(calls: number, count: number, code: 'ENOSPC' | 'EIO'): void
  /** Whatever was to come does not. */
  calm(): void
}

export const OFF = 'off'
/** Shares are bits of a number; longer writes are there or not. */
const MOST_SECTORS = 30

/** @param disk - It may have been used before, by a process that died. */
export function troubled(disk: SimulatedDisk): TroubledDisk {
  let endAt = Number.POSITIVE_INFINITY
  let failure: { readonly from: number; readonly to: number; readonly code: string } | null = null
  let off = (_: typeof OFF): void => undefined
  const isOff = new Promise<typeof OFF>((resolve) => {
    off = resolve
  })
  disk.fault = ({ name, path, count }) => {
    if (count > endAt) {
      off(OFF)
      return 'hang'
    }
    if (failure === null || count < failure.from || count >= failure.to) return 'do'
    if (count === failure.from && name === 'write') return 'half'
    throw errorOf(failure.code, path)
  }
  return {
    disk,
    isOff,
    endAfter(calls) {
      endAt = Math.min(endAt, disk.calls + calls)
    },
    failAfter(calls, count, code) {
      const from = disk.calls + 1 + calls
      failure = { from, to: from + count, code }
    },
    calm() {
      endAt = Number.POSITIVE_INFINITY
      failure = null
    },
  }
}

/**
 * The disk as the next process finds it. Where its process alone has died, that is the same disk, with all that was written;
 * a power failure leaves one of the states that what was synced allows.
 */
export function foundAfter(disk: SimulatedDisk, random: Random): SimulatedDisk {
  const { log, before } = disk
  switch (random.pick(['process', 'none', 'cut', 'mixed', 'mixed'] as const)) {
    case 'process':
      return disk
    case 'none':
      return new SimulatedDisk(stateAfter(before, log, log.length, () => 'none'))
    case 'cut':
      return new SimulatedDisk(
        stateAfter(before, log, log.length, (each, at) => cut(each, at === log.length - 1, random)),
      )
    default:
      return new SimulatedDisk(stateAfter(before, log, log.length, (each) => anyShare(each, random)))
  }
}

/** The last write ends anywhere, and all before it is there. */
function cut(operation: Operation, isLast: boolean, random: Random): Share {
  return isLast && operation.type === 'write' ? { bytes: random.int(operation.bytes.length + 1) } : 'all'
}

function anyShare(operation: Operation, random: Random): Share {
  if (operation.type !== 'write' || sectorsOf(operation).length > MOST_SECTORS) return random.pick(['all', 'none'])
  return { sectors: random.int(2 ** sectorsOf(operation).length) }
}

/** The same with one bit of a segment or a snapshot turned; null where there is none. */
export function withFlippedBit(state: DiskState, random: Random): DiskState | null {
  const targets = [...state.names].filter(
    ([path, file]) => /[.](journal|snapshot)$/.test(path) && state.files.get(file)!.length > 0,
  )
  if (targets.length === 0) return null
  const [, file] = random.pick(targets)
  const content = Buffer.from(state.files.get(file)!)
  const at = random.int(content.length)
  content[at]! ^= 1 << random.int(8)
  return { ...state, files: new Map(state.files).set(file, content) }
}
