/** What a scheduler writes to a log. */
import { describe, expect, it } from 'vitest'
import type { Logger } from '../../src/runtime/logging.js'
import { allPauses, hosted, plan, takeTimers, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

interface Written {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

function log(): { readonly logger: Logger; readonly written: Written[] } {
  const written: Written[] = []
  const method = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    written.push({ level, fields, message })
  }
  return {
    written,
    logger: { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') },
  }
}

describe('the log of a scheduler', () => {
  it('has a line for each stored event, by how much it matters, without what plans and people gave', async () => {
    const { logger, written } = log()
    const { scheduler, work } = hosted({ logger, pools: { local: { slots: 1 } } })
    const secret = 'hunter2'
    const run = await scheduler.start(plan({ a: { input: { secret }, retry: { maxAttempts: 2, initialDelay: 0 } } }), {
      id: 'r1',
    })
    await turns()
    work.of('a').fail(new Error('it broke'))
    await turns()
    work.of('a').fail(new Error('again'))
    await run.outcome
    await scheduler.close()
    const texts = written.map(({ level, message }) => `${level} ${message}`)
    expect(texts).toEqual([
      'info worker.joined local',
      'info run.opened r1',
      'debug attempt.started r1/a#1',
      'warn attempt.failed r1/a#1: it broke',
      'debug attempt.started r1/a#2',
      'error attempt.failed r1/a#2: again',
      'info run.closed r1',
      'info worker.draining local',
      'info worker.left local: the scheduler was closed',
    ])
    expect(written[3]!.fields).toMatchObject({
      type: 'attempt.failed',
      run: 'r1',
      task: 'a',
      attempt: 1,
      kind: 'error',
    })
    expect(JSON.stringify(written)).not.toContain(secret)
  })

  it('has an error where the scheduler stops for ever', async () => {
    const { logger, written } = log()
    const store = testStore()
    const { scheduler } = hosted({ logger, store })
    store.failing = { count: 1000, when: 'before' }
    const started = scheduler.start(plan({ a: {} })).catch((error: unknown) => error)
    await allPauses()
    expect(await started).toMatchObject({ code: 'STORE_FAILED' })
    expect(written).toMatchObject([{ level: 'error', fields: { code: 'STORE_FAILED' } }])
    await Promise.all([scheduler.close(), allPauses()])
  })

  it('changes nothing when it throws', async () => {
    const broken = (): void => {
      throw new Error('the disk is full')
    }
    const { scheduler, work } = hosted({ logger: { debug: broken, info: broken, warn: broken, error: broken } })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    work.of('a').finish(1)
    expect((await run.outcome).results).toEqual({ a: 1 })
    await scheduler.close()
  })
})
