/**
 * Writes the journal of one scope. Appends that wait are written together, with one sync; one that fails is taken back
 * before anything else is written, and until that works nothing is.
 */
import type { Revision, ScopeId } from '../../core/types.js'
import type { Batch } from '../../runtime/ports.js'
import { batchText } from './batch-text.js'
import { type Disk, writeAll } from './disk.js'
import { encodeFrame } from './frame.js'
import { type Active, type Recovered, recover } from './recover.js'
import { createSegment, type LastBatch } from './segment.js'
import { diskFailed, type FileStoreWarning, storeClosed, tooLarge } from './trouble.js'

export interface JournalParts {
  readonly disk: Disk
  /** The folder of the scope. */
  readonly folder: string
  readonly scope: ScopeId
  readonly durability: 'strict' | 'relaxed'
  readonly maxBatchBytes: number
  /** A segment that has grown to this gets a successor. */
  readonly segmentBytes: number
  /** Room made ahead is at least this. */
  readonly roomBytes: number
  readonly warn: (warning: FileStoreWarning) => void
}

export interface Answer {
  readonly ok: boolean
  readonly head: Revision
}

/** An append that waits for its turn. */
interface Offer {
  readonly expected: Revision
  readonly batch: Batch
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Offers that have been looked at: what is to be written, and the answers once it is. */
interface Staged {
  readonly batches: { readonly after: Revision; readonly count: number; readonly text: string }[]
  readonly writer: string
  readonly head: Revision
  readonly last: LastBatch | null
  readonly answers: { readonly offer: Offer; readonly answer: Answer }[]
}

/** Where the segment that grows has got to. */
type Growing = { -readonly [Key in keyof Active]: Active[Key] } & {
  /** Durable up to here. */
  synced: number
  /** A write has failed: what stands beyond `size` must be cut off first. */
  hasDebris: boolean
}

/** Appends are written together up to about so many characters. */
const GROUP_CHARACTERS = 4 * 1024 * 1024
/** Room made ahead is at most this, beyond what is needed. */
const MAX_ROOM_BYTES = 4 * 1024 * 1024
/** Ids and names are short; they are repeated in the head of a segment. */
const MAX_NAME_LENGTH = 4096

/** @throws SchedulerError STORE_CORRUPT, STORE_FORMAT, STORE_FAILED */
export async function openJournal(parts: JournalParts): Promise<Journal> {
  try {
    return new Journal(parts, await recover(parts.disk, parts.folder, parts.scope, parts.warn))
  } catch (error) {
    throw diskFailed(`Opening scope "${parts.scope}"`, error)
  }
}

export class Journal {
  head: Revision
  private readonly parts: JournalParts
  private last: LastBatch | null
  private growing: Growing | null
  private queue: Offer[] = []
  private working: Promise<void> | null = null
  private isClosed = false

  constructor(parts: JournalParts, { head, last, active }: Recovered) {
    this.parts = parts
    this.head = head
    this.last = last
    this.growing = active === null ? null : grow(active)
  }

  /** How far the segment that grows is good; null while there is none. */
  end(): { readonly path: string; readonly size: number } | null {
    return this.growing === null ? null : { path: this.growing.segment.path, size: this.growing.size }
  }

  /** As the port says. @throws SchedulerError STORE_FAILED, STORE_LIMIT, STORE_CLOSED */
  append(expected: Revision, batch: Batch): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(storeClosed())
      this.queue.push({ expected, batch, resolve, reject })
      this.working ??= Promise.resolve().then(() => this.work())
    })
  }

  /** Makes everything durable that was acknowledged; needed only where appends do not wait for it. */
  async sync(): Promise<void> {
    const { growing } = this
    if (growing === null) return
    const { size } = growing
    if (growing.synced >= size) return
    await growing.file.syncContent()
    growing.synced = size
  }

  /** Writes what waits, proves that it was durable, gives back the room made ahead, and lets go of the file. */
  async close(): Promise<void> {
    this.isClosed = true
    while (this.working !== null) await this.working
    const { growing } = this
    this.growing = null
    if (growing === null) return
    try {
      if (!growing.isSealed) await this.seal(growing)
    } catch (error) {
      throw diskFailed(`Closing scope "${this.parts.scope}"`, error)
    } finally {
      await growing.file.close()
    }
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      const staged = this.stage()
      try {
        if (staged.batches.length > 0) await this.store(staged)
        for (const { offer, answer } of staged.answers) offer.resolve(answer)
      } catch (error) {
        const failed = diskFailed(`Appending to scope "${this.parts.scope}"`, error)
        for (const { offer } of staged.answers) offer.reject(failed)
      }
    }
    this.working = null
  }

  /** Takes offers from the queue, and decides on them as if those before were stored already. */
  private stage(): Staged {
    let { head, last } = this
    let characters = 0
    let taken = 0
    const staged: Pick<Staged, 'batches' | 'answers'> = { batches: [], answers: [] }
    for (; taken < this.queue.length && characters < GROUP_CHARACTERS; taken += 1) {
      const offer = this.queue[taken]!
      const { expected, batch } = offer
      const isRepeated = last !== null && last.id === batch.id && last.expected === expected
      if (!isRepeated && expected === head) {
        const text = this.textOf(offer)
        if (text === null) continue
        staged.batches.push({ after: head, count: batch.events.length, text })
        characters += text.length
        last = { id: batch.id, expected }
        head += batch.events.length
        staged.answers.push({ offer, answer: { ok: true, head } })
      } else {
        staged.answers.push({ offer, answer: { ok: isRepeated, head } })
      }
    }
    const writer = this.queue[0]!.batch.writer
    this.queue = this.queue.slice(taken)
    return { ...staged, writer, head, last }
  }

  /** The text of a batch; null where it cannot be stored, and whoever offered it has been told. */
  private textOf({ batch, reject }: Offer): string | null {
    try {
      const names = batch.id.length + batch.writer.length
      if (names > MAX_NAME_LENGTH) throw tooLarge('The id of a batch and its writer', names, MAX_NAME_LENGTH)
      const text = batchText(batch)
      const bytes = Buffer.byteLength(text)
      if (bytes > this.parts.maxBatchBytes) throw tooLarge('The batch', bytes, this.parts.maxBatchBytes)
      return text
    } catch (error) {
      reject(diskFailed(`Appending to scope "${this.parts.scope}"`, error))
      return null
    }
  }

  private async store({ batches, writer, head, last }: Staged): Promise<void> {
    if (this.growing?.hasDebris) await cutOff(this.growing)
    const growing = await this.segmentFor(writer)
    let { size } = growing
    const frames = batches.map(({ after, count, text }) => {
      const frame = encodeFrame('batch', after, count, size - growing.synced, text)
      size += frame.length
      return frame
    })
    await this.makeRoom(growing, size)
    growing.hasDebris = true
    await writeAll(growing.file, frames.length === 1 ? frames[0]! : Buffer.concat(frames), growing.size)
    if (this.parts.durability !== 'relaxed') {
      await growing.file.syncContent()
      growing.synced = size
    }
    Object.assign(growing, { size, hasDebris: false, isSealed: false })
    this.head = head
    this.last = last
  }

  /** The segment that grows: the one there is, or a new one where it is full or there is none. */
  private async segmentFor(writer: string): Promise<Growing> {
    const { disk, folder, scope, segmentBytes } = this.parts
    const full = this.growing
    if (full !== null && full.size < segmentBytes) return full
    if (full === null) await disk.makeFolder(folder)
    // Only the newest segment may hold what is not durable.
    await this.sync()
    const { segment, size } = await createSegment(disk, folder, this.head, { scope, last: this.last, writer })
    const file = await disk.open(segment.path, 'update')
    this.growing = grow({ segment, file, size, roomEnd: size, isSealed: false })
    if (full !== null) await giveBack(full)
    return this.growing
  }

  /** Zeros up to `needed` and beyond, so that the writes to come change no size: their syncs are cheaper. */
  private async makeRoom(growing: Growing, needed: number): Promise<void> {
    if (needed <= growing.roomEnd) return
    const { roomBytes, durability } = this.parts
    const more = Math.max(roomBytes, Math.min(growing.size, MAX_ROOM_BYTES))
    const end = Math.max(needed, growing.roomEnd + more)
    if (durability !== 'relaxed') {
      for (let at = growing.roomEnd; at < end; at += MAX_ROOM_BYTES) {
        await writeAll(growing.file, Buffer.alloc(Math.min(MAX_ROOM_BYTES, end - at)), at)
      }
      await growing.file.sync()
    } else {
      await growing.file.truncate(end)
    }
    growing.roomEnd = end
  }

  private async seal(growing: Growing): Promise<void> {
    if (growing.hasDebris) await cutOff(growing)
    if (growing.synced < growing.size) await growing.file.sync()
    const frame = encodeFrame('seal', this.head, 0, 0, '')
    await writeAll(growing.file, frame, growing.size)
    await growing.file.truncate(growing.size + frame.length)
    await growing.file.sync()
  }
}

function grow(active: Active): Growing {
  return { ...active, synced: active.size, hasDebris: false }
}

/** Takes a failed write back: durably, or the journal takes no more. */
async function cutOff(growing: Growing): Promise<void> {
  await growing.file.truncate(growing.size)
  await growing.file.sync()
  Object.assign(growing, { roomEnd: growing.size, synced: growing.size, hasDebris: false })
}

/** A full segment gives back the room it does not need. It is complete without that, so that failing does not matter. */
async function giveBack({ file, size }: Growing): Promise<void> {
  await file.truncate(size).catch(() => undefined)
  await file.close().catch(() => undefined)
}
