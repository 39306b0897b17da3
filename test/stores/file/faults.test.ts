/** Each call to the disk fails in turn, or is the last before the process is killed, until a run passes clean. */
import { describe, expect, it } from 'vitest'
import { expectedAfter, playScript } from './script.js'
import { type DiskState, errorOf, type Fault, SimulatedDisk, stateAfter } from './simulated-disk.js'
import { batchOf, checkState, ONE, readAll, storeOn, TWO } from './world.js'

const timeout = 180_000

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

describe('when the process is killed', () => {
  it.each([
    ['at any call', () => 'hang' as const],
    [
      'at any call, just after one that failed',
      ({ path }: { readonly path: string }) => {
        throw errorOf('EIO', path)
      },
    ],
  ] as const)(
    '%s, the next one goes on, and a power failure after that takes nothing from under it',
    { timeout },
    async (_, end) => {
      for (let last = 1; ; last += 1) {
        const disk = new SimulatedDisk()
        disk.fault = (call) => {
          if (call.count < last) return 'do'
          return call.count === last ? end(call) : 'hang'
        }
        const ended = await Promise.race([playScript(disk).then(() => true), idle(disk)])
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
    },
  )

  it('while a new segment is made, the newest batch is still answered when it is offered again', {
    timeout,
  }, async () => {
    for (let last = 1; ; last += 1) {
      const disk = new SimulatedDisk()
      const store = storeOn(disk, { segmentBytes: 100 })
      await store.append(ONE, 0, batchOf(1, 2))
      disk.calls = 0
      disk.fault = ({ count }) => (count < last ? 'do' : 'hang')
      const next = store.append(ONE, 2, batchOf(3, 1)).then(() => true)
      const ended = await Promise.race([next, idle(disk)])
      const again = storeOn(new SimulatedDisk(disk.state))
      const head = await readAll(again)
      expect(await again.append(ONE, 0, batchOf(1, 2))).toEqual({ ok: head === 2, head })
      if (ended) return
    }
  })
})

it('a batch that failed and is not offered again leaves nothing behind', async () => {
  for (const name of ['write', 'syncContent']) {
    const disk = new SimulatedDisk()
    const store = storeOn(disk, { roomBytes: 5000 })
    await store.append(ONE, 0, batchOf(1, 1))
    disk.fault = (call) => {
      if (call.name !== name) return 'do'
      if (name === 'write' && disk.fault !== full) {
        disk.fault = full
        return 'half'
      }
      disk.fault = () => 'do'
      throw errorOf('EIO', call.path)
    }
    const full: Fault = ({ path }) => {
      disk.fault = () => 'do'
      throw errorOf('ENOSPC', path)
    }
    await expect(store.append(ONE, 1, batchOf(2, 5, 300))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await readAll(store)).toBe(1)
    expect(await store.append(ONE, 1, batchOf(2, 1))).toEqual({ ok: true, head: 2 })
    const warnings: unknown[] = []
    const again = storeOn(new SimulatedDisk(disk.state), { warn: (warning) => warnings.push(warning) })
    expect([await readAll(again), warnings]).toEqual([2, []])
  }
})

it('while a failed batch cannot be taken back, nothing is appended', async () => {
  const disk = new SimulatedDisk()
  const store = storeOn(disk)
  await store.append(ONE, 0, batchOf(1, 1))
  disk.fault = ({ name, path }) => {
    if (name === 'syncContent' || name === 'truncate') throw errorOf('EIO', path)
    return 'do'
  }
  for (let tries = 0; tries < 3; tries += 1) {
    const writes = disk.log.filter(({ type }) => type === 'write').length
    await expect(store.append(ONE, 1, batchOf(2, 1))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/^Appending to scope "one" failed: EIO/),
    })
    expect(disk.log.filter(({ type }) => type === 'write').length - writes).toBe(tries === 0 ? 1 : 0)
  }
  disk.fault = () => 'do'
  expect(await store.append(ONE, 1, batchOf(2, 1))).toEqual({ ok: true, head: 2 })
})

/** False once nothing more is asked of the disk. */
async function idle(disk: SimulatedDisk): Promise<boolean> {
  for (let calls = -1; calls !== disk.calls; ) {
    calls = disk.calls
    await new Promise((resolve) => setImmediate(resolve))
  }
  return false
}
