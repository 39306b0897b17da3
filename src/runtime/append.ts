/** Puts a batch into the store, as often as it takes to know whether it is there. */
import type { Revision, ScopeId } from '../core/types.js'
import { isSchedulerError, schedulerError } from './errors.js'
import type { Batch, Store } from './ports.js'

/** How often an append that threw is repeated (same batch id, so it cannot be stored twice), and the first pause, in ms. */
const APPEND_TRIES = 8
const APPEND_PAUSE_MS = 50

/**
 * Whether the batch is stored; false: somebody else has written.
 *
 * @throws SchedulerError STORE_FAILED after the last try, and at once what no other try can change
 */
export async function appendBatch(store: Store, scope: ScopeId, expected: Revision, batch: Batch): Promise<boolean> {
  let cause: unknown
  for (let tries = 0; tries < APPEND_TRIES; tries += 1) {
    if (tries > 0) await pause(APPEND_PAUSE_MS * 2 ** (tries - 1))
    try {
      return (await store.append(scope, expected, batch)).ok
    } catch (error) {
      // What a store is sure of will not be otherwise the next time.
      if (isSchedulerError(error) && error.code !== 'STORE_FAILED') throw error
      cause = error
    }
  }
  const message = `The store could not append to scope "${scope}" in ${APPEND_TRIES} tries.`
  throw schedulerError('STORE_FAILED', message, 'See the cause; whatever was acknowledged is stored.', cause)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
