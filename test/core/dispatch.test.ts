/** Who starts when, and on whom. */
import { describe, expect, it } from 'vitest'
import { BYPASS_LIMIT } from '../../src/core/state.js'
import type { TaskDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

/** Lets whatever runs first end, until nothing runs; says in which order the tasks started. */
function runAll(w: World): readonly string[] {
  for (let [task] = w.running(); task !== undefined; [task] = w.running()) {
    w.complete(task)
    if (w.state.runs.size === 0) break
  }
  return w.events('attempt.started').map(({ task }) => task)
}

describe('the order of dispatch', () => {
  it('is the person’s priority first', () => {
    const w = world()
    w.worker()
    w.open({
      tasks: { low: { priority: -1, estimate: '9h' }, none: {}, high: { priority: 5 }, higher: { priority: 6 } },
    })
    expect(runAll(w)).toEqual(['higher', 'high', 'none', 'low'])
  })

  it('then the rank: what has the longest chain of work behind it goes first', () => {
    const w = world()
    w.worker()
    const tasks: Record<string, TaskDocument> = {
      short: { estimate: '1m' },
      head: { estimate: '1m' },
      tail: { estimate: '9m', dependsOn: ['head'] },
      middle: { estimate: '5m' },
    }
    w.open({ tasks })
    expect(runAll(w)).toEqual(['head', 'tail', 'middle', 'short'])
  })

  it('then the oldest', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: {}, c: {} } })
    expect(runAll(w)).toEqual(['a', 'b', 'c'])
  })

  it('puts a task that failed behind its equals that have waited', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 0 } }, b: {}, c: {} } })
    w.fail('a')
    expect(runAll(w)).toEqual(['a', 'b', 'c', 'a'])
  })

  it('is the same over all runs of a scope: priority, rank, age', () => {
    const w = world()
    w.open({ tasks: { a: { priority: 1 }, b: { estimate: '1m' }, c: { estimate: '5m' } } }, 'r1')
    w.now += 10
    w.open({ tasks: { d: { priority: 2 }, e: { estimate: '1m' }, f: { estimate: '9m' } } }, 'r2')
    w.worker()
    const order: string[] = []
    while (w.state.runs.size > 0) {
      const last = w.events('attempt.started').at(-1)!
      order.push(last.task)
      w.complete(last.task)
    }
    expect(order).toEqual(['d', 'a', 'f', 'c', 'b', 'e'])
  })

  it('does not let a task that nobody can serve hold up those that somebody can', () => {
    const w = world()
    w.worker('w', { capabilities: ['ts'] })
    w.open({ tasks: { rare: { requires: ['rust'], priority: 9 }, common: { requires: ['ts'] } } })
    expect(w.running()).toEqual(['common'])
  })

  it('does not let a task that a claim blocks hold up those that are free', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    const write = ['src/a.ts']
    w.open({
      tasks: {
        first: { priority: 3, claims: { write } },
        blocked: { priority: 2, claims: { write } },
        free: { priority: 1, claims: { write: ['src/b.ts'] } },
      },
    })
    expect(w.running()).toEqual(['first', 'free'])
  })
})

describe('the worker who is taken', () => {
  it('is the least flexible one that can do it, so that the versatile stay free', () => {
    const w = world()
    w.worker('all', { capabilities: ['ts', 'rust', 'docs'] })
    w.worker('two', { capabilities: ['docs', 'ts'] })
    w.worker('one', { capabilities: ['ts'] })
    w.open({
      tasks: { a: { requires: ['ts'] }, b: { requires: ['ts'] }, c: { requires: ['ts'] }, d: { requires: ['rust'] } },
    })
    expect(w.events('attempt.started').map(({ task, worker }) => [task, worker])).toEqual([
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'all'],
    ])
  })

  it('is told by what the open runs need, not by how much it can do', () => {
    const w = world()
    w.worker('generalist', { capabilities: ['ts', 'a', 'b', 'c', 'd'] })
    w.worker('specialist', { capabilities: ['ts', 'rust'] })
    // The generalist serves one kind of need here, the specialist two.
    w.open({ tasks: { a: { requires: ['ts'] }, b: { requires: ['rust'] } } })
    expect(w.events('attempt.started').map(({ task, worker }) => [task, worker])).toEqual([
      ['a', 'generalist'],
      ['b', 'specialist'],
    ])
  })

  it('is the first by id among equals, and of its slots the one that became free last', () => {
    const w = world()
    w.worker('w2', { slots: 2 })
    w.worker('w1', { slots: 2 })
    w.open({ tasks: { a: {}, b: {}, c: {}, d: {}, e: {} } })
    w.complete('b')
    expect(w.events('attempt.started').map(({ worker, slot }) => `${worker}.${slot}`)).toEqual([
      'w1.1',
      'w1.2',
      'w2.1',
      'w2.2',
      'w1.2',
    ])
  })

  it('is of the pool the task names', () => {
    const w = world()
    w.worker('w1', { pool: 'backend' })
    w.worker('w2', { pool: 'frontend' })
    w.open({ tasks: { a: { pool: 'frontend' }, b: { pool: 'frontend' } } })
    expect(w.live('a').worker.id).toBe('w2')
    expect(w.status('b')).toBe('ready')
  })

  it('is not one that drains, though it finishes what it runs', () => {
    const w = world()
    w.worker('w1')
    w.open({ tasks: { a: {}, b: {} } })
    w.send({ type: 'drain', worker: 'w1' })
    w.complete('a')
    expect(w.status('b')).toBe('ready')
    expect(w.explain('b')).toEqual([{ kind: 'no-worker', requires: [], pool: null }])
    w.worker('w2')
    expect(w.live('b').worker.id).toBe('w2')
  })

  it('may be one that joins while tasks wait: they start in the same decision', () => {
    const w = world()
    w.open({ tasks: { a: {}, b: {}, c: {} } })
    expect(w.worker('w', { slots: 2 }).instructions.map(({ task }) => task)).toEqual(['a', 'b'])
  })
})

describe('a claim that is passed again and again', () => {
  /** `wide` waits while `small` ones, each of higher priority, follow one another on the paths it wants. */
  function starving(count: number, wide: TaskDocument = { claims: { write: ['src/**'] } }): World {
    const w = world()
    w.worker('w', { slots: 2 })
    const tasks: Record<string, TaskDocument> = {}
    for (let n = 0; n < count; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: [`src/${n % 2}.ts`] } }
    w.open({ tasks: { first: { priority: 1, claims: { write: ['src/0.ts'] } }, wide, ...tasks } })
    return w
  }

  it('is reserved after a bounded number of bypasses, and then granted before all others (L4)', () => {
    const w = starving(100)
    const order = runAll(w)
    const before = order.indexOf('wide')
    // Only grants that are younger count, and two may be under way when the limit is reached.
    expect(before).toBeGreaterThan(BYPASS_LIMIT - 3)
    expect(before).toBeLessThan(BYPASS_LIMIT + 3)
    expect(order).toHaveLength(102)
  })

  it('is reserved also where those who pass it want exactly the same path', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    const tasks: Record<string, TaskDocument> = {}
    for (let n = 0; n < 100; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: ['a'] } }
    w.open({
      tasks: { first: { priority: 2, claims: { write: ['a'] } }, last: { claims: { write: ['a'] } }, ...tasks },
    })
    const order = runAll(w)
    expect(order).toHaveLength(102)
    expect(order.indexOf('last')).toBeLessThan(BYPASS_LIMIT + 3)
  })

  it('has the next worker, also before tasks that do not conflict and would come first', () => {
    const w = world()
    w.worker()
    const tasks: Record<string, TaskDocument> = { free: { priority: 0.5 } }
    for (let n = 0; n < 100; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: ['a'] } }
    w.open({
      tasks: { first: { priority: 1, claims: { write: ['a'] } }, wide: { claims: { write: ['**'] } }, ...tasks },
    })
    const order = runAll(w)
    expect(order.indexOf('wide')).toBeLessThan(order.indexOf('free'))
    expect(order).toHaveLength(103)
  })

  it('is reserved for a reader whom writers pass, too', () => {
    const w = starving(100, { claims: { read: ['src/**'] } })
    const order = runAll(w)
    expect(order.indexOf('wide')).toBeLessThan(BYPASS_LIMIT + 3)
    expect(order).toHaveLength(102)
  })

  it('keeps nobody from starting who does not conflict with it', () => {
    const w = starving(100)
    while (w.state.claims.reservation() === null) w.complete(w.running()[0]!)
    w.open({ tasks: { other: { claims: { write: ['docs/**'] } }, reader: { claims: { read: ['src/0.ts'] } } } }, 'r2')
    w.worker('w2', { slots: 2 })
    expect(w.running('r2')).toEqual(['other'])
    expect(w.explain('reader', 'r2')).toContainEqual(
      expect.objectContaining({ kind: 'reserved', reservedFor: { run: 'r', task: 'wide' } }),
    )
  })

  it('ends when its owner is cancelled: those behind it start at once', () => {
    const w = starving(100)
    while (w.state.claims.reservation() === null) w.complete(w.running()[0]!)
    w.complete(w.running()[0]!)
    const waiting = w.running().length
    w.cancel('wide')
    expect(w.running().length).toBeGreaterThan(waiting)
    expect(runAll(w)).not.toContain('wide')
  })

  it('rests while the run of its owner is paused: others pass', () => {
    const w = starving(100)
    w.open({ tasks: { a: { claims: { write: ['src/0.ts'] } }, b: { claims: { write: ['src/1.ts'] } } } }, 'r2')
    while (w.state.claims.reservation() === null) w.complete(w.running()[0]!)
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    while (w.running().length > 0) w.complete(w.running()[0]!)
    expect(w.running('r2')).toEqual(['a', 'b'])
    w.send({ type: 'resume', run: 'r' })
    expect(w.status('wide')).toBe('ready')
    w.complete('a')
    w.complete('b')
    expect(w.status('wide')).toBe('running')
  })

  it('rests while nobody can serve its owner', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.worker('rare', { capabilities: ['rust'] })
    const tasks: Record<string, TaskDocument> = {}
    for (let n = 0; n < 100; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: ['src/0.ts'] } }
    const wide: TaskDocument = { claims: { write: ['src/**'] }, requires: ['rust'] }
    w.open({ tasks: { first: { priority: 1, claims: { write: ['src/0.ts'] } }, wide, ...tasks } })
    while (w.state.claims.reservation() === null) w.complete(w.running()[0]!)
    w.send({ type: 'leave', worker: 'rare', reason: 'gone' })
    while (w.running().length > 0) w.complete(w.running()[0]!)
    expect(w.run().counts[3]).toBe(101)
    expect(w.status('wide')).toBe('ready')
    w.worker('rare', { capabilities: ['rust'] })
    expect(w.status('wide')).toBe('running')
  })

  it('one task at a time: the longest-waiting first', () => {
    const w = world()
    w.worker('w', { slots: 1 })
    const tasks: Record<string, TaskDocument> = {}
    for (let n = 0; n < 100; n += 1) tasks[`s${n}`] = { priority: 1, claims: { write: ['src/0.ts', 'docs/0.md'] } }
    w.open({
      tasks: {
        first: { priority: 1, claims: { write: ['src/0.ts', 'docs/0.md'] } },
        src: { claims: { write: ['src/**'] } },
        docs: { claims: { write: ['docs/**'] } },
        ...tasks,
      },
    })
    const order = runAll(w)
    const [src, docs] = [order.indexOf('src'), order.indexOf('docs')]
    expect(src).toBeLessThan(BYPASS_LIMIT + 3)
    expect(docs).toBe(src + 1)
    expect(order).toHaveLength(103)
  })
})

describe('what waits for a claim', () => {
  it('starts in the decision that frees it, also when it waited for several (L2)', () => {
    const w = world()
    w.worker('w', { slots: 4 })
    w.open({
      tasks: {
        a: { claims: { write: ['a'] }, priority: 1 },
        b: { claims: { write: ['b'] }, priority: 1 },
        both: { claims: { write: ['a', 'b'] } },
      },
    })
    expect(w.running()).toEqual(['a', 'b'])
    w.complete('a')
    expect(w.status('both')).toBe('ready')
    expect(w.complete('b').instructions.map(({ task }) => task)).toEqual(['both'])
  })

  it('is granted all or none: while it waits, it holds nothing that others want', () => {
    const w = world()
    w.worker('w', { slots: 4 })
    w.open({
      tasks: {
        a: { claims: { write: ['a'] }, priority: 2 },
        both: { claims: { write: ['a', 'b'] }, priority: 1 },
        b: { claims: { write: ['b'] } },
      },
    })
    expect(w.running()).toEqual(['a', 'b'])
  })

  it('readers all start at once when the writer ends', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({
      tasks: {
        writer: { claims: { write: ['src/**'] }, priority: 1 },
        r1: { claims: { read: ['src/a.ts'] } },
        r2: { claims: { read: ['src/**'] } },
        r3: { claims: { read: ['src/a.ts'] } },
      },
    })
    expect(w.running()).toEqual(['writer'])
    w.complete('writer')
    expect(w.running()).toEqual(['r1', 'r2', 'r3'])
  })

  it('a writer waits for the last of the readers', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({
      tasks: {
        r1: { claims: { read: ['src/a.ts'] }, priority: 1 },
        r2: { claims: { read: ['src/a.ts'] }, priority: 1 },
        writer: { claims: { write: ['src/**'] } },
      },
    })
    w.complete('r1')
    expect(w.status('writer')).toBe('ready')
    w.complete('r2')
    expect(w.status('writer')).toBe('running')
  })

  it('of different needs: each goes on as soon as one who can serve it is free', () => {
    const w = world()
    w.worker('ts', { capabilities: ['ts'], slots: 2 })
    w.worker('rust', { capabilities: ['rust'] })
    w.open({
      tasks: {
        holder: { requires: ['ts'], priority: 9, claims: { read: ['a'] } },
        busy: { requires: ['rust'], priority: 9 },
        t1: { requires: ['rust'], priority: 5, claims: { write: ['a'] } },
        t2: { requires: ['ts'], claims: { write: ['a'] } },
      },
    })
    // t1 comes first but its worker is busy: t2 must not wait for it.
    w.complete('holder')
    expect(w.running()).toEqual(['busy', 't2'])
  })

  it('the next in line goes on when the one before it is cancelled while it waits for a worker', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({
      tasks: {
        holder: { priority: 9, claims: { write: ['a'] } },
        busy: { priority: 9 },
        urgent: { priority: 8 },
        t1: { priority: 2, claims: { write: ['a'] } },
        t2: { priority: 1, claims: { write: ['a'] } },
      },
    })
    w.complete('holder')
    expect(w.running()).toEqual(['busy', 'urgent'])
    w.cancel('t1')
    w.complete('busy')
    expect(w.running()).toEqual(['urgent', 't2'])
  })
})
