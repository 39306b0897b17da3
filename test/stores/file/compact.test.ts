/** Compaction: what nobody needs to go on is removed, and nothing else, whenever the power fails. */
import { describe, expect, it } from 'vitest'
import { hosted, plan, turns } from '../../runtime/world.js'
import { type DiskState, SimulatedDisk } from './simulated-disk.js'
import { statesOf } from './states.js'
import { batchOf, ONE, readAll, storeOn } from './world.js'

const COMPACTED = { isCompacted: true, segmentBytes: 400 }

/** Segments of the one scope there is, by the revision before their first event. */
function segmentsOn(disk: SimulatedDisk): readonly number[] {
  return [...disk.state.names.keys()]
    .filter((path) => path.endsWith('.journal'))
    .map((path) => Number(path.slice(-'0000000000000000.journal'.length, -'.journal'.length)))
    .sort((a, b) => a - b)
}

/** Appends up to `head`, a few events to a segment. */
async function grown(disk: SimulatedDisk, head: number, options = {}) {
  const store = storeOn(disk, { ...COMPACTED, ...options })
  for (let n = 1; n <= head; n += 1) await store.append(ONE, n - 1, batchOf(n, 1))
  return store
}

const snapshotAt = (revision: number, historyAfter?: number) => ({
  revision,
  writer: 'test/1',
  data: { revision },
  ...(historyAfter === undefined ? {} : { historyAfter }),
})

describe('a segment goes', () => {
  it('when it is before the last snapshot but one, and before what is asked for', async () => {
    const disk = new SimulatedDisk()
    const store = await grown(disk, 30)
    const all = segmentsOn(disk)
    expect(all.length).toBeGreaterThan(5)
    await store.saveSnapshot(ONE, snapshotAt(20, 20))
    expect(segmentsOn(disk)).toEqual(all)
    await store.saveSnapshot(ONE, snapshotAt(30, 30))
    expect(segmentsOn(disk)).toEqual(all.slice(all.findLastIndex((after) => after <= 20)))
    expect(await readAll(store, ONE, 20)).toBe(30)
    expect((await store.loadSnapshot(ONE))?.data).toEqual({ revision: 30 })
  })

  it.each([
    ['somebody asks for its history', 0],
    ['nothing is known of who asks', undefined],
  ])('not while %s', async (_, historyAfter) => {
    const disk = new SimulatedDisk()
    const store = await grown(disk, 30)
    const all = segmentsOn(disk)
    await store.saveSnapshot(ONE, snapshotAt(20, historyAfter))
    await store.saveSnapshot(ONE, snapshotAt(30, historyAfter))
    expect(segmentsOn(disk)).toEqual(all)
    expect(await readAll(store)).toBe(30)
  })

  it('never without being asked to', async () => {
    const disk = new SimulatedDisk()
    const store = await grown(disk, 30, { isCompacted: false })
    const all = segmentsOn(disk)
    await store.saveSnapshot(ONE, snapshotAt(20, 20))
    await store.saveSnapshot(ONE, snapshotAt(30, 30))
    expect(segmentsOn(disk)).toEqual(all)
  })
})

describe('what is gone', () => {
  async function compacted(): Promise<SimulatedDisk> {
    const disk = new SimulatedDisk()
    const store = await grown(disk, 30)
    await store.saveSnapshot(ONE, snapshotAt(20, 20))
    await store.saveSnapshot(ONE, snapshotAt(30, 30))
    await store.close()
    return disk
  }

  it('is told as such to whoever asks for it, also by a store that does not compact', async () => {
    const store = storeOn(await compacted())
    const [oldest] = segmentsOn(await compacted())
    await expect(readAll(store)).rejects.toMatchObject({
      code: 'STORE_COMPACTED',
      message: `Events 1 to ${oldest} of scope "one" were removed when its journal was compacted.`,
    })
    expect(await store.scopes()).toEqual([ONE])
    expect(await store.append(ONE, 30, batchOf(31, 1))).toEqual({ ok: true, head: 31 })
  })

  it('is not missed where the newest snapshot is damaged', async () => {
    const disk = await compacted()
    const newest = disk.state.names.get([...disk.state.names.keys()].find((path) => path.endsWith('30.snapshot'))!)!
    const bytes = Buffer.from(disk.state.files.get(newest)!)
    bytes[bytes.length - 3]! ^= 1
    const files = new Map([...disk.state.files, [newest, bytes]])
    const store = storeOn(new SimulatedDisk({ ...disk.state, files }), COMPACTED)
    const { revision } = (await store.loadSnapshot(ONE))!
    expect(revision).toBe(20)
    expect(await readAll(store, ONE, revision)).toBe(30)
  })

  it('is damage where more is missing than was removed', async () => {
    const disk = await compacted()
    const [oldest = 0] = segmentsOn(disk)
    for (const path of disk.state.names.keys()) {
      if (path.endsWith(`${oldest}.journal`)) await disk.remove(path)
    }
    await expect(readAll(storeOn(disk), ONE, 30)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})

it('whenever the power fails, what came after the newest snapshot is there', { timeout: 60_000 }, async () => {
  const disk = new SimulatedDisk()
  const store = await grown(disk, 16)
  await store.saveSnapshot(ONE, snapshotAt(8, 8))
  const quiet = disk.log.length
  await store.saveSnapshot(ONE, snapshotAt(16, 16))
  let states = 0
  let removed = 0
  for (const [count, state] of statesOf(disk)) {
    if (count < quiet) continue
    states += 1
    removed += await checkCompacted(state)
  }
  expect(states).toBeGreaterThan(20)
  expect(removed).toBeGreaterThan(3)
})

/** 1 where something was removed. */
async function checkCompacted(state: DiskState): Promise<0 | 1> {
  const disk = new SimulatedDisk(state)
  const store = storeOn(disk, COMPACTED)
  const { revision } = (await store.loadSnapshot(ONE))!
  expect(revision === 8 || revision === 16).toBe(true)
  expect(await readAll(store, ONE, 8)).toBe(16)
  // What is older is there as a row, or gone as such.
  await readAll(store).catch((error: unknown) => expect(error).toMatchObject({ code: 'STORE_COMPACTED' }))
  expect(await store.append(ONE, 16, batchOf(17, 1))).toEqual({ ok: true, head: 17 })
  await store.saveSnapshot(ONE, snapshotAt(17, 17))
  expect(await readAll(store, ONE, 16)).toBe(17)
  return segmentsOn(disk)[0]! > 0 ? 1 : 0
}

it('a scheduler goes on with a journal that lost what had ended, and all of what is open', async () => {
  const disk = new SimulatedDisk()
  const options = { ...COMPACTED, segmentBytes: 2000, maxBatchBytes: 1_000_000 }
  const first = hosted({ store: storeOn(disk, options), snapshotEvery: 8 })
  for (let n = 0; n < 12; n += 1) {
    const run = await first.scheduler.start(plan({ [`t${n}`]: {} }), { id: `r${n}` })
    await turns()
    first.work.of(`t${n}`).finish(n)
    await run.outcome
  }
  await first.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'open' })
  await turns()
  first.work.of('a').finish('done')
  for (let n = 12; n < 24; n += 1) {
    const run = await first.scheduler.start(plan({ [`t${n}`]: {} }), { id: `r${n}` })
    await turns()
    first.work.of(`t${n}`).finish(n)
    await run.outcome
  }
  await first.scheduler.close({ graceMs: 0 })
  expect(segmentsOn(disk)[0]).toBeGreaterThan(0)

  const next = hosted({ store: storeOn(disk, options), snapshotEvery: 8 })
  const run = await next.scheduler.resume('open')
  const seen: string[] = []
  const reading = (async () => {
    for await (const { type } of run.events()) seen.push(type)
  })()
  await turns()
  next.work.of('b').finish('too')
  expect((await run.outcome).verdict).toBe('succeeded')
  await reading
  expect(seen[0]).toBe('run.opened')
  expect((await next.scheduler.list()).length).toBe(25)
  await expect(next.scheduler.resume('r0')).rejects.toMatchObject({ code: 'STORE_COMPACTED' })
  await next.scheduler.close()
})
