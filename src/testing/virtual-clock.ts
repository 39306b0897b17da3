/** A clock that stands still until it is told to move: for tests of schedulers, stores and executors without real time. */
import type { DurationMs, EpochMs } from '../core/types.js'
import type { Clock } from '../runtime/ports.js'

export interface VirtualClock extends Clock {
  /** When the next armed timer is due, null if none is armed. */
  next(): EpochMs | null
  /** Resolves when that much virtual time has passed: for the work inside a test. */
  sleep(ms: DurationMs): Promise<void>
  /**
   * Moves on by `ms`, stopping at each timer that is due on the way, the earliest first. After each, everything that can go
   * on without time passing does so, which may arm further timers; those count too.
   */
  advance(ms: DurationMs): Promise<void>
  /**
   * Moves on from timer to timer until none is armed.
   *
   * @throws Error after `limit` timers (default 100,000): something arms itself for ever.
   */
  runUntilIdle(limit?: number): Promise<void>
  /**
   * Moves on from timer to timer until `promise` settles, and returns or throws what it settled to.
   *
   * @throws Error if nothing is armed and the promise is still pending: it waits for something that is not time.
   *
   * @example
   * const outcome = await clock.runUntil(run.outcome)
   */
  runUntil<T>(promise: PromiseLike<T>): Promise<T>
  /** Sets the clock, forth or back, without waking anybody: what a step of the system's clock does. */
  set(now: EpochMs): void
}

interface Timer {
  readonly at: EpochMs
  readonly seq: number
  readonly wake: () => void
}

/** 2026-01-01T00:00:00Z: a time that looks like one. */
const START: EpochMs = 1_767_225_600_000
const TIMER_LIMIT = 100_000

/** A virtual clock that shows `start` (default 2026-01-01, UTC). */
export function virtualClock(start: EpochMs = START): VirtualClock {
  const timers = new Set<Timer>()
  let now = start
  let seq = 0

  function arm(at: EpochMs, wake: () => void): () => void {
    seq += 1
    const timer: Timer = { at, seq, wake }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function first(): Timer | null {
    let best: Timer | null = null
    for (const timer of timers) {
      if (best === null || timer.at < best.at || (timer.at === best.at && timer.seq < best.seq)) best = timer
    }
    return best
  }

  function fire(timer: Timer): void {
    timers.delete(timer)
    now = Math.max(now, timer.at)
    timer.wake()
  }

  async function advance(ms: DurationMs): Promise<void> {
    const end = now + ms
    await settled()
    for (let timer = first(); timer !== null && timer.at <= end; timer = first()) {
      fire(timer)
      await settled()
    }
    now = Math.max(now, end)
  }

  async function runUntilIdle(limit: number = TIMER_LIMIT): Promise<void> {
    await settled()
    let fired = 0
    for (let timer = first(); timer !== null; timer = first()) {
      fired += 1
      if (fired > limit) throw new Error(`Expected the clock to come to rest, but ${limit} timers have fired.`)
      fire(timer)
      await settled()
    }
  }

  async function runUntil<T>(promise: PromiseLike<T>): Promise<T> {
    let isPending = true
    const end = (): void => {
      isPending = false
    }
    promise.then(end, end)
    await settled()
    while (isPending) {
      const timer = first()
      if (timer === null)
        throw new Error('Expected the promise to settle, but no timer is armed and it is still pending.')
      fire(timer)
      await settled()
    }
    return promise
  }

  return {
    now: () => now,
    arm,
    next: () => first()?.at ?? null,
    sleep: (ms) => new Promise((resolve) => arm(now + ms, resolve)),
    advance,
    runUntilIdle,
    runUntil,
    set(time) {
      now = time
    },
  }
}

/** Kept from the start: test runners replace it when they fake time. */
const { setImmediate: soon } = globalThis

/** How often the event loop is let round: a host that reads a store may need it several times for one step. */
const ROUNDS = 4

/** Resolves when whatever can go on without time passing has done so. */
async function settled(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise<void>((resolve) => soon(resolve))
}
