/** Power may fail at any instant (S8): every state that a disk may be left in is opened, read, and gone on with. */
import { describe, expect, it } from 'vitest'
import { expectedAfter, playScript } from './script.js'
import { SimulatedDisk } from './simulated-disk.js'
import { statesOf } from './states.js'
import { checkState, readAll, storeOn } from './world.js'

const timeout = 300_000

describe('after a power failure', () => {
  it('nothing acknowledged is lost and nothing is half there, in each of 5,000 states and more', {
    timeout,
  }, async () => {
    const disk = new SimulatedDisk()
    expect(await playScript(disk)).toBe(0)
    let states = 0
    for (const [count, state] of statesOf(disk)) {
      await checkState(state, expectedAfter(disk.log, count))
      states += 1
    }
    expect(states).toBeGreaterThan(5000)
  })

  it('one while the store recovers from another changes nothing (L6)', { timeout }, async () => {
    const disk = new SimulatedDisk()
    await playScript(disk)
    let n = 0
    let states = 0
    for (const [count, state] of statesOf(disk)) {
      n += 1
      if (n % 83 !== 0) continue
      const expected = expectedAfter(disk.log, count)
      const recovering = new SimulatedDisk(state)
      const store = storeOn(recovering)
      for (const scope of expected.heads.keys()) await readAll(store, scope)
      for (const [at, second] of statesOf(recovering)) {
        states += 1
        if (at > 0 && states % 7 === 0) await checkState(second, expected)
      }
    }
    expect(states).toBeGreaterThan(5000)
  })
})
