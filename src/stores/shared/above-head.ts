/** What a store says to a snapshot of what it does not have. */
import type { Revision, ScopeId } from '../../core/types.js'
import { type SchedulerError, schedulerError } from '../../runtime/errors.js'

export function aboveHead(scope: ScopeId, revision: Revision, head: Revision): SchedulerError {
  const message = `A snapshot of scope "${scope}" at revision ${revision} is above the head of its journal, ${head}.`
  return schedulerError('STORE_FAILED', message, 'Save what follows from stored events alone, after they are stored.')
}
