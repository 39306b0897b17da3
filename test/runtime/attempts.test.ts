/** Attempts through handlers: bad ones first, then inputs, outputs, signs of life, and stopping. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import type { Failure, JsonValue } from '../../src/core/types.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { taskFailure } from '../../src/runtime/failure.js'
import { type HandlerContext, handler, type RegisteredHandler } from '../../src/runtime/handlers.js'
import type { Outcome } from '../../src/runtime/outcome.js'
import type { Executor } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { type Hosted, hosted, plan, START, testStore, turns } from './world.js'

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await turns()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

/** Runs one task `a` with this handler to its end. */
async function outcomeOf(one: RegisteredHandler, task: object = {}): Promise<Outcome<Record<string, JsonValue>>> {
  const { scheduler } = hosted({ more: { one } })
  const run = await scheduler.start({ tasks: { a: { handler: 'one', ...task } } } as PlanDocument)
  const outcome = await run.outcome
  await scheduler.close()
  return outcome as Outcome<Record<string, JsonValue>>
}

async function failureOf(one: RegisteredHandler, task: object = {}): Promise<Failure | undefined> {
  const outcome = await outcomeOf(one, task)
  expect(outcome.verdict).toBe('failed')
  return outcome.tasks.get('a')!.failure
}

async function resultOf(work: () => unknown): Promise<unknown> {
  const outcome = await outcomeOf({ run: work })
  expect(outcome.tasks.get('a')!.failure).toBeUndefined()
  return outcome.results.a
}

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
    ['an error without words', new RangeError(), 'RangeError'],
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
    const run = await scheduler.start(plan({ a: { claims: { write: ['x'] }, timeouts }, b: { claims: { write: ['x'] }, priority: -1 } }))
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
    const run = await scheduler.start(plan({ a: { claims, timeouts: { startToClose: 100 } }, b: { claims, priority: -1 } }))
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

describe('a handler that returns what JSON cannot hold', () => {
  class Money {
    readonly amount = 1
  }
  const circular: Record<string, unknown> = { name: 'c' }
  circular.self = circular
  let deep: unknown = 1
  for (let n = 0; n < 10_000; n += 1) deep = { deep }
  let shared: unknown = 1
  for (let n = 0; n < 60; n += 1) shared = [shared, shared]
  const trap = {
    get field(): never {
      throw new Error('trap')
    },
  }
  const wordless = {
    get field(): never {
      // biome-ignore lint/style/useThrowOnlyError: what strange code throws is what is tested.
      throw 'trap'
    },
  }

  const results: readonly (readonly [string, unknown, string | RegExp])[] = [
    ['a function', () => 1, 'a function at the top'],
    ['a function inside', { a: { b: [() => 1] } }, 'a function at /a/b/0'],
    ['a bigint', { n: 5n }, 'a bigint at /n'],
    ['a symbol', Symbol('s'), 'a symbol at the top'],
    ['NaN', Number.NaN, 'NaN at the top'],
    ['infinity', { a: [1, Number.NEGATIVE_INFINITY] }, '-Infinity at /a/1'],
    ['a Map', new Map([['a', 1]]), 'an instance of Map at the top'],
    ['a Set inside', { tags: new Set() }, 'an instance of Set at /tags'],
    ['an instance of a class', { price: new Money() }, 'an instance of Money at /price'],
    ['an object of a nameless kind', Object.create(Object.create(null)), 'an instance of a class at the top'],
    ['something circular', circular, /^something nested deeper than 64, or circular, at (\/self){64}$/],
    ['something of huge depth', deep, /^something nested deeper than 64, or circular, at (\/deep){64}$/],
    ['little that means much', shared, 'more than 1000000 values'],
    ['something that throws when read', trap, 'trap'],
    ['something that throws no error when read', wordless, 'it threw while it was read'],
    ['a promise inside', { later: Promise.resolve(1) }, 'an instance of Promise at /later'],
  ]
  for (const [what, result, problem] of results) {
    it(`${what}: the attempt fails, and is not tried again`, async () => {
      const failure = await failureOf({ run: () => result }, { retry: { maxAttempts: 5 } })
      expect(failure).toMatchObject({ kind: 'error', retryable: false })
      const [, told] = /^The result of handler "one" is not JSON: (.*)\.$/s.exec(failure!.message) ?? []
      if (typeof problem === 'string') expect(told).toBe(problem)
      else expect(told).toMatch(problem)
    })
  }
})

describe('a result', () => {
  it('is what JSON makes of it', async () => {
    expect(await resultOf(() => undefined)).toBeNull()
    expect(await resultOf(() => ({ a: undefined, b: [undefined, 1] }))).toEqual({ b: [null, 1] })
    expect(await resultOf(() => new Date(0))).toBe('1970-01-01T00:00:00.000Z')
    expect(await resultOf(() => ({ url: new URL('https://example.org/x') }))).toEqual({ url: 'https://example.org/x' })
    const holes = new Array<number>(2)
    holes[1] = 1
    expect(JSON.stringify(await resultOf(() => holes))).toBe('[null,1]')
    expect(await resultOf(() => Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 })
  })

  it('is a copy: changing the original afterwards changes nothing', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    await turns()
    const original = { list: [1] }
    work.of('a').finish(original)
    await turns()
    original.list.push(2)
    work.of('b').finish()
    expect((await run.outcome).results).toEqual({ a: { list: [1] }, b: null })
    await scheduler.close()
  })

  it('keeps keys like "__proto__" as its own, and pollutes nothing', async () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}') as object
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { input: { all: { $from: 'a' }, inner: { $from: 'a', path: ['__proto__', 'polluted'] } } } }))
    await turns()
    work.of('a').finish(hostile)
    await turns()
    const seen = work.of('b').input as { all: object; inner: unknown }
    expect(JSON.stringify(seen)).toBe(
      '{"all":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},"inner":true}',
    )
    work.of('b').finish()
    const { a } = (await run.outcome).results as { a: object }
    expect(Object.keys(a)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(a)).toBe(Object.prototype)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    await scheduler.close()
  })
})

describe('an input', () => {
  const noteInput = (seen: unknown[], more: object = {}): RegisteredHandler => ({
    ...more,
    run: (input: unknown) => void seen.push(input),
  })

  it('is null where the plan gives none', async () => {
    const seen: unknown[] = []
    await outcomeOf(noteInput(seen))
    expect(seen).toEqual([null])
  })

  it('has its references filled in: whole results, parts, inside lists and objects', async () => {
    const { scheduler, work } = hosted()
    await scheduler.start({
      defaults: { handler: 'work' },
      streams: {
        s: {
          tasks: {
            a: {},
            b: { input: { all: { $from: 'a' }, part: [{ $from: 'a', path: ['files', 1] }], plain: { x: null }, other: { $from: 'c' } } },
          },
        },
      },
      tasks: { c: {} },
    })
    await turns()
    work.of('s/a').finish({ files: ['x', 'y'] })
    work.of('c').finish()
    await turns()
    expect(work.of('s/b').input).toEqual({
      all: { files: ['x', 'y'] },
      part: ['y'],
      plain: { x: null },
      other: null,
    })
    await scheduler.close({ graceMs: 0 })
  })

  it('that refers to a part the result does not have fails the attempt, for good', async () => {
    const { scheduler, work } = hosted()
    const task = { retry: { maxAttempts: 3 }, input: { sha: { $from: 'a', path: ['commit', 0, 'sha'] } } }
    const run = await scheduler.start(plan({ a: {}, b: task }))
    await turns()
    work.of('a').finish({ commit: ['none'] })
    const outcome = await run.outcome
    expect(work.called).toEqual(['a'])
    expect(outcome.tasks.get('b')!.failure).toEqual({
      kind: 'error',
      message: 'The input refers to "/commit/0/sha" of the result of "a", which has no such part.',
      retryable: false,
    })
    await scheduler.close()
  })

  it('that the schema refuses fails the attempt, with every problem and its place, and the function is not called', async () => {
    const seen: unknown[] = []
    const input = z.object({ ref: z.string(), depth: z.optional(z.number()), list: z.array(z.number()) })
    const failure = await failureOf(noteInput(seen, { input }), {
      input: { depth: 'deep', list: [1, 'two'] },
      retry: { maxAttempts: 3 },
    })
    expect(failure).toEqual({
      kind: 'error',
      message:
        'The input of handler "one" is not valid: Invalid input at /ref; Invalid input at /depth; Invalid input at /list/1.',
      retryable: false,
    })
    expect(seen).toEqual([])
  })

  it('that is missing where the schema wants one is refused', async () => {
    const failure = await failureOf(noteInput([], { input: z.object({}) }))
    expect(failure?.message).toBe('The input of handler "one" is not valid: Invalid input at the top.')
  })

  it('reaches the function in the form the schema gives it', async () => {
    const seen: unknown[] = []
    const input = z.object({ ref: z._default(z.string(), 'main') })
    await outcomeOf(noteInput(seen, { input }), { input: { extra: 1 } })
    expect(seen).toEqual([{ ref: 'main' }])
  })

  it('may be checked by a schema that takes its time, or throws', async () => {
    const seen: unknown[] = []
    const slow = z.string().check(z.refine(async (text) => (await Promise.resolve(text)) === 'right'))
    await outcomeOf(noteInput(seen, { input: slow }), { input: 'right' })
    expect(seen).toEqual(['right'])
    const throwing = z.string().check(
      z.refine(() => {
        throw new Error('out of order.')
      }),
    )
    const failure = await failureOf(noteInput([], { input: throwing }), { input: 'x' })
    expect(failure?.message).toBe('The input of handler "one" is not valid: the schema threw: out of order.')
  })
})

describe('an output', () => {
  it('that the schema refuses fails the attempt, for good', async () => {
    const output = z.object({ bytes: z.number() })
    const failure = await failureOf({ output, run: () => ({ bytes: '12' }) }, { retry: { maxAttempts: 3 } })
    expect(failure).toEqual({
      kind: 'error',
      message: 'The result of handler "one" is not valid: Invalid input at /bytes.',
      retryable: false,
    })
  })

  it('is stored in the form the schema gives it', async () => {
    const output = z.object({ bytes: z._default(z.number(), 0) })
    expect((await outcomeOf({ output, run: () => ({ noise: 1 }) })).results).toEqual({ a: { bytes: 0 } })
  })

  it('that the schema allows and JSON does not is refused', async () => {
    const failure = await failureOf({ output: z.bigint(), run: () => 5n })
    expect(failure?.message).toBe('The result of handler "one" is not valid: a bigint at the top.')
  })
})

describe('a task whose handler is not there', () => {
  it('fails for good: the host that took the run up has other handlers', async () => {
    const store = memoryStore()
    const first = hosted({ store, more: { rare: { run: () => new Promise(() => undefined) } } })
    await first.scheduler.start({ tasks: { a: { handler: 'rare', retry: { maxAttempts: 3 } } } }, { id: 'r1' })
    const second = hosted({ store })
    const run = await second.scheduler.resume('r1')
    expect((await run.outcome).tasks.get('a')!.failure).toEqual({
      kind: 'error',
      message: 'No handler "rare" is registered.',
      retryable: false,
    })
    await second.scheduler.close()
  })
})

describe('what an attempt is told', () => {
  it('its id, number, fence, claims, lease and deadline', async () => {
    const { scheduler, work, clock } = hosted()
    clock.set(START + 5)
    await scheduler.start(
      plan({
        a: {
          claims: { write: ['./src/b/', 'src/a.ts'], read: ['docs'] },
          timeouts: { startToClose: '1h', heartbeat: 900 },
        },
        b: {},
      }),
      { id: 'r1' },
    )
    await turns()
    expect(work.of('a').context.attempt).toEqual({
      id: 'r1/a#1',
      run: 'r1',
      task: 'a',
      attempt: 1,
      fence: 1,
      worker: 'local',
      handler: 'work',
      input: null,
      claims: { write: ['src/b/', 'src/a.ts'], read: ['docs'] },
      heartbeatMs: 900,
      deadlineAt: START + 5 + 3_600_000,
    })
    expect(work.of('b').context.attempt).toMatchObject({
      claims: { write: [], read: [] },
      heartbeatMs: null,
      deadlineAt: null,
    })
    expect(() => structuredClone(work.of('a').context.attempt)).not.toThrow()
    await scheduler.close({ graceMs: 0 })
  })

  it('a signal that is made when it is first read, and not before', async () => {
    const made: AbortController[] = []
    const Original = globalThis.AbortController
    globalThis.AbortController = class extends Original {
      constructor() {
        super()
        made.push(this)
      }
    }
    try {
      const { scheduler, work } = hosted()
      await scheduler.start(plan({ a: {}, b: {} }))
      await turns()
      expect(made).toHaveLength(0)
      const { context } = work.of('a')
      expect(context.signal).toBe(context.signal)
      expect(context.signal.aborted).toBe(false)
      expect(made).toHaveLength(1)
      await scheduler.close({ graceMs: 0 })
    } finally {
      globalThis.AbortController = Original
    }
  })

  it('a signal that is already aborted when it is read after the attempt was told to stop', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: {} }))
    await turns()
    const { signal } = work.of('b').context
    await run.cancel()
    for (const each of [work.of('a').context.signal, signal]) {
      expect(each.aborted).toBe(true)
      expect((each.reason as Error).message).toBe('The attempt was told to stop (cancelled).')
    }
    await scheduler.close()
  })
})

describe('signs of life', () => {
  const timeouts = { heartbeat: 900 }

  it('are given by the host, three in a lease, for a function that gives none', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts } }))
    await clock.advance(9000)
    expect(run.explain('a')).toMatchObject([{ kind: 'running', attempt: `${run.id}/a#1` }])
    work.of('a').finish()
    const outcome = await run.outcome
    expect(outcome.tasks.get('a')).toMatchObject({ attempts: 1 })
    let renewed = 0
    for await (const { type } of run.events()) if (type === 'attempt.renewed') renewed += 1
    expect(renewed).toBe(30)
    await scheduler.close()
  })

  it('are given for attempts that start later, too, and end with them: an idle host wakes for nothing', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts }, b: { dependsOn: ['a'], timeouts: { heartbeat: 90 } }, keep: {} }))
    await clock.advance(1000)
    work.of('a').finish()
    await clock.advance(1000)
    expect(run.explain('b')).toMatchObject([{ kind: 'running', attempt: `${run.id}/b#1` }])
    work.of('b').finish()
    await clock.advance(2000)
    expect(clock.next()).toBeNull()
    await scheduler.close({ graceMs: 0 })
  })

  it('come in time even if work has blocked the host for many leases', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts }, b: { timeouts }, c: {} }))
    await turns()
    // Nothing could run meanwhile, no timer either; then a report comes before the timer does.
    clock.set(START + 50_000)
    work.of('c').finish()
    await turns()
    expect(run.progress()).toMatchObject({ running: 2, succeeded: 1 })
    expect(run.explain('a')).toMatchObject([{ attempt: `${run.id}/a#1` }])
    await scheduler.close({ graceMs: 0 })
  })

  it('are not given for work that runs somewhere else: it must give its own, or is lost', async () => {
    const contexts: HandlerContext[] = []
    const via: Executor = {
      inProcess: false,
      execute: (_, context) => {
        contexts.push(context as HandlerContext)
        return new Promise(() => undefined)
      },
    }
    const { scheduler, clock } = hosted({ more: { remote: handler({ via }) } })
    const run = await scheduler.start({ tasks: { a: { handler: 'remote', timeouts } } })
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(500)
      contexts[0]!.heartbeat()
    }
    expect(contexts).toHaveLength(1)
    await clock.advance(1000)
    expect(contexts).toHaveLength(2)
    expect(run.explain('a')).toMatchObject([{ attempt: `${run.id}/a#2` }])
    await scheduler.close({ graceMs: 0 })
  })

  it('do not keep work that does not get on from being found stalled', async () => {
    const { scheduler, clock, work } = hosted()
    const run = await scheduler.start(plan({ a: { timeouts: { heartbeat: 900, stall: 5000 } } }))
    await clock.advance(4000)
    work.of('a').context.heartbeat({ done: 1 })
    await clock.advance(5000)
    expect(run.explain('a')).toMatchObject([{ kind: 'running', progress: { done: 1 } }])
    await clock.advance(501)
    expect((await run.outcome).tasks.get('a')!.failure?.kind).toBe('stalled')
    await scheduler.close()
  })

  it('may carry progress; what JSON cannot hold is no progress, and never throws', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const { context } = work.of('a')
    context.heartbeat({ bad: () => 1 } as never)
    context.heartbeat(Number.NaN)
    context.heartbeat({ step: 1 })
    await turns()
    expect(run.explain('a')).toMatchObject([{ progress: { step: 1 } }])
    await run.cancel()
    context.heartbeat({ step: 2 })
    work.of('a').finish()
    await turns()
    context.heartbeat({ step: 3 })
    await turns()
    expect(run.explain('a')).toMatchObject([{ kind: 'cancelled' }])
    await scheduler.close()
  })
})

describe('an attempt that is told to stop', () => {
  it('by cancelling: its signal is aborted; without claims it counts as stopped at once', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const { signal } = work.of('a').context
    await run.cancel()
    expect(signal.aborted).toBe(true)
    expect((await run.outcome).verdict).toBe('cancelled')
    await scheduler.close()
  })

  it('with claims it counts as stopped when its function has come back', async () => {
    const { scheduler, work } = hosted()
    const claims = { write: ['x'] }
    const run = await scheduler.start(plan({ a: { claims }, b: { claims, priority: -1 } }))
    await turns()
    await run.cancel('a')
    await turns()
    expect(work.called).toEqual(['a'])
    work.of('a').fail(new Error('stopped'))
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    await scheduler.close({ graceMs: 0 })
  })

  it('by a cancellation that came with what would have started it is never called', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store, pools: { local: { slots: 1 } } })
    const run = await scheduler.start(plan({ a: { priority: 1 }, b: {}, c: {} }))
    await turns()
    store.isHolding = true
    void run.pause()
    await turns()
    void run.resume()
    work.of('a').finish()
    await turns()
    void run.cancel('b')
    store.release()
    await turns(10)
    expect(work.called).toEqual(['a', 'c'])
    await scheduler.close({ graceMs: 0 })
  })

  it('while its input is checked is never called', async () => {
    const called: string[] = []
    let check!: () => void
    const gate = new Promise<void>((resolve) => {
      check = resolve
    })
    const slow = z.unknown().check(z.refine(async () => (await gate) === undefined))
    const { scheduler } = hosted({ more: { slow: { input: slow, run: () => void called.push('a') } } })
    const run = await scheduler.start({ tasks: { a: { handler: 'slow', claims: { write: ['x'] } } } })
    await turns()
    await run.cancel()
    check()
    expect((await run.outcome).verdict).toBe('cancelled')
    expect(called).toEqual([])
    await scheduler.close()
  })
})

describe('an executor', () => {
  const remote = (execute: Executor['execute'], inProcess = false): Readonly<Record<string, RegisteredHandler>> => ({
    remote: handler({ via: { inProcess, execute } }),
  })
  const tasks = { a: { handler: 'remote' } }

  async function failureVia(execute: unknown): Promise<Failure | undefined> {
    const { scheduler } = hosted({ more: remote(execute as Executor['execute']) })
    const run = await scheduler.start({ tasks })
    const outcome = await run.outcome
    await scheduler.close()
    return outcome.tasks.get('a')!.failure
  }

  it('of a handler is used instead of the host’s', async () => {
    const { scheduler } = hosted({ more: remote(async ({ id }) => ({ ok: true, result: id })) })
    const run = await scheduler.start({ tasks }, { id: 'r1' })
    expect((await run.outcome).results).toEqual({ a: 'r1/a#1' })
    await scheduler.close()
  })

  it('of the host is used for handlers without one', async () => {
    const executor: Executor = { inProcess: true, execute: async ({ handler: name }) => ({ ok: true, result: name }) }
    const { scheduler } = hosted({ executor })
    const run = await scheduler.start(plan({ a: {} }))
    expect((await run.outcome).results).toEqual({ a: 'work' })
    await scheduler.close()
  })

  it('may report a failure of any kind', async () => {
    const failure: Failure = { kind: 'verify', message: 'red', retryable: false, retryAfterMs: 5, details: [1] }
    expect(await failureVia(async () => ({ ok: false, failure }))).toEqual(failure)
  })

  it('that throws at once, or rejects, fails the attempt', async () => {
    const throws = (): never => {
      throw new Error('no line')
    }
    expect(await failureVia(throws)).toEqual({ kind: 'error', message: 'no line' })
    expect(await failureVia(() => Promise.reject(new Error('no line')))).toEqual({ kind: 'error', message: 'no line' })
  })

  const unreadable = { kind: 'error', message: 'The executor reported a failure that cannot be read.' }
  const trapped = Object.defineProperty({}, 'kind', {
    get() {
      throw new Error('trap')
    },
  })
  const nonsense: readonly (readonly [string, unknown, Failure])[] = [
    ['nothing', undefined, unreadable as Failure],
    ['no failure', { ok: false }, unreadable as Failure],
    ['text for a failure', { ok: false, failure: 'boom' }, unreadable as Failure],
    ['a failure that cannot be read', { ok: false, failure: trapped }, unreadable as Failure],
    [
      'a failure of an unknown kind, with what cannot be stored',
      { ok: false, failure: { kind: 'tired', message: 'x', retryAfterMs: Number.NaN, retryable: 1, details: 5n } },
      { kind: 'error', message: 'x' },
    ],
  ]
  for (const [what, outcome, failure] of nonsense) {
    it(`that reports ${what} fails the attempt, and the journal stays readable`, async () => {
      expect(await failureVia(async () => outcome)).toEqual(failure)
      expect(await failureVia(() => outcome)).toEqual(failure)
    })
  }

  it('that reports twice, or late, changes nothing', async () => {
    const { scheduler, clock } = hosted({
      more: remote(
        (_, { signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: true, result: 'late' }))),
      ),
    })
    const run = await scheduler.start({ tasks: { a: { handler: 'remote', timeouts: { startToClose: 10 } } } })
    await clock.advance(10)
    const outcome = await run.outcome
    expect(outcome.verdict).toBe('failed')
    expect(outcome.results).toEqual({})
    await scheduler.close()
  })

  it('that runs elsewhere confirms a stop by its end, with or without claims', async () => {
    let end!: () => void
    const { scheduler } = hosted({
      more: remote(() => new Promise((resolve) => (end = () => resolve({ ok: true, result: 1 })))),
    })
    const run = await scheduler.start({ tasks })
    await turns()
    await run.cancel()
    await turns()
    let isOver = false
    void run.outcome.then(() => (isOver = true))
    await turns()
    expect(isOver).toBe(false)
    end()
    expect((await run.outcome).verdict).toBe('cancelled')
    await scheduler.close()
  })
})

it('nothing of an attempt is kept when it has ended', async () => {
  const { scheduler, work }: Hosted = hosted()
  const run = await scheduler.start(plan({ a: {}, b: {} }))
  await turns()
  work.of('a').finish()
  work.of('b').fail()
  await run.outcome
  const { attempts } = scheduler as unknown as { attempts: { underWay: Map<unknown, unknown> } }
  expect(attempts.underWay.size).toBe(0)
  await scheduler.close()
})
