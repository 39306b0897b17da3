/** A worker that asks for work and is a process of its own: it is put to sleep past its lease, wakes, and reports. On the real clock. */
import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import { defineHandlers, handler } from '../../src/runtime/handlers.js'

/** Beats while it works, and reports when it is told that its work is done: also what it was told while it slept. */
const WORKER = `
  setInterval(() => process.send('beat'), 20)
  process.on('message', () => process.send('complete'))
  process.on('disconnect', () => process.exit())
`

it('a worker whose process is stopped past its lease wakes and reports: refused, and what another did counts', {
  timeout: 60_000,
}, async () => {
  const handlers = defineHandlers({ code: handler({ pull: true }) })
  const workers = { beatMs: 100, deadAfterMs: 500 }
  const scheduler = createScheduler({ handlers, pools: { agents: { pull: true } }, workers })
  const child = spawn(process.execPath, ['-e', WORKER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await scheduler.close({ graceMs: 0 })
  })
  const tasks = { a: { handler: 'code', claims: { write: ['src/'] }, retry: { maxAttempts: 1 } } }
  const run = await scheduler.start({ tasks }, { id: 'r1' })
  const lease = (await scheduler.lease({ worker: 'sleeper', waitMs: 60_000 }))!
  // The line between the two: what the process says is told to the scheduler as it comes.
  const beaten = new Promise<void>((resolve) => child.on('message', () => resolve()))
  const reported = new Promise<unknown>((resolve) => {
    child.on('message', (said) => {
      const told = said === 'beat' ? lease.heartbeat() : lease.complete('by the sleeper')
      told.then(
        () => said === 'complete' && resolve('accepted'),
        (error: unknown) => said === 'complete' && resolve(error),
      )
    })
  })
  await beaten
  child.kill('SIGSTOP')
  child.send('done')
  const second = (await scheduler.lease({ worker: 'other', waitMs: 60_000 }))!
  expect(second.attempt.id).toBe('r1/a#2')
  child.kill('SIGCONT')
  const message = expect.stringMatching(/it was taken back .*; worker "other" has attempt 2 of it now/)
  expect(await reported).toMatchObject({ code: 'ATTEMPT_STALE', message })
  await second.complete('by the other')
  const { results, tasks: ended } = await run.outcome
  expect(results).toEqual({ a: 'by the other' })
  expect(ended.get('a')).toMatchObject({ attempts: 2, failure: { kind: 'lost' } })
  const committed: string[] = []
  for await (const { type } of run.events()) if (type === 'attempt.succeeded') committed.push(type)
  expect(committed).toHaveLength(1)
})
