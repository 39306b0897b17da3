/** What the SQLite store throws. */
import { isSchedulerError, type SchedulerError, schedulerError } from '../../runtime/errors.js'

/** Primary result codes of SQLite that mean something to us; `node:sqlite` gives the number, `better-sqlite3` the name. */
const CODES = { BUSY: 5, LOCKED: 6, CORRUPT: 11, NOTADB: 26 } as const

type Code = keyof typeof CODES

function isCode(error: unknown, ...codes: readonly Code[]): boolean {
  if (!(error instanceof Error)) return false
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown }
  // Extended codes keep the primary one in the lowest byte.
  if (typeof errcode === 'number') return codes.some((name) => CODES[name] === (errcode & 0xff))
  return codes.some((name) => String(code).startsWith(`SQLITE_${name}`))
}

/** Another process, or another store in this one, is writing: trying again will do. */
export function isBusy(error: unknown): boolean {
  return isCode(error, 'BUSY', 'LOCKED')
}

/** An error of SQLite, told as one of the store; what is told already stays as it is. */
export function sqliteFailed(file: string, cause: unknown): SchedulerError {
  if (isSchedulerError(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (isCode(cause, 'CORRUPT')) {
    const hint = 'Nothing more is written to it. Restore it from a copy, or save what `sqlite3 FILE .recover` can read.'
    return schedulerError('STORE_CORRUPT', `"${file}" is damaged: ${reason}.`, hint, cause)
  }
  if (isCode(cause, 'NOTADB')) return otherFormat(file, 'is no SQLite file', cause)
  const hint = 'Whatever was acknowledged is stored. See the cause; the same request may be repeated.'
  return schedulerError('STORE_FAILED', `"${file}" could not be used: ${reason}.`, hint, cause)
}

export function otherFormat(file: string, what: string, cause?: unknown): SchedulerError {
  const hint = 'Give the store a file of its own; a newer version of signalbox opens what it has written.'
  return schedulerError('STORE_FORMAT', `"${file}" ${what}.`, hint, cause)
}

export function sqliteClosed(): SchedulerError {
  return schedulerError('STORE_CLOSED', 'The SQLite store is closed.', 'Create a new one on the same file.')
}
