/** Why a task is not running: every reason there is, and what ending a task would set free. */
import { describe, expect, it } from 'vitest'
import type { Reason } from '../../src/core/explain.js'
import { unblocks } from '../../src/core/explain.js'
import { BYPASS_LIMIT } from '../../src/core/state.js'
import type { TaskDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

describe('explain', () => {
  it('running: on whom, since when, and how far', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {} } })
    w.now += 250
    expect(w.explain('a')).toEqual([{ kind: 'running', attempt: 'r/a#1', worker: 'w', sinceMs: 250 }])
    w.beat('a', { done: 0.5 })
    expect(w.explain('a')).toEqual([
      { kind: 'running', attempt: 'r/a#1', worker: 'w', sinceMs: 250, progress: { done: 0.5 } },
    ])
  })

  it('succeeded', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: {} } })
    w.complete('a')
    expect(w.explain('a')).toEqual([{ kind: 'succeeded' }])
  })

  it('failed: the last failure, and how many attempts there were', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 0 } } } })
    w.fail('a', { message: 'first' })
    w.fail('a', { message: 'second' })
    expect(w.explain('a')).toEqual([{ kind: 'failed', failure: { kind: 'error', message: 'second' }, attempts: 2 }])
  })

  it('cancelled: in the words of whoever did it', () => {
    const w = world()
    w.open({ tasks: { a: {}, b: {} } })
    w.cancel('a')
    expect(w.explain('a')).toEqual([{ kind: 'cancelled', reason: 'not needed' }])
  })

  it('skipped: because of which task, and how that ended', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'] }, c: {} } })
    w.fail('a')
    expect(w.explain('b')).toEqual([
      { kind: 'skipped', reason: { kind: 'dependency', because: 'a', status: 'failed' } },
    ])
  })

  it('dependency: each task that has not succeeded, and not those that have', () => {
    const w = world()
    w.worker()
    w.open({
      tasks: { a: { priority: 3 }, b: { priority: 2 }, c: { dependsOn: ['b'] }, d: { dependsOn: ['a', 'b', 'c'] } },
    })
    w.complete('a')
    expect(w.explain('d')).toEqual([
      { kind: 'dependency', on: 'b', status: 'running' },
      { kind: 'dependency', on: 'c', status: 'waiting' },
    ])
  })

  it('stream: how many tasks of it are unfinished', () => {
    const w = world()
    w.worker()
    w.open({ streams: { s: { tasks: { a: {}, b: {}, c: {} } } }, tasks: { d: { dependsOn: ['s'] } } })
    w.complete('s/a')
    expect(w.explain('d')).toEqual([{ kind: 'stream', on: 's', open: 2 }])
  })

  it('claim: each attempt in the way, once, with the path it holds', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({
      tasks: {
        a: { priority: 1, claims: { write: ['src/a.ts', 'src/b.ts'] } },
        b: { priority: 1, claims: { read: ['docs/**'] } },
        c: { priority: 1, claims: { write: ['lib/x'] } },
        all: { claims: { write: ['src/**', 'docs/x.md'], read: ['lib'] } },
      },
    })
    w.now += 70
    const by = (attempt: string, path: string) => ({ kind: 'claim', path, heldBy: attempt, sinceMs: 70 })
    expect(w.explain('all')).toHaveLength(3)
    expect(w.explain('all')).toEqual(
      expect.arrayContaining([by('r/a#1', 'src/a.ts'), by('r/b#1', 'docs/**'), by('r/c#1', 'lib/x')]),
    )
  })

  it('claim: a reader is not in the way of a reader', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({
      tasks: {
        a: { priority: 1, claims: { read: ['x'] } },
        b: { priority: 1, claims: { write: ['y'] } },
        c: { claims: { read: ['x', 'y'] } },
      },
    })
    expect(w.explain('c')).toEqual([{ kind: 'claim', path: 'y', heldBy: 'r/b#1', sinceMs: 0 }])
  })

  it('claim: of another run, and of an attempt that is closing', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({ tasks: { a: { claims: { write: ['x'] } } } })
    w.open({ tasks: { b: { claims: { write: ['x'] } } } }, 'r2')
    w.cancel('a')
    expect(w.explain('b', 'r2')).toEqual([
      { kind: 'claim', path: 'x', heldBy: 'r/a#1', sinceMs: 0, closing: 'cancelled' },
    ])
  })

  it('reserved: for whom the path is kept', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    const tasks: Record<string, TaskDocument> = {
      wide: { claims: { write: ['src/**'] } },
      reader: { claims: { read: ['src/1.ts'] }, priority: -1 },
    }
    for (let n = 0; n < 2 * BYPASS_LIMIT; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: ['src/0.ts'] } }
    w.open({ tasks: { first: { priority: 1, claims: { write: ['src/0.ts'] } }, ...tasks } })
    // Reading what nobody writes, `reader` takes the other slot at once.
    w.complete('reader')
    while (w.state.claims.reservation() === null) w.complete(w.running()[0]!)
    const last = `s${2 * BYPASS_LIMIT - 1}`
    const holder = w.running()[0]!
    expect(w.explain(last)).toEqual([
      { kind: 'claim', path: 'src/0.ts', heldBy: `r/${holder}#1`, sinceMs: 0 },
      { kind: 'reserved', path: 'src/**', reservedFor: { run: 'r', task: 'wide' } },
    ])
    w.open({ tasks: { other: { claims: { read: ['src/1.ts', 'src/2.ts'] } } } }, 'r2')
    expect(w.explain('other', 'r2')).toEqual([
      { kind: 'reserved', path: 'src/**', reservedFor: { run: 'r', task: 'wide' } },
    ])
  })

  it('capacity: how many slots there are for it, and how many are busy', () => {
    const w = world()
    w.worker('w1', { slots: 2, capabilities: ['ts'] })
    w.worker('w2', { slots: 1, capabilities: ['ts'] })
    w.worker('w3', { slots: 7 })
    const task = { requires: ['ts'], pool: 'local' }
    w.open({ tasks: { a: task, b: task, c: task, d: task } })
    expect(w.explain('d')).toEqual([{ kind: 'capacity', requires: ['ts'], pool: 'local', busy: 3, slots: 3 }])
  })

  it('no-worker: nobody who joined can serve it, or only ones that drain', () => {
    const w = world()
    w.worker('w1', { capabilities: ['ts'] })
    w.open({ tasks: { a: { requires: ['rust'] }, b: { requires: ['ts'] }, c: { pool: 'gpu' } } })
    expect(w.explain('a')).toEqual([{ kind: 'no-worker', requires: ['rust'], pool: null }])
    expect(w.explain('c')).toEqual([{ kind: 'no-worker', requires: [], pool: 'gpu' }])
    w.fail('b')
    w.send({ type: 'drain', worker: 'w1' })
    w.open({ tasks: { d: {} } }, 'r2')
    expect(w.explain('d', 'r2')).toEqual([{ kind: 'no-worker', requires: [], pool: null }])
  })

  it('retry: when, in how long, and after which failure', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 } } } })
    w.fail('a')
    w.now += 400
    const failure = { kind: 'error', message: 'it broke' }
    expect(w.explain('a')).toEqual([{ kind: 'retry', at: START + 1000, inMs: 600, failure }])
    w.now += 10_000
    expect(w.explain('a')).toEqual([{ kind: 'retry', at: START + 1000, inMs: 0, failure }])
  })

  it('paused: also for a task that could start otherwise', () => {
    const w = world()
    w.open({ tasks: { a: {} } })
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.worker()
    w.now += 5
    expect(w.explain('a')).toEqual([{ kind: 'paused', sinceMs: 5, reason: 'lunch' }])
  })

  it('every reason at once, the nearest obstacle first', () => {
    const w = world()
    w.worker()
    const write = ['x']
    w.open({ tasks: { a: { priority: 1, claims: { write }, retry: { maxAttempts: 2 } }, b: { claims: { write } } } })
    w.fail('a')
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    expect(w.explain('a').map(({ kind }) => kind)).toEqual(['paused', 'retry', 'claim', 'capacity'])
  })

  it('never says that something happened in the future, though the clock was set back', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ tasks: { a: { priority: 1, claims: { write: ['x'] } }, b: { claims: { write: ['x'] } } } })
    w.open({ tasks: { c: {} } }, 'r2')
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.now -= 5000
    const times = ['a', 'b']
      .flatMap((task) => w.explain(task))
      .map((reason: Reason) => ('sinceMs' in reason ? reason.sinceMs : 0))
    for (const time of times) expect(time).toBeGreaterThanOrEqual(0)
  })
})

describe('unblocks', () => {
  const idsOf = (w: World, task: string): readonly string[] => unblocks(w.run(), w.run().plan.taskIndex.get(task)!)

  it('names the unfinished tasks that wait for one, directly or through others and through streams, in the order of the plan', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({
      streams: { s: { tasks: { x: {}, y: {} } }, t: { dependsOn: ['s'], tasks: { z: {} } } },
      tasks: {
        e: { dependsOn: ['t'] },
        d: { dependsOn: ['b', 'c'] },
        c: { dependsOn: ['a'] },
        b: { dependsOn: ['a'] },
        a: {},
        f: {},
      },
    })
    expect(idsOf(w, 'a')).toEqual(['d', 'c', 'b'])
    expect(idsOf(w, 's/x')).toEqual(['t/z', 'e'])
    expect(idsOf(w, 'f')).toEqual([])
  })

  it('does not name those that have ended', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['b'] }, d: { dependsOn: ['a'] } } })
    w.cancel('b')
    expect(idsOf(w, 'a')).toEqual(['d'])
  })
})
