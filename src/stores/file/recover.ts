/**
 * Opens the journal of a scope to write to it: cuts off a write that nobody was told of, and makes durable what is there, so
 * that nothing is built on what a power failure could still take. May be killed at any place and repeated.
 */
import type { Revision, ScopeId } from '../../core/types.js'
import { readBatch } from './batch-text.js'
import { BESIDE, type Disk, type DiskFile, readUpTo, writeAll } from './disk.js'
import type { Frame } from './frame.js'
import { type End, readFrames } from './reader.js'
import { type LastBatch, readHead, type Segment, segmentsIn } from './segment.js'
import { newestSnapshot } from './snapshot.js'
import { corrupt, type FileStoreWarning } from './trouble.js'

const REWRITE_BYTES = 1024 * 1024

/** The segment that grows. */
export interface Active {
  readonly segment: Segment
  readonly file: DiskFile
  /** Where the next frame goes. */
  readonly size: number
  /** Up to here the file holds bytes; beyond `size` they are zeros. */
  readonly roomEnd: number
  readonly isSealed: boolean
}

export interface Recovered {
  readonly head: Revision
  readonly last: LastBatch | null
  /** null: nothing was ever stored. */
  readonly active: Active | null
}

/** @throws SchedulerError STORE_CORRUPT, STORE_FORMAT; nothing was changed then. */
export async function recover(
  disk: Disk,
  folder: string,
  scope: ScopeId,
  warn: (warning: FileStoreWarning) => void,
): Promise<Recovered> {
  const entries = (await disk.list(folder)) ?? []
  const segment = segmentsIn(folder, entries).at(-1)
  const snapshot = newestSnapshot(entries)
  const found = segment === undefined ? null : await recoverSegment(disk, segment, scope, warn)
  const head = found?.head ?? 0
  if (snapshot > head) {
    await found?.active?.file.close()
    const place = { file: segment?.path ?? folder, offset: found?.active?.size ?? 0, lastGoodRevision: head }
    throw corrupt(`Events up to revision ${snapshot}, of which there is a snapshot, are missing`, place)
  }
  if (entries.length > 0) await disk.syncFolder(folder)
  for (const { name } of entries) if (name.endsWith(BESIDE)) await disk.remove(`${folder}/${name}`)
  return found ?? { head: 0, last: null, active: null }
}

async function recoverSegment(
  disk: Disk,
  segment: Segment,
  scope: ScopeId,
  warn: (warning: FileStoreWarning) => void,
): Promise<Recovered> {
  const file = await disk.open(segment.path, 'update')
  try {
    const segmentHead = await readHead(file, segment, scope)
    const { end, provenEnd, head, lastFrame, lastBatch } = await readToEnd(file, segment, segmentHead.size)
    if (end.tail === 'torn') {
      await file.truncate(end.offset)
      const message = `A write at byte ${end.offset} of "${segment.path}" was cut off; nobody was told that it was stored.`
      warn({ code: 'TAIL_CUT', message, file: segment.path })
    }
    await rewrite(file, provenEnd, end.offset)
    await file.sync()
    const roomEnd = await file.size()
    const isSealed = lastFrame?.kind === 'seal' && roomEnd === end.offset
    return {
      head,
      last: lastBatch === null ? segmentHead.last : readBatch(lastBatch, segment.path),
      active: { segment, file, size: end.offset, roomEnd, isSealed },
    }
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

interface Contents {
  readonly end: End
  /** What stands before this was durable when something after it was written. */
  readonly provenEnd: number
  readonly head: Revision
  readonly lastFrame: Frame | null
  readonly lastBatch: Frame | null
}

async function readToEnd(file: DiskFile, { path, after }: Segment, start: number): Promise<Contents> {
  const groups = readFrames({ file, path, start, knownEnd: null, after })
  let provenEnd = start
  let lastFrame: Frame | null = null
  let lastBatch: Frame | null = null
  while (true) {
    const { done, value } = await groups.next()
    if (done)
      return {
        end: value,
        provenEnd,
        head: lastFrame === null ? after : lastFrame.after + lastFrame.count,
        lastFrame,
        lastBatch,
      }
    lastFrame = value.at(-1)!
    for (const { offset, unsynced } of value) provenEnd = Math.max(provenEnd, offset - unsynced)
    const batch = value.findLast(({ kind }) => kind === 'batch')
    if (batch !== undefined) lastBatch = { ...batch, text: Buffer.from(batch.text) }
  }
}

/**
 * Writes what is there once more. After a sync that failed, the system may hold what the disk does not, and take it for
 * written: then another sync alone would do nothing.
 */
async function rewrite(file: DiskFile, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += REWRITE_BYTES) {
    await writeAll(file, await readUpTo(file, at, Math.min(REWRITE_BYTES, end - at)), at)
  }
}
