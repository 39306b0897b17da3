/**
 * Everything in a file of the store is a frame: 32 bytes of header, then text. All numbers are little-endian.
 *
 *   0 marker 4 · 4 kind 2 · 6 after 6 · 12 count 4 · 16 length 4 · 20 unsynced 4 · 24 checksum of the text 4 · 28 of the header 4
 *
 * The header has a checksum of its own, so that a damaged length is not taken for a text that was cut off.
 */
import type { Revision } from '../../core/types.js'
import { crc32c } from './crc32c.js'

/** `batch`: events · `seal`: no text; what stands before it was durable · `segment`, `snapshot`: open files of these kinds. */
export type FrameKind = 'batch' | 'seal' | 'segment' | 'snapshot'

export interface FrameHeader {
  readonly kind: FrameKind
  /** The revision before what the frame holds. */
  readonly after: Revision
  /** How many events it holds. */
  readonly count: number
  /** Bytes of text. */
  readonly length: number
  /** How many bytes right before this frame were not known to be durable when it was written. */
  readonly unsynced: number
  readonly textChecksum: number
}

/** A frame with a good checksum. `text` is lent until the next read. */
export interface Frame extends FrameHeader {
  /** Where it begins in its file. */
  readonly offset: number
  readonly text: Buffer
}

export const HEADER_BYTES = 32
/** The first byte occurs in no text (UTF-8 has none such), and no byte turns into zero when one bit flips. */
export const MARKER: Buffer = Buffer.from([0xf5, 0x53, 0x42, 0x4a])
const KINDS: readonly FrameKind[] = ['batch', 'seal', 'segment', 'snapshot']

/** A frame, ready to be written. */
export function encodeFrame(kind: FrameKind, after: Revision, count: number, unsynced: number, text: string): Buffer {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length)
  bytes.write(text, HEADER_BYTES, 'utf8')
  MARKER.copy(bytes, 0)
  bytes.writeUInt16LE(KINDS.indexOf(kind) + 1, 4)
  bytes.writeUIntLE(after, 6, 6)
  bytes.writeUInt32LE(count, 12)
  bytes.writeUInt32LE(length, 16)
  bytes.writeUInt32LE(unsynced, 20)
  bytes.writeUInt32LE(crc32c(bytes, HEADER_BYTES), 24)
  bytes.writeUInt32LE(crc32c(bytes, 0, 28), 28)
  return bytes
}

/** The header at `at`, where there is a whole and undamaged one; else null. `bytes` must reach HEADER_BYTES beyond `at`. */
export function decodeHeader(bytes: Buffer, at: number): FrameHeader | null {
  if (bytes.readUInt32LE(at) !== MARKER_WORD) return null
  if (bytes.readUInt32LE(at + 28) !== crc32c(bytes, at, at + 28)) return null
  const kind = KINDS[bytes.readUInt16LE(at + 4) - 1]
  if (kind === undefined) return null
  return {
    kind,
    after: bytes.readUIntLE(at + 6, 6),
    count: bytes.readUInt32LE(at + 12),
    length: bytes.readUInt32LE(at + 16),
    unsynced: bytes.readUInt32LE(at + 20),
    textChecksum: bytes.readUInt32LE(at + 24),
  }
}

const MARKER_WORD = MARKER.readUInt32LE(0)

/** Whether the text of `header`, from `start` on in `bytes`, is what was written. */
export function isTextWhole(bytes: Buffer, start: number, header: FrameHeader): boolean {
  return crc32c(bytes, start, start + header.length) === header.textChecksum
}
