/**
 * The process that is killed: starts a run of the plan or goes on with it, and leaves marks outside: what each attempt did, what was
 * acknowledged, and when the first attempt began.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { OVERTAKEN } from './marks.js'
import { planOf, WORKERS } from './plan.js'
import { type StoreKind, storeIn } from './stores.js'

const [kind = '', place = '', folder = '', run = '', tasks = '', spawnedAt = ''] = process.argv.slice(2)
/** Node has started, and all code is there. */
const loadedMs = Date.now() - Number(spawnedAt)
let isFirst = true

const handlers = defineHandlers({
  work: handler({
    run: async ({ ms }: { readonly ms: number }, { attempt }) => {
      if (isFirst) appendFileSync(join(folder, 'recovery.log'), `${Date.now() - Number(spawnedAt)} ${loadedMs}\n`)
      isFirst = false
      await sleep(ms)
      appendFileSync(join(folder, 'effects', attempt.task), `${attempt.id}\n`)
      return attempt.id
    },
  }),
})
const scheduler = createScheduler({
  store: storeIn(kind as StoreKind, place),
  handlers,
  pools: { local: { slots: WORKERS } },
})
try {
  const started = await scheduler.start(planOf(Number(tasks)), { id: run, idempotencyKey: run })
  // Listeners hear of nothing that is not durable: this is what the world was told.
  started.on('attempt.succeeded', ({ task, attempt }) => {
    appendFileSync(join(folder, 'acknowledged.log'), `${run}/${task}#${attempt}\n`)
  })
  await started.outcome
} catch (error) {
  // What a killed process had sent to its database may arrive after it is gone.
  if ((error as { readonly code?: unknown }).code !== 'SCOPE_TAKEN') throw error
  process.exitCode = OVERTAKEN
}
await scheduler.close({ graceMs: 0 })
