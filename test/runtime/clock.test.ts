/** The system's clock, on a system whose time is taken in hand. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/runtime/clock.js'

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => vi.useRealTimers())

it('the system’s clock shows the system’s time, and wakes once, when the moment has come', () => {
  const clock = systemClock()
  const wake = vi.fn()
  clock.arm(clock.now() + 500, wake)
  vi.advanceTimersByTime(499)
  expect([clock.now(), wake.mock.calls.length]).toEqual([1_000_499, 0])
  vi.advanceTimersByTime(1)
  expect(wake).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(9999)
  expect(wake).toHaveBeenCalledTimes(1)
})

it('a moment that has passed wakes at once, but never inside arm', () => {
  const clock = systemClock()
  const wake = vi.fn()
  clock.arm(clock.now() - 5000, wake)
  expect(wake).not.toHaveBeenCalled()
  vi.advanceTimersByTime(0)
  expect(wake).toHaveBeenCalledTimes(1)
})

it('what was armed can be taken back', () => {
  const clock = systemClock()
  const wake = vi.fn()
  clock.arm(clock.now() + 10, wake)()
  vi.advanceTimersByTime(1000)
  expect(wake).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

it('a moment further away than a timer can hold is waited for in steps, and can be taken back in between', () => {
  const clock = systemClock()
  const [kept, dropped] = [vi.fn(), vi.fn()]
  const year = 365 * 86_400_000
  clock.arm(clock.now() + year, kept)
  const drop = clock.arm(clock.now() + year, dropped)
  vi.advanceTimersByTime(year / 2)
  drop()
  vi.advanceTimersByTime(year / 2 - 1)
  expect(kept).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(kept).toHaveBeenCalledTimes(1)
  expect(dropped).not.toHaveBeenCalled()
})
