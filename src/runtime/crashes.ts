/** Workers that lose attempt after attempt: each time they rest for longer before they get another. */
import type { DurationMs, Input, WorkerId } from '../core/types.js'

/** Losses in a row that are nothing special. */
const FREE_LOSSES = 2
const FIRST_REST_MS = 1000
const LONGEST_REST_MS = 300_000

export class Crashes {
  /** Attempts that a worker has lost without ending one in between. */
  private readonly losses: Map<WorkerId, number> = new Map()

  /** An attempt has ended on a worker of the host; returns what to tell the core, null for nothing. */
  ended(worker: WorkerId, isLost: boolean): Input | null {
    if (!isLost) {
      if (this.losses.size > 0) this.losses.delete(worker)
      return null
    }
    const losses = (this.losses.get(worker) ?? 0) + 1
    this.losses.set(worker, losses)
    return losses <= FREE_LOSSES ? null : { type: 'quarantine', worker, losses, forMs: restMs(losses) }
  }
}

/** One second, and twice as long with each further loss, up to five minutes. */
function restMs(losses: number): DurationMs {
  return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (losses - FREE_LOSSES - 1))
}
