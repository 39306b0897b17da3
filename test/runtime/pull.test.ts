/** Workers that ask for work: `scheduler.lease`, and what a lease can do. On a virtual clock. */
import { describe, expect, it } from 'vitest'
import { taskFailure } from '../../src/runtime/failure.js'
import { allOf } from './members.js'
import { AGENTS, code, pulled, type Waiting } from './pulled.js'
import { takeTimers, turns, watchUnhandled } from './world.js'

watchUnhandled()
takeTimers()

describe('a worker that asks for work', () => {
  it('is given an attempt, does it, and is given the next', async () => {
    const { scheduler, take, ask, end } = pulled()
    const run = await scheduler.start(code({ a: { input: { n: 1 } }, b: { input: { $from: 'a' } } }), { id: 'r1' })
    const first = await take('w1')
    expect([first.task, first.input, first.attempt.id]).toEqual(['a', { n: 1 }, 'r1/a#1'])
    await first.complete({ sum: 2 })
    const second = await take('w1')
    expect([second.task, second.input]).toEqual(['b', { sum: 2 }])
    await second.complete()
    expect(await run.outcome).toMatchObject({ verdict: 'succeeded', results: { a: { sum: 2 } } })
    expect((await ask('w1', { waitMs: 0 })).lease).toBeNull()
    await end()
  })

  it('is what makes an attempt start: nothing is started on a worker that is not there', async () => {
    const { scheduler, store, take, end } = pulled()
    const run = await scheduler.start(code({ a: {} }), { id: 'r1' })
    await turns()
    expect(run.explain('a')).toEqual([{ kind: 'no-worker', requires: [], pool: null }])
    await (await take('w1')).fail('no luck')
    expect((await run.outcome).tasks.get('a')).toMatchObject({ status: 'failed', attempts: 1 })
    const again = await scheduler.start(code({ b: {} }), { id: 'r2' })
    expect(again.explain('b')).toEqual([{ kind: 'not-asked', requires: [], pool: null, workers: 1 }])
    expect(await allOf(store, 'attempt.started')).toHaveLength(1)
    await end()
  })

  it('waits as long as it says, and leaves nothing in the journal by that', async () => {
    const { scheduler, store, ask, pass, end } = pulled()
    await scheduler.start(code({ a: { requires: ['gpu'] } }))
    const call = await ask('w1', { requires: [], waitMs: 5000 })
    const before = (await allOf(store, 'worker.joined')).length
    await pass(4999)
    expect(call.lease).toBeUndefined()
    await pass(1)
    expect(call.lease).toBeNull()
    expect((await ask('w1', { requires: [], waitMs: 0 })).lease).toBeNull()
    expect((await allOf(store, 'worker.joined')).length).toBe(before)
    await end()
  })

  it('is served the moment there is something for it', async () => {
    const { scheduler, ask, end } = pulled()
    const call = await ask('w1')
    expect(call.lease).toBeUndefined()
    await scheduler.start(code({ a: {} }))
    await turns()
    expect(call.lease?.task).toBe('a')
    await call.lease?.complete()
    await end()
  })

  it('waits its turn: of those that serve, the one that has waited longest is first', async () => {
    const { scheduler, ask, end } = pulled()
    const calls: Waiting[] = []
    for (const worker of ['w3', 'w1', 'w2']) calls.push(await ask(worker, { requires: ['ts'] }))
    const gpu = await ask('g1', { requires: ['gpu'] })
    await scheduler.start(
      code({ a: { priority: 3, requires: ['ts'] }, b: { priority: 2, requires: ['gpu'] }, c: { requires: ['ts'] } }),
    )
    await turns()
    expect([...calls, gpu].map(({ lease }) => lease?.task)).toEqual(['a', 'c', undefined, 'b'])
    // Whoever was served goes to the end of the line.
    await calls[0]!.lease!.complete()
    const last = await ask('w3', { requires: ['ts'] })
    await scheduler.start(code({ d: { requires: ['ts'] } }))
    await turns()
    expect([calls[2]!.lease?.task, last.lease]).toEqual(['d', undefined])
    await end()
  })

  it('holds as many leases as it has slots', async () => {
    const { scheduler, ask, take, end } = pulled()
    await scheduler.start(code({ a: {}, b: {}, c: {} }))
    const one = await take('w1', { slots: 2 })
    const two = await take('w1', { slots: 2 })
    const third = await ask('w1', { slots: 2 })
    expect(third.lease).toBeUndefined()
    await one.complete()
    await turns()
    expect([one.task, two.task, third.lease?.task]).toEqual(['a', 'b', 'c'])
    expect((await scheduler.leases('w1')).map(({ task }) => task)).toEqual(['b', 'c'])
    await end()
  })

  it('may come back as another one once it holds nothing, and not before', async () => {
    const { scheduler, take, ask, store, end } = pulled()
    const run = await scheduler.start(code({ a: { priority: 1 }, b: { requires: ['gpu'] } }))
    const lease = await take('w1', { requires: [] })
    expect((await ask('w1', { requires: ['gpu'] })).error).toMatchObject({ code: 'WORKER_EXISTS' })
    await lease.complete()
    await (await take('w1', { requires: ['gpu'] })).complete()
    expect((await run.outcome).verdict).toBe('succeeded')
    expect((await allOf(store, 'worker.joined')).map(({ capabilities }) => capabilities)).toEqual([[], ['gpu']])
    await end()
  })

  it('works in the pool it names, beside workers that the host gives work', async () => {
    const { scheduler, take, ask, work, end } = pulled({ pools: { local: { slots: 2 }, ...AGENTS } })
    await scheduler.start({
      defaults: { handler: 'code' },
      streams: {
        m: { pool: 'local', tasks: { mine: { handler: 'work' } } },
        t: { pool: 'agents', tasks: { theirs: {} } },
      },
    })
    await turns()
    expect(work.called).toEqual(['m/mine'])
    expect((await take('w1')).task).toBe('t/theirs')
    expect((await ask('local')).error).toMatchObject({ code: 'WORKER_EXISTS' })
    expect((await ask('w2', { pool: 'local' })).error).toMatchObject({ code: 'POOL_INVALID' })
    await end()
  })

  it('may ask where the host declared no such pool: in the pool `pull`, for what its own cannot do', async () => {
    const { scheduler, take, end } = pulled({ pools: { local: { slots: 2, capabilities: [] } } })
    const run = await scheduler.start(code({ a: { requires: ['gpu'] } }))
    await (await take('w1', { requires: ['gpu'] })).complete('done')
    expect((await run.outcome).results).toEqual({ a: 'done' })
    expect((await scheduler.workers()).map(({ id, pool, isPulling }) => [id, pool, isPulling])).toEqual([
      ['local', 'local', false],
      ['w1', 'pull', true],
    ])
    await end()
  })

  it('is told all that is wrong with what it asks', async () => {
    const { ask, end, scheduler } = pulled({ pools: { x: { pull: true }, y: { pull: true } } })
    const bad = { requires: [1] as never, slots: 0, waitMs: Number.NaN }
    const { error } = await ask('../etc', bad)
    expect(error).toMatchObject({ code: 'VALUE_INVALID' })
    for (const word of ['"../etc"', '"requires"', '"slots"', '"waitMs"'])
      expect((error as Error).message).toContain(word)
    expect((await ask('w1')).error).toMatchObject({
      code: 'POOL_INVALID',
      message: expect.stringContaining('which pool'),
    })
    expect((await ask('w1', { pool: 'z' })).error).toMatchObject({ code: 'POOL_INVALID' })
    expect(await scheduler.workers()).toEqual([])
    await end()
  })

  it('may stop waiting', async () => {
    const { scheduler, ask, take, end } = pulled()
    const leave = new AbortController()
    const call = await ask('w1', { signal: leave.signal })
    leave.abort(new Error('the line is cut'))
    await turns()
    expect(call.error).toMatchObject({ message: 'the line is cut' })
    expect((await ask('w1', { signal: leave.signal })).error).toMatchObject({ message: 'the line is cut' })
    await scheduler.start(code({ a: {} }))
    expect((await take('w2')).task).toBe('a')
    await end()
  })

  it('is not given what is not valid for it: that fails, and the worker waits on', async () => {
    const refused = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'too small' }] }) },
    } as const
    const { scheduler, ask, pass, end } = pulled({ more: { picky: { input: refused } } })
    const run = await scheduler.start(
      code({ a: { handler: 'picky' }, b: { dependsOn: [{ on: 'a', when: 'failure' }] } }),
    )
    const call = await ask('w1', { waitMs: 1000 })
    expect(run.explain('a')).toMatchObject([{ kind: 'failed' }])
    expect(call.lease?.task).toBe('b')
    const other = await scheduler.start(code({ c: { handler: 'picky' } }))
    const next = await ask('w2', { waitMs: 1000 })
    expect([(await other.outcome).verdict, next.lease]).toEqual(['failed', undefined])
    await pass(1000)
    expect(next.lease).toBeNull()
    await end()
  })
})

describe('a lease', () => {
  it('can do what an attempt in this process can', async () => {
    const { scheduler, take, end } = pulled()
    const run = await scheduler.start(
      code({
        a: { milestones: ['half'], claims: { write: ['src/'], integrate: ['index.ts'] } },
        b: { dependsOn: ['a#half'] },
      }),
    )
    const a = await take('w1')
    expect(a.attempt.claims).toMatchObject({ write: ['src/'], integrate: ['index.ts'] })
    await a.share('api', 'v2')
    await a.milestone('half')
    const b = await take('w2')
    expect(b.shared()).toEqual({ api: 'v2' })
    expect(await b.claim({ write: ['src/x.ts'] })).toMatchObject({ granted: false, heldBy: a.attempt.id })
    expect(await b.claim({ write: ['docs/'] })).toEqual({ granted: true })
    await b.send({ to: { task: 'a' }, body: 'hello' })
    expect((await a.receive()).body).toBe('hello')
    expect(a.inbox()).toHaveLength(1)
    await a.integrate()
    await a.heartbeat({ done: 0.5 })
    expect(run.explain('a')).toMatchObject([{ kind: 'running', progress: { done: 0.5 } }])
    await a.complete()
    await b.complete()
    expect((await run.outcome).verdict).toBe('succeeded')
    await end()
  })

  it('tells of lines of output', async () => {
    const lines: string[] = []
    const { scheduler, take, end } = pulled({
      onLog: ({ attempt, stream, text }) => lines.push(`${attempt} ${stream} ${text}`),
    })
    await scheduler.start(code({ a: {} }), { id: 'r1' })
    const lease = await take('w1')
    lease.log('one')
    lease.log('two', 'stderr')
    expect(lines).toEqual(['r1/a#1 log one', 'r1/a#1 stderr two'])
    await end()
  })

  it('fails with what its worker says, and the plan says whether it is tried again', async () => {
    const { scheduler, take, pass, end } = pulled()
    const retry = { maxAttempts: 2, on: ['rate-limited'], initialDelay: '1s', jitter: 0 }
    const run = await scheduler.start(code({ a: { retry } }))
    await (await take('w1')).fail(taskFailure('busy', { kind: 'rate-limited', retryAfterMs: 3000 }))
    expect(run.explain('a')).toMatchObject([{ kind: 'retry', inMs: 3000 }, { kind: 'not-asked' }])
    await pass(3000)
    await (await take('w1')).fail(new Error('broken'))
    expect((await run.outcome).tasks.get('a')).toMatchObject({ failure: { kind: 'error', message: 'broken' } })
    await end()
  })

  it('may be handed back: tried again at the cost of no try, but not for ever', async () => {
    const { scheduler, take, end } = pulled()
    const run = await scheduler.start(code({ a: { retry: { maxAttempts: 1, maxLost: 1 } } }))
    await (await take('w1')).release('out of tokens')
    const again = await take('w2')
    expect(again.attempt.attempt).toBe(2)
    await again.release()
    expect((await run.outcome).tasks.get('a')!.failure).toEqual({
      kind: 'lost',
      message: 'It was handed back: its worker handed it back.',
    })
    await end()
  })

  it('refuses a result that is not what the handler gives, and says so to whoever reported it', async () => {
    const text = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof value === 'string' ? { value } : { issues: [{ message: 'not a string' }] },
      },
    } as const
    const { scheduler, take, end } = pulled({ more: { text: { output: text } } })
    const run = await scheduler.start(code({ a: { handler: 'text' } }))
    await expect((await take('w1')).complete(7)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringContaining('not a string'),
    })
    expect((await run.outcome).verdict).toBe('failed')
    await end()
  })

  it('resolves with what is stored: its work is verified by the host, in its slot', async () => {
    const { scheduler, take, ask, work, end } = pulled()
    const run = await scheduler.start(code({ a: { verify: [{ handler: 'work' }] }, b: {} }))
    await (await take('w1')).complete('made')
    const next = await ask('w1')
    expect([work.called, next.lease]).toEqual([['a'], undefined])
    work.of('a').finish(true)
    await turns()
    expect(next.lease?.task).toBe('b')
    await next.lease?.complete()
    expect((await run.outcome).results).toMatchObject({ a: 'made' })
    await end()
  })
})
