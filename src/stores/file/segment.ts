/**
 * A journal is a row of segments: files named after the revision before their first event. Only the last one grows. It begins
 * with a line that tells the format, and a frame that tells whose journal it is and which batch came before.
 */
import type { Revision, ScopeId } from '../../core/types.js'
import { type Disk, type DiskEntry, type DiskFile, readUpTo, writeWhole } from './disk.js'
import { decodeHeader, encodeFrame, HEADER_BYTES, isTextWhole } from './frame.js'
import { corrupt, unknownFormat } from './trouble.js'

export interface Segment {
  readonly path: string
  /** The revision before its first event. */
  readonly after: Revision
}

/** The newest batch of a journal, and the head it expected: offered again, it is answered and not stored again. */
export interface LastBatch {
  readonly id: string
  readonly expected: Revision
}

export interface SegmentHead {
  readonly scope: ScopeId
  /** The newest batch before this segment. */
  readonly last: LastBatch | null
  readonly writer: string
}

const FAMILY = 'signalbox journal '
const FORMAT_LINE = `${FAMILY}1\n`
const NAME = /^(\d{16})\.journal$/
const NAME_DIGITS = 16
/** A head is small; a longer one is none of ours. */
const MAX_HEAD_BYTES = 64 * 1024

/** The segments among the files of a folder, in order. */
export function segmentsIn(folder: string, entries: readonly DiskEntry[]): readonly Segment[] {
  return entries
    .flatMap(({ name, kind }) => {
      const digits = NAME.exec(name)?.[1]
      if (digits === undefined) return []
      const path = `${folder}/${name}`
      if (kind !== 'file') throw unknownFormat(path, 'a link, or something else that is no file')
      return [{ path, after: Number(digits) }]
    })
    .sort((a, b) => a.after - b.after)
}

/** Creates a segment without events; it is durable once resolved. Repeating it is safe while nothing was written to it. */
export async function createSegment(
  disk: Disk,
  folder: string,
  after: Revision,
  head: SegmentHead,
): Promise<{ readonly segment: Segment; readonly size: number }> {
  const name = `${String(after).padStart(NAME_DIGITS, '0')}.journal`
  const frame = encodeFrame('segment', after, 0, 0, JSON.stringify(head))
  const content = Buffer.concat([Buffer.from(FORMAT_LINE), frame])
  await writeWhole(disk, folder, name, content)
  return { segment: { path: `${folder}/${name}`, after }, size: content.length }
}

/**
 * The head of a segment, which must be of this scope, and where its first batch begins. null: of any scope.
 *
 * @throws SchedulerError STORE_FORMAT, STORE_CORRUPT
 */
export async function readHead(
  file: DiskFile,
  { path, after }: Segment,
  scope: ScopeId | null,
): Promise<SegmentHead & { readonly size: number }> {
  const bytes = await readUpTo(file, 0, Math.min(await file.size(), FORMAT_LINE.length + HEADER_BYTES + MAX_HEAD_BYTES))
  const line = bytes.subarray(0, FORMAT_LINE.length).toString('latin1')
  if (line !== FORMAT_LINE) {
    const found = line.startsWith(FAMILY) ? `the format ${JSON.stringify(line.slice(FAMILY.length))}` : 'something else'
    throw unknownFormat(path, found)
  }
  const start = FORMAT_LINE.length
  const header = bytes.length < start + HEADER_BYTES ? null : decodeHeader(bytes, start)
  const size = start + HEADER_BYTES + (header?.length ?? 0)
  const isWhole = header !== null && size <= bytes.length && isTextWhole(bytes, start + HEADER_BYTES, header)
  if (!isWhole || header.kind !== 'segment' || header.after !== after) {
    throw corrupt('The head of a segment is damaged', { file: path, offset: start, lastGoodRevision: after })
  }
  const head = JSON.parse(bytes.subarray(start + HEADER_BYTES, size).toString('utf8')) as SegmentHead
  if (scope !== null && head.scope !== scope) {
    const what = `The journal of scope ${JSON.stringify(head.scope)} is in the folder of another,`
    throw corrupt(what, { file: path, offset: start, lastGoodRevision: after })
  }
  return { ...head, size }
}
