// What the host hands over to an attempt when it starts, and how much an attempt may give: all of it has limits.
import { describe, expect, it } from 'vitest'
import type { HandedOver } from '../../src/runtime/hand-over.js'
import { allPauses, type Hosted, type HostedOptions, hosted, plan, takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

async function end({ scheduler }: Hosted): Promise<void> {
  await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
}

describe('what is handed over at the start', () => {
  const fetched = plan({ fetch: {}, use: { input: { $from: 'fetch' } } })

  async function used(options: HostedOptions, result: unknown): Promise<Hosted> {
    const w = hosted(options)
    await w.scheduler.start(fetched, { id: 'r1' })
    await turns()
    await w.work.of('fetch').context.share('note', 'x'.repeat(100))
    w.work.of('fetch').finish(result)
    await turns()
    return w
  }

  async function failureOf(w: Hosted): Promise<unknown> {
    const run = await w.scheduler.resume('r1')
    const failure = (await run.outcome).tasks.get('use')!.failure
    await end(w)
    return failure
  }

  it('fails the attempt for good where it is too large', async () => {
    const w = await used({ handOver: { maxBytes: 200 } }, 'y'.repeat(100))
    expect(await failureOf(w)).toEqual({
      kind: 'error',
      message:
        'What is handed over to "use" has 218 bytes as JSON (102 of input, 116 shared), more than handOver.maxBytes (200). ' +
        'Hand over references instead of contents, or give createScheduler a handOver.condense.',
      retryable: false,
    })
    expect(w.work.called).toEqual(['fetch'])
  })

  it('counts what was shared also where a task has no input of its own', async () => {
    const w = hosted({ handOver: { maxBytes: 100 } })
    const run = await w.scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    await turns()
    await w.work.of('a').context.share('note', 'x'.repeat(100))
    w.work.of('a').finish()
    const { tasks } = await run.outcome
    expect(tasks.get('b')!.failure?.message).toMatch(/^What is handed over to "b" has 120 bytes as JSON/)
    await end(w)
  })

  it('passes where it just fits', async () => {
    const w = await used({ handOver: { maxBytes: 218 } }, 'y'.repeat(100))
    expect(w.work.of('use').input).toBe('y'.repeat(100))
    await end(w)
  })

  it('is condensed by the hook, which is given copies of all of it', async () => {
    const given: HandedOver[] = []
    const condense = async (handed: HandedOver) => {
      given.push(handed)
      Object.assign(handed.shared['']!, { note: 'changed' })
      return { input: 'short', shared: { '': { note: 'shorter' }, 'no stream of it': { a: 1 } } }
    }
    const w = await used({ handOver: { maxBytes: 200, condense } }, { long: 'y'.repeat(100) })
    expect(given).toMatchObject([
      { run: 'r1', task: 'use', attempt: 1, input: { long: 'y'.repeat(100) }, maxBytes: 200 },
    ])
    expect(given[0]!.signal.aborted).toBe(false)
    expect(w.work.of('use').input).toBe('short')
    expect(w.work.of('use').context.shared()).toEqual({ note: 'shorter' })
    expect((await (await w.scheduler.resume('r1')).messages()).length).toBe(0)
    await end(w)
  })

  it('keeps what the hook leaves out', async () => {
    const w = await used({ handOver: { maxBytes: 200, condense: () => ({ shared: {} }) } }, 'y'.repeat(100))
    expect(w.work.of('use').input).toBe('y'.repeat(100))
    expect(w.work.of('use').context.shared()).toEqual({})
    await end(w)
  })

  it.each([
    ['too much', () => ({ input: 'z'.repeat(99) }), 'returned 217 bytes, still too many.'],
    ['nothing', () => undefined, 'returned no object.'],
    ['a function', () => ({ input: () => 1 }), 'returned what is not JSON: a function at /input.'],
    ['shared values that are none', () => ({ shared: [] }), 'returned "shared" that is not values by key, by stream.'],
    [
      'values by stream alone',
      () => ({ shared: { api: 1 } }),
      'returned "shared" that is not values by key, by stream.',
    ],
  ])('fails the attempt for good where the hook returns %s', async (_, condense, story) => {
    const w = await used({ handOver: { maxBytes: 200, condense: condense as never } }, 'y'.repeat(100))
    expect(await failureOf(w)).toMatchObject({
      message: expect.stringContaining(`more than handOver.maxBytes (200). handOver.condense ${story}`) as string,
      retryable: false,
    })
  })

  it('fails the attempt where the hook throws, and it may be tried again', async () => {
    const condense = () => {
      throw new Error('the model is busy')
    }
    const w = await used({ handOver: { maxBytes: 200, condense } }, 'y'.repeat(100))
    expect(await failureOf(w)).toEqual({ kind: 'error', message: 'handOver.condense failed: the model is busy' })
  })

  it('is not given to an attempt that is told to stop meanwhile', async () => {
    let go = (): void => undefined
    const condense = () => new Promise<object>((resolve) => (go = () => resolve({ input: 1, shared: {} })))
    const w = await used({ handOver: { maxBytes: 200, condense } }, 'y'.repeat(100))
    const run = await w.scheduler.resume('r1')
    await run.cancel()
    go()
    expect((await run.outcome).verdict).toBe('cancelled')
    expect(w.work.called).toEqual(['fetch'])
    await end(w)
  })

  it.each([
    [{ handOver: { maxBytes: 0 } }, '"handOver.maxBytes" is 0.'],
    [{ maxResultBytes: Number.NaN }, '"maxResultBytes" is NaN.'],
    [{ handOver: { condense: 'no' as never } }, '"handOver.condense" is not a function.'],
  ])('has limits that make sense: %j', (options, message) => {
    expect(() => hosted(options)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID', message }))
  })
})

describe('what an attempt gives', () => {
  it.each([
    ['a string', 'é'.repeat(10)],
    ['an object', { texts: 'é'.repeat(5) }],
  ])('as result has a limit: %s', async (_, result) => {
    const w = hosted({ maxResultBytes: 21 })
    const run = await w.scheduler.start(plan({ a: {}, b: {}, c: {} }))
    await turns()
    w.work.of('a').finish(result)
    w.work.of('b').finish('x'.repeat(19))
    w.work.of('c').finish(null)
    const { tasks } = await run.outcome
    expect(tasks.get('a')!.failure).toEqual({
      kind: 'error',
      message:
        'The result of handler "work" has 22 bytes as JSON, more than maxResultBytes (21). Return a reference (a path, an ' +
        'address, a hash) and keep the rest elsewhere, or raise the limit.',
      retryable: false,
    })
    expect([tasks.get('b')!.status, tasks.get('c')!.status]).toEqual(['succeeded', 'succeeded'])
    await w.scheduler.close()
  })

  it('as progress has a limit: of more, only the size is kept, and it is progress all the same', async () => {
    const w = hosted()
    const run = await w.scheduler.start(plan({ a: {} }))
    await turns()
    w.work.of('a').context.heartbeat('x'.repeat(20_000))
    await turns()
    expect(run.explain('a')).toMatchObject([{ progress: '20002 bytes, of which at most 16384 are kept' }])
    await end(w)
  })
})
