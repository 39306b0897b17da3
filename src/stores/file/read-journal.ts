/** Reads the journal of one scope, segment by segment. */
import type { Revision, ScopeId } from '../../core/types.js'
import type { StoredEvent } from '../../runtime/ports.js'
import { readBatch } from './batch-text.js'
import { compactedUpTo } from './compact.js'
import { type Disk, withFile } from './disk.js'
import type { Frame } from './frame.js'
import { readFrames } from './reader.js'
import { readHead, type Segment, segmentsIn } from './segment.js'
import { compactedAway, corrupt } from './trouble.js'

export interface ReadJournalOptions {
  readonly disk: Disk
  readonly folder: string
  readonly scope: ScopeId
  /** How far the newest segment is known to be good; null where it is not known, because another process writes. */
  readonly end: () => { readonly path: string; readonly size: number } | null
}

/**
 * The events after a revision, in groups as they come from the disk.
 *
 * @throws SchedulerError STORE_CORRUPT after the events before the damage, STORE_FORMAT
 */
export async function* readJournal(
  options: ReadJournalOptions,
  after: Revision,
): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const entries = (await options.disk.list(options.folder)) ?? []
  const segments = segmentsIn(options.folder, entries)
  const oldest = segments[0]
  if (oldest === undefined) return
  if (oldest.after > compactedUpTo(entries)) throw missing(oldest, 0, 0)
  if (oldest.after > after) throw compactedAway(options.scope, after, oldest.after)
  const first = Math.max(
    0,
    segments.findLastIndex((segment) => segment.after <= after),
  )
  for (let i = first; i < segments.length; i += 1) {
    yield* eventsIn(options, segments[i]!, segments[i + 1] ?? null, after)
  }
}

async function* eventsIn(
  { disk, scope, end: endOf }: ReadJournalOptions,
  segment: Segment,
  next: Segment | null,
  after: Revision,
): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const { path } = segment
  const file = await disk.open(path, 'read')
  try {
    const { size: start } = await readHead(file, segment, scope)
    const known = endOf()
    const knownEnd = known?.path === path ? known.size : null
    const groups = readFrames({ file, path, start, knownEnd, after: segment.after })
    let revision = segment.after
    while (true) {
      const { done, value } = await groups.next()
      if (done) {
        if (next !== null && value.tail === 'torn') throw damaged(path, value.offset, revision)
        if (next !== null && revision !== next.after) throw missing(next, value.offset, revision)
        return
      }
      const last = value.at(-1)!
      revision = last.after + last.count
      if (revision > after) yield value.flatMap((frame) => eventsOf(frame, path, after))
    }
  } finally {
    await file.close()
  }
}

function eventsOf(frame: Frame, path: string, after: Revision): readonly StoredEvent[] {
  if (frame.kind !== 'batch' || frame.after + frame.count <= after) return []
  const { events, writer } = readBatch(frame, path)
  const stored = events.map((event, i) => ({ revision: frame.after + i + 1, event, writer }))
  return frame.after >= after ? stored : stored.slice(after - frame.after)
}

/** Whether anything was stored in the folder of a scope, and for whom; null where there is nothing. */
export async function scopeOf(disk: Disk, folder: string): Promise<ScopeId | null> {
  const segments = segmentsIn(folder, (await disk.list(folder)) ?? [])
  const segment = segments[0]
  if (segment === undefined) return null
  return withFile(disk, segment.path, 'read', async (file) => {
    const { scope, size } = await readHead(file, segment, null)
    if (segments.length > 1 || segment.after > 0) return scope
    const groups = readFrames({ file, path: segment.path, start: size, knownEnd: null, after: segment.after })
    for await (const frames of groups) if (frames.some(({ count }) => count > 0)) return scope
    return null
  })
}

function damaged(file: string, offset: number, lastGoodRevision: Revision): Error {
  return corrupt('The journal is damaged', { file, offset, lastGoodRevision })
}

function missing(next: Segment, offset: number, lastGoodRevision: Revision): Error {
  const what = `Events from revision ${lastGoodRevision + 1} to ${next.after} are missing`
  return corrupt(`${what} before "${next.path}",`, { file: next.path, offset, lastGoodRevision })
}
