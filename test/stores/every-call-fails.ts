/**
 * A scripted run on a store of which the N-th call fails, for N = 1, 2, 3 … until it passes clean: before anything was done,
 * and after all was done and only the answer is lost. However it fails, the run ends, and every result is committed once.
 */
import { expect } from 'vitest'
import type { ScopeId } from '../../src/core/types.js'
import { createScheduler } from '../../src/embedded.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { isSchedulerError } from '../../src/runtime/errors.js'
import { defineHandlers } from '../../src/runtime/handlers.js'
import type { Store } from '../../src/runtime/ports.js'
import type { StorePlace } from '../../src/testing/store-conformance/index.js'
import { readAll } from '../../src/testing/store-conformance/journal.js'

/** Carries out a call of whatever the store stands on; one of them fails. */
export type Failing = <T>(call: () => Promise<T>) => Promise<T>

const PLAN = {
  defaults: { handler: 'work' },
  tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['a'] }, d: { dependsOn: ['b', 'c'] } },
} as PlanDocument

/** How often a host is started anew; each meets the one failure at most once. */
const HOSTS = 3

/** @param make - A place whose stores make all their calls through `failing`. Answers how many calls were made to fail. */
export async function everyCallFails(make: (failing: Failing) => StorePlace): Promise<number> {
  let tried = 0
  for (const when of ['before', 'after'] as const) {
    for (let failAt = 1; ; failAt += 1) {
      let calls = 0
      const failing: Failing = async (call) => {
        calls += 1
        if (calls !== failAt) return call()
        if (when === 'after') await call()
        throw new Error(`Call ${failAt} fails ${when} it was carried out.`)
      }
      await runOnce(make(failing))
      if (calls < failAt) break
      tried += 1
    }
  }
  return tried
}

async function runOnce(place: StorePlace): Promise<void> {
  let verdict = ''
  for (let hosts = 0; verdict === '' && hosts < HOSTS; hosts += 1) verdict = await host(await place.open(), hosts)
  expect(verdict).toBe('succeeded')
  const reader = await place.open()
  const scope = 'default' as ScopeId
  // The failure may have waited for this call.
  const stored = await readAll(reader, 0, scope).catch(() => readAll(reader, 0, scope))
  const types = stored.map(({ event }) => event.type)
  expect(types.filter((type) => type === 'run.opened')).toHaveLength(1)
  expect(types.filter((type) => type === 'attempt.succeeded')).toHaveLength(4)
  expect(types.filter((type) => type === 'run.closed')).toHaveLength(1)
  await reader.close?.()
  await place.remove?.()
}

/** One host: starts the run, or takes it up; answers how it ended, or nothing where the store was out of reach. */
async function host(store: Store, hosts: number): Promise<string> {
  const scheduler = createScheduler({ store, handlers: defineHandlers({ work: { run: () => 'done' } }) })
  try {
    const run = await scheduler.start(PLAN, { id: `r${hosts}` })
    return (await run.outcome).verdict
  } catch (error) {
    if (!isSchedulerError(error) || error.code !== 'STORE_FAILED') throw error
    return ''
  } finally {
    await scheduler.close()
  }
}

/** A store that makes its calls through `failing`: for stores that let nobody in between them and what they stand on. */
export function failingStore(store: Store, failing: Failing): Store {
  return {
    ...(store.isShared !== undefined && { isShared: store.isShared }),
    close: async () => store.close?.(),
    append: (scope, expected, batch) => failing(() => store.append(scope, expected, batch)),
    async *read(scope, after) {
      await failing(async () => undefined)
      yield* store.read(scope, after)
    },
  }
}
