/**
 * Compaction: segments go that tell only of runs that have ended, once two snapshots stand for them. A file without content,
 * named after the revision up to which events may be missing, is there before the first of them goes.
 */
import type { Revision } from '../../core/types.js'
import { type Disk, type DiskEntry, writeWhole } from './disk.js'
import { segmentsIn } from './segment.js'

const NAME = /^(\d{16})\.compacted$/
const NAME_DIGITS = 16

/** Up to here events may be missing; 0: they are all there. */
export function compactedUpTo(entries: readonly DiskEntry[]): Revision {
  return Math.max(0, ...marksIn(entries))
}

/** Removes the segments that end at or before a revision; never the last one. May be killed at any place and repeated. */
export async function compact(disk: Disk, folder: string, before: Revision): Promise<void> {
  const entries = (await disk.list(folder)) ?? []
  const segments = segmentsIn(folder, entries)
  const kept = segments.findLastIndex(({ after }) => after <= before)
  if (kept <= 0) return
  const mark = segments[kept]!.after
  if (mark > compactedUpTo(entries)) await writeWhole(disk, folder, nameOf(mark), Buffer.alloc(0))
  for (const { path } of segments.slice(0, kept)) {
    await disk.remove(path)
    // The oldest first, also after a power failure: what is left is a row.
    await disk.syncFolder(folder)
  }
  for (const older of marksIn(entries)) if (older < mark) await disk.remove(`${folder}/${nameOf(older)}`)
}

function marksIn(entries: readonly DiskEntry[]): readonly Revision[] {
  return entries.flatMap(({ name, kind }) => {
    const digits = kind === 'file' ? NAME.exec(name)?.[1] : undefined
    return digits === undefined ? [] : [Number(digits)]
  })
}

function nameOf(revision: Revision): string {
  return `${String(revision).padStart(NAME_DIGITS, '0')}.compacted`
}
