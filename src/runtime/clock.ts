/** Clocks: the system's, and one that runs faster. */
import type { EpochMs } from '../core/types.js'
import type { Clock } from './ports.js'

/** Longest delay that `setTimeout` takes; a later moment is waited for in several steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

export function systemClock(): Clock {
  return scaledClock(1)
}

/**
 * The system's time, running `speed` times as fast from the moment of the call: a day-long plan in seconds. Timers are as
 * exact as the system's, so a millisecond of delay counts `speed` milliseconds here.
 *
 * @param speed - More than 0; 1 is real time.
 */
export function scaledClock(speed: number): Clock {
  const origin = Date.now()
  const now = (): EpochMs => origin + (Date.now() - origin) * speed

  function arm(at: EpochMs, wake: () => void): () => void {
    let timer: ReturnType<typeof setTimeout>
    const wait = (): void => {
      const left = Math.ceil((at - now()) / speed)
      if (left > MAX_DELAY_MS) timer = setTimeout(wait, MAX_DELAY_MS)
      else timer = setTimeout(wake, Math.max(0, left))
    }
    wait()
    return () => clearTimeout(timer)
  }

  return { now, arm }
}
