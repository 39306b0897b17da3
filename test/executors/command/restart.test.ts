/** Hosts that are killed with SIGKILL: what becomes of the commands that they have left. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { bundleInside } from '../../../scripts/bundle.mjs'
import type { CommandOptions } from '../../../src/executors/command/index.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { conforms } from '../conformance.js'
import { hostProgram, type RemotePlace, remotePlace } from './remote.js'
import { isThere, requestFor, sh, tempFolder } from './world.js'

let program: Awaited<ReturnType<typeof hostProgram>>
beforeAll(async () => {
  program = await hostProgram()
})
afterAll(() => program.remove())

describe('through pipes', () => conforms(() => remotePlace(program.file), {}, /^attaching/))
describe('through files', () => conforms(() => remotePlace(program.file, { outlives: true }), {}, /^attaching/))

function placeFor(options: Partial<CommandOptions>): RemotePlace {
  const place = remotePlace(program.file, options)
  onTestFinished(() => place.remove?.())
  return place
}

/** Begins a script that says its number, and a child's, as progress; kills the host. */
async function killHost(place: RemotePlace) {
  const attempt = requestFor(null)
  const first = place.open()
  const line = new Line()
  void first.execute(attempt, line.context)
  await line.until(({ progress }) => progress.length > 0)
  await place.crash?.(first)
  return { attempt, next: place.open(), pids: line.heard.progress[0] as number[] }
}

/** Says who it is and whom it has started, and waits for its child. */
const FAMILY = 'sleep 1000 & echo "$SIGNALBOX progress [$$,$!]"; wait'
/** Its child leaves the group, and closes what it has inherited. */
const ESCAPED = 'setsid sleep 1000 >/dev/null 2>&1 3>&- & sleep 1000 & echo "$SIGNALBOX progress [$$,$!]"; wait'

describe('what a killed host has left', () => {
  for (const outlives of [false, true]) {
    it(`is ended when it is not to be taken up${outlives ? ', though it may outlive its host' : ''}: the command and its children`, async () => {
      const place = placeFor({ argv: sh(FAMILY), outlives })
      const { attempt, next, pids } = await killHost(place)
      expect(pids.map(isThere)).toEqual([true, true])
      const line = new Line()
      if (outlives) line.stop()
      const ended = await next.attach!(attempt, line.context)
      if (!outlives) expect(ended).toBe('unknown')
      expect(pids.map(isThere)).toEqual([false, false])
    })
  }

  it('is ended also where it has left its group', { timeout: 30_000 }, async () => {
    if (process.platform !== 'linux') return skipped()
    const place = placeFor({ argv: sh(ESCAPED) })
    const { attempt, next } = await killHost(place)
    const mine = () => sleepersOf(attempt.id).length
    expect(mine()).toBeGreaterThanOrEqual(2)
    expect(await next.attach!(attempt, new Line().context)).toBe('unknown')
    expect(mine()).toBe(0)
  })

  it('is ended though the host was killed before it could write down whom it had started', async () => {
    if (process.platform !== 'linux') return skipped()
    const place = placeFor({ argv: sh(FAMILY) })
    const { attempt, next, pids } = await killHost(place)
    for (const name of readdirSync(place.folder)) if (name.endsWith('.json')) rmSync(join(place.folder, name))
    expect(await next.attach!(attempt, new Line().context)).toBe('unknown')
    expect(pids.map(isThere)).toEqual([false, false])
  })

  it('leaves nothing in the folder but the key', async () => {
    const place = placeFor({ argv: sh(FAMILY) })
    const { attempt, next } = await killHost(place)
    expect(readdirSync(place.folder).length).toBe(2)
    await next.attach!(attempt, new Line().context)
    expect(readdirSync(place.folder)).toEqual(['key'])
  })
})

describe('a command that outlives its host', () => {
  const script = [
    'echo before',
    'echo "$SIGNALBOX milestone schema"',
    'echo "$SIGNALBOX progress 1"',
    'until [ -e "$1" ]; do sleep 0.05; done',
    'echo after',
    'echo "$SIGNALBOX result {\\"by\\":\\"the first\\"}"',
  ].join('\n')

  it('goes on, and its result, also if it came while nobody listened, is that of the attempt', async () => {
    for (const isLate of [false, true]) {
      const folder = tempFolder()
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      const flag = join(folder, 'go')
      const there = placeFor({ outlives: true, argv: sh(script, flag) })
      const first = there.open()
      const attempt = requestFor(null)
      const old = new Line()
      void first.execute(attempt, old.context)
      await old.until(({ progress }) => progress.length > 0)
      const kept = join(there.folder, readdirSync(there.folder).find(isPlace)!)
      while (!existsSync(join(kept, 'told'))) await new Promise((resolve) => setImmediate(resolve))
      await there.crash?.(first)
      if (isLate) await writeAndWait(kept, flag)
      const line = new Line()
      const ended = there.open().attach!(attempt, line.context)
      if (!isLate) writeFileSync(flag, '')
      expect(await ended).toEqual({ ok: true, result: { by: 'the first' } })
      // What the first host has told is not told again.
      expect(old.heard.logs).toEqual(['before'])
      expect(line.heard.logs).toEqual(['after'])
      expect(line.heard.progress).toEqual([])
    }
  })

  it('never begins where the host is killed before it has written down that it runs', async () => {
    const folder = tempFolder()
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const bundle = await bundleInside({ abandon: join(import.meta.dirname, 'abandon.ts') })
    onTestFinished(() => rmSync(bundle, { recursive: true, force: true }))
    const argv = [join(bundle, 'abandon.mjs'), folder, JSON.stringify(sh('echo begun >"$1/begun"', folder))]
    const pid = Number(spawnSync(process.execPath, argv, { encoding: 'utf8' }).stdout)
    while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve))
    expect(pid).toBeGreaterThan(0)
    expect(existsSync(join(folder, 'begun'))).toBe(false)
  })

  it('that was killed with its host is lost', async () => {
    const place = placeFor({ argv: sh(FAMILY), outlives: true })
    const { attempt, next, pids } = await killHost(place)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    while (pids.some(isThere)) await new Promise((resolve) => setImmediate(resolve))
    const failure = { kind: 'lost', message: '"sh" was ended by SIGKILL: Killed' }
    expect(await next.attach!(attempt, new Line().context)).toMatchObject({ ok: false, failure })
  })
})

/** Processes with this attempt in their environment. */
function sleepersOf(attempt: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SIGNALBOX_ATTEMPT=${attempt}\0`)
    } catch {
      return false
    }
  })
}

/** Where the files of an attempt are. */
function isPlace(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name)
}

/** Lets the command end, and waits until it has said how. */
async function writeAndWait(kept: string, flag: string): Promise<void> {
  writeFileSync(flag, '')
  while (!existsSync(join(kept, 'exit'))) await new Promise((resolve) => setImmediate(resolve))
}

function skipped(): void {
  process.stdout.write('Skipped: only Linux tells what environment a process has.\n')
}
