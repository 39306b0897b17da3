/** Ticks: one of several hosts is woken at a time; when it dies, another is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type BullmqTickOptions, bullmqTick } from '../../../src/executors/bullmq/index.js'
import { programs, Remote } from './fleet.js'
import { openRedis } from './redis.js'

const redis = await openRedis()
let program: Awaited<ReturnType<typeof programs>>
beforeAll(async () => {
  program = await programs()
})
afterAll(() => program.remove())

const place = { connection: 'redis://localhost:1', queue: 'q', tick: () => undefined }

it('refuses options that are none', () => {
  expect(() => bullmqTick({ ...place, queue: 'a:b' })).toThrow(/^"queue" must be/)
  expect(() => bullmqTick({ ...place, scope: 'a:b' })).toThrow(/^"queue" must be/)
  expect(() => bullmqTick({ ...place, everyMs: 0 })).toThrow(/^"everyMs"/)
  expect(() => bullmqTick({ ...place, lockMs: 0.5 })).toThrow(/^"lockMs"/)
})

if (redis !== null) {
  const { url, freshQueue } = redis

  function ticking(queue: string, tick: BullmqTickOptions['tick'], more: Partial<BullmqTickOptions> = {}) {
    const host = bullmqTick({ connection: url, queue, everyMs: 20, onWarning: () => undefined, tick, ...more })
    onTestFinished(() => host.close())
    return host
  }

  it('comes again and again, to one host at a time, also after one that failed', async () => {
    const queue = freshQueue()
    const warnings: string[] = []
    let underWay = 0
    let most = 0
    let ticks = 0
    let enough = (): void => undefined
    const isEnough = new Promise<void>((resolve) => {
      enough = resolve
    })
    const tick = async (): Promise<void> => {
      ticks += 1
      underWay += 1
      most = Math.max(most, underWay)
      for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      if (ticks === 10) enough()
      if (ticks === 3) throw new Error('no store')
    }
    for (let hosts = 0; hosts < 3; hosts += 1) {
      ticking(queue, tick, { onWarning: (warning) => void warnings.push(warning) })
    }
    await isEnough
    expect(most).toBe(1)
    expect(warnings).toEqual(['A tick has failed: no store'])
  })

  it('a host that closes says so to the tick under way, and waits for it; the next host is woken', async () => {
    const queue = freshQueue()
    const woken: string[] = []
    let isWoken = (): void => undefined
    const next = (): Promise<void> =>
      new Promise((resolve) => {
        isWoken = resolve
      })
    const tickOf = (name: string) => async (signal: AbortSignal) => {
      woken.push(name)
      isWoken()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      woken.push(`${name} ends: ${(signal.reason as Error).message}`)
    }
    const first = next()
    const one = ticking(queue, tickOf('one'))
    await first
    const second = next()
    const two = ticking(queue, tickOf('two'))
    await two.ready()
    await one.close()
    await second
    expect(woken).toEqual(['one', 'one ends: This host closes.', 'two'])
  })

  it('a host that is killed while it leads: another is woken, leads, and goes on; the result is committed once', async () => {
    const queue = freshQueue()
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-tick-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const args = [url, queue, join(folder, 'shared.db'), '500']
    const host = (): Remote => new Remote(join(program.folder, 'ticking.mjs'), args)
    const first = host()
    expect(await first.says('begun')).toEqual({ begun: 'r1/a#1' })
    const second = host()
    await second.says('isReady')
    expect(second.heard.some((message) => 'woken' in message)).toBe(false)
    await first.kill()
    expect(await second.says('verdict')).toEqual({ verdict: 'succeeded', results: { a: 2 } })
    expect(second.heard.filter((message) => 'begun' in message)).toEqual([{ begun: 'r1/a#2' }])
  })
}
