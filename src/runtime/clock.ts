/** The system's clock. */
import type { Clock } from './ports.js'

/** Longest delay that `setTimeout` takes; a later moment is waited for in several steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    arm(at, wake) {
      let timer: ReturnType<typeof setTimeout>
      const wait = (): void => {
        const left = at - Date.now()
        if (left > MAX_DELAY_MS) timer = setTimeout(wait, MAX_DELAY_MS)
        else timer = setTimeout(wake, Math.max(0, left))
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}
