/** Rules that others have paid for: each was a wound of a scheduler or a queue before it was a test here. */
import { expect, it } from 'vitest'
import { type World, world } from './world.js'

const retry = { maxAttempts: 3, initialDelay: 10, jitter: 0 }

it('a new attempt starts with a fresh heartbeat clock', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: { retry, timeouts: { heartbeat: 1000, stall: 5000 } } } })
  w.pass(950)
  w.fail('a')
  w.pass(10)
  expect(w.attempts('a')).toBe(2)
  // With the clock of the first attempt this would be 1900 ms of silence.
  w.pass(950)
  expect(w.live('a').number).toBe(2)
})

it('stalled and dead are different findings, with different budgets', () => {
  const beating = world()
  beating.worker()
  beating.open({ tasks: { a: { timeouts: { heartbeat: 1000, stall: 1000 }, retry: { maxAttempts: 1 } } } })
  for (let n = 0; n < 6; n += 1) {
    beating.pass(200)
    if (beating.status('a') === 'running') beating.beat('a')
  }
  expect(beating.failure('a')?.kind).toBe('stalled')
  expect(beating.status('a')).toBe('failed')
  const silent = world()
  silent.worker()
  silent.open({ tasks: { a: { timeouts: { heartbeat: 1000, stall: 9000 }, retry: { maxAttempts: 1 } } } })
  silent.pass(1200)
  expect(silent.failure('a')?.kind).toBe('lost')
  expect(silent.status('a')).toBe('ready')
})

it('taking back a dead worker’s task burns no retry of the work’s own budget, but has a bound of its own', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: { retry: { ...retry, maxAttempts: 1, maxLost: 2 } } } })
  for (let n = 0; n < 2; n += 1) {
    w.send({ type: 'leave', worker: 'w', reason: 'power' })
    w.worker()
    expect(w.status('a')).toBe('running')
  }
  w.send({ type: 'leave', worker: 'w', reason: 'power' })
  expect(w.status('a')).toBe('failed')
})

it('the old holder is fenced before the task is given on', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: { timeouts: { heartbeat: 1000 } } } })
  const old = w.ref('a')
  w.pass(1200)
  const order = w.journal.filter(({ at }) => at > w.events('run.opened')[0]!.at).map(({ type }) => type)
  expect(order.indexOf('attempt.closing')).toBeLessThan(order.indexOf('attempt.failed'))
  expect(order.indexOf('attempt.failed')).toBeLessThan(order.indexOf('attempt.started'))
  expect(w.live('a').fence).toBeGreaterThan(old.fence)
  expect(w.send({ type: 'complete', ...old, result: 'late' }).rejection?.code).toBe('ATTEMPT_STALE')
})

it('a lost or cancelled attempt may still be writing: it keeps its claims until it has stopped', () => {
  for (const end of [(w: World) => w.cancel('a'), (w: World) => w.pass(1200)]) {
    const w = world()
    w.worker('w', { slots: 9 })
    const claims = { write: ['x'] }
    w.open({ tasks: { a: { priority: 1, claims, timeouts: { heartbeat: 1000 } }, b: { claims } } })
    end(w)
    expect(w.closing()).toEqual(['a'])
    expect(w.running()).toEqual([])
  }
})

it('what is under way is never offered again, however often it is asked for', () => {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open({ tasks: { a: {}, b: {} } })
  for (let n = 0; n < 20; n += 1) {
    w.wait(1000)
    w.worker(`w${n}`)
  }
  expect(w.events('attempt.started')).toHaveLength(2)
})

it('"granted with conflicts" does not exist: whoever conflicts does not start', () => {
  const w = world()
  w.worker('w', { slots: 99 })
  const tasks = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`t${n}`, { claims: { write: ['shared.ts'] } }]),
  )
  w.open({ tasks })
  expect(w.running()).toHaveLength(1)
})

it('unknown kinds of errors are not retried for ever', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: { retry: { ...retry, maxAttempts: 1000 } } } })
  w.fail('a', { kind: 'mystery' as never })
  expect(w.status('a')).toBe('failed')
})

it('recovery has no path of its own: a restart is "the old workers left"', () => {
  const w = world()
  w.worker('old')
  w.open({ tasks: { a: {}, b: {} } })
  w.reload()
  w.send({ type: 'leave', worker: 'old', reason: 'its host was restarted' })
  w.worker('new', { slots: 2 })
  expect(w.running()).toEqual(['a', 'b'])
  expect(w.attempts('a')).toBe(2)
})

it('a counter of a parent never misses a child: ten thousand tasks that end in one order or the other free what waits for all', () => {
  for (const isReversed of [false, true]) {
    const w = world({ isChecked: false })
    const ids = Array.from({ length: 2000 }, (_, n) => `t${n}`)
    w.worker('w', { slots: 3000 })
    w.open({ tasks: { ...Object.fromEntries(ids.map((id) => [id, {}])), all: { dependsOn: ids } } })
    const order = isReversed ? ids.toReversed() : ids
    for (const id of order) w.complete(id)
    expect(w.running()).toEqual(['all'])
  }
})

it('a task that ends and one that starts in the same millisecond are not mixed up', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: { retry: { ...retry, initialDelay: 0 } } } })
  const first = w.ref('a')
  w.fail('a')
  const second = w.ref('a')
  expect(second.fence).toBe(first.fence + 1)
  expect(w.send({ type: 'fail', ...first, failure: { kind: 'error', message: 'again' } }).rejection).not.toBeNull()
  expect(w.live('a').fence).toBe(second.fence)
})
