/** What goes into handlers and comes out of them: JSON, references, schemas. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import type { RegisteredHandler } from '../../src/runtime/handlers.js'
import { failureOf, outcomeOf, resultOf } from './one-task.js'
import { hosted, plan, turns, watchUnhandled } from './world.js'

watchUnhandled()

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
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    ) as object
    const { scheduler, work } = hosted()
    const run = await scheduler.start(
      plan({ a: {}, b: { input: { all: { $from: 'a' }, inner: { $from: 'a', path: ['__proto__', 'polluted'] } } } }),
    )
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
            b: {
              input: {
                all: { $from: 'a' },
                part: [{ $from: 'a', path: ['files', 1] }],
                plain: { x: null },
                other: { $from: 'c' },
              },
            },
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
