/** Handlers that fail, never settle, settle twice, or are not there: the run goes on, and ends. */
import { describe, expect, it } from 'vitest'
import { taskFailure } from '../../src/runtime/failure.js'
import { memoryStore } from '../../src/stores/memory.js'
import { failureOf, outcomeOf } from './one-task.js'
import { hosted, plan, turns, watchUnhandled } from './world.js'

watchUnhandled()

describe('a handler that fails', () => {
  it('by throwing at once', async () => {
    const run = (): never => {
      throw new Error('at once')
    }
    expect(await failureOf({ run })).toEqual({ kind: 'error', message: 'at once' })
  })

  it('by rejecting later', async () => {
    const run = async (): Promise<never> => {
      await turns(1)
      throw new TypeError('later')
    }
    expect(await failureOf({ run })).toEqual({ kind: 'error', message: 'later' })
  })

  const thrown: readonly (readonly [string, unknown, string])[] = [
    ['a string', 'boom', 'The handler threw "boom", which is not an Error.'],
    ['a very long string', 'x'.repeat(9999), `The handler threw "${'x'.repeat(200)}", which is not an Error.`],
    ['an object', { code: 7 }, 'The handler threw an object, which is not an Error.'],
    ['undefined', undefined, 'The handler threw undefined, which is not an Error.'],
    ['null', null, 'The handler threw null, which is not an Error.'],
    ['a number', 42, 'The handler threw 42, which is not an Error.'],
    ['a symbol', Symbol('s'), 'The handler threw Symbol(s), which is not an Error.'],
    ['a function', () => 1, 'The handler threw a function, which is not an Error.'],
    ['an error without words', Object.assign(new RangeError('x'), { message: '' }), 'RangeError'],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: { deep: 1 } }), '[object Object]'],
    [
      'an error that cannot be read',
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('trap')
        },
      }),
      'The handler threw an error that cannot be read.',
    ],
    ['a very long error', new Error('y'.repeat(9999)), 'y'.repeat(4096)],
  ]
  for (const [what, error, message] of thrown) {
    it(`by throwing ${what}`, async () => {
      const run = (): never => {
        throw error
      }
      expect(await failureOf({ run })).toEqual({ kind: 'error', message })
      expect(await failureOf({ run: () => Promise.reject(error) })).toEqual({ kind: 'error', message })
    })
  }

  it('and says more about it', async () => {
    const cause = new Error('429')
    const error = taskFailure('The API is busy.', {
      kind: 'rate-limited',
      retryable: false,
      retryAfterMs: 30_000,
      details: { limit: 60, gone: undefined },
      cause,
    })
    expect(error).toMatchObject({ name: 'TaskFailure', cause })
    expect(await failureOf({ run: () => Promise.reject(error) })).toEqual({
      kind: 'rate-limited',
      message: 'The API is busy.',
      retryable: false,
      retryAfterMs: 30_000,
      details: { limit: 60 },
    })
  })

  it('and says nonsense about it: what cannot be kept is left out', async () => {
    const nonsense = { kind: 'lost', retryable: 'no', retryAfterMs: Number.NaN, details: () => 1 } as never
    const failure = await failureOf({ run: () => Promise.reject(taskFailure('odd', nonsense)) })
    expect(failure).toEqual({ kind: 'error', message: 'odd' })
    for (const retryAfterMs of [-1, Number.POSITIVE_INFINITY, '5']) {
      const options = { retryAfterMs } as never
      expect(await failureOf({ run: () => Promise.reject(taskFailure('odd', options)) })).toEqual({
        kind: 'error',
        message: 'odd',
      })
    }
  })

  it('is tried again as the plan says', async () => {
    let calls = 0
    const run = (): string => {
      calls += 1
      if (calls < 3) throw new Error(`no ${calls}`)
      return 'at last'
    }
    const outcome = await outcomeOf({ run }, { retry: { maxAttempts: 3, initialDelay: 0 } })
    expect(outcome.results).toEqual({ a: 'at last' })
    expect(outcome.tasks.get('a')).toMatchObject({ attempts: 3, failure: { message: 'no 2' } })
  })
})

describe('a handler that never settles', () => {
  it('fails with "timeout", and the run ends', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts: { startToClose: '5m' } }, b: { dependsOn: ['a'] } }))
    await clock.advance(300_000)
    const outcome = await run.outcome
    expect(outcome.verdict).toBe('failed')
    expect(outcome.tasks.get('a')!.failure).toEqual({
      kind: 'timeout',
      message: 'The attempt took longer than 300000 ms (timeouts.startToClose).',
    })
    expect(work.of('a').context.signal.aborted).toBe(true)
    await scheduler.close()
  })

  it('and claims paths keeps them, and the run open, until the time to close is over', async () => {
    const { scheduler, clock } = hosted()
    const timeouts = { startToClose: 100, close: 1000 }
    const run = await scheduler.start(
      plan({ a: { claims: { write: ['x'] }, timeouts }, b: { claims: { write: ['x'] }, priority: -1 } }),
    )
    await clock.advance(100)
    expect(run.explain('b')).toMatchObject([{ kind: 'claim', heldBy: `${run.id}/a#1`, closing: 'timeout' }])
    await clock.advance(1000)
    expect(run.explain('b')).toMatchObject([{ kind: 'running' }])
    await scheduler.close({ graceMs: 0 })
  })

  it('and comes back after all: what it says then is not counted', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts: { startToClose: 100 } }, keep: {} }))
    await clock.advance(100)
    work.of('a').finish('too late')
    await turns()
    work.of('keep').finish('kept')
    expect((await run.outcome).results).toEqual({ keep: 'kept' })
    await scheduler.close()
  })

  it('and claims paths lets go of them when it comes back', async () => {
    const { scheduler, clock, work } = hosted()
    const claims = { write: ['x'] }
    const run = await scheduler.start(
      plan({ a: { claims, timeouts: { startToClose: 100 } }, b: { claims, priority: -1 } }),
    )
    await clock.advance(100)
    work.of('a').finish('too late')
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    work.of('b').finish()
    expect((await run.outcome).results).toEqual({ b: null })
    await scheduler.close()
  })
})

describe('a handler that settles twice', () => {
  it('counts once: the first time', async () => {
    const run = () =>
      new Promise((resolve, reject) => {
        resolve('first')
        resolve('second')
        reject(new Error('third'))
      })
    expect((await outcomeOf({ run })).results).toEqual({ a: 'first' })
  })

  it('also through a promise of another make', async () => {
    const run = () => ({
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library is what is tested.
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('first')
        reject(new Error('second'))
        resolve('third')
      },
    })
    expect((await outcomeOf({ run })).results).toEqual({ a: 'first' })
  })
})

describe('a task whose handler is not there', () => {
  it('is not started: the run is paused when it is taken up, and fails for good if it is resumed all the same', async () => {
    const store = memoryStore()
    const first = hosted({ store, more: { rare: { run: () => new Promise(() => undefined) } } })
    await first.scheduler.start({ tasks: { a: { handler: 'rare', retry: { maxAttempts: 3 } } } }, { id: 'r1' })
    const second = hosted({ store })
    const run = await second.scheduler.resume('r1')
    await turns()
    const reason = 'nobody has registered its handlers: give its plan to scheduler.resume(id, plan), or register them'
    expect(run.explain('a')).toMatchObject([{ kind: 'paused', reason }])
    await run.resume()
    expect((await run.outcome).tasks.get('a')!.failure).toEqual({
      kind: 'error',
      message: 'No handler "rare" is registered.',
      retryable: false,
    })
    await second.scheduler.close()
  })
})
