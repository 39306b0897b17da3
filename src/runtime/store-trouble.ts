/** A store that fails while the host goes on trying: since when, and why. */
import type { EpochMs, ScopeId } from '../core/types.js'
import { isSchedulerError } from './errors.js'
import { type Warn, warningOf } from './warnings.js'

export class StoreTrouble {
  since: EpochMs | null = null
  private readonly scope: ScopeId
  private readonly warn: Warn

  constructor(scope: ScopeId, warn: Warn) {
    this.scope = scope
    this.warn = warn
  }

  /** The store has failed, perhaps again; it is told once. */
  begin(error: unknown, now: EpochMs): void {
    if (this.since !== null) return
    this.since = now
    const message = `The store of scope "${this.scope}" fails; this host stands by and tries again.`
    this.warn(warningOf('STORE_AWAY', message, isSchedulerError(error) ? (error.cause ?? error) : error))
  }

  /** The store has answered. */
  end(): void {
    this.since = null
  }
}

export function isStoreFailed(error: unknown): error is Error {
  return isSchedulerError(error) && error.code === 'STORE_FAILED'
}

/** For a promise that the host goes on without. */
export function unlessAway(error: unknown): void {
  if (!isStoreFailed(error)) throw error
}
