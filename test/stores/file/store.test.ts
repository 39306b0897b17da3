/** The file store keeps the law of the port, on the disk of this machine. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ScopeId } from '../../../src/core/types.js'
import { type FileStoreOptions, fileStore } from '../../../src/stores/file.js'
import { hosted, plan, turns } from '../../runtime/world.js'
import { SimulatedDisk } from './simulated-disk.js'
import { batchOf, event, ONE, readAll, storeOn, TWO } from './world.js'

// Real disks take their time when others want them, too.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
const opened: { close(): Promise<void> }[] = []

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'signalbox-file-')), 'store')
})

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

function open(options?: FileStoreOptions) {
  const store = fileStore(folder, options)
  opened.push(store)
  return store
}

/** Paths of all there is, relative to the folder. */
function everything(): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

describe('append', () => {
  it('stores at the head alone, answers a repeated batch, and stores it once', async () => {
    const store = open()
    expect(await store.append(ONE, 0, batchOf(1, 2))).toEqual({ ok: true, head: 2 })
    expect(await store.append(ONE, 0, batchOf(1, 2))).toEqual({ ok: true, head: 2 })
    for (const expected of [0, 1, 3, -1, Number.NaN]) {
      expect(await store.append(ONE, expected, batchOf(9, 1))).toEqual({ ok: false, head: 2 })
    }
    expect(await store.append(ONE, 2, batchOf(3, 1))).toEqual({ ok: true, head: 3 })
    expect(await store.append(ONE, 0, batchOf(1, 2))).toEqual({ ok: false, head: 3 })
    expect(await readAll(store)).toBe(3)
  })

  it('answers the newest batch again after the store was opened anew, closed before or not', async () => {
    const first = open()
    await first.append(ONE, 0, batchOf(1, 2))
    await first.close()
    const second = open()
    expect(await second.append(ONE, 0, batchOf(1, 2))).toEqual({ ok: true, head: 2 })
    expect(await second.append(ONE, 0, { ...batchOf(1, 2), id: 'other' })).toEqual({ ok: false, head: 2 })
    expect(await readAll(second)).toBe(2)
  })

  it('of several at once, one wins; and those that follow each other are all stored', async () => {
    const store = open()
    const rivals = await Promise.all(['x', 'y', 'z'].map((id) => store.append(ONE, 0, { ...batchOf(1, 1), id })))
    expect(rivals).toEqual([
      { ok: true, head: 1 },
      { ok: false, head: 1 },
      { ok: false, head: 1 },
    ])
    const row = await Promise.all([2, 3, 4, 5].map((n) => store.append(ONE, n - 1, batchOf(n, 1))))
    expect(row.map(({ ok, head }) => [ok, head])).toEqual([2, 3, 4, 5].map((head) => [true, head]))
    expect(await readAll(store)).toBe(5)
  })

  it('refuses what is too large or no JSON, and stores what is offered with it', async () => {
    const store = open({ maxBatchBytes: 1000 })
    const large = store.append(ONE, 0, batchOf(1, 1, 3000))
    const strange = store.append(ONE, 0, { ...batchOf(1, 1), events: [{ at: 1n } as never] })
    const named = store.append(ONE, 0, { ...batchOf(1, 1), id: 'x'.repeat(5000) })
    const good = store.append(ONE, 0, batchOf(1, 1))
    await expect(large).rejects.toMatchObject({
      code: 'STORE_LIMIT',
      message: expect.stringMatching(/^The batch takes \d+ bytes; at most 1000 are allowed\.$/),
    })
    await expect(strange).rejects.toMatchObject({ code: 'STORE_FAILED', cause: expect.any(TypeError) })
    await expect(named).rejects.toMatchObject({ code: 'STORE_LIMIT' })
    await expect(store.append('s'.repeat(2000) as ScopeId, 0, batchOf(1, 1))).rejects.toMatchObject({
      code: 'STORE_LIMIT',
    })
    expect(await good).toEqual({ ok: true, head: 1 })
    expect(await readAll(store)).toBe(1)
  })
})

describe('read', () => {
  it('begins after a revision, within a batch too, and is empty at the head and beyond', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 3))
    await store.append(ONE, 3, batchOf(4, 2))
    for (const after of [0, 1, 2, 3, 4, 5]) expect(await readAll(store, ONE, after)).toBe(5)
    for (const after of [5, 99]) {
      for await (const stored of store.read(ONE, after)) throw new Error(`Found ${stored.revision}.`)
    }
  })

  it('crosses segments and buffers: batches of a megabyte and more', async () => {
    const store = open()
    const event = { type: 'worker.left', at: 1, worker: 'w', reason: 'x'.repeat(1_500_000) } as never
    for (let n = 0; n < 14; n += 1) await store.append(ONE, n, { id: `${n}`, writer: 'test/1', events: [event] })
    expect(everything().filter((name) => name.endsWith('.journal')).length).toBeGreaterThan(1)
    await store.close()
    const revisions: number[] = []
    for await (const { revision } of open().read(ONE, 3)) revisions.push(revision)
    expect(revisions).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  })

  it('may be left early, and goes on beside appends', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 3))
    for await (const { revision } of store.read(ONE, 0)) {
      await store.append(ONE, 3, batchOf(4, 1))
      if (revision === 2) break
    }
    expect(await readAll(store)).toBe(4)
  })

  it('of a scope or a folder without anything is empty, and leaves nothing behind', async () => {
    const looking = open({ readOnly: true })
    expect([await readAll(looking), await looking.scopes(), await looking.loadSnapshot(ONE)]).toEqual([0, [], null])
    expect(readdirSync(join(folder, '..'))).toEqual([])
    expect(await readAll(open())).toBe(0)
    expect(everything()).toEqual(['lock.1'])
  })
})

describe('scopes', () => {
  it('are kept apart, whatever they are called, and named in order', async () => {
    const names = ['__proto__', '', '../up', 'a/b', 'two', '\ud800', '\ud801', 'é'] as ScopeId[]
    const store = open()
    await Promise.all(names.map((name, n) => store.append(name, 0, { ...batchOf(1, 1), id: `${n}` })))
    await store.append(ONE, 7, batchOf(1, 1))
    await store.close()
    const again = open()
    expect(await again.scopes()).toEqual([...names].sort())
    for (const name of names) expect(await readAll(again, name)).toBe(1)
    expect(readdirSync(join(folder, '..'))).toEqual(['store'])
  })
})

describe('snapshots', () => {
  const snapshot = (revision: number) => ({ revision, writer: 'test/1', data: { revision, text: 'é\u0000' } })

  it('come back as they were saved, the newest alone, and none above the head', async () => {
    const store = open()
    expect(await store.loadSnapshot(ONE)).toBeNull()
    await store.append(ONE, 0, batchOf(1, 3))
    await Promise.all([
      store.saveSnapshot(ONE, snapshot(1)),
      store.saveSnapshot(ONE, snapshot(3)),
      store.saveSnapshot(ONE, snapshot(2)),
    ])
    await expect(store.saveSnapshot(ONE, snapshot(4))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'A snapshot of scope "one" at revision 4 is above the head of its journal, 3.',
    })
    expect(await store.loadSnapshot(ONE)).toEqual(snapshot(3))
    expect(await store.loadSnapshot(TWO)).toBeNull()
    await store.close()
    expect(await open().loadSnapshot(ONE)).toEqual(snapshot(3))
    expect(everything().filter((name) => name.endsWith('.snapshot'))).toHaveLength(1)
  })

  it('may be loaded while newer ones take their place', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 9))
    await store.saveSnapshot(ONE, snapshot(1))
    const saved = Promise.all([2, 3, 4, 5, 6, 7, 8, 9].map((revision) => store.saveSnapshot(ONE, snapshot(revision))))
    for (let seen = 1; seen < 9; ) {
      const loaded = await store.loadSnapshot(ONE)
      expect(loaded!.revision).toBeGreaterThanOrEqual(seen)
      seen = loaded!.revision
    }
    await saved
  })

  it('that is damaged is warned of, by default as a warning of the process', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 1))
    await store.saveSnapshot(ONE, snapshot(1))
    const name = everything().find((each) => each.endsWith('.snapshot'))!
    writeFileSync(join(folder, name), 'nothing of the kind')
    const warned = new Promise<NodeJS.ErrnoException>((resolve) => process.once('warning', resolve))
    expect(await store.loadSnapshot(ONE)).toBeNull()
    expect(await warned).toMatchObject({ name: 'SignalboxWarning', code: 'SNAPSHOT_DAMAGED' })
  })
})

it('watch wakes after an append to the scope, until it is stopped', async () => {
  const store = open()
  let wakes = 0
  const stop = store.watch(ONE, () => {
    wakes += 1
  })
  await store.append(TWO, 0, batchOf(1, 1))
  expect(wakes).toBe(0)
  await store.append(ONE, 0, batchOf(1, 1))
  await Promise.resolve()
  expect(wakes).toBe(1)
  stop()
  await store.append(ONE, 1, batchOf(2, 1))
  await Promise.resolve()
  expect(wakes).toBe(1)
})

describe('the folder', () => {
  it('is for its owner alone: folders 0700, files 0600', async () => {
    const before = process.umask(0)
    try {
      const store = open()
      await store.append(ONE, 0, batchOf(1, 1))
      await store.saveSnapshot(ONE, { revision: 1, writer: 'test/1', data: null })
    } finally {
      process.umask(before)
    }
    const modes = ['', ...everything()].map((name) => statSync(join(folder, name)))
    for (const found of modes) expect(found.mode & 0o777).toBe(found.isDirectory() ? 0o700 : 0o600)
    expect(modes.length).toBeGreaterThan(4)
  })

  it('may be behind a link, but no link in it is followed', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 1))
    await store.close()
    const linked = join(folder, '..', 'linked')
    symlinkSync(folder, linked)
    const behind = fileStore(linked)
    expect(await readAll(behind)).toBe(1)
    await behind.close()
    const scope = everything().find((name) => /^[0-9a-f]{32}$/.test(name))!
    const victim = join(folder, '..', 'victim')
    mkdirSync(victim)
    rmSync(join(folder, scope), { recursive: true })
    symlinkSync(victim, join(folder, scope))
    const folderLink = open()
    await expect(folderLink.append(ONE, 0, batchOf(1, 1))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(readAll(folderLink)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    rmSync(join(folder, scope))
    mkdirSync(join(folder, scope))
    symlinkSync(join(victim, 'x'), join(folder, scope, '0000000000000000.journal'))
    await expect(folderLink.append(ONE, 0, batchOf(1, 1))).rejects.toMatchObject({ code: 'STORE_FORMAT' })
    expect(readdirSync(victim)).toEqual([])
  })

  it('that cannot be made is told by STORE_FAILED, and tried again by the next call', async () => {
    writeFileSync(folder, 'a file is in the way')
    const store = open()
    await expect(store.append(ONE, 0, batchOf(1, 1))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/^Opening the folder ".*store" failed: EEXIST/),
      cause: { code: 'EEXIST' },
    })
    rmSync(folder)
    expect(await store.append(ONE, 0, batchOf(1, 1))).toEqual({ ok: true, head: 1 })
  })

  it('is a text to look at: the format, and every batch as JSON', async () => {
    const store = open()
    await store.append(ONE, 0, batchOf(1, 2))
    await store.close()
    const text = readFileSync(join(folder, everything().find((name) => name.endsWith('.journal'))!), 'utf8')
    expect(text).toMatch(/^signalbox journal 1\n/)
    expect(text).toContain(JSON.stringify({ batch: 'batch-1', writer: 'test/1', events: [event(1), event(2)] }))
  })
})

describe('one writer', () => {
  it('another store of the folder is refused until this one is closed', async () => {
    const first = open()
    await first.append(ONE, 0, batchOf(1, 1))
    const second = open()
    await expect(second.append(ONE, 1, batchOf(2, 1))).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringMatching(/^The store is held by another store of this process, says ".*lock\.1"\.$/),
    })
    await expect(readAll(second)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await first.close()
    expect(await second.append(ONE, 1, batchOf(2, 1))).toEqual({ ok: true, head: 2 })
  })

  it('readOnly looks on beside him, sees what was acknowledged, and writes nothing', async () => {
    const writer = open()
    await writer.append(ONE, 0, batchOf(1, 2))
    const looking = open({ readOnly: true })
    const before = everything()
    expect(await readAll(looking)).toBe(2)
    await writer.append(ONE, 2, batchOf(3, 1))
    await writer.saveSnapshot(ONE, { revision: 3, writer: 'test/1', data: 3 })
    expect(await readAll(looking)).toBe(3)
    expect(await looking.scopes()).toEqual([ONE])
    expect(await looking.loadSnapshot(ONE)).toMatchObject({ revision: 3 })
    for (const refused of [
      looking.append(ONE, 3, batchOf(4, 1)),
      looking.saveSnapshot(ONE, { revision: 3, writer: 'test/1', data: 3 }),
    ]) {
      await expect(refused).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
    }
    await looking.close()
    expect(everything().filter((name) => !name.endsWith('.snapshot'))).toEqual(before)
  })

  it('close does what was asked before and refuses everything after, and closing again does nothing', async () => {
    const store = open()
    const last = store.append(ONE, 0, batchOf(1, 1))
    const queued = store.append(ONE, 1, batchOf(2, 1))
    await Promise.all([store.close(), store.close()])
    expect([await last, await queued]).toEqual([
      { ok: true, head: 1 },
      { ok: true, head: 2 },
    ])
    const closed = { code: 'STORE_CLOSED' }
    await expect(store.append(ONE, 2, batchOf(3, 1))).rejects.toMatchObject(closed)
    await expect(readAll(store)).rejects.toMatchObject(closed)
    await expect(store.scopes()).rejects.toMatchObject(closed)
    await expect(store.loadSnapshot(ONE)).rejects.toMatchObject(closed)
  })
})

it('an append that was called before close is stored, wherever it has got to', async () => {
  for (let ticks = 0; ticks < 200; ticks += 1) {
    const store = storeOn(new SimulatedDisk())
    const appended = store.append(ONE, 0, batchOf(1, 1))
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
    const closed = store.close()
    expect(await appended).toEqual({ ok: true, head: 1 })
    await closed
  }
})

it('a run on it survives a crash: it is resumed from the folder alone', async () => {
  const disk = new SimulatedDisk()
  const dead = hosted({ store: storeOn(disk) })
  await dead.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
  await turns()
  dead.work.of('a').finish(1)
  await turns()
  expect(dead.work.called).toEqual(['a', 'b'])
  const next = hosted({ store: storeOn(new SimulatedDisk(disk.state)) })
  const run = await next.scheduler.resume('r1')
  await turns()
  expect(next.work.called).toEqual(['b'])
  next.work.of('b').finish(2)
  expect(await run.outcome).toMatchObject({ verdict: 'succeeded', results: { a: 1, b: 2 } })
  await next.scheduler.close()
})
