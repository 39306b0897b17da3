/** A host that takes over what an earlier one has left running, where the executor can. */
import { describe, expect, it } from 'vitest'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { allOf, closeAll, eventsIn, LEASE, member, mortal } from './members.js'
import {
  allPauses,
  type Hosted,
  type HostedOptions,
  hosted,
  plan,
  START,
  takeTimers,
  turns,
  watchUnhandled,
} from './world.js'

watchUnhandled()
takeTimers()

type Ended = AttemptOutcome | 'unknown'

interface Line {
  readonly attempt: AttemptRequest
  readonly context: AttemptContext
  end(outcome: Ended): void
}

/** Work that goes on whatever becomes of its host. */
class Outside {
  readonly begun: string[] = []
  readonly taken: string[] = []
  /** The newest line to each attempt. */
  readonly lines = new Map<string, Line>()
  /** Attempts that nobody knows of any more. */
  readonly gone = new Set<string>()

  /** An executor of one host. */
  executor(): Executor & { attach(attempt: AttemptRequest, context: AttemptContext): Promise<Ended> } {
    const line = <T extends Ended>(attempt: AttemptRequest, context: AttemptContext): Promise<T> =>
      new Promise((end) => this.lines.set(attempt.id, { attempt, context, end: end as (outcome: Ended) => void }))
    return {
      inProcess: false,
      execute: (attempt, context) => {
        this.begun.push(attempt.id)
        return line(attempt, context)
      },
      attach: async (attempt, context) => {
        this.taken.push(attempt.id)
        return this.gone.has(attempt.id) ? 'unknown' : line(attempt, context)
      },
    }
  }

  of(id: string): Line {
    return this.lines.get(id)!
  }
}

const done = (result: unknown): AttemptOutcome => ({ ok: true, result })
const out = (tasks: object, more: object = {}) => plan(tasks, { defaults: { handler: 'out' }, ...more })

/** A host that has died, and whatever comes after it. */
async function left(tasks: object, more: object = {}, options: HostedOptions = {}) {
  const store = memoryStore()
  const clock = virtualClock(START)
  const outside = new Outside()
  const host = (others: HostedOptions = {}): Hosted =>
    hosted({ store, clock, ...options, ...others, more: { out: { via: outside.executor() }, ...others.more } })
  const dead = host()
  const run = await dead.scheduler.start(out(tasks, more), { id: 'r1' })
  await turns()
  return { store, clock, outside, host, dead, run }
}

async function end({ scheduler }: Hosted): Promise<void> {
  await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
}

describe('an attempt that outlived its host', () => {
  it('is taken up as it is: the same attempt succeeds, its worker stays, nothing is started again', async () => {
    const { store, outside, host } = await left({ a: { input: { n: 1 } }, b: { dependsOn: ['a'] } })
    const first = outside.of('r1/a#1').attempt
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    expect(outside.of('r1/a#1').attempt).toEqual(first)
    outside.of('r1/a#1').end(done('first'))
    await turns()
    outside.of('r1/b#1').end(done('then'))
    const outcome = await run.outcome
    expect(outcome.results).toEqual({ a: 'first', b: 'then' })
    expect([outside.begun, outside.taken]).toEqual([['r1/a#1', 'r1/b#1'], ['r1/a#1']])
    expect((await allOf(store, 'worker.left')).length).toBe(0)
    await end(next)
  })

  it('is lost where the executor knows nothing of it: tried again, at the cost of no retry', async () => {
    const { outside, host } = await left({ a: { retry: { maxAttempts: 1 } } })
    outside.gone.add('r1/a#1')
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    outside.of('r1/a#2').end(done('again'))
    const { tasks, results } = await run.outcome
    expect(results).toEqual({ a: 'again' })
    expect(tasks.get('a')!.failure).toEqual({
      kind: 'lost',
      message: 'Its host was restarted, and nothing of it runs any more.',
    })
    await end(next)
  })

  it('has failed where taking it up fails', async () => {
    const { outside, host } = await left({ a: {} })
    const broken: Executor = {
      ...outside.executor(),
      attach: () => {
        throw new Error('no such folder')
      },
    }
    const next = host({ more: { out: { via: broken } } })
    const { tasks } = await (await next.scheduler.resume('r1')).outcome
    expect(tasks.get('a')!.failure).toEqual({ kind: 'error', message: 'no such folder' })
    await end(next)
  })

  it('does not keep what ended with the host: that is lost, and starts again beside it', async () => {
    const { outside, host, dead } = await left({ a: {}, b: { handler: 'work' } })
    expect(dead.work.called).toEqual(['b'])
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    next.work.of('b').finish('b again')
    outside.of('r1/a#1').end(done('a'))
    const { tasks, results } = await run.outcome
    expect(results).toEqual({ a: 'a', b: 'b again' })
    expect([tasks.get('a')!.attempts, tasks.get('b')!.attempts]).toEqual([1, 2])
    expect(tasks.get('b')!.failure).toEqual({ kind: 'lost', message: 'It was lost: its host was restarted.' })
    await end(next)
  })

  it('that was being stopped is taken up with its signal aborted, and keeps its claims until it has stopped', async () => {
    const claims = { claims: { write: ['x'] } }
    const { outside, host, run, store } = await left({ a: claims, b: claims })
    await run.cancel('a')
    const next = host()
    await next.scheduler.resume('r1')
    await turns()
    expect(outside.of('r1/a#1').context.signal.aborted).toBe(true)
    expect(outside.begun).toEqual(['r1/a#1'])
    outside.of('r1/a#1').end(done('too late'))
    await turns()
    expect(outside.begun).toEqual(['r1/a#1', 'r1/b#1'])
    expect((await allOf(store, 'attempt.closed')).map(({ by }) => by)).toEqual(['executor'])
    await end(next)
  })

  it('that is too slow by now is told to stop, and has not stopped before the executor says so', async () => {
    const a = { timeouts: { startToClose: '1m' }, retry: { maxAttempts: 1 }, claims: { write: ['x'] } }
    const { outside, host, clock, store } = await left({ a })
    clock.set(START + 120_000)
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    expect(outside.of('r1/a#1').context.signal.aborted).toBe(true)
    expect(await allOf(store, 'attempt.closed')).toEqual([])
    outside.of('r1/a#1').end('unknown')
    expect((await run.outcome).tasks.get('a')!.failure).toMatchObject({ kind: 'timeout' })
    await end(next)
  })

  it('is not blamed for the silence of its host', async () => {
    const { outside, host, clock } = await left({ a: { timeouts: { heartbeat: '1m' } } })
    clock.set(START + 3_600_000)
    const next = host()
    const run = await next.scheduler.resume('r1')
    await clock.advance(50_000)
    outside.of('r1/a#1').context.heartbeat()
    await clock.advance(50_000)
    outside.of('r1/a#1').end(done('alive'))
    expect((await run.outcome).results).toEqual({ a: 'alive' })
    await end(next)
  })

  it('is taken up in its verification, at the step that was under way', async () => {
    const { outside, host } = await left({ a: { verify: [{ handler: 'out' }, { handler: 'out', input: 2 }] } })
    outside.of('r1/a#1').end(done('work'))
    await turns()
    outside.of('r1/a#1/verify/1').end(done(true))
    await turns()
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    expect(outside.taken).toEqual(['r1/a#1/verify/2'])
    expect(outside.of('r1/a#1/verify/2').attempt).toMatchObject({ input: 2, step: { number: 2, of: 2 } })
    outside.of('r1/a#1/verify/2').end(done(true))
    expect((await run.outcome).results).toEqual({ a: 'work' })
    await end(next)
  })

  it('is lost in its verification, not refuted by it', async () => {
    const { outside, host } = await left({ a: { verify: [{ handler: 'out' }], retry: { maxAttempts: 1 } } })
    outside.of('r1/a#1').end(done('work'))
    await turns()
    outside.gone.add('r1/a#1/verify/1')
    const next = host()
    const run = await next.scheduler.resume('r1')
    await turns()
    expect(outside.begun.at(-1)).toBe('r1/a#2')
    outside.of('r1/a#2').end(done('work again'))
    await turns()
    outside.of('r1/a#2/verify/1').end(done(true))
    expect((await run.outcome).results).toEqual({ a: 'work again' })
    await end(next)
  })

  it('that was integrating goes on with it', async () => {
    const { outside, host } = await left({ a: { claims: { integrate: ['lock'] } } })
    await outside.of('r1/a#1').context.integrate()
    const next = host()
    await next.scheduler.resume('r1')
    await turns()
    await outside.of('r1/a#1').context.integrate()
    await end(next)
  })

  it('with a pool of another size: the old worker runs nothing else, and leaves for the new one', async () => {
    const { outside, host, store } = await left({ a: {}, b: {}, c: { dependsOn: ['a'] } })
    const next = host({ pools: { local: { slots: 1 } } })
    const run = await next.scheduler.resume('r1')
    await turns()
    outside.of('r1/a#1').end(done(1))
    await turns()
    // "c" is ready, and would be the second beside "b".
    expect(outside.begun).toEqual(['r1/a#1', 'r1/b#1'])
    outside.of('r1/b#1').end(done(1))
    await turns()
    outside.of('r1/c#1').end(done(1))
    expect((await run.outcome).verdict).toBe('succeeded')
    const moves = (await eventsIn(store)).filter(({ type }) => type.startsWith('worker.'))
    expect(moves.map((event) => [event.type, 'slots' in event ? event.slots : null])).toEqual([
      ['worker.joined', 8],
      ['worker.draining', null],
      ['worker.left', null],
      ['worker.joined', 1],
    ])
    await end(next)
  })

  it('on a pool that is there no more keeps its worker until it has ended', async () => {
    const { outside, host, store } = await left({ a: {} }, {}, { pools: { old: { slots: 1 } } })
    const next = host({ pools: { fresh: { slots: 1 } } })
    const run = await next.scheduler.resume('r1')
    await turns()
    outside.of('r1/a#1').end(done(1))
    await run.outcome
    await turns()
    expect((await allOf(store, 'worker.left')).map(({ worker }) => worker)).toEqual(['old'])
    await end(next)
  })

  it('a pool that a later plan brings joins when the old worker of that name has left', async () => {
    const pools = { builders: { slots: 1 } }
    const { outside, host, run: first } = await left({ a: {} }, { pools }, { pools: {} })
    await first.cancel()
    const next = host({ pools: { fresh: { slots: 1 } } })
    await next.scheduler.ready()
    await turns()
    await next.scheduler.start(out({ z: {} }, { pools, defaults: { handler: 'out' } }), { id: 'r2' })
    outside.of('r1/a#1').end(done(1))
    await turns()
    expect(outside.begun).toEqual(['r1/a#1', 'r2/z#1'])
    await end(next)
  })
})

it('what a deposed host was stopping is lost when it has stopped, if the host leads again', async () => {
  const store = memoryStore()
  const clock = virtualClock(START)
  const outside = new Outside()
  const cut = mortal(store)
  const one = member({ store, clock, host: 'one', more: { out: { via: outside.executor() } } })
  const two = member({ store: cut, clock, host: 'two', more: { out: { via: outside.executor() } } })
  await two.scheduler.ready()
  const run = await one.scheduler.start(out({ a: { claims: { write: ['x'] } } }), { id: 'r1' })
  await turns()
  // The clock of the one stood still for a while, and the other took over; then that one dies.
  const epoch = { type: 'host.elected', at: clock.now(), host: 'other', epoch: 2, expiresAt: clock.now() + LEASE }
  const { length } = await eventsIn(store)
  await store.append('default' as never, length, { id: 'x', writer: 'test', events: [epoch as never] })
  cut.kill()
  outside.of('r1/a#1').context.heartbeat()
  await clock.advance(3 * LEASE)
  expect(one.roles).toEqual(['leader', 'standby', 'leader'])
  expect([outside.begun, outside.taken]).toEqual([['r1/a#1'], []])
  expect(outside.of('r1/a#1').context.signal.aborted).toBe(true)
  outside.of('r1/a#1').end(done('too late'))
  await turns()
  expect(outside.begun).toEqual(['r1/a#1', 'r1/a#2'])
  outside.of('r1/a#2').end(done('again'))
  const { tasks } = await run.outcome
  expect(tasks.get('a')!.failure).toEqual({ kind: 'lost', message: 'It was lost: its host was deposed.' })
  await closeAll(one)
})

describe('what an attempt logs', () => {
  it('is told at once, line by line, with who said it; at most 16,384 characters of it', async () => {
    const lines: unknown[] = []
    const { scheduler, work, clock } = hosted({ onLog: (line) => lines.push(line) })
    await scheduler.start(plan({ a: {} }), { id: 'r1' })
    await turns()
    const { log } = work.of('a').context
    log('hello')
    clock.set(START + 5)
    log('x'.repeat(20_000), 'stderr')
    expect(lines).toEqual([
      { at: START, attempt: 'r1/a#1', run: 'r1', task: 'a', stream: 'log', text: 'hello' },
      { at: START + 5, attempt: 'r1/a#1', run: 'r1', task: 'a', stream: 'stderr', text: 'x'.repeat(16_384) },
    ])
    await end({ scheduler } as Hosted)
  })

  it('changes nothing where nobody listens, or the listener throws', async () => {
    for (const onLog of [
      undefined,
      () => {
        throw new Error('full')
      },
    ]) {
      const { scheduler, work } = hosted(onLog === undefined ? {} : { onLog })
      const run = await scheduler.start(plan({ a: {} }))
      await turns()
      work.of('a').context.log('hello')
      work.of('a').finish()
      expect((await run.outcome).verdict).toBe('succeeded')
      await scheduler.close()
    }
  })
})
