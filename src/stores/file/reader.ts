/** Reads the frames of one file in bounded memory: a buffer, or the largest frame where that is larger. */
import type { Revision } from '../../core/types.js'
import { type DiskFile, readInto } from './disk.js'
import { decodeHeader, type Frame, HEADER_BYTES, isTextWhole } from './frame.js'
import { judgeTail, type Tail } from './tail.js'
import { corrupt } from './trouble.js'

export interface ReadOptions {
  readonly file: DiskFile
  readonly path: string
  /** Where the first frame begins. */
  readonly start: number
  /** Everything before is known to be good, so that anything else is damage. null: find the end. */
  readonly knownEnd: number | null
  /** The revision before the first frame. */
  readonly after: Revision
}

/** Where the good frames end, and what stands there. */
export interface End {
  readonly offset: number
  readonly tail: Exclude<Tail, 'damaged'>
}

const BUFFER_BYTES = 1024 * 1024

/**
 * The frames in order, in groups as they come from the disk; a group is lent until the next is asked for.
 *
 * @throws SchedulerError STORE_CORRUPT at the first frame that is damaged or does not follow the one before.
 */
export async function* readFrames(options: ReadOptions): AsyncGenerator<readonly Frame[], End, undefined> {
  const { file, path, knownEnd } = options
  const expected = (knownEnd ?? (await file.size())) - options.start
  let buffer: Buffer = Buffer.allocUnsafe(Math.max(HEADER_BYTES, Math.min(expected, BUFFER_BYTES)))
  let base = options.start
  let filled = 0
  let after = options.after
  let lookedAgainAt = -1
  while (true) {
    const room = Math.min(buffer.length, (knownEnd ?? Number.POSITIVE_INFINITY) - base) - filled
    const got = await readInto(file, buffer, filled, room, base + filled)
    filled += got
    const found = framesIn(buffer.subarray(0, filled), base, after)
    if (found.frames.length > 0) yield found.frames
    buffer.copyWithin(0, found.used, filled)
    base += found.used
    filled -= found.used
    after = found.after
    const place = { file: path, offset: base, lastGoodRevision: after }
    if (found.stop === 'misplaced') throw corrupt('What follows here is not what was written', place)
    if (found.stop === 'more' && got > 0 && found.bytes <= (await file.size()) - base) {
      if (found.bytes > buffer.length) buffer = enlarged(buffer, filled, found.bytes)
      continue
    }
    if (base === knownEnd) return { offset: base, tail: 'blank' }
    const tail = knownEnd === null ? await judgeTail(file, base) : 'damaged'
    if (tail !== 'damaged') return { offset: base, tail }
    // Somebody may have been writing here while it was read. What was durable before is whole at the second look.
    if (lookedAgainAt === base) throw corrupt('The journal is damaged', place)
    lookedAgainAt = base
    filled = 0
  }
}

interface Found {
  readonly frames: readonly Frame[]
  /** How many bytes the frames take. */
  readonly used: number
  /** The revision after them. */
  readonly after: Revision
  /** Why there are no more: the next needs `bytes` in all, has a bad checksum, or does not belong here. */
  readonly stop: 'more' | 'bad' | 'misplaced'
  readonly bytes: number
}

function framesIn(bytes: Buffer, base: number, from: Revision): Found {
  const frames: Frame[] = []
  let used = 0
  let after = from
  const stopped = (stop: Found['stop'], needed = 0): Found => ({ frames, used, after, stop, bytes: needed })
  while (true) {
    if (bytes.length - used < HEADER_BYTES) return stopped('more', HEADER_BYTES)
    const header = decodeHeader(bytes, used)
    if (header === null) return stopped('bad')
    const size = HEADER_BYTES + header.length
    if (bytes.length - used < size) return stopped('more', size)
    if (!isTextWhole(bytes, used + HEADER_BYTES, header)) return stopped('bad')
    if (header.after !== after || (header.kind !== 'batch' && header.kind !== 'seal')) return stopped('misplaced')
    frames.push({ ...header, offset: base + used, text: bytes.subarray(used + HEADER_BYTES, used + size) })
    after += header.count
    used += size
  }
}

function enlarged(buffer: Buffer, filled: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes)
  buffer.copy(larger, 0, 0, filled)
  return larger
}
