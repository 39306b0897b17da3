/** Each call to the disk fails in turn, or is the last before the process is killed, until a run passes clean. */
import { describe, expect, it } from 'vitest'
import { expectedAfter, playScript } from './script.js'
import { type DiskState, errorOf, type Fault, SimulatedDisk, stateAfter } from './simulated-disk.js'
import { batchOf, checkState, ONE, readAll, storeOn, TWO } from './world.js'

const timeout = 60_000

/** Runs the script with a fault that begins at call 1, 2, 3 … and ends the first time that it is never met. */
async function eachCall(
  faultFrom: (first: number) => Fault,
  check: (disk: SimulatedDisk, failed: number, first: number) => Promise<void>,
): Promise<number> {
  for (let first = 1; ; first += 1) {
    const disk = new SimulatedDisk()
    disk.fault = faultFrom(first)
    const failed = await playScript(disk)
    disk.fault = () => 'do'
    await check(disk, failed, first)
    if (disk.calls < first) return first
  }
}

/** What is there if power fails now and takes all that was not synced. */
function withoutUnsynced(disk: SimulatedDisk): DiskState {
  return stateAfter(disk.before, disk.log, disk.log.length, () => 'none')
}

async function checkBoth(disk: SimulatedDisk): Promise<void> {
  const expected = expectedAfter(disk.log, disk.log.length)
  await checkState(disk.state, expected)
  await checkState(withoutUnsynced(disk), expected)
}

function failing(code: string, from: number, calls: number): Fault {
  return ({ count, path }) => {
    if (count >= from && count < from + calls) throw errorOf(code, path)
    return 'do'
  }
}

describe('when one call fails', () => {
  it('with EIO, the batch is stored at the next try, once', { timeout }, async () => {
    const calls = await eachCall(
      (first) => failing('EIO', first, 1),
      async (disk, failed, first) => {
        expect([first, failed]).toEqual([first, 0])
        await checkBoth(disk)
      },
    )
    expect(calls).toBeGreaterThan(150)
  })

  it('since a write is short, nothing of it is lost', { timeout }, async () => {
    await eachCall(
      (first) => (call) => (call.count === first ? 'half' : 'do'),
      async (disk, failed) => {
        expect(failed).toBe(0)
        await checkBoth(disk)
      },
    )
  })

  it('since the disk is full, for a while, a write that was taken in part is taken back', { timeout }, async () => {
    await eachCall(
      (first) => (call) => (call.count === first ? 'half' : failing('ENOSPC', first + 1, 4)(call)),
      async (disk, failed) => {
        expect(failed).toBe(0)
        await checkBoth(disk)
      },
    )
  })

  it('and all after it, what was acknowledged before is there', { timeout }, async () => {
    await eachCall(
      (first) => failing('EIO', first, Number.POSITIVE_INFINITY),
      async (disk) => checkBoth(disk),
    )
  })
})

describe('when the process is killed at any call', () => {
  it('the next one goes on, and a power failure after that takes nothing from under it', { timeout }, async () => {
    for (let last = 1; ; last += 1) {
      const disk = new SimulatedDisk()
      disk.fault = ({ count }) => (count < last ? 'do' : 'hang')
      const dead = playScript(disk)
      const ended = await Promise.race([dead.then(() => true), idle(disk)])
      disk.fault = () => 'do'
      const store = storeOn(disk)
      for (const scope of [ONE, TWO]) {
        const before = expectedAfter(disk.log, disk.log.length).heads.get(scope)!
        const head = await readAll(store, scope)
        expect(before).toContain(head)
        disk.note({ type: 'offered', scope, head: head + 1 })
        expect(await store.append(scope, head, batchOf(head + 1, 1))).toEqual({ ok: true, head: head + 1 })
        disk.note({ type: 'acknowledged', scope, head: head + 1 })
      }
      await checkBoth(disk)
      if (ended) return
    }
  })
})

/** False once nothing more is asked of the disk. */
async function idle(disk: SimulatedDisk): Promise<boolean> {
  for (let calls = -1; calls !== disk.calls; ) {
    calls = disk.calls
    await new Promise((resolve) => setImmediate(resolve))
  }
  return false
}
