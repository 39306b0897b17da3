/**
 * A scripted run whose host dies at its N-th append, for N = 1, 2, 3 … until it passes without: before the append landed, and after.
 * The next host dies as well, soon after; the third ends the run. Nothing that anybody was told of may be missing, and every
 * result is committed once.
 */
import { expect } from 'vitest'
import type { RunEvent, ScopeId } from '../../src/core/types.js'
import { createScheduler } from '../../src/embedded.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { defineHandlers, handler } from '../../src/runtime/handlers.js'
import type { Store } from '../../src/runtime/ports.js'
import type { StorePlace } from '../../src/testing/store-conformance/index.js'
import { readAll } from '../../src/testing/store-conformance/journal.js'

const SCOPE = 'default' as ScopeId
const STEPS = 20
/** A chain, each link with another task beside it; every third fails at first, one grows the plan, the last waits for all. */
const PLAN = {
  defaults: { retry: { maxAttempts: 2, initialDelay: 0, jitter: 0, maxLost: 10 } },
  tasks: [
    ...Array.from({ length: STEPS }, (_, n) => {
      const dependsOn = n === 0 ? [] : [`chain-${n - 1}`]
      return [
        { id: `chain-${n}`, handler: n % 3 === 1 ? 'moody' : 'work', dependsOn },
        { id: `side-${n}`, handler: n === 5 ? 'growing' : 'work', dependsOn, claims: { write: ['shared'] } },
      ]
    }).flat(),
    { id: 'last', handler: 'work', dependsOn: Array.from({ length: STEPS }, (_, n) => `side-${n}`) },
  ],
} as PlanDocument
const TASKS = 2 * STEPS + 2

const handlers = defineHandlers({
  work: { run: () => 'done' },
  moody: handler({
    run: (_: unknown, { attempt }) => {
      if (attempt.attempt === 1) throw new Error('not at first')
      return 'done'
    },
  }),
  growing: handler({
    run: async (_: unknown, context) => {
      await context.extend({ add: { tasks: { late: { handler: 'work' } } } })
      return 'done'
    },
  }),
})

/** At which of its appends a host dies, and whether that one has landed. */
interface Death {
  readonly at: number
  readonly when: 'before' | 'after'
}

/** @param make - A new place for each try. Answers how many deaths of a first host there were. */
export async function crashAtEveryAppend(make: () => StorePlace): Promise<number> {
  for (let at = 1; ; at += 1) {
    for (const when of ['before', 'after'] as const) {
      const again: Death = { at: 1 + (at % 3), when: at % 2 === 0 ? 'before' : 'after' }
      if ((await runThrough(make(), [{ at, when }, again])) === 1) return 2 * (at - 1)
    }
  }
}

/** How many hosts it took. */
async function runThrough(place: StorePlace, deaths: readonly Death[]): Promise<number> {
  const told: RunEvent[] = []
  const left: Store[] = []
  let hosts = 0
  for (let isEnded = false; !isEnded; hosts += 1) {
    const store = await place.open()
    isEnded = await host(store, deaths[hosts] ?? null, told)
    if (!isEnded) left.push(store)
  }
  const reader = await place.open()
  mustHaveAll(
    (await readAll(reader, 0, SCOPE)).map(({ event }) => event),
    told,
  )
  // Nothing is heard of those who died, but they have connections.
  for (const store of [...left, reader]) await store.close?.()
  await place.remove?.()
  return hosts
}

/** One host: starts the run or takes it up, and sees it through; false where it died first. */
async function host(store: Store, death: Death | null, told: RunEvent[]): Promise<boolean> {
  let isDead = false
  let die = (): void => undefined
  const dead = new Promise<false>((resolve) => {
    die = () => {
      isDead = true
      resolve(false)
    }
  })
  // Alone: whoever comes next need not wait for a lease.
  const scheduler = createScheduler({ store: mortal(store, death, die), handlers, leaseMs: null })
  const life = async (): Promise<true> => {
    const run = await scheduler.start(PLAN, { id: 'r1', idempotencyKey: 'once' })
    run.on('*', (event) => void (isDead || told.push(event)))
    await run.outcome
    await scheduler.close()
    return true
  }
  return Promise.race([dead, life()])
}

/** A store that never answers again once its host is dead. */
function mortal(store: Store, death: Death | null, die: () => void): Store {
  let appends = 0
  return {
    read: (scope, after) => store.read(scope, after),
    async append(scope, expected, batch) {
      appends += 1
      if (death === null || appends < death.at) return store.append(scope, expected, batch)
      if (appends === death.at && death.when === 'after') await store.append(scope, expected, batch)
      die()
      return new Promise(() => undefined)
    },
    close: async () => store.close?.(),
  }
}

function mustHaveAll(journal: readonly RunEvent[], told: readonly RunEvent[]): void {
  const texts = journal.map((event) => JSON.stringify(event))
  expect(texts).toEqual(expect.arrayContaining(told.map((event) => JSON.stringify(event))))
  const types = journal.map(({ type }) => type)
  expect(types.filter((type) => type === 'run.opened')).toHaveLength(1)
  expect(types.filter((type) => type === 'run.amended')).toHaveLength(1)
  const committed = journal.flatMap((event) => (event.type === 'attempt.succeeded' ? [event.task] : []))
  expect([committed.length, new Set(committed).size]).toEqual([TASKS, TASKS])
  expect(journal.filter((event) => event.type === 'run.closed' && event.verdict === 'succeeded')).toHaveLength(1)
}
