/**
 * What stands where no whole frame begins: nothing, a write that was cut off, or damage.
 *
 * Room is made ahead of the writes by zeros, and text holds no zero byte. So a write that was cut off leaves a run of zeros:
 * to its end, or over whole sectors that were not yet written. Damage that happens to look like this cannot be told apart,
 * unless a later frame proves that what stands here had been durable.
 */
import { type DiskFile, readUpTo } from './disk.js'
import { decodeHeader, type FrameHeader, HEADER_BYTES, MARKER } from './frame.js'

/** `blank`: nothing but zeros follows · `torn`: the last write was cut off and may go · `damaged`: it was durable once. */
export type Tail = 'blank' | 'torn' | 'damaged'

/** The smallest piece that a disk writes whole. */
const SECTOR_BYTES = 512
const CHUNK_BYTES = 64 * 1024

/** Reads what follows `offset` piece by piece; O(rest of the file). */
export async function judgeTail(file: DiskFile, offset: number): Promise<Tail> {
  const end = await file.size()
  if ((await zerosEnd(file, offset, end)) === end) return 'blank'
  if (await isProvenDurable(file, offset, end)) return 'damaged'
  return (await isCutOff(file, offset, end)) ? 'torn' : 'damaged'
}

/** Whether a later frame was written when everything up to it, or at least what is at `offset`, was durable. */
async function isProvenDurable(file: DiskFile, offset: number, end: number): Promise<boolean> {
  for (let base = offset + 1; base + HEADER_BYTES <= end; base += CHUNK_BYTES) {
    // Headers that begin in this piece may end in the next.
    const bytes = await readUpTo(file, base, Math.min(CHUNK_BYTES + HEADER_BYTES, end - base))
    for (let at = bytes.indexOf(MARKER); at !== -1; at = bytes.indexOf(MARKER, at + 1)) {
      if (at + HEADER_BYTES > bytes.length) break
      const header = decodeHeader(bytes, at)
      if (header !== null && base + at - header.unsynced > offset) return true
    }
  }
  return false
}

async function isCutOff(file: DiskFile, offset: number, end: number): Promise<boolean> {
  const bytes = await readUpTo(file, offset, Math.min(HEADER_BYTES, end - offset))
  const header = bytes.length < HEADER_BYTES ? null : decodeHeader(bytes, 0)
  return header === null ? isHeaderCutOff(file, offset, end, bytes) : isTextCutOff(file, offset, end, header)
}

/**
 * A sector that holds a part of the header is blank from there on, or everything is from some byte of the header on. A header
 * has zeros of its own, so that where a run of zeros begins and ends says nothing; but each of its parts has others, too.
 */
async function isHeaderCutOff(file: DiskFile, offset: number, end: number, header: Buffer): Promise<boolean> {
  if (header.length < HEADER_BYTES) return true
  for (let start = offset; start < offset + HEADER_BYTES; start = edgeAfter(start)) {
    const stop = Math.min(edgeAfter(start), end)
    if ((await zerosEnd(file, start, stop)) === stop) return true
  }
  return header.at(-1) === 0 && (await zerosEnd(file, offset + HEADER_BYTES, end)) === end
}

/** The file ends before the text does, or zeros go on to the end of the text, or fill whole sectors of it. */
async function isTextCutOff(file: DiskFile, offset: number, end: number, { length }: FrameHeader): Promise<boolean> {
  const stop = offset + HEADER_BYTES + length
  if (stop > end) return true
  for (let base = offset + HEADER_BYTES; base < stop; ) {
    const bytes = await readUpTo(file, base, Math.min(CHUNK_BYTES, stop - base))
    const zero = bytes.indexOf(0)
    if (zero === -1) {
      base += bytes.length
      continue
    }
    const from = base + zero
    const to = await zerosEnd(file, from, stop)
    if (to === stop || (isEdge(from) && isEdge(to))) return true
    base = to
  }
  return false
}

function isEdge(position: number): boolean {
  return position % SECTOR_BYTES === 0
}

function edgeAfter(position: number): number {
  return (Math.floor(position / SECTOR_BYTES) + 1) * SECTOR_BYTES
}

/** Where the zeros from `start` on end, at most at `end`. */
async function zerosEnd(file: DiskFile, start: number, end: number): Promise<number> {
  for (let base = start; base < end; base += CHUNK_BYTES) {
    const bytes = await readUpTo(file, base, Math.min(CHUNK_BYTES, end - base))
    for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== 0) return base + at
  }
  return end
}
