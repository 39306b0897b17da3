/**
 * Limiters: what an attempt uses of the scope beside workers and paths. Capacity, rate, breaker and key each keep tasks
 * from starting, over all runs; what is given back or changed wakes whoever waits, and a fold knows all of it.
 */
import { describe, expect, it } from 'vitest'
import { BYPASS_LIMIT } from '../../src/core/state.js'
import type { Limit } from '../../src/core/types.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

const NO_LIMIT: Limit = { capacity: null, perMinute: null, breaker: null }

function open(plan: PlanDocument, slots = 9): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

function limit(w: World, name: string, given: Partial<Limit> | null): readonly string[] {
  const { events } = w.send({ type: 'setLimit', name, limit: given === null ? null : { ...NO_LIMIT, ...given } })
  return events.map(({ type }) => type)
}

/** As many tasks as asked for, all alike. */
function many(count: number, task: object): PlanDocument['tasks'] & object {
  return Array.from({ length: count }, (_, index) => ({ id: `t${index + 1}`, ...task }))
}

describe('units', () => {
  it('are given back when an attempt that was stopped has stopped, and not before', () => {
    const w = open({ resources: { gpu: 1 }, tasks: many(2, { uses: { gpu: 1 } }) })
    w.cancel('t1')
    expect(w.running()).toEqual([])
    expect(w.explain('t2')).toEqual([
      {
        kind: 'resource',
        resource: 'gpu',
        asked: 1,
        capacity: 1,
        free: 0,
        heldBy: [{ attempt: 'r/t1#1', uses: 1, sinceMs: 0 }],
      },
    ])
    w.confirm('t1')
    expect(w.running()).toEqual(['t2'])
  })

  it('of several resources are taken all or none, together with claims', () => {
    const w = open({
      resources: { a: 1, b: 1 },
      tasks: {
        holdsA: { priority: 2, uses: { a: 1 } },
        both: { priority: 1, uses: { a: 1, b: 1 }, claims: { write: ['x'] } },
        b: { uses: { b: 1 } },
        x: { claims: { write: ['x'] } },
      },
    })
    // Whoever waits for a holds neither b nor x meanwhile.
    expect(w.running()).toEqual(['holdsA', 'b', 'x'])
    w.complete('holdsA')
    w.complete('b')
    expect(w.running()).toEqual(['x'])
    w.complete('x')
    expect(w.running()).toEqual(['both'])
  })

  it('that nobody declares are one', () => {
    const w = open({ tasks: many(2, { uses: { deploy: 1 } }) })
    expect(w.running()).toEqual(['t1'])
  })

  it('declared by the first open run hold, and those of the next when it has closed', () => {
    const w = open({ resources: { gpu: 1 }, tasks: { a: { uses: { gpu: 1 } } } })
    w.open({ resources: { gpu: 2 }, tasks: many(2, { uses: { gpu: 1 } }) }, 'next')
    expect(w.running('next')).toEqual([])
    w.complete('a')
    expect(w.running('next')).toEqual(['t1', 't2'])
    w.complete('t1')
    w.complete('t2')
    expect([...w.state.limiters.keys()]).toEqual([])
  })

  it('beside shared and exclusive uses wait, and the other way round', () => {
    const w = open({
      resources: { db: 9 },
      tasks: {
        one: { priority: 3, uses: { db: 1 } },
        shared: { priority: 2, uses: { db: 'shared' } },
        alike: { priority: 2, uses: { db: 'shared' } },
        alone: { priority: 1, uses: { db: 'exclusive' } },
      },
    })
    expect(w.running()).toEqual(['one'])
    w.complete('one')
    expect(w.running()).toEqual(['shared', 'alike'])
    expect(w.explain('alone')).toMatchObject([{ kind: 'resource', asked: 'exclusive', free: 0 }])
    w.complete('shared')
    expect(w.running()).toEqual(['alike'])
    w.complete('alike')
    expect(w.running()).toEqual(['alone'])
  })
})

describe('a limit of the host', () => {
  it('wins over what plans declare, until it is taken back', () => {
    const w = open({ resources: { gpu: 1 }, tasks: many(3, { uses: { gpu: 1 } }) })
    expect(limit(w, 'gpu', { capacity: 2 })).toEqual(['limit.changed', 'attempt.started'])
    expect(limit(w, 'gpu', { capacity: 2 })).toEqual([])
    limit(w, 'gpu', null)
    w.complete('t1')
    expect(w.running()).toEqual(['t2'])
  })

  it('that is lowered takes nothing away, and nothing starts above it (S7)', () => {
    const w = open({ resources: { gpu: 3 }, tasks: many(4, { uses: { gpu: 1 } }) })
    limit(w, 'gpu', { capacity: 1 })
    expect(w.running()).toEqual(['t1', 't2', 't3'])
    w.complete('t1')
    w.complete('t2')
    expect(w.running()).toEqual(['t3'])
    w.complete('t3')
    expect(w.running()).toEqual(['t4'])
  })

  it('of 0 lets nothing start', () => {
    const w = world()
    limit(w, 'gpu', { capacity: 0 })
    w.worker('w', { slots: 9 })
    w.open({
      tasks: { a: { uses: { gpu: 'shared' } }, b: { uses: { gpu: 'exclusive' } }, c: { uses: { gpu: 1 } }, d: {} },
    })
    expect(w.running()).toEqual(['d'])
    limit(w, 'gpu', null)
    expect(w.running()).toHaveLength(2)
  })

  it('of a handler counts what is under way, and reaches what waits', () => {
    const w = open({ defaults: { handler: 'ai' }, tasks: many(5, { claims: { write: [] } }) }, 3)
    limit(w, 'handler:ai', { capacity: 2 })
    w.complete('t1')
    expect(w.running()).toEqual(['t2', 't3'])
    w.complete('t2')
    expect(w.running()).toEqual(['t3', 't4'])
    expect(w.explain('t5')[0]).toMatchObject({ kind: 'resource', resource: 'handler:ai' })
    limit(w, 'handler:ai', null)
    expect(w.running()).toEqual(['t3', 't4', 't5'])
  })
})

describe('a rate', () => {
  const plan: PlanDocument = { resources: { api: { capacity: 9, perMinute: 2 } }, tasks: many(3, { uses: { api: 3 } }) }

  it('counts starts, not units, in any minute', () => {
    const w = open(plan)
    w.complete('t1')
    expect(w.explain('t3')).toEqual([
      { kind: 'rate', resource: 'api', perMinute: 2, until: w.now + 60_000, inMs: 60_000 },
    ])
    w.wait(59_999)
    expect(w.running()).toEqual(['t2'])
    w.wait(1)
    expect(w.running()).toEqual(['t2', 't3'])
  })

  it('outlives the run that declared it', () => {
    const w = open(plan)
    w.cancel()
    for (const task of w.closing()) w.confirm(task)
    w.open(plan, 'next')
    expect(w.running('next')).toEqual([])
    w.pass(60_001)
    expect(w.running('next')).toHaveLength(2)
  })

  it('is known to a host that was started again', () => {
    const w = open(plan)
    w.reload()
    w.wait(59_999)
    expect(w.running()).toEqual(['t1', 't2'])
    w.wait(1)
    expect(w.running()).toEqual(['t1', 't2', 't3'])
  })

  it('is forgotten when its minute is over and nobody needs it', () => {
    const w = open(plan)
    w.cancel()
    for (const task of w.closing()) w.confirm(task)
    expect([...w.state.limiters.keys()]).toEqual(['api'])
    w.wait(60_000)
    w.open({ tasks: {} }, 'empty')
    expect([...w.state.limiters.keys()]).toEqual([])
  })
})

describe('a breaker', () => {
  const rule = { failures: 2, windowMs: 1000, cooldownMs: 5000 }
  const plan: PlanDocument = {
    defaults: { handler: 'ai', retry: { maxAttempts: 9, initialDelay: 0, jitter: 0 } },
    tasks: many(4, {}),
  }
  const broken = (): World => {
    const w = world()
    limit(w, 'handler:ai', { breaker: rule })
    w.worker('w', { slots: 9 })
    w.open(plan)
    return w
  }

  it('opens after so many failures within its window, for its cooldown', () => {
    const w = broken()
    w.fail('t1')
    w.wait(1000)
    w.fail('t2')
    expect(w.running()).toHaveLength(4)
    w.fail('t3', { kind: 'rate-limited' })
    expect(w.running()).toHaveLength(3)
    expect(w.explain('t3')).toEqual([
      { kind: 'breaker', resource: 'handler:ai', until: w.now + 5000, inMs: 5000, failures: 2 },
    ])
  })

  it.each(['verify', 'cancelled', 'claim-violation', 'lost'] as const)('counts no failure of the kind %s', (kind) => {
    const w = broken()
    for (let i = 0; i < 3; i += 1) w.fail(`t${i + 1}`, { kind })
    w.open(plan, 'next')
    expect(w.running('next')).toHaveLength(4)
  })

  it('lets one probe start after its cooldown; its failure opens it again, its success closes it', () => {
    const w = broken()
    for (const task of ['t1', 't2', 't3', 't4']) w.fail(task, { kind: 'error' })
    while (w.running().length > 0) w.fail(w.running()[0]!)
    w.pass(5000)
    w.wait(0)
    const [probe = ''] = w.running()
    expect(w.running()).toHaveLength(1)
    const other = probe === 't1' ? 't2' : 't1'
    expect(w.explain(other)[0]).toMatchObject({
      kind: 'breaker',
      probe: expect.stringContaining(`r/${probe}#`) as string,
    })
    w.fail(probe)
    expect(w.running()).toEqual([])
    w.wait(5000)
    expect(w.running()).toHaveLength(1)
    w.complete(w.running()[0]!)
    expect(w.running()).toHaveLength(3)
  })

  it('waits for the next probe where one ends without a word', () => {
    const w = broken()
    for (const task of ['t1', 't2']) w.fail(task)
    for (const task of ['t3', 't4']) w.complete(task)
    while (w.running().length > 0) w.fail(w.running()[0]!)
    w.wait(5000)
    const [probe = ''] = w.running()
    w.cancel(probe)
    expect(w.running()).toEqual([])
    w.confirm(probe)
    expect(w.running()).toHaveLength(1)
  })

  it('that is taken away forgets what it saw', () => {
    const w = broken()
    for (const task of ['t1', 't2']) w.fail(task)
    expect(w.running()).not.toContain('t2')
    limit(w, 'handler:ai', {})
    expect(w.running()).toHaveLength(4)
  })
})

describe('an idempotency key', () => {
  it('stands for a result in every run of the scope, also after a restart, and needs no worker', () => {
    const w = open({ tasks: { a: { idempotencyKey: 'k' } } })
    w.complete('a', { bytes: 7 })
    w.reload()
    w.send({ type: 'drain', worker: 'w' })
    const plan = { tasks: { b: { idempotencyKey: 'k' }, c: { dependsOn: ['b'] } } }
    const { events } = w.open(plan, 'next')
    expect(events[1]).toEqual({
      type: 'task.reused',
      at: w.now,
      run: 'next',
      task: 'b',
      from: { run: 'r', task: 'a' },
      result: { bytes: 7 },
    })
    expect(w.status('c', 'next')).toBe('ready')
    expect(w.run('next').results.get(0)).toEqual({ bytes: 7 })
  })

  it('is tried by the next where the first failed', () => {
    const w = open({ tasks: many(2, { idempotencyKey: 'k' }) })
    w.fail('t1')
    expect(w.running()).toEqual(['t2'])
    w.complete('t2')
    expect(w.status('t1')).toBe('failed')
  })

  it('is used again in one step through a chain of tasks', () => {
    const tasks = {
      a: { idempotencyKey: 'ka' },
      b: { dependsOn: ['a'], idempotencyKey: 'kb' },
      c: { dependsOn: ['b'], idempotencyKey: 'kc' },
    }
    const w = open({ tasks })
    for (const task of ['a', 'b', 'c']) w.complete(task)
    const { events } = w.open({ tasks }, 'next')
    expect(events.map(({ type }) => type)).toEqual([
      'run.opened',
      'task.reused',
      'task.reused',
      'task.reused',
      'run.closed',
    ])
  })
})

describe('a task that wants much of a resource', () => {
  it('is passed a bounded number of times (L4)', () => {
    const little = { resources: { gpu: 3 }, tasks: many(1, { uses: { gpu: 1 } }) }
    const w = open(little)
    w.open(little, 'l1')
    w.open(little, 'l2')
    w.open({ tasks: { much: { uses: { gpu: 2 }, priority: -1 } } }, 'much')
    const holding = ['r', 'l1', 'l2']
    const end = (run: string): unknown => w.send({ type: 'complete', ...w.ref('t1', run), result: null })
    let passed = 0
    for (;;) {
      end(holding.shift()!)
      const id = `p${passed + 1}`
      w.open(little, id)
      if (w.running(id).length === 0) break
      holding.push(id)
      passed += 1
    }
    expect(passed).toBe(BYPASS_LIMIT)
    expect(w.explain('t1', `p${passed + 1}`)).toEqual([
      { kind: 'reserved', resource: 'gpu', reservedFor: { run: 'much', task: 'much' } },
    ])
    end(holding.shift()!)
    expect(w.running('much')).toEqual(['much'])
  })
})
