/** What the file store throws, and what it only warns of. */
import type { Revision, ScopeId } from '../../core/types.js'
import { isSchedulerError, type SchedulerError, schedulerError } from '../../runtime/errors.js'

/** Something was not as it should be, and the store can go on without a loss. */
export interface FileStoreWarning {
  /** `TAIL_CUT`: a write that nobody was told of was cut off, and is gone · `SNAPSHOT_DAMAGED`: it is not used. */
  readonly code: 'TAIL_CUT' | 'SNAPSHOT_DAMAGED'
  readonly message: string
  readonly file: string
}

/** A STORE_CORRUPT error says where. */
export interface CorruptStoreError extends SchedulerError {
  readonly code: 'STORE_CORRUPT'
  readonly file: string
  /** In bytes, from the start of the file. */
  readonly offset: number
  /** The last revision before the damage; what is up to here can be read. */
  readonly lastGoodRevision: Revision
}

/** A place in the files of a journal. */
export interface Place {
  readonly file: string
  readonly offset: number
  readonly lastGoodRevision: Revision
}

export function corrupt(what: string, place: Place): CorruptStoreError {
  const { file, offset, lastGoodRevision } = place
  const message = `${what} at byte ${offset} of "${file}"; the journal is good up to revision ${lastGoodRevision}.`
  const hint = 'Nothing was changed. Restore the folder from a copy, or look at what is left with `readOnly: true`.'
  return Object.assign(schedulerError('STORE_CORRUPT', message, hint), { code: 'STORE_CORRUPT' as const, ...place })
}

export function isCorrupt(error: unknown): error is CorruptStoreError {
  return isSchedulerError(error) && error.code === 'STORE_CORRUPT'
}

export function unknownFormat(file: string, found: string): SchedulerError {
  const hint = 'It was written by another version of signalbox, or it is no journal at all.'
  return schedulerError('STORE_FORMAT', `"${file}" begins with ${found}, which this version cannot read.`, hint)
}

export function compactedAway(scope: ScopeId, after: Revision, upTo: Revision): SchedulerError {
  const message = `Events ${after + 1} to ${upTo} of scope "${scope}" were removed when its journal was compacted.`
  const hint = 'They told of runs that had ended. Open runs go on from the newest snapshot; see `compact`.'
  return schedulerError('STORE_COMPACTED', message, hint)
}

export function storeClosed(): SchedulerError {
  return schedulerError('STORE_CLOSED', 'The file store is closed.', 'Create a new one on the same folder.')
}

export function storeReadOnly(): SchedulerError {
  const hint = 'Open the folder without `readOnly` to write to it.'
  return schedulerError('STORE_READ_ONLY', 'The file store was opened to be read only.', hint)
}

export function tooLarge(what: string, bytes: number, limit: number): SchedulerError {
  const message = `${what} takes ${bytes} bytes; at most ${limit} are allowed.`
  return schedulerError(
    'STORE_LIMIT',
    message,
    'Keep large values outside and store where they are, or raise the limit.',
  )
}

/** An error of the disk, told as one of the store; what is told already stays as it is. */
export function diskFailed(what: string, cause: unknown): SchedulerError {
  if (isSchedulerError(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = 'Whatever was acknowledged is stored. See the cause; the same request may be repeated.'
  return schedulerError('STORE_FAILED', `${what} failed: ${reason}`, hint, cause)
}
