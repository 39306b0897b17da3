import { describe, expect, it } from 'vitest'
import { pacedClock } from '../../src/runtime/paced-clock.js'
import { START, testClock } from '../cli/world.js'

/** What follows a wake-up is done when the test says so. */
function paced(speed: number) {
  const real = testClock()
  const after: (() => void)[] = []
  const clock = pacedClock(speed, { real, afterwards: (go) => after.push(go) })
  return { real, clock, settle: () => after.shift()?.() }
}

describe('the paced clock', () => {
  it('wakes at exactly the moment that was armed, in the time the speed allows', () => {
    const { real, clock } = paced(1000)
    let wokenAt = 0
    clock.arm(START + 4_999.5, () => {
      wokenAt = clock.now()
    })
    expect(real.next()).toBe(true)
    expect(wokenAt).toBe(START + 4_999.5)
    expect(real.now()).toBe(START + 4)
  })

  it('stands still while a wake-up is being dealt with, however much is overdue', () => {
    const { real, clock, settle } = paced(1_000_000)
    const woken: string[] = []
    clock.arm(START + 2, () => woken.push('second'))
    clock.arm(START + 1, () => woken.push('first'))
    clock.arm(START + 2, () => woken.push('third'))
    real.next()
    expect(woken).toEqual(['first'])
    expect(real.next()).toBe(false)
    expect(clock.now()).toBe(START + 1)
    settle()
    expect(woken).toEqual(['first', 'second'])
    settle()
    settle()
    expect(woken).toEqual(['first', 'second', 'third'])
    expect(clock.now()).toBe(START + 2)
  })

  it('stands still while it is held, and goes on from there', () => {
    const { real, clock, settle } = paced(1000)
    const woken: number[] = []
    clock.arm(START + 5_000, () => {
      woken.push(clock.now())
      // Due in the same instant of real time, and held up by what this one leads to.
      release = clock.hold()
    })
    clock.arm(START + 5_000, () => woken.push(clock.now()))
    let release = clock.hold()
    real.arm(START + 60_000, () => {})
    real.next()
    expect([woken, clock.shown()]).toEqual([[], START])
    release()
    release()
    real.next()
    settle()
    expect([woken, real.now(), real.next()]).toEqual([[START + 5_000], START + 60_005, false])
    release()
    real.next()
    expect(woken).toEqual([START + 5_000, START + 5_000])
  })

  it('takes back what was armed, also twice', () => {
    const { real, clock } = paced(1)
    const disarm = clock.arm(START + 10, () => expect.unreachable())
    disarm()
    disarm()
    expect(real.next()).toBe(false)
  })

  it('goes back in time for nobody', () => {
    const { real, clock, settle } = paced(1)
    clock.arm(START + 10, () => {})
    real.next()
    settle()
    let wokenAt = 0
    clock.arm(START + 5, () => {
      wokenAt = clock.now()
    })
    real.next()
    expect(wokenAt).toBe(START + 10)
  })

  it('shows time going on between wake-ups, never beyond the next one', () => {
    const { real, clock } = paced(10)
    expect(clock.shown()).toBe(START)
    real.arm(START + 30, () => {})
    clock.arm(START + 1_000, () => {})
    real.next()
    expect(clock.now()).toBe(START)
    expect(clock.shown()).toBe(START + 300)
    real.next()
    expect(clock.shown()).toBe(START + 1_000)
  })
})
