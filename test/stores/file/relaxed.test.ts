/** `durability: 'relaxed'` gives up what a power failure may take, and nothing else. */
import { describe, expect, it } from 'vitest'
import type { ScopeId } from '../../../src/core/types.js'
import { expectedAfter, offeredIn, playScript } from './script.js'
import { SimulatedDisk } from './simulated-disk.js'
import { statesOf } from './states.js'
import { batchOf, checkState, ONE, type Options, readAll, storeOn, TWO } from './world.js'

const relaxed: Options = { durability: 'relaxed' }

describe('relaxed', () => {
  it('appends without a sync, and makes all of it durable for a snapshot and when it is closed', async () => {
    const disk = new SimulatedDisk()
    const store = storeOn(disk, { ...relaxed, segmentBytes: 100_000 })
    await store.append(ONE, 0, batchOf(1, 1))
    const syncs = () => disk.log.filter(({ type }) => type === 'sync').length
    const before = syncs()
    for (let n = 1; n < 20; n += 1) await store.append(ONE, n, batchOf(n + 1, 1))
    expect(syncs()).toBe(before)
    await store.saveSnapshot(ONE, { revision: 20, writer: 'test/1', data: null })
    expect(syncs()).toBeGreaterThan(before)
    await store.append(ONE, 20, batchOf(21, 1))
    await store.close()
    for (const [count, state] of statesOf(disk)) {
      if (count === disk.log.length) expect(await readAll(storeOn(new SimulatedDisk(state)))).toBe(21)
    }
  })

  it('loses nothing when only the process dies', async () => {
    const disk = new SimulatedDisk()
    await playScript(disk, relaxed)
    await checkState(disk.state, expectedAfter(disk.log, disk.log.length), relaxed)
  })

  it('after a power failure ends with some batch, and never before a snapshot', { timeout: 300_000 }, async () => {
    const disk = new SimulatedDisk()
    await playScript(disk, relaxed)
    const offered = offeredIn(disk.log)
    let n = 0
    let states = 0
    for (const [, state] of statesOf(disk)) {
      n += 1
      if (n % 3 !== 0) continue
      const snapshots = [...state.names.keys()].flatMap((name) => /(\d{16})\.snapshot$/.exec(name)?.[1] ?? [])
      const least = Math.max(0, ...snapshots.map(Number))
      const heads = new Map<ScopeId, readonly number[]>([
        [ONE, offered.get(ONE)!.filter((head) => head >= least)],
        [TWO, offered.get(TWO)!],
      ])
      await checkState(state, { heads }, relaxed)
      states += 1
    }
    expect(states).toBeGreaterThan(1000)
  })
})
