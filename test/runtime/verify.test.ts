/** Verification steps are carried out by handlers, in the slot of their attempt. */
import { expect, it } from 'vitest'
import type { AttemptRequest } from '../../src/runtime/ports.js'
import { hosted, plan, scripted, turns, watchUnhandled } from './world.js'

watchUnhandled()

it('steps get their input, the result of the work in it, and a request of their own', async () => {
  const seen: { input: unknown; attempt: AttemptRequest }[] = []
  const look = { run: (input: unknown, { attempt }: { attempt: AttemptRequest }) => void seen.push({ input, attempt }) }
  const { scheduler, work } = hosted({ more: { look } })
  const task = {
    dependsOn: ['before'],
    claims: { write: ['src'] },
    timeouts: { startToClose: 5000 },
    verify: [
      'look',
      { handler: 'look', input: { was: { $from: 'before' }, sha: { $from: '$result', path: ['sha'] } }, timeout: 300 },
    ],
  }
  const run = await scheduler.start(plan({ before: {}, t: task }), { id: 'r1' })
  await turns()
  work.of('before').finish(7)
  await turns()
  work.of('t').finish({ sha: 'abc' })
  const { verdict, results } = await run.outcome
  expect(verdict).toBe('succeeded')
  expect(results).toMatchObject({ t: { sha: 'abc' } })
  expect(seen.map(({ input }) => input)).toEqual([null, { was: 7, sha: 'abc' }])
  const common = { run: 'r1', task: 't', attempt: 1, fence: 2, handler: 'look', claims: { write: ['src'], read: [] } }
  expect(seen.map(({ attempt }) => attempt)).toMatchObject([
    { ...common, id: 'r1/t#1/verify/1', step: { number: 1, of: 2 }, deadlineAt: 1_005_000 },
    { ...common, id: 'r1/t#1/verify/2', step: { number: 2, of: 2 }, deadlineAt: 1_000_300 },
  ])
  await scheduler.close()
})

it('a step that throws, or says no, fails the attempt; the work is done again', async () => {
  const answers: (() => unknown)[] = [
    () => {
      throw new Error('no compiler')
    },
    () => ({ passed: false, note: 'red' }),
    () => true,
  ]
  const check = { run: () => answers.shift()!() }
  const { scheduler, clock } = hosted({ more: { check, instant: { run: () => 'done' } } })
  const retry = { maxAttempts: 1, maxVerify: 2, initialDelay: 100, jitter: 0 }
  const run = await scheduler.start({ tasks: { t: { handler: 'instant', verify: ['check'], retry } } })
  const messages: string[] = []
  run.on('attempt.failed', ({ failure }) => messages.push(`${failure.kind}: ${failure.message}`))
  for (let n = 0; n < 3; n += 1) {
    await turns()
    await clock.advance(1000)
  }
  expect((await run.outcome).verdict).toBe('succeeded')
  expect(messages).toEqual([
    'verify: Verification step 1 of 1 ("check") failed: no compiler',
    'verify: Verification step 1 of 1 ("check") did not pass: red.',
  ])
  await scheduler.close()
})

it('a step that takes too long is aborted', async () => {
  const check = scripted()
  const { scheduler, clock, work } = hosted({ more: { check: check.handler } })
  const run = await scheduler.start(plan({ t: { verify: [{ handler: 'check', timeout: 500 }] } }))
  await turns()
  work.of('t').finish()
  await turns()
  expect(run.explain('t')).toMatchObject([{ kind: 'running', verifying: { step: 1, of: 1, handler: 'check' } }])
  const { signal } = check.of('t').context
  expect(signal.aborted).toBe(false)
  await clock.advance(500)
  await turns()
  expect(signal.aborted).toBe(true)
  expect((await run.outcome).tasks.get('t')?.failure?.kind).toBe('verify')
  await scheduler.close()
})

it('closing waits for the steps that are left, as for the work', async () => {
  const check = scripted()
  const { scheduler, work } = hosted({ more: { check: check.handler } })
  const run = await scheduler.start(plan({ t: { verify: ['check', 'check'] } }))
  await turns()
  const closed = scheduler.close({ graceMs: 60_000 })
  await turns()
  work.of('t').finish('done')
  await turns()
  check.of('t').finish()
  await turns()
  check.of('t').finish()
  await closed
  expect((await run.outcome).verdict).toBe('succeeded')
})

it('a handler that verifies must be registered at the start', async () => {
  const { scheduler } = hosted()
  await expect(scheduler.start(plan({ t: { verify: ['ghost'] } }))).rejects.toMatchObject({ code: 'HANDLER_UNKNOWN' })
  await scheduler.close()
})
