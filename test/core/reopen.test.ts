/** What has ended is done again. Every step is checked by the invariants, and folded a second time (S9). */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

/** `a` then `b` then `c`; `side` on its own, so that the run stays open. */
function failed(): World {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    tasks: {
      a: { retry: { maxAttempts: 2, initialDelay: 0 } },
      b: { dependsOn: ['a'] },
      c: { dependsOn: ['b'] },
      side: {},
    },
  })
  w.fail('a')
  w.fail('a')
  expect([w.status('a'), w.status('b'), w.status('c')]).toEqual(['failed', 'skipped', 'skipped'])
  return w
}

describe('a task that failed', () => {
  it('is tried again with a fresh budget, and with it what was skipped because of it', () => {
    const w = failed()
    const { events } = w.reopen('a')
    expect(events.map((event) => [event.type, 'task' in event ? event.task : null])).toEqual([
      ['task.reopened', 'a'],
      ['task.reopened', 'b'],
      ['task.reopened', 'c'],
      ['attempt.started', 'a'],
    ])
    expect(w.live('a').number).toBe(3)
    w.fail('a')
    expect(w.status('a')).toBe('running')
    w.complete('a')
    w.complete('b')
    w.complete('c')
    w.complete('side')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('fails again when its new budget is spent', () => {
    const w = failed()
    w.reopen('a')
    w.fail('a')
    w.fail('a')
    expect([w.status('a'), w.attempts('a')]).toEqual(['failed', 4])
    expect(w.events('task.reopened').map(({ generation }) => generation)).toEqual([2, 2, 2])
    w.reopen('a')
    expect(w.events('task.reopened').at(-1)).toMatchObject({ task: 'c', generation: 3 })
  })

  it('lets a run go on that drains because of it', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ onFailure: 'drain', tasks: { a: {}, long: {}, queued: {} } })
    w.fail('a')
    expect(w.status('queued')).toBe('skipped')
    w.reopen('a')
    expect([w.run().drainedBy, w.status('queued')]).toEqual([null, 'ready'])
    w.complete('a')
    expect(w.running()).toEqual(['long', 'queued'])
  })

  it('stays skipped where another failure skipped it', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ tasks: { a: {}, b: {}, both: { dependsOn: ['a', 'b'] }, side: {} } })
    w.fail('a')
    w.fail('b')
    w.reopen('a')
    expect(w.status('both')).toBe('skipped')
    expect(w.events('task.skipped').at(-1)!.reason).toMatchObject({ because: 'b' })
    w.reopen('b')
    w.complete('a')
    w.complete('b')
    expect(w.status('both')).toBe('running')
  })
})

describe('a task that succeeded', () => {
  /** `a` of stream s, then stream t; `side` keeps the run open. */
  function done(): World {
    const w = world()
    w.worker('w', { slots: 1 })
    w.open({
      streams: { s: { tasks: { a: { priority: 3 } } }, t: { dependsOn: ['s'], tasks: { b: { priority: 2 }, c: {} } } },
      tasks: { side: { priority: -1 } },
    })
    w.complete('s/a', 'first')
    expect(w.running()).toEqual(['t/b'])
    return w
  }

  it('is done again; what is only ready because of it waits again, what runs goes on', () => {
    const w = done()
    w.reopen('s/a')
    expect([w.status('s/a'), w.status('t/b'), w.status('t/c')]).toEqual(['ready', 'running', 'waiting'])
    expect(w.run().results.size).toBe(0)
    w.complete('t/b')
    w.complete('s/a', 'second')
    expect(w.run().results.get(0)).toBe('second')
    w.complete('t/c')
    w.complete('side')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('takes with it what came after and has ended, where that is asked for', () => {
    const w = done()
    w.complete('t/b')
    expect(w.running()).toEqual(['t/c'])
    w.reopen('s/a', true)
    expect(w.events('task.reopened').map(({ task }) => task)).toEqual(['s/a', 't/b'])
    expect([w.status('s/a'), w.status('t/b'), w.status('t/c')]).toEqual(['ready', 'waiting', 'running'])
    w.complete('t/c')
    w.complete('s/a')
    expect(w.running()).toEqual(['t/b'])
  })
})

it('a cancelled task is done again, after its old attempt has stopped where they share a path', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: { claims: { write: ['x'] } }, side: {} } })
  w.cancel('a')
  w.reopen('a')
  expect(w.explain('a')[0]).toMatchObject({ kind: 'claim', path: 'x', heldBy: 'r/a#1', closing: 'cancelled' })
  w.confirm('a')
  expect(w.live('a').number).toBe(2)
})

it.each([
  ['a task nobody knows', 'x', 'TASK_UNKNOWN'],
  ['a task that has not ended', 'side', 'TASK_OPEN'],
  ['a task that was removed', 'gone', 'TASK_FINISHED'],
])('%s is refused', (_, task, code) => {
  const w = world()
  w.worker('w', { slots: 1 })
  w.open({ tasks: { side: {}, gone: {} } })
  w.amend({ remove: ['gone'] })
  expect(w.reopen(task).rejection?.code).toBe(code)
})

it('a task that ran meanwhile, and has to be tried again, waits for what was reopened', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'], retry: { maxAttempts: 2, initialDelay: '5s', jitter: 0 } } } })
  w.complete('a')
  w.reopen('a')
  w.fail('b')
  expect([w.status('b'), w.running()]).toEqual(['waiting', ['a']])
  w.complete('a')
  expect(w.running()).toEqual([])
  w.wait(5000)
  expect(w.running()).toEqual(['b'])
})

it('a task that ran meanwhile, and has to be tried again, hears that what was reopened has failed', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'], retry: { maxAttempts: 2, initialDelay: 0 } }, side: {} } })
  w.complete('a')
  w.reopen('a')
  w.fail('a')
  expect(w.status('b')).toBe('running')
  w.fail('b')
  expect([w.status('b'), w.running()]).toEqual(['skipped', ['side']])
  expect(w.events('task.skipped')[0]!.reason).toMatchObject({ kind: 'dependency', because: 'a' })
})

it('a task that is done again may be lost as often as before', () => {
  const w = world()
  w.worker('w')
  w.open({ tasks: { a: { priority: 1, retry: { maxLost: 1, initialDelay: 0 } }, side: {} } })
  const lose = (name: string): void => {
    w.send({ type: 'leave', worker: name, reason: 'gone' })
    w.worker(`${name}+`)
  }
  lose('w')
  w.complete('a')
  w.reopen('a')
  w.complete('side')
  lose('w+')
  expect([w.status('a'), w.attempts('a')]).toEqual(['running', 4])
})

it('the time that a task may take in all begins anew', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: { timeouts: { scheduleToClose: 1000 } }, side: {} } })
  w.wait(900)
  w.complete('a')
  w.reopen('a')
  w.pass(500)
  expect(w.status('a')).toBe('running')
  w.pass(500)
  expect(w.failure('a')).toMatchObject({ kind: 'timeout' })
})

it('who was skipped for several reasons is told of the one that is left', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  const unless = (task: string) => [{ on: task, when: 'failure' as const }]
  w.open({
    tasks: {
      bad: {},
      good: {},
      one: { dependsOn: unless('good') },
      two: { dependsOn: unless('good') },
      // Done again before the last of the chain, as it may come before it.
      next: { dependsOn: ['bad'] },
      after: { dependsOn: ['next'] },
      last: { dependsOn: ['after'] },
      most: { dependsOn: [{ quorum: 2, of: ['last', 'one', 'two'], lag: 1 }] },
      side: {},
    },
  })
  w.fail('bad')
  w.complete('good')
  expect(w.status('most')).toBe('skipped')
  w.reopen('bad')
  expect(w.events('task.skipped').at(-1)).toMatchObject({ task: 'most', reason: { because: 'one' } })
})

it('who was doomed while it ran is not, once its dependency is done again', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({
    tasks: {
      a: {},
      b: {},
      both: { dependsOn: ['a', 'b'], retry: { maxAttempts: 2, initialDelay: 0 } },
      side: {},
    },
  })
  w.complete('a')
  w.complete('b')
  w.reopen('a')
  w.fail('a')
  w.reopen('a')
  w.fail('both')
  expect(w.status('both')).toBe('waiting')
  w.complete('a')
  expect(w.status('both')).toBe('running')
})

it('who cannot start because of a failure starts after all, where the failed task is reopened in the same step', () => {
  const w = failed()
  w.reopen('a')
  w.fail('a')
  const failure = { kind: 'error', message: 'no', retryable: false }
  w.sendAll([
    { type: 'fail', ...w.ref('a'), failure },
    { type: 'reopen', run: 'r', task: 'a', downstream: false, reason: 'again' },
  ])
  w.complete('a')
  expect(w.running()).toEqual(['b', 'side'])
})

it('a restart finds the same', () => {
  const w = failed()
  w.reopen('a')
  w.complete('a')
  w.reload()
  w.complete('b')
  expect(w.running()).toEqual(['c', 'side'])
})
