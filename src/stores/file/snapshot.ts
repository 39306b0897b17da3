/**
 * Snapshots: one file each, named after its revision, which appears under its name when it is whole and durable. The name alone
 * proves that the journal reached that revision.
 */
import type { JsonValue, Revision, ScopeId } from '../../core/types.js'
import type { StoredSnapshot } from '../../runtime/ports.js'
import { type Disk, type DiskEntry, isMissing, readUpTo, withFile, writeWhole } from './disk.js'
import { decodeHeader, encodeFrame, HEADER_BYTES, isTextWhole } from './frame.js'
import { type FileStoreWarning, tooLarge } from './trouble.js'

const FORMAT_LINE = 'signalbox snapshot 1\n'
const NAME = /^(\d{16})\.snapshot$/
const NAME_DIGITS = 16
/** The largest string of the language is not much longer. */
const MAX_SNAPSHOT_BYTES = 384 * 1024 * 1024

interface SnapshotText {
  readonly scope: ScopeId
  readonly writer: string
  readonly data: JsonValue
}

/** The revision of the newest among the files of a folder; 0 where there is none. */
export function newestSnapshot(entries: readonly DiskEntry[]): Revision {
  return snapshotsIn(entries)[0] ?? 0
}

/** Revisions of the snapshots in a folder, newest first. */
function snapshotsIn(entries: readonly DiskEntry[]): readonly Revision[] {
  return entries
    .flatMap(({ name, kind }) => {
      const digits = kind === 'file' ? NAME.exec(name)?.[1] : undefined
      return digits === undefined ? [] : [Number(digits)]
    })
    .sort((a, b) => b - a)
}

/**
 * Writes a snapshot unless there is one as new, and lets go of all but the newest `keep`. The revision of the one before it;
 * 0 where nothing was written, or there was none.
 *
 * @throws SchedulerError STORE_LIMIT
 */
export async function writeSnapshot(
  disk: Disk,
  folder: string,
  scope: ScopeId,
  { revision, writer, data }: StoredSnapshot,
  keep: number,
): Promise<Revision> {
  const older = snapshotsIn((await disk.list(folder)) ?? [])
  if ((older[0] ?? -1) >= revision) return 0
  const frame = encodeFrame('snapshot', revision, 0, 0, JSON.stringify({ scope, writer, data } satisfies SnapshotText))
  if (frame.length > MAX_SNAPSHOT_BYTES) throw tooLarge('The snapshot', frame.length, MAX_SNAPSHOT_BYTES)
  await writeWhole(disk, folder, nameOf(revision), Buffer.concat([Buffer.from(FORMAT_LINE), frame]))
  for (const each of older.slice(keep - 1)) await disk.remove(`${folder}/${nameOf(each)}`)
  return older[0] ?? 0
}

/** The newest snapshot that is whole; null where there is none. Those that are not are warned of. */
export async function readSnapshot(
  disk: Disk,
  folder: string,
  scope: ScopeId,
  warn: (warning: FileStoreWarning) => void,
): Promise<StoredSnapshot | null> {
  for (const revision of snapshotsIn((await disk.list(folder)) ?? [])) {
    const file = `${folder}/${nameOf(revision)}`
    const content = await contentOf(disk, file)
    // A newer one has taken its place since we looked.
    if (content === null) return readSnapshot(disk, folder, scope, warn)
    const text = wholeText(content, revision)
    if (text?.scope === scope) return { revision, writer: text.writer, data: text.data }
    const message = `The snapshot "${file}" is damaged or of another version; the journal is read in its place.`
    warn({ code: 'SNAPSHOT_DAMAGED', message, file })
  }
  return null
}

async function contentOf(disk: Disk, path: string): Promise<Buffer | null> {
  try {
    return await withFile(disk, path, 'read', async (file) => readUpTo(file, 0, await file.size()))
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function wholeText(content: Buffer, revision: Revision): SnapshotText | null {
  const start = FORMAT_LINE.length
  if (content.subarray(0, start).toString('latin1') !== FORMAT_LINE) return null
  const header = content.length < start + HEADER_BYTES ? null : decodeHeader(content, start)
  if (header?.kind !== 'snapshot' || header.after !== revision) return null
  if (content.length !== start + HEADER_BYTES + header.length) return null
  if (!isTextWhole(content, start + HEADER_BYTES, header)) return null
  return JSON.parse(content.toString('utf8', start + HEADER_BYTES)) as SnapshotText
}

function nameOf(revision: Revision): string {
  return `${String(revision).padStart(NAME_DIGITS, '0')}.snapshot`
}
