import { virtualClock } from 'signalbox/testing'
import { describe, expect, it } from 'vitest'

describe('a virtual clock', () => {
  it('stands still until it is told to move', async () => {
    const clock = virtualClock(1000)
    expect(clock.now()).toBe(1000)
    await clock.advance(5)
    expect(clock.now()).toBe(1005)
    expect(virtualClock().now()).toBe(Date.UTC(2026, 0, 1))
  })

  it('wakes in the order of time, and of arming where times are equal', async () => {
    const clock = virtualClock(0)
    const woken: string[] = []
    clock.arm(20, () => woken.push(`c at ${clock.now()}`))
    clock.arm(10, () => woken.push(`a at ${clock.now()}`))
    clock.arm(10, () => woken.push(`b at ${clock.now()}`))
    expect(clock.next()).toBe(10)
    await clock.advance(15)
    expect(woken).toEqual(['a at 10', 'b at 10'])
    await clock.advance(5)
    expect(woken).toEqual(['a at 10', 'b at 10', 'c at 20'])
    expect(clock.next()).toBeNull()
  })

  it('does not wake what was disarmed, also when something due at the same time disarms it', async () => {
    const clock = virtualClock(0)
    const woken: string[] = []
    const disarm = clock.arm(10, () => woken.push('never'))
    clock.arm(5, () => disarm())
    await clock.runUntilIdle()
    expect(woken).toEqual([])
  })

  it('counts timers that are armed on the way', async () => {
    const clock = virtualClock(0)
    const woken: number[] = []
    const again = (): void => {
      woken.push(clock.now())
      if (clock.now() < 30) clock.arm(clock.now() + 10, again)
    }
    clock.arm(10, again)
    await clock.advance(100)
    expect(woken).toEqual([10, 20, 30])
    expect(clock.now()).toBe(100)
  })

  it('lets work that sleeps go on, however many promises lie between', async () => {
    const clock = virtualClock(0)
    const work = async (): Promise<string> => {
      await clock.sleep(100)
      for (let n = 0; n < 50; n += 1) await Promise.resolve()
      await clock.sleep(100)
      return `done at ${clock.now()}`
    }
    await expect(clock.runUntil(work())).resolves.toBe('done at 200')
  })

  it('runs until a promise settles, and no further', async () => {
    const clock = virtualClock(0)
    clock.arm(1000, () => {})
    await clock.runUntil(clock.sleep(10))
    expect(clock.now()).toBe(10)
    const failing = clock.sleep(5).then(() => Promise.reject(new Error('as it should')))
    await expect(clock.runUntil(failing)).rejects.toThrow('as it should')
  })

  it('says when a promise waits for something that is not time', async () => {
    const never = new Promise(() => {})
    const message = 'Expected the promise to settle, but no timer is armed and it is still pending.'
    await expect(virtualClock().runUntil(never)).rejects.toThrow(message)
  })

  it('says when it does not come to rest', async () => {
    const clock = virtualClock(0)
    const again = (): void => void clock.arm(clock.now() + 1, again)
    again()
    await expect(clock.runUntilIdle(10)).rejects.toThrow(
      'Expected the clock to come to rest, but 10 timers have fired.',
    )
  })

  it('can be set forth and back without waking anybody', async () => {
    const clock = virtualClock(1000)
    let wokenAt = 0
    clock.arm(1500, () => {
      wokenAt = clock.now()
    })
    clock.set(2000)
    expect(wokenAt).toBe(0)
    clock.set(500)
    await clock.advance(999)
    expect(wokenAt).toBe(0)
    clock.set(3000)
    await clock.advance(0)
    // What is overdue is woken late, and time does not go back for it.
    expect(wokenAt).toBe(3000)
  })
})
