/** Limits as users meet them: of resources and handlers, given by the host's code, changed while it runs, kept in the journal. */
import { describe, expect, it } from 'vitest'
import { createScheduler, defineHandlers, handler } from '../../src/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { hosted, plan, scripted, turns } from './world.js'

describe('resources of the host', () => {
  it('win over those of plans', async () => {
    const { scheduler } = hosted({ resources: { gpu: 2, api: { perMinute: 1 } } })
    const uses = { gpu: 1 }
    const run = await scheduler.start(plan({ a: { uses }, b: { uses }, c: { uses } }, { resources: { gpu: 9 } }))
    expect(run.progress().running).toBe(2)
    expect(run.explain('c')).toMatchObject([{ kind: 'resource', resource: 'gpu', capacity: 2 }])
    await scheduler.close({ graceMs: 0 })
  })

  it('change while the scheduler runs, and what waits starts', async () => {
    const { scheduler } = hosted()
    const uses = { gpu: 1 }
    const run = await scheduler.start(plan({ a: { uses }, b: { uses } }))
    expect(run.progress().running).toBe(1)
    await scheduler.setLimit('gpu', 2)
    expect(run.progress().running).toBe(2)
    await scheduler.setLimit('gpu', null)
    await scheduler.close({ graceMs: 0 })
  })

  it('that were set are known to the next host, unless its code says otherwise', async () => {
    const store = memoryStore()
    const first = hosted({ store, resources: { said: 3 } })
    await first.scheduler.setLimit('said', 7)
    await first.scheduler.setLimit('kept', 5)
    await first.scheduler.close({ graceMs: 0 })
    const next = hosted({ store, resources: { said: 3 } })
    const uses = { said: 4, kept: 1 }
    const run = await next.scheduler.start(plan({ a: { uses } }))
    expect(run.explain('a')).toMatchObject([{ kind: 'resource', resource: 'said', capacity: 3 }])
    await next.scheduler.setLimit('said', 4)
    expect(run.explain('a')).toMatchObject([{ kind: 'running' }])
    await next.scheduler.close({ graceMs: 0 })
  })
})

describe('the limit of a handler', () => {
  it('holds for runs of an earlier host too, and goes when the code does not say it any more', async () => {
    const store = memoryStore()
    const limited = scripted({ limit: { concurrency: 1 } })
    const free = scripted()
    const tasks = { a: { handler: 'limited' }, b: { handler: 'limited' } }
    for (const [work, running] of [
      [free, 2],
      [limited, 1],
      [free, 2],
    ] as const) {
      const { scheduler } = hosted({ store, more: { limited: work.handler } })
      const isFirst = limited.called.length + free.called.length === 0
      const run = isFirst ? await scheduler.start({ tasks }, { id: 'r1' }) : await scheduler.resume('r1')
      await turns()
      expect(run.progress().running).toBe(running)
      await scheduler.close({ graceMs: 0 })
    }
  })

  it('with a breaker starts one attempt after the cooldown, and the others when that has succeeded', async () => {
    const flaky = scripted({ breaker: { failures: 2, windowMs: 1000, cooldownMs: 5000 } })
    const { scheduler, clock } = hosted({ more: { flaky: flaky.handler } })
    const retry = { maxAttempts: 3, initialDelay: 0 }
    const run = await scheduler.start({ defaults: { handler: 'flaky', retry }, tasks: { a: {}, b: {} } })
    flaky.of('a').fail()
    flaky.of('b').fail()
    await turns()
    expect(run.explain('a')).toMatchObject([{ kind: 'breaker', resource: 'handler:flaky', inMs: 5000, failures: 2 }])
    await clock.advance(5000)
    await turns()
    expect(run.progress().running).toBe(1)
    flaky.of('a').finish(1)
    flaky.of('b').finish(1)
    await turns()
    expect(run.progress()).toMatchObject({ running: 1, succeeded: 1 })
    flaky.of('a').finish(1)
    flaky.of('b').finish(1)
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })
})

describe('limits that cannot be', () => {
  it('are refused together, before anything is made', () => {
    const make = (): unknown =>
      createScheduler({
        resources: {
          a: -1,
          b: { perMinute: 0 },
          'key:x': 1,
          ' ': 1,
          c: { breaker: { failures: 0, windowMs: 0 } as never },
        },
        handlers: defineHandlers({ h: handler({ run: () => 1, limit: { concurrency: 1.5 } }) }),
      })
    expect(make).toThrow(
      expect.objectContaining({
        code: 'LIMIT_INVALID',
        message: [
          'The capacity of "a" must be a whole number from 0 to 1,000,000,000, not -1.',
          'The rate of "b" must be a whole number from 1 to 100,000 starts per minute, not 0.',
          'The name "key:x" is given by the library.',
          '" " cannot be the name of a resource.',
          'The "breaker.failures" of "c" must be a whole number from 1 to 1000, not 0.',
          'The "breaker.windowMs" of "c" must be a number of milliseconds above 0, not 0.',
          'The "breaker.cooldownMs" of "c" must be a number of milliseconds above 0, not NaN.',
          'The capacity of "handler:h" must be a whole number from 0 to 1,000,000,000, not 1.5.',
        ].join(' '),
      }) as Error,
    )
  })

  it('are refused while the scheduler runs, and nothing changes', async () => {
    const { scheduler } = hosted()
    await expect(scheduler.setLimit('gpu', { capacity: -1 })).rejects.toMatchObject({ code: 'LIMIT_INVALID' })
    await expect(scheduler.setLimit('key:k', null)).rejects.toMatchObject({ code: 'LIMIT_INVALID' })
    await scheduler.close()
  })
})

it('a task with a known key is not done again', async () => {
  let calls = 0
  const handlers = defineHandlers({
    count: handler({
      run: () => {
        calls += 1
        return calls
      },
    }),
  })
  const scheduler = createScheduler({ handlers })
  const once = { tasks: { a: { handler: 'count', idempotencyKey: 'sha-1' } } }
  const first = await (await scheduler.start(once)).outcome
  const second = await (await scheduler.start(once)).outcome
  expect([first.results, second.results]).toEqual([{ a: 1 }, { a: 1 }])
  expect(second.tasks.get('a')).toMatchObject({ status: 'succeeded', attempts: 0 })
  await scheduler.close()
})
