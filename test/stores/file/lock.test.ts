/** One writer per folder, also after its owner was killed, and when many come at once. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeLock } from '../../../src/stores/file/lock.js'
import { nodeProcesses, type Owner, type Processes } from '../../../src/stores/file/processes.js'
import { fileStore } from '../../../src/stores/file.js'
import { SimulatedDisk } from './simulated-disk.js'
import { batchOf, freshProcess, ONE, readAll } from './world.js'

const ROOT = '/store'

async function emptyDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  await disk.makeFolder(ROOT)
  return disk
}

function locksOn(disk: SimulatedDisk): readonly string[] {
  return [...disk.state.names.keys()].sort()
}

describe('the lock', () => {
  it('of a live owner is respected, and told with what to do', async () => {
    const disk = await emptyDisk()
    const owner: Owner = { pid: 77, started: '1', machine: 'there', boot: null }
    const alive: Processes = { self: () => owner, isAlive: () => true }
    await takeLock(disk, ROOT, alive, 'first')
    await expect(takeLock(disk, ROOT, { ...freshProcess(), isAlive: () => true }, 'second')).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: 'The store is held by process 77 on "there", says "/store/lock.1".',
      hint: expect.stringContaining('readOnly'),
    })
  })

  it('of a dead owner is taken over by one of many', async () => {
    const disk = await emptyDisk()
    await takeLock(disk, ROOT, freshProcess(), 'dead')
    const living = new Set<number>()
    const isAlive = ({ pid }: Owner) => living.has(pid)
    const rivals = Array.from({ length: 10 }, () => ({ ...freshProcess(), isAlive }))
    for (const { self } of rivals) living.add(self().pid)
    const taken = await Promise.allSettled(rivals.map((rival, n) => takeLock(disk, ROOT, rival, `rival-${n}`)))
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(locksOn(disk)).toEqual(['/store/lock.2'])
  })

  it('is released for the next, whose number is higher: what somebody saw before misleads him no more', async () => {
    const disk = await emptyDisk()
    for (let n = 1; n <= 3; n += 1) {
      const lock = await takeLock(disk, ROOT, freshProcess(), `${n}`)
      expect(locksOn(disk)).toEqual([`/store/lock.${n}`])
      await lock.release()
    }
  })

  it('lost to one who came between looking and taking is given up', async () => {
    const disk = await emptyDisk()
    const owner = freshProcess()
    const dead = await takeLock(disk, ROOT, freshProcess(), 'dead')
    await dead.release()
    // The slow one has seen lock.1 released. Before it takes lock.2, that is taken, released and tidied away by lock.3.
    disk.fault = ({ name }) => {
      if (name !== 'claim') return 'do'
      disk.fault = () => 'do'
      const content = Buffer.from(JSON.stringify({ ...owner.self(), store: 'owner' }))
      const file = 99
      disk.state = {
        ...disk.state,
        names: new Map([[`${ROOT}/lock.3`, file]]),
        files: new Map([...disk.state.files, [file, content]]),
      }
      return 'do'
    }
    const slow = { ...freshProcess(), isAlive: owner.isAlive }
    await expect(takeLock(disk, ROOT, slow, 'slow')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    expect(locksOn(disk)).toEqual(['/store/lock.3'])
  })

  it('that cannot be read is respected: somebody must look at it', async () => {
    const disk = await emptyDisk()
    for (const text of ['', '{"pid":"x"}']) {
      await disk.remove(`${ROOT}/lock.1`)
      await disk.claim(`${ROOT}/lock.1`, Buffer.from(text))
      await expect(takeLock(disk, ROOT, freshProcess(), 'x')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    }
  })
})

describe('an owner', () => {
  const processes = nodeProcesses()
  const self = processes.self()

  it('lives if his process does, and was not started anew under his number', () => {
    expect(processes.isAlive(self)).toBe(true)
    expect(processes.isAlive({ ...self, pid: 2 ** 22 + 1 })).toBe(false)
    expect(self.machine).toBe(hostname())
    expect(processes.isAlive({ ...self, boot: null, started: null })).toBe(true)
    // Where the system does not tell when a process started, its number must do.
    expect(processes.isAlive({ ...self, started: '1' })).toBe(self.started === null)
    expect(processes.isAlive({ ...self, boot: 'an earlier one' })).toBe(self.boot === null)
  })

  it('on another machine counts as alive: nobody can tell', () => {
    expect(processes.isAlive({ ...self, machine: 'elsewhere', pid: 2 ** 22 + 1 })).toBe(true)
  })
})

describe('a real process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-kill-'))
  const bundle = join(folder, 'store.mjs')

  beforeAll(async () => {
    const entryPoints = [fileURLToPath(new URL('../../../src/stores/file.ts', import.meta.url))]
    await build({ entryPoints, outfile: bundle, bundle: true, format: 'esm', platform: 'node', target: 'node20' })
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Appends one event at a time and prints each head once it is acknowledged. */
  const PROGRAM = `
    const { fileStore } = await import(process.argv[1])
    const store = fileStore(process.argv[2])
    let head = 0
    for await (const { revision } of store.read('one', 0)) head = revision
    for (;;) {
      const at = head + 1
      const event = { type: 'worker.left', at, worker: 'w' + at, reason: 'é@ '.repeat(20) }
      head = (await store.append('one', head, { id: 'batch-' + at, events: [event], writer: 'test/1' })).head
      process.stdout.write(head + '\\n')
    }`

  it('killed again and again while it writes loses nothing, and its lock does not stay', {
    timeout: 120_000,
  }, async () => {
    const store = join(folder, 'store')
    for (let kills = 0; kills < 8; kills += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, bundle, store], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        if (printed.split('\n').length > 20 + kills) child.kill('SIGKILL')
      })
      await new Promise((resolve) => child.on('close', resolve))
      const acknowledged = Number(printed.split('\n').at(-2))
      expect(acknowledged).toBeGreaterThan(0)
      const next = fileStore(store)
      const head = await readAll(next, ONE)
      expect(head === acknowledged || head === acknowledged + 1).toBe(true)
      expect(await next.append(ONE, head, batchOf(head + 1, 1))).toEqual({ ok: true, head: head + 1 })
      await next.close()
    }
  })

  it('that lives keeps others out', { timeout: 120_000 }, async () => {
    const store = join(folder, 'held')
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, bundle, store], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(JSON.parse(readFileSync(join(store, 'lock.1'), 'utf8'))).toMatchObject({ pid: child.pid })
    const other = fileStore(store)
    await expect(other.append(ONE, 0, batchOf(1, 1))).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(`process ${child.pid} on`),
    })
    await other.close()
    const looking = fileStore(store, { readOnly: true })
    // However often somebody looks on while it writes, he sees whole batches, and never fewer than before.
    for (let looks = 0, seen = 1; looks < 40; looks += 1) {
      const head = await readAll(looking)
      expect(head).toBeGreaterThanOrEqual(seen)
      seen = head
    }
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
    expect(existsSync(join(store, 'lock.1'))).toBe(true)
    const next = fileStore(store)
    expect(await readAll(next)).toBeGreaterThan(0)
    await next.close()
  })
})
