/** Two hosts and everything that goes wrong between them: every result is committed once, and every run ends. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { defineHandlers } from '../../src/runtime/handlers.js'
import type { Store } from '../../src/runtime/ports.js'
import type { Scheduler } from '../../src/runtime/scheduler-types.js'
import { memoryStore } from '../../src/stores/memory.js'
import { sqliteStore } from '../../src/stores/sqlite/index.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { createRandom } from '../../src/testing/random.js'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, eventsIn, LEASE, mortal } from './members.js'
import { START, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

const folder = mkdtempSync(join(tmpdir(), 'signalbox-hosts-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tasks = {
  a: {},
  b: { dependsOn: ['a'], claims: { write: ['x'] } },
  c: { dependsOn: ['a'], claims: { write: ['x'] } },
  d: { dependsOn: ['b', 'c'] },
}
const plan = { defaults: { handler: 'work', retry: { maxLost: 100 } }, tasks } as PlanDocument

function hostOn(store: Store, clock: VirtualClock): Scheduler {
  const handlers = defineHandlers({ work: { run: () => clock.sleep(LEASE / 2).then(() => 'done') } })
  return createScheduler({ store, clock, handlers, leaseMs: LEASE, pools: { local: { slots: 2 } } })
}

/** Lets time pass, virtual and real, until `isOver` says so. */
async function passUntil(clock: VirtualClock, isOver: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 2000 && !(await isOver()); n += 1) {
    vi.advanceTimersByTime(1000)
    await clock.advance(LEASE / 20)
  }
}

async function isClosed(store: Store): Promise<boolean> {
  return (await allOf(store, 'run.closed')).length > 0
}

/** Every result once; no event of a host after the election of the next; epochs in order. */
async function mustBeSound(store: Store): Promise<void> {
  const done = (await allOf(store, 'attempt.succeeded')).map(({ task }) => task)
  expect([...done].sort()).toEqual(Object.keys(tasks))
  expect(await allOf(store, 'run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  const epochs = (await allOf(store, 'host.elected')).map(({ epoch }) => epoch)
  expect(epochs).toEqual(epochs.map((_, n) => n + 1))
  let leader: string | null = null
  for (const event of await eventsIn(store)) {
    if (event.type === 'host.elected') leader = event.host
    else if ('host' in event && 'epoch' in event) expect(event.host).toBe(leader)
  }
}

/** A store whose process dies at an append: before it is stored, or after. */
function dyingAt(inner: Store, count: number, when: 'before' | 'after'): Store & { readonly hasDied: () => boolean } {
  const store = mortal(inner)
  let appends = 0
  return {
    read: (...args) => store.read(...args),
    hasDied: () => appends >= count,
    async append(...args) {
      appends += 1
      if (appends === count && when === 'before') store.kill()
      const answer = await store.append(...args)
      if (appends !== count) return answer
      store.kill()
      return store.append(...args)
    },
  }
}

for (const when of ['before', 'after'] as const) {
  it(`a leader that dies ${when} any of its appends is followed by the standby, and nothing is committed twice`, async () => {
    let deaths = 0
    for (let count = 1; ; count += 1) {
      const store = memoryStore()
      const clock = virtualClock(START)
      const first = dyingAt(store, count, when)
      const standby = hostOn(store, clock)
      const leader = hostOn(first, clock)
      await standby.ready()
      leader.start(plan, { id: 'r1' }).catch(() => undefined)
      await turns()
      await passUntil(clock, async () => {
        // It died before its run was stored: whoever asked for it asks again.
        if ((await allOf(store, 'run.opened')).length === 0) standby.start(plan, { id: 'r1' }).catch(() => undefined)
        return isClosed(store)
      })
      await mustBeSound(store)
      await standby.close({ graceMs: 0 })
      if (!first.hasDied()) break
      deaths += 1
    }
    expect(deaths).toBeGreaterThan(5)
  })
}

it('hosts that come and go on stores that fail, lie and lag end every run, and commit nothing twice', {
  timeout: 60_000,
}, async () => {
  const total = { elections: 0, conflicts: 0, lostAnswers: 0, staleReads: 0 }
  const faults = { lostAnswers: 0.1, failures: 0.05, conflicts: 0.05, staleReads: 0.1 }
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = createRandom(seed)
    const store = memoryStore()
    const clock = virtualClock(START)
    const spawn = (n: number) => {
      const faulty = faultyStore(store, faults, seed * 100 + n)
      const life = mortal(faulty)
      const scheduler = hostOn(life, clock)
      const opened = scheduler.ready().then(() => scheduler.start(plan, { id: 'r1' }))
      opened.catch(() => undefined)
      return { faulty, life, scheduler }
    }
    let count = 2
    const hosts = [spawn(0), spawn(1)]
    const dead: (typeof hosts)[number][] = []
    await passUntil(clock, async () => {
      if (random.chance(0.06)) {
        const place = random.int(2)
        hosts[place]!.life.kill()
        dead.push(hosts[place]!)
        hosts[place] = spawn(count)
        count += 1
      }
      return isClosed(store)
    })
    await mustBeSound(store)
    total.elections += (await allOf(store, 'host.elected')).length
    for (const { faulty } of [...hosts, ...dead]) {
      for (const kind of ['conflicts', 'lostAnswers', 'staleReads'] as const) total[kind] += faulty.faults[kind]
    }
    for (const { life } of hosts) life.kill()
  }
  expect(total.elections).toBeGreaterThan(20)
  for (const kind of ['conflicts', 'lostAnswers', 'staleReads'] as const) expect(total[kind]).toBeGreaterThan(10)
})

it('two hosts on one SQLite file: the second stands by, and takes over what the first leaves', async () => {
  files += 1
  const file = join(folder, `${files}.db`)
  const clock = virtualClock(START)
  const inner = sqliteStore(file)
  const life = mortal(inner)
  const first = hostOn(life, clock)
  const second = hostOn(sqliteStore(file), clock)
  expect(await second.ready()).toBe('standby')
  await first.start(plan, { id: 'r1' })
  await expect(second.start(plan)).rejects.toMatchObject({ code: 'NOT_LEADER' })
  life.kill()
  const run = await second.resume('r1')
  let isOver = false
  const outcome = run.outcome.finally(() => {
    isOver = true
  })
  await passUntil(clock, async () => isOver)
  expect((await outcome).verdict).toBe('succeeded')
  await mustBeSound(inner)
  await inner.close()
  await second.close()
})
