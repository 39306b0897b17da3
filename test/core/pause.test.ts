/** Pausing and resuming a run. */
import { expect, it } from 'vitest'
import { START, world } from './world.js'

it('a paused run starts nothing, whatever becomes ready; what runs goes on and may end', () => {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.complete('a')
  expect(w.status('b')).toBe('ready')
  w.worker('w2')
  expect(w.running()).toEqual([])
  expect(w.send({ type: 'resume', run: 'r' }).events.map(({ type }) => type)).toEqual([
    'run.resumed',
    'attempt.started',
  ])
})

it('a paused run still closes when what ran was the last of it', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: {} } })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.complete('a')
  expect(w.events('run.closed')).toHaveLength(1)
})

it('the clocks of what runs go on: startToClose and the lease are about the attempt', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    tasks: { a: { timeouts: { startToClose: 100 } }, b: { timeouts: { heartbeat: 100 }, retry: { maxLost: 0 } } },
  })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.wait(111)
  expect([w.status('a'), w.status('b')]).toEqual(['failed', 'failed'])
})

it('the delay of a retry runs on; the retry starts when the run is resumed', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 } } } })
  w.fail('a')
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  expect(w.wait(5000).events).toEqual([])
  expect(w.send({ type: 'resume', run: 'r' }).instructions).toHaveLength(1)
})

it('another run of the scope uses the workers and the paths meanwhile', () => {
  const w = world()
  w.open({ tasks: { a: { priority: 9, claims: { write: ['x'] } } } })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.open({ tasks: { b: { claims: { write: ['x'] } } } }, 'r2')
  w.worker()
  expect(w.running('r2')).toEqual(['b'])
})

it('says since when, and why', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.now += 50
  expect(w.run().paused).toEqual({ at: START, reason: 'lunch' })
  expect(w.explain('b')).toEqual([
    { kind: 'paused', sinceMs: 50, reason: 'lunch' },
    { kind: 'dependency', on: 'a', status: 'running' },
  ])
  expect(w.explain('a')).toMatchObject([{ kind: 'running' }])
})

it('survives a restart', () => {
  const w = world()
  w.open({ tasks: { a: {} } })
  w.send({ type: 'pause', run: 'r', reason: 'lunch' })
  w.reload()
  w.worker()
  expect(w.running()).toEqual([])
})
