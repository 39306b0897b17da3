/** The one timer of a host. */
import type { EpochMs } from '../core/types.js'
import type { Clock } from './ports.js'

export class Alarm {
  private readonly clock: Clock
  private readonly wake: () => void
  private at: EpochMs | null = null
  private disarm: (() => void) | null = null

  constructor(clock: Clock, wake: () => void) {
    this.clock = clock
    this.wake = wake
  }

  /** Wakes at `at` instead of when it would have; null: not at all. */
  set(at: EpochMs | null): void {
    if (at === this.at) return
    this.disarm?.()
    this.at = at
    this.disarm = at === null ? null : this.clock.arm(at, () => this.ring())
  }

  private ring(): void {
    this.at = null
    this.disarm = null
    this.wake()
  }
}

/** The earlier of two moments; null is never. */
export function earliest(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}
