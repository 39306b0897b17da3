/**
 * The promises about the state, S9 to S14 and the core's part of liveness, each by name. The world checks many of them after
 * every step of every test; here each is provoked.
 */
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { decide } from '../../src/core/decide.js'
import type { Input, Plans } from '../../src/core/types.js'
import { compilePlan, START, type World, world } from './world.js'

function worldWith(plan: Parameters<World['open']>[0], slots = 9): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

describe('S9: folding the journal gives the live state', () => {
  it('after any history; and from there the decisions are the same', () => {
    const plan = {
      tasks: {
        a: { retry: { maxAttempts: 3, initialDelay: 10, jitter: 0.5 }, claims: { write: ['x'] } },
        b: { claims: { write: ['x'] }, timeouts: { startToClose: 50, close: 20 } },
        c: { dependsOn: ['a'] },
        d: { dependsOn: ['b'], timeouts: { heartbeat: 30 } },
      },
    }
    const live = worldWith(plan, 2)
    const reloaded = worldWith(plan, 2)
    const script: readonly ((w: World) => void)[] = [
      (w) => w.fail('a', { retryAfterMs: 5 }),
      (w) => w.wait(60),
      (w) => w.wait(60),
      (w) => w.send({ type: 'pause', run: 'r', reason: 'lunch' }),
      (w) => w.wait(60),
      (w) => w.send({ type: 'resume', run: 'r' }),
      (w) => w.complete('a'),
      (w) => w.complete('c'),
    ]
    for (const step of script) {
      reloaded.reload()
      expect(canonical(reloaded.state)).toBe(canonical(live.state))
      step(live)
      step(reloaded)
      expect(reloaded.journal).toEqual(live.journal)
      expect(canonical(reloaded.state)).toBe(canonical(live.state))
    }
    expect(live.state.runs.size).toBe(0)
  })
})

describe('S10: the core is pure', () => {
  it('the same plan, inputs and times give the same bytes', () => {
    const inputs: readonly (readonly [number, unknown])[] = [
      [0, { type: 'join', worker: 'w', pool: 'p', slots: 2, capabilities: [] }],
      [5, { type: 'open', run: 'r', plan: {} }],
      [9, { type: 'fail', run: 'r', task: 'a', fence: 1, failure: { kind: 'error', message: 'x' } }],
      [2000, { type: 'tick' }],
      [2001, { type: 'leave', worker: 'w', reason: 'gone' }],
    ]
    const play = (): string => {
      const compiled = compilePlan({ tasks: { a: { retry: { maxAttempts: 5 } }, b: {}, c: { dependsOn: ['a', 'b'] } } })
      const plans = new Map([['r', compiled]]) as unknown as Plans
      const state = createState()
      return JSON.stringify(inputs.map(([now, input]) => decide(plans, state, input as Input, now)))
    }
    expect(play()).toBe(play())
  })
})

describe('S11: every dependent of what did not succeed has an explicit end', () => {
  it('a failure skips what depends on it, each with its nearest cause, and nothing else', () => {
    //  a ─ b ─ c ─ d     x ─ y
    const w = worldWith({
      tasks: {
        a: {},
        b: { dependsOn: ['a'] },
        c: { dependsOn: ['b', 'x'] },
        d: { dependsOn: ['c'] },
        x: {},
        y: { dependsOn: ['x'] },
      },
    })
    w.fail('a')
    expect(w.events('task.skipped').map(({ task, reason }) => [task, reason])).toEqual([
      ['b', { kind: 'dependency', because: 'a', status: 'failed' }],
      ['c', { kind: 'dependency', because: 'b', status: 'skipped' }],
      ['d', { kind: 'dependency', because: 'c', status: 'skipped' }],
    ])
    w.complete('x')
    expect(w.status('y')).toBe('running')
  })

  it('so does a cancellation', () => {
    const w = worldWith({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
    w.cancel('a')
    expect(w.events('task.skipped')).toMatchObject([{ task: 'b', reason: { because: 'a', status: 'cancelled' } }])
  })

  it('through streams too: whoever depends on a stream with a failed task is skipped because of that task', () => {
    const w = worldWith({
      streams: {
        one: { tasks: { a: {}, b: {} } },
        gap: { dependsOn: ['one'], tasks: {} },
        two: { dependsOn: ['gap'], tasks: { c: {} } },
      },
      tasks: { d: { dependsOn: ['one'] } },
    })
    w.fail('one/a')
    expect(w.events('task.skipped').map(({ task, reason }) => [task, reason.because])).toEqual([
      ['d', 'one/a'],
      ['two/c', 'one/a'],
    ])
    expect(w.status('one/b')).toBe('running')
  })

  it('a task with two hopeless dependencies is skipped once', () => {
    const w = worldWith({ tasks: { a: {}, b: {}, c: { dependsOn: ['a', 'b'] } } })
    w.fail('a')
    w.fail('b')
    expect(w.events('task.skipped')).toHaveLength(1)
  })

  it('also when both fail in the same decision: the first is the cause', () => {
    const timeouts = { startToClose: 10 }
    const w = worldWith({ tasks: { a: { timeouts }, b: { timeouts }, c: { dependsOn: ['b', 'a'] } } })
    w.wait(10)
    expect(w.events('task.skipped')).toMatchObject([{ task: 'c', reason: { because: 'a' } }])
  })

  it('a chain of ten thousand is skipped in one decision, without overflow', () => {
    const w = world({ isChecked: false })
    const tasks: Record<string, { dependsOn: string[] }> = {}
    for (let n = 0; n < 10_000; n += 1) tasks[`t${n}`] = { dependsOn: n === 0 ? [] : [`t${n - 1}`] }
    w.worker()
    w.open({ tasks })
    expect(w.fail('t0').events).toHaveLength(10_001)
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })
})

describe('S12: every granted claim is released exactly once', () => {
  it('by success, failure, confirmation, the worker leaving and time; never by a stale report', () => {
    const ends: readonly ((w: World) => void)[] = [
      (w) => w.complete('a'),
      (w) => w.fail('a'),
      (w) => {
        w.cancel('a')
        expect(w.state.claims.held.size).toBe(1)
        w.confirm('a')
      },
      (w) => {
        w.cancel('a')
        w.send({ type: 'leave', worker: 'w', reason: 'gone' })
      },
      (w) => {
        w.cancel('a')
        w.wait(100)
      },
      (w) => w.send({ type: 'leave', worker: 'w', reason: 'gone' }),
    ]
    for (const end of ends) {
      const w = worldWith({
        tasks: {
          a: { claims: { write: ['x'] }, retry: { maxLost: 0 }, timeouts: { close: 100 } },
          keep: { pool: 'k' },
        },
      })
      expect(w.state.claims.held.size).toBe(1)
      end(w)
      expect(w.state.claims.held.size).toBe(0)
    }
  })

  it('after a run has closed nothing of it is left in the claim table', () => {
    const w = worldWith({
      tasks: { a: { claims: { write: ['x/**'], read: ['y'] } }, b: { claims: { write: ['x/1'] } } },
    })
    expect(w.state.claims.index.size).toBe(3)
    w.complete('a')
    w.complete('b')
    expect(w.state.claims.index.size).toBe(0)
    expect(w.state.claims.held.size).toBe(0)
  })

  it('patterns that another run uses stay', () => {
    const w = worldWith({ tasks: { a: { claims: { write: ['x'] } } } })
    w.open({ tasks: { b: { claims: { write: ['x'] } } } }, 'r2')
    w.complete('a')
    expect(w.running('r2')).toEqual(['b'])
    w.complete('b')
    expect(w.state.claims.index.size).toBe(0)
  })
})

describe('S14: a clock step of any size breaks nothing', () => {
  const plan = {
    tasks: {
      a: {
        retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 },
        timeouts: { startToClose: 5000, heartbeat: 3000 },
      },
      b: { dependsOn: ['a'] },
    },
  }

  it('back: events never go back in time, and nothing is due again', () => {
    const w = worldWith(plan)
    w.wait(100)
    w.beat('a')
    w.now -= 10 ** 9
    w.fail('a')
    const times = w.journal.map(({ at }) => at)
    expect(times).toEqual([...times].sort((x, y) => x - y))
    expect(w.events('attempt.failed')[0]!.retryAt).toBe(w.state.clock + 1000)
    w.now = 0
    expect(w.send({ type: 'tick' }).events).toEqual([])
  })

  it('forward: attempts may be lost and tried again, once each', () => {
    const w = worldWith(plan)
    w.wait(10 ** 12)
    expect(w.events('attempt.failed')).toHaveLength(1)
    expect(w.attempts('a')).toBeLessThanOrEqual(2)
  })

  it('forward and back again: the work goes on and ends', () => {
    const w = worldWith(plan)
    w.wait(3600_000)
    w.now = START
    w.wait(0)
    w.now = w.state.deadlines.next()!
    w.send({ type: 'tick' })
    while (w.state.runs.size > 0) {
      const task = w.running()[0]
      if (task !== undefined) w.complete(task)
      else w.wait(10_000)
    }
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('to a moment before 1970, or to no number at all: time stands still', () => {
    for (const now of [-1, Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY]) {
      const w = worldWith(plan)
      w.now = now
      expect(w.send({ type: 'tick' })).toMatchObject({ events: [], rejection: null })
      w.complete('a')
      expect(w.events('attempt.succeeded')).toMatchObject([{ at: START }])
    }
  })
})

describe('L1: every run ends, or waits for something it names', () => {
  it('a run without tasks closes when it is opened', () => {
    const w = world()
    expect(w.open({ tasks: {} }).events.map(({ type }) => type)).toEqual(['run.opened', 'run.closed'])
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('a run with nothing running has a reason for each task', () => {
    const w = world()
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
    expect(w.explain('a')).toEqual([{ kind: 'no-worker', requires: [], pool: null }])
    expect(w.explain('b')).toEqual([{ kind: 'dependency', on: 'a', status: 'ready' }])
  })
})

describe('L2: a ready task whose claims and capacity are free starts in the same step', () => {
  it('even ten thousand at once', () => {
    const w = world({ isChecked: false })
    const tasks = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`t${n}`, {}]))
    w.worker('w', { slots: 10_000 })
    expect(w.open({ tasks }).instructions).toHaveLength(10_000)
  })
})

describe('L5: the events of a task are bounded', () => {
  it('two on the happy path', () => {
    const w = worldWith({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
    w.complete('a')
    w.complete('b')
    expect(w.journal.map(({ type }) => type)).toEqual([
      'worker.joined',
      'run.opened',
      'attempt.started',
      'attempt.succeeded',
      'attempt.started',
      'attempt.succeeded',
      'run.closed',
    ])
  })
})
