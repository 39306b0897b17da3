/** A plan that is changed while it runs. Every step is checked by the invariants, and folded a second time (S9). */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

/** `a`, then `b`, then `c`, with one worker of two slots. */
function chain(): World {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['b'] } } })
  return w
}

describe('adding', () => {
  it('starts in the same step what may start', () => {
    const w = chain()
    w.amend({ add: { tasks: { d: {} } } })
    expect(w.running()).toEqual(['a', 'd'])
    expect(w.run().counts[0]).toBe(2)
  })

  it('what waits for a task that has ended already is ready at once, and skipped where that failed', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ tasks: { good: {}, bad: {}, long: {} } })
    w.complete('good')
    w.fail('bad')
    w.amend({
      add: { tasks: { x: { dependsOn: ['good'] }, y: { dependsOn: ['good', 'bad'] }, z: { dependsOn: ['y'] } } },
    })
    expect(w.running()).toEqual(['long', 'x'])
    expect([w.status('y'), w.status('z')]).toEqual(['skipped', 'skipped'])
    expect(w.events('task.skipped').map(({ reason }) => reason)).toEqual([
      { kind: 'dependency', because: 'bad', status: 'failed' },
      { kind: 'dependency', because: 'y', status: 'skipped' },
    ])
  })

  it('holds up whoever waits for the stream that grows', () => {
    const w = world()
    w.worker()
    w.open({ streams: { s: { tasks: { a: {} } }, t: { dependsOn: ['s'], tasks: { b: {} } } } })
    w.amend({ add: { streams: { s: { tasks: { more: { dependsOn: ['a'] } } } } } })
    w.complete('s/a')
    expect([w.status('s/more'), w.status('t/b')]).toEqual(['running', 'waiting'])
    w.complete('s/more')
    expect(w.status('t/b')).toBe('running')
  })

  it('a stream that has ended gets nothing more, and nothing has changed', () => {
    const w = world()
    w.worker()
    w.open({ streams: { s: { tasks: { a: {} } }, t: { dependsOn: ['s'], tasks: { b: {} } } } })
    w.complete('s/a')
    const { rejection, events } = w.amend({ add: { streams: { s: { tasks: { late: {} } } } } })
    expect(rejection).toMatchObject({
      code: 'STREAM_FINISHED',
      message: 'The stream "s" has ended: others may have gone on because of it.',
      hint: 'Add the tasks to another stream, or to none.',
    })
    expect(events).toEqual([])
    expect(w.run().plan.taskCount).toBe(2)
  })

  it('a while after a task that has ended counts from its end', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ tasks: { a: {}, side: {} } })
    w.complete('a')
    w.wait(700)
    w.amend({ add: { tasks: { later: { dependsOn: [{ on: 'a', lag: 1000 }] } } } })
    w.pass(299)
    expect(w.running()).toEqual(['side'])
    w.pass(1)
    expect(w.running()).toEqual(['side', 'later'])
  })

  it('new tasks wait for the same workers and claims as all others', () => {
    const w = world()
    w.worker('w', { slots: 5 })
    w.open({ tasks: { a: { claims: { write: ['src/**'] } } } })
    w.amend({ add: { tasks: { b: { claims: { write: ['src/x'] } }, c: { requires: ['gpu'] } } } })
    expect(w.running()).toEqual(['a'])
    expect(w.explain('b')).toMatchObject([{ kind: 'claim', path: 'src/**', heldBy: 'r/a#1' }])
    expect(w.explain('c')).toMatchObject([{ kind: 'no-worker', requires: ['gpu'] }])
    w.complete('a')
    expect(w.running()).toEqual(['b'])
    w.worker('g', { capabilities: ['gpu'] })
    expect(w.running()).toEqual(['b', 'c'])
  })
})

describe('together with a result', () => {
  it('is one decision, so that whoever waits for the stream of the task waits for what it added', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ streams: { s: { tasks: { split: {} } }, t: { dependsOn: ['s'], tasks: { join: {} } } } })
    const { events } = w.amend(
      { add: { streams: { s: { tasks: { one: {}, two: { dependsOn: ['split'] } } } } } },
      's/split',
    )
    expect(events.map(({ type }) => type)).toEqual([
      'run.amended',
      'attempt.succeeded',
      'attempt.started',
      'attempt.started',
    ])
    expect(w.running()).toEqual(['s/one', 's/two'])
    w.complete('s/one')
    expect(w.status('t/join')).toBe('waiting')
    w.complete('s/two')
    expect(w.status('t/join')).toBe('running')
  })

  it('changes nothing when the report is stale', () => {
    const w = chain()
    const stale = w.ref('a')
    w.complete('a')
    const { rejection } = w.send({
      type: 'complete',
      ...stale,
      result: 1,
      amending: { run: 'r', amendment: {}, removed: [], changed: [] },
    })
    expect(rejection?.code).toBe('ATTEMPT_STALE')
    expect(w.events('run.amended')).toEqual([])
  })

  it('fails the attempt where it comes too late', () => {
    const w = chain()
    w.complete('a')
    w.amend({ remove: ['b'] }, 'b')
    expect(w.failure('b')?.message).toBe(
      'It could not extend the plan: Task "b" runs or has ended: it can be neither removed nor changed.',
    )
    expect(w.events('run.amended')).toEqual([])
  })
})

describe('removing', () => {
  it('skips the task and what waits for it; the run can succeed without them', () => {
    const w = chain()
    w.amend({ remove: ['b'] })
    expect([w.status('b'), w.status('c')]).toEqual(['skipped', 'skipped'])
    expect(w.events('task.skipped').map(({ reason }) => reason)).toEqual([
      { kind: 'removed', because: 'b', unneeded: true },
      { kind: 'dependency', because: 'b', status: 'skipped', unneeded: true },
    ])
    w.complete('a')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('leaves those alone that the same amendment makes wait for something else', () => {
    const w = chain()
    w.amend({ remove: ['b'], change: { c: { dependsOn: ['a'] } } })
    expect([w.status('b'), w.status('c')]).toEqual(['skipped', 'waiting'])
    w.complete('a')
    expect(w.running()).toEqual(['c'])
  })

  it('a task whose last attempt has not stopped stays', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    const retry = { maxAttempts: 2, initialDelay: '1h' } as const
    w.open({ tasks: { a: { timeouts: { startToClose: 100 }, retry, claims: { write: ['x'] } }, side: {} } })
    w.wait(100)
    expect(w.status('a')).toBe('ready')
    expect(w.amend({ change: { a: { estimate: '2h' } } }).rejection).not.toBeNull()
    w.confirm('a')
    expect(w.amend({ change: { a: { estimate: '2h' } } }).rejection).toBeNull()
  })

  it('a task that runs, or has ended, stays', () => {
    const w = chain()
    for (const amendment of [{ remove: ['a'] }, { change: { a: { priority: 1 } } }]) {
      expect(w.amend(amendment).rejection).toMatchObject({ code: 'TASK_STARTED' })
    }
    expect(w.status('a')).toBe('running')
  })
})

describe('changing', () => {
  it('a ready task waits anew for what it depends on now', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { priority: 1 }, b: { claims: { write: ['x'] } } } })
    expect(w.status('b')).toBe('ready')
    w.amend({ change: { b: { dependsOn: ['a'], claims: { write: ['y'] } } } })
    expect(w.status('b')).toBe('waiting')
    w.complete('a')
    expect(w.running()).toEqual(['b'])
    expect(w.state.claims.held.size).toBe(1)
  })

  it('a waiting task that depends on nothing unfinished any more starts', () => {
    const w = chain()
    w.amend({ change: { c: { dependsOn: null } } })
    expect(w.running()).toEqual(['a', 'c'])
  })

  it('does not shorten the wait for a retry', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: '10s', jitter: 0 } } } })
    w.fail('a')
    w.amend({ change: { a: { priority: 9 } } })
    w.wait(9_999)
    expect(w.running()).toEqual([])
    w.wait(1)
    expect(w.running()).toEqual(['a'])
    w.fail('a')
    expect(w.status('a')).toBe('failed')
  })

  it('the order of starts follows the new priorities', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { first: {}, b: { priority: 2 }, c: { priority: 1 } } })
    w.complete(w.running()[0]!)
    w.amend({ change: { first: { priority: 5 } }, add: { tasks: { top: { priority: 7 } } } })
    const order: string[] = []
    for (let n = 0; n < 3; n += 1) {
      order.push(...w.running())
      w.complete(w.running()[0]!)
    }
    expect(order).toEqual(['c', 'top', 'first'])
  })
})

it('a cancelled run is not amended', () => {
  const w = chain()
  w.cancel()
  expect(w.amend({ add: { tasks: { d: {} } } }).rejection).toMatchObject({ code: 'RUN_CLOSED' })
  w.confirm('a')
})

it('many amendments, with restarts in between, end as one plan', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ streams: { s: { tasks: { t0: {} } } } })
  for (let n = 1; n <= 20; n += 1) {
    w.amend(
      { add: { streams: { s: { tasks: { [`t${n}`]: { dependsOn: [`t${n - 1}`] } } } } } },
      n % 3 === 0 ? `s/t${n - 1}` : undefined,
    )
    if (n % 3 !== 0) w.complete(`s/t${n - 1}`)
    if (n % 7 === 0) w.reload()
  }
  w.complete('s/t20')
  expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
})
