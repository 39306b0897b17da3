/** What the PostgreSQL store throws. */
import { isSchedulerError, type SchedulerError, schedulerError } from '../../runtime/errors.js'

/** Damaged data and a damaged index, in the words of PostgreSQL. */
const DAMAGED: readonly string[] = ['XX001', 'XX002']
/**
 * Somebody else was at it at the same time, and nothing was done: again, please. Serialization failure, deadlock, and what
 * a host under stricter isolation is told that makes the tables while another does.
 */
const AGAIN: readonly string[] = ['40001', '40P01', '23505', '42P06', '42P07']

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function isToRepeat(error: unknown): boolean {
  return AGAIN.includes(codeOf(error))
}

/** An error of the driver or the server, told as one of the store; what is told already stays as it is. */
export function postgresFailed(cause: unknown): SchedulerError {
  if (isSchedulerError(cause)) return cause
  const code = codeOf(cause)
  const reason = (cause instanceof Error ? cause.message : String(cause)) || code || 'no reason was given'
  if (DAMAGED.includes(code)) {
    const hint = 'Restore the database from a copy.'
    return schedulerError('STORE_CORRUPT', `PostgreSQL says that its data is damaged: ${reason}.`, hint, cause)
  }
  const hint =
    'An append may or may not be stored: repeat it with the same batch id. Whatever was acknowledged is stored.'
  return schedulerError('STORE_FAILED', `PostgreSQL could not be asked: ${reason}.`, hint, cause)
}

export function newerSchema(schema: string, found: number, known: number): SchedulerError {
  const message = `Schema "${schema}" has version ${found} of the tables; this version of signalbox knows ${known}.`
  return schedulerError('STORE_FORMAT', message, 'Use the newer version of signalbox, or another schema.')
}

export function postgresClosed(): SchedulerError {
  return schedulerError('STORE_CLOSED', 'The PostgreSQL store is closed.', 'Create a new one on the same schema.')
}
