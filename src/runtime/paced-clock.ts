/** A clock for simulated work: exact like a virtual one, and as fast as somebody wants to watch. */
import type { EpochMs } from '../core/types.js'
import { systemClock } from './clock.js'
import type { Clock } from './ports.js'

export interface PacedClock extends Clock {
  /** The time for display: goes on between wake-ups, where `now` stands still. */
  shown(): EpochMs
  /** Stands still, as while somebody is asked, until what it returns is called. */
  hold(): () => void
}

interface Alarm {
  readonly at: EpochMs
  readonly wake: () => void
}

export interface PacedClockOptions {
  /** What it goes by. Default: the system's clock. */
  readonly real?: Clock
  /** The time it starts with, to go on where a journal ends that is ahead of `real`. Default: that of `real`. */
  readonly from?: EpochMs
  /**
   * Calls back when all that the last wake-up led to has been done. Default: after two rounds of the event loop, enough
   * for work that waits for nothing outside.
   */
  readonly afterwards?: (go: () => void) => void
}

/**
 * Starts with the time of `real`, or at `from`, and runs `speed` times as fast. `now` stands still until the next armed moment, and is
 * then exactly that moment: however slow the machine is, whatever a simulation does takes no time. So the same plan gives
 * the same times on each machine. Where there is more to do than the speed allows for, the clock falls behind.
 *
 * @param speed - More than 0. At 86,400 a day takes a second.
 */
export function pacedClock(speed: number, options: PacedClockOptions = {}): PacedClock {
  const { real = systemClock(), afterwards = twoRounds } = options
  let began = real.now()
  const origin = options.from ?? began
  const alarms: Alarm[] = []
  let time = origin
  let disarm: (() => void) | null = null
  let isBusy = false
  /** Real time since when it stands still. */
  let heldAt: EpochMs | null = null

  const target = (): EpochMs => origin + ((heldAt ?? real.now()) - began) * speed
  /** Real time of a moment, in whole ms: what falls into the same one is done in one go. */
  const realTime = (at: EpochMs): EpochMs => began + Math.floor((at - origin) / speed)

  function arm(at: EpochMs, wake: () => void): () => void {
    const alarm = { at, wake }
    insert(alarms, alarm)
    plan()
    return () => {
      const place = alarms.indexOf(alarm)
      if (place === -1) return
      alarms.splice(place, 1)
      plan()
    }
  }

  /** Arms the real clock for the next alarm, unless one is being dealt with. */
  function plan(): void {
    disarm?.()
    disarm = null
    const next = alarms[0]
    if (next === undefined || isBusy || heldAt !== null) return
    disarm = real.arm(realTime(next.at), ring)
  }

  function ring(): void {
    disarm = null
    const alarm = alarms.shift()
    if (alarm === undefined) return
    time = Math.max(time, alarm.at)
    isBusy = true
    alarm.wake()
    afterwards(settled)
  }

  function settled(): void {
    isBusy = false
    // Moments that are overdue need no timer of their own.
    if (alarms[0] !== undefined && heldAt === null && realTime(alarms[0].at) <= real.now()) ring()
    else plan()
  }

  function hold(): () => void {
    heldAt ??= real.now()
    plan()
    return () => {
      if (heldAt === null) return
      began += real.now() - heldAt
      heldAt = null
      plan()
    }
  }

  return {
    now: () => time,
    arm,
    shown: () => Math.max(time, Math.min(target(), alarms[0]?.at ?? time)),
    hold,
  }
}

/** By time, equal ones in the order of arming. */
function insert(alarms: Alarm[], alarm: Alarm): void {
  let low = 0
  let high = alarms.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (alarms[middle]!.at <= alarm.at) low = middle + 1
    else high = middle
  }
  alarms.splice(low, 0, alarm)
}

function twoRounds(go: () => void): void {
  setImmediate(() => setImmediate(go))
}
