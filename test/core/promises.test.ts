/**
 * What the scheduler promises, S1 to S14 as far as the core keeps them, each by name. The world checks S2, S3, S5, S7, S9, S11
 * and S12 after every step of every test; here each is provoked.
 */
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { decide } from '../../src/core/decide.js'
import type { Input, Plans } from '../../src/core/types.js'
import { compilePlan, START, type World, world } from './world.js'

const diamond = {
  tasks: { top: {}, left: { dependsOn: ['top'] }, right: { dependsOn: ['top'] }, bottom: { dependsOn: ['left', 'right'] } },
}

function worldWith(plan: Parameters<World['open']>[0], slots = 9): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

describe('S1: no attempt before its dependencies', () => {
  it('a task starts when the last of its dependencies has succeeded, in that very decision', () => {
    //      top
    //     /   \
    //   left  right
    //     \   /
    //     bottom
    const w = worldWith(diamond)
    expect(w.running()).toEqual(['top'])
    w.complete('top')
    expect(w.running()).toEqual(['left', 'right'])
    expect(w.complete('left').instructions).toEqual([])
    expect(w.complete('right').instructions).toMatchObject([{ type: 'startAttempt', task: 'bottom' }])
  })

  it('a stream that depends on a stream waits for all its tasks, and so does each of its own', () => {
    const w = worldWith({
      streams: {
        one: { tasks: { a: {}, b: {} } },
        two: { dependsOn: ['one'], tasks: { c: {}, d: { dependsOn: ['c'] } } },
      },
      tasks: { after: { dependsOn: ['two'] } },
    })
    w.complete('one/a')
    expect(w.running()).toEqual(['one/b'])
    w.complete('one/b')
    expect(w.running()).toEqual(['two/c'])
    w.complete('two/c')
    w.complete('two/d')
    expect(w.running()).toEqual(['after'])
  })

  it('a stream without tasks is passed at once, and holds its dependents until its own dependencies are met', () => {
    const w = worldWith({
      streams: { empty: { tasks: {} }, gap: { dependsOn: ['a'], tasks: {} } },
      tasks: { a: {}, b: { dependsOn: ['empty'] }, c: { dependsOn: ['gap'] } },
    })
    expect(w.running()).toEqual(['a', 'b'])
    w.complete('a')
    expect(w.running()).toEqual(['b', 'c'])
  })

  it('a failed attempt that will be tried again satisfies nobody', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 2 } }, b: { dependsOn: ['a'] } } })
    w.fail('a')
    expect([w.status('a'), w.status('b')]).toEqual(['ready', 'waiting'])
  })
})

describe('S2: no two live attempts with conflicting claims', () => {
  const claim = (write: readonly string[], read: readonly string[] = []) => ({ claims: { write, read } })

  it('a write excludes every other claim on an overlapping path, also through patterns that share no text', () => {
    const w = worldWith({
      tasks: { a: claim(['src/**/index.ts']), b: claim(['{src,lib}/core/*.ts']), c: claim([], ['src/core']), d: claim(['lib/x']) },
    })
    expect(w.running()).toEqual(['a', 'd'])
  })

  it('reads share', () => {
    const w = worldWith({ tasks: { a: claim([], ['src/**']), b: claim([], ['src/core']), c: claim([], ['**']) } })
    expect(w.running()).toEqual(['a', 'b', 'c'])
  })

  it('also between the runs of a scope', () => {
    const w = worldWith({ tasks: { a: claim(['src/**']) } })
    w.open({ tasks: { b: claim(['src/x.ts']), c: claim(['docs/**']) } }, 'r2')
    expect(w.running('r2')).toEqual(['c'])
    w.complete('a')
    expect(w.running('r2')).toEqual(['b', 'c'])
  })

  it('a task that writes and reads overlapping paths does not block itself', () => {
    const w = worldWith({ tasks: { a: claim(['src/a.ts'], ['src/**']) } })
    expect(w.running()).toEqual(['a'])
  })
})

describe('S3: at most one live attempt per task, and fences strictly grow', () => {
  it('over attempts, tasks, runs and restarts', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 3, initialDelay: 0 } }, b: {} } })
    w.fail('a')
    w.open({ tasks: { c: {} } }, 'r2')
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.worker('w', { slots: 9 })
    const fences = w.events('attempt.started').map(({ fence }) => fence)
    expect(fences).toEqual([1, 2, 3, 4, 5, 6, 7])
  })
})

describe('S4: a report with an old fence changes nothing', () => {
  it('whatever it says, and however late', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 9, initialDelay: 0 } } } })
    const old = w.ref('a')
    w.fail('a')
    const before = canonical(w.state)
    const reports: readonly Omit<Input, 'never'>[] = [
      { type: 'complete', ...old, result: 'late' },
      { type: 'fail', ...old, failure: { kind: 'error', message: 'late' } },
      { type: 'beat', ...old },
      { type: 'beat', ...old, progress: 1 },
      { type: 'confirmStop', ...old },
      { type: 'complete', ...old, fence: old.fence + 2, result: 'from the future' },
      { type: 'complete', ...old, fence: Number.NaN, result: 'from nowhere' },
    ] as never
    for (const report of reports) {
      expect(w.send(report)).toMatchObject({ events: [], instructions: [], rejection: { code: 'ATTEMPT_STALE' } })
    }
    expect(canonical(w.state)).toBe(before)
  })

  it('the same report twice counts once', () => {
    const w = worldWith({ tasks: { a: {}, b: {} } })
    const ref = w.ref('a')
    w.complete('a', 1)
    expect(w.send({ type: 'complete', ...ref, result: 2 }).rejection?.code).toBe('ATTEMPT_STALE')
    expect(w.run().results.get(0)).toBe(1)
  })
})

describe('S5: an end state is final', () => {
  it('nothing that is asked or reported moves a task that has ended', () => {
    const w = worldWith({
      tasks: { done: {}, broken: {}, gone: { dependsOn: ['keep'] }, skipped: { dependsOn: ['broken'] }, keep: {} },
    })
    const refs = [w.ref('done'), w.ref('broken')]
    w.complete('done')
    w.fail('broken')
    w.cancel('gone')
    const ended = ['done', 'broken', 'gone', 'skipped']
    const before = ended.map((task) => w.status(task))
    expect(before).toEqual(['succeeded', 'failed', 'cancelled', 'skipped'])
    for (const ref of refs) {
      w.send({ type: 'complete', ...ref, result: 2 })
      w.send({ type: 'fail', ...ref, failure: { kind: 'error', message: '' } })
    }
    for (const task of ended) expect(w.cancel(task).rejection?.code).toBe('TASK_FINISHED')
    w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    w.worker()
    w.wait(10 ** 9)
    w.cancel()
    expect(ended.map((task) => w.status(task))).toEqual(before)
  })

  it('an id of a run is used once', () => {
    const w = worldWith({ tasks: { a: {} } })
    w.complete('a')
    expect(w.open({ tasks: { a: {} } }).rejection?.code).toBe('RUN_EXISTS')
    w.reload()
    expect(w.send({ type: 'open', run: 'r', plan: {} }).rejection?.code).toBe('RUN_EXISTS')
  })
})

describe('S6: attempts are bounded, and no retry comes before its journaled time', () => {
  it('not even after a restart', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 } } } })
    w.fail('a')
    expect(w.events('attempt.failed')[0]!.retryAt).toBe(START + 1000)
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.worker()
    expect(w.wait(999).events).toEqual([])
    expect(w.wait(1).events).toMatchObject([{ type: 'attempt.started', attempt: 2 }])
    w.fail('a')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })
})

describe('S7: no limit is exceeded', () => {
  it('a worker never runs more attempts than it has slots, over all runs', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    for (const run of ['r', 'r2', 'r3']) w.open({ tasks: { a: {}, b: {} } }, run)
    expect(w.events('attempt.started').map(({ slot }) => slot)).toEqual([1, 2, 3])
  })

  it('a closing attempt keeps its slot', () => {
    const w = worldWith({ tasks: { a: {}, b: {} } }, 1)
    w.cancel('a')
    expect(w.running()).toEqual([])
    w.confirm('a')
    expect(w.running()).toEqual(['b'])
  })

  it('only workers with the capabilities, and of the pool, are used', () => {
    const w = world()
    w.worker('p1', { pool: 'p', capabilities: ['x'] })
    w.worker('q1', { pool: 'q', capabilities: ['x', 'y'] })
    w.open({ tasks: { a: { pool: 'p', requires: ['y'] }, b: { requires: ['y'] } } })
    expect(w.running()).toEqual(['b'])
    expect(w.live('b').worker.id).toBe('q1')
  })
})

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
      tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['b', 'x'] }, d: { dependsOn: ['c'] }, x: {}, y: { dependsOn: ['x'] } },
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
      streams: { one: { tasks: { a: {}, b: {} } }, gap: { dependsOn: ['one'], tasks: {} }, two: { dependsOn: ['gap'], tasks: { c: {} } } },
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
      const w = worldWith({ tasks: { a: { claims: { write: ['x'] }, retry: { maxLost: 0 }, timeouts: { close: 100 } }, keep: { pool: 'k' } } })
      expect(w.state.claims.held.size).toBe(1)
      end(w)
      expect(w.state.claims.held.size).toBe(0)
    }
  })

  it('after a run has closed nothing of it is left in the claim table', () => {
    const w = worldWith({ tasks: { a: { claims: { write: ['x/**'], read: ['y'] } }, b: { claims: { write: ['x/1'] } } } })
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
      a: { retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 }, timeouts: { startToClose: 5000, heartbeat: 3000 } },
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
