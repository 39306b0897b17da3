/** What was acknowledged and is damaged is reported with its place, never repaired in silence. */
import { describe, expect, it } from 'vitest'
import { isSchedulerError } from '../../../src/runtime/errors.js'
import { type CorruptStoreError, isCorrupt } from '../../../src/stores/file/trouble.js'
import { type DiskState, SimulatedDisk } from './simulated-disk.js'
import { batchOf, insist, ONE, readAll, storeOn } from './world.js'

const timeout = 180_000

/** A journal of two segments, closed or left open, with a snapshot at 3 of its 7 events. */
async function written(how: 'closed' | 'open'): Promise<DiskState> {
  const disk = new SimulatedDisk()
  const store = storeOn(disk, { segmentBytes: 600, roomBytes: 100 })
  for (const [first, count] of [
    [1, 1],
    [2, 2],
    [4, 1],
    [5, 1],
    [6, 2],
  ] as const) {
    await insist(store, ONE, first - 1, batchOf(first, count, 30))
    if (first === 2) await store.saveSnapshot(ONE, { revision: 3, writer: 'test/1', data: { upTo: 3 } })
  }
  if (how === 'closed') await store.close()
  return disk.state
}

function fileNamed(state: DiskState, end: string, nth = 0): number {
  const names = [...state.names.keys()].filter((name) => name.endsWith(end)).sort()
  return state.names.get(names.at(nth)!)!
}

function changed(state: DiskState, file: number, change: (content: Buffer) => Buffer): DiskState {
  return { ...state, files: new Map(state.files).set(file, change(Buffer.from(state.files.get(file)!))) }
}

function flipped(state: DiskState, file: number, bit: number): DiskState {
  return changed(state, file, (content) => {
    content[bit >> 3]! ^= 1 << (bit & 7)
    return content
  })
}

/** How many events can be read, and how it ends. */
async function outcomeOf(state: DiskState): Promise<{ head: number; error: unknown; disk: SimulatedDisk }> {
  const disk = new SimulatedDisk(state)
  const store = storeOn(disk)
  let head = 0
  try {
    for await (const { revision } of store.read(ONE, 0)) head = revision
    return { head, error: null, disk }
  } catch (error) {
    return { head, error, disk }
  }
}

async function damageOf(state: DiskState): Promise<CorruptStoreError> {
  const { error } = await outcomeOf(state)
  if (!isCorrupt(error)) throw new Error(`Expected damage, got ${error}.`)
  return error
}

describe('a flipped bit', () => {
  it.each(['closed', 'open'] as const)(
    'is found wherever it is in a journal that was left %s',
    { timeout },
    async (how) => {
      const state = await written(how)
      let found = 0
      for (const nth of [0, 1]) {
        const file = fileNamed(state, '.journal', nth)
        const size = state.files.get(file)!.length
        const text = state.files.get(file)!.findLastIndex((byte) => byte !== 0) + 1
        for (let bit = 0; bit < size * 8; bit += 1) {
          const { head, error } = await outcomeOf(flipped(state, file, bit))
          const isKnown = isSchedulerError(error) && ['STORE_CORRUPT', 'STORE_FORMAT'].includes(error.code)
          // In the room behind the last event there is nothing to be lost; the seal tells of no event.
          const isInEvents = bit < (text - (how === 'closed' ? 32 : 0)) * 8 || nth === 0
          if (isInEvents ? !isKnown : !isKnown && head !== 7)
            throw new Error(`Bit ${bit} of file ${nth}: ${head}, ${error}`)
          if (isKnown) found += 1
        }
      }
      expect(found).toBeGreaterThan(5000)
    },
  )

  it('in a snapshot is found, warned of, and costs nothing: the journal is read from its start', {
    timeout,
  }, async () => {
    const state = await written('closed')
    const file = fileNamed(state, '.snapshot')
    const size = state.files.get(file)!.length
    for (let bit = 0; bit < size * 8; bit += 1) {
      const warnings: string[] = []
      const store = storeOn(new SimulatedDisk(flipped(state, file, bit)), { warn: ({ code }) => warnings.push(code) })
      expect([await store.loadSnapshot(ONE), warnings]).toEqual([null, ['SNAPSHOT_DAMAGED']])
    }
    expect(await readAll(storeOn(new SimulatedDisk(flipped(state, file, 300))))).toBe(7)
  })
})

describe('damage', () => {
  it('is told with file, place and the last good revision; what is before it can be read', async () => {
    const state = await written('closed')
    const file = fileNamed(state, '.journal')
    const content = state.files.get(file)!
    const second = content.indexOf('batch-2')
    const damaged = flipped(state, file, second * 8)
    const { head, error } = await outcomeOf(damaged)
    expect(head).toBe(1)
    expect(error).toMatchObject({ code: 'STORE_CORRUPT', lastGoodRevision: 1, hint: expect.stringContaining('copy') })
    const { file: path, offset, message } = error as CorruptStoreError
    expect(path).toMatch(/^\/store\/[0-9a-f]{32}\/0000000000000000\.journal$/)
    expect(content.subarray(offset, offset + 4)).toEqual(Buffer.from([0xf5, 0x53, 0x42, 0x4a]))
    expect(second - offset).toBeLessThan(64)
    expect(message).toBe(`The journal is damaged at byte ${offset} of "${path}"; the journal is good up to revision 1.`)
  })

  it('is left as it is: no file is changed, and nothing is appended', async () => {
    const state = await written('open')
    const file = fileNamed(state, '.journal', -1)
    const damaged = flipped(state, file, state.files.get(file)!.indexOf('batch-6') * 8)
    const disk = new SimulatedDisk(damaged)
    const store = storeOn(disk)
    await expect(store.append(ONE, 7, batchOf(8, 1))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await store.close()
    const journals = disk.log.filter((operation) => 'file' in operation && operation.file === file)
    expect(journals).toEqual([])
    expect(disk.state.files.get(file)).toBe(damaged.files.get(file))
  })

  it('of the last event is not taken for a write that was cut off', async () => {
    const state = await written('open')
    const file = fileNamed(state, '.journal', -1)
    const at = state.files.get(file)!.indexOf('batch-6')
    const damaged = changed(state, file, (content) => {
      content.write('!!!', at)
      return content
    })
    expect(await damageOf(damaged)).toMatchObject({ lastGoodRevision: 5 })
  })

  it('that looks like a write cut off is found where something later proves that it was durable', async () => {
    const closed = await written('closed')
    const open = await written('open')
    for (const [state, isFound] of [
      [closed, true],
      [open, false],
    ] as const) {
      const file = fileNamed(state, '.journal', -1)
      const at = state.files.get(file)!.indexOf('batch-6')
      const end = state.files.get(file)!.indexOf(']}', at) + 2
      const cut = changed(state, file, (content) => content.fill(0, at, end))
      const { head, error } = await outcomeOf(cut)
      expect([head, isCorrupt(error)]).toEqual([5, isFound])
    }
  })

  it('is what a missing segment is, first, in the middle or last', async () => {
    const disk = new SimulatedDisk()
    const store = storeOn(disk, { segmentBytes: 200 })
    for (let n = 1; n <= 3; n += 1) await insist(store, ONE, n - 1, batchOf(n, 1, 90))
    await store.saveSnapshot(ONE, { revision: 3, writer: 'test/1', data: null })
    const journals = [...disk.state.names.keys()].filter((name) => name.endsWith('.journal')).sort()
    expect(journals).toHaveLength(3)
    for (const [nth, good] of [
      [0, 0],
      [1, 1],
      [2, 2],
    ] as const) {
      const names = new Map(disk.state.names)
      names.delete(journals[nth]!)
      expect(await damageOf({ ...disk.state, names })).toMatchObject({ lastGoodRevision: good })
    }
  })

  it('is what the journal of another scope is, and a frame that stands there twice', async () => {
    const state = await written('closed')
    const file = fileNamed(state, '.journal', -1)
    const twice = changed(state, file, (content) => {
      const start = content.indexOf(Buffer.from([0xf5, 0x53]), 30)
      return Buffer.concat([content, content.subarray(start)])
    })
    expect((await damageOf(twice)).message).toContain('What follows here is not what was written')
    const other = new SimulatedDisk()
    await storeOn(other).append('two' as typeof ONE, 0, batchOf(1, 1))
    const foreign = other.state.files.get(fileNamed(other.state, '.journal'))!
    expect((await damageOf(changed(state, fileNamed(state, '.journal'), () => foreign))).message).toContain('"two"')
  })
})

it('a format of later times is refused by name', async () => {
  const state = await written('closed')
  const later = changed(state, fileNamed(state, '.journal', -1), (content) => {
    content.write('signalbox journal 2\n')
    return content
  })
  const { error } = await outcomeOf(later)
  expect(error).toMatchObject({ code: 'STORE_FORMAT', message: expect.stringContaining('the format "2\\n"') })
})

it('a write that was cut off is warned of, and gone', async () => {
  const state = await written('open')
  const file = fileNamed(state, '.journal', -1)
  const torn = changed(state, file, (content) => Buffer.concat([content.subarray(0, content.indexOf('batch-6') + 40)]))
  const warnings: unknown[] = []
  const disk = new SimulatedDisk(torn)
  const store = storeOn(disk, { warn: (warning) => warnings.push(warning) })
  expect(await readAll(store)).toBe(5)
  expect(warnings).toEqual([
    {
      code: 'TAIL_CUT',
      message: expect.stringContaining('nobody was told'),
      file: expect.stringMatching(/\.journal$/),
    },
  ])
  expect(await store.append(ONE, 5, batchOf(6, 1))).toEqual({ ok: true, head: 6 })
})
