/** What `compile` fills in: policies, needs, handlers, claims, estimates, priorities. */
import { describe, expect, it } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'
import { compile } from '../../src/plan/compile.js'
import { defaultPolicy } from '../../src/plan/policies.js'
import { byTask, compiled } from './compiled.js'
import { problems } from './problems.js'

describe('order', () => {
  it('tasks of streams come first, stream by stream, then those of no stream', () => {
    const plan = compiled({
      tasks: [{ id: 'z' }, { id: 'y' }],
      streams: { b: { tasks: { q: {}, p: {} } }, a: { tasks: { p: {} } } },
    })
    expect(plan.taskIds).toEqual(['b/q', 'b/p', 'a/p', 'z', 'y'])
    expect([...plan.streamOf]).toEqual([0, 0, 1, -1, -1])
    expect([...(plan.taskIndex as ReadonlyMap<string, number>)]).toEqual([
      ['b/q', 0],
      ['b/p', 1],
      ['a/p', 2],
      ['z', 3],
      ['y', 4],
    ])
    expect([...plan.streamIndex]).toEqual([
      ['b', 0],
      ['a', 1],
    ])
    expect(plan.points).toEqual([
      { kind: 'stream', id: 'b', hit: 'done', needed: 2, spare: 0 },
      { kind: 'stream', id: 'a', hit: 'done', needed: 1, spare: 0 },
    ])
    expect(plan.sources.map((task) => (task as { id?: string }).id)).toEqual(['q', 'p', 'p', 'z', 'y'])
  })

  it('the name, and what happens on failure', () => {
    expect(compiled({ tasks: { a: {} } })).toMatchObject({ name: 'plan', onFailure: 'continue' })
    expect(compiled({ name: 'N', onFailure: 'abort', tasks: { a: {} } })).toMatchObject({
      name: 'N',
      onFailure: 'abort',
    })
  })
})

describe('policies', () => {
  const policy = (plan: CompiledPlan, task: number): unknown => plan.policies[plan.policy[task] as number]

  it('the defaults', () => {
    expect(byTask({ tasks: { a: {} } }, policy)).toEqual({
      a: {
        maxAttempts: 1,
        initialDelayMs: 1_000,
        factor: 2,
        maxDelayMs: 300_000,
        jitter: 0.2,
        on: ['error', 'timeout', 'stalled', 'rate-limited', 'verify'],
        maxLost: 3,
        maxVerify: null,
        startToCloseMs: null,
        scheduleToStartMs: null,
        scheduleToCloseMs: null,
        heartbeatMs: null,
        stallMs: null,
        closeMs: null,
      },
    })
  })

  it('the task comes before its stream, and that before the plan, field by field', () => {
    const plan = {
      defaults: {
        retry: { maxAttempts: 2, factor: 3, jitter: 0 },
        timeouts: { startToClose: '1m', close: '1s' },
        heartbeat: '1s',
      },
      streams: {
        s: {
          defaults: { retry: { maxAttempts: 4, maxDelay: '1h' }, timeouts: { startToClose: '2m', stall: '9s' } },
          tasks: {
            a: {},
            b: {
              retry: { maxAttempts: 5, on: [], maxLost: 0, initialDelay: 0 },
              timeouts: { scheduleToStart: '1d', scheduleToClose: '2d' },
            },
            c: { heartbeat: '2s' },
            d: { heartbeat: '2s', timeouts: { heartbeat: '5s' } },
          },
        },
      },
      tasks: { e: {} },
    }
    const ofPlan = {
      ...defaultPolicy,
      maxAttempts: 2,
      factor: 3,
      jitter: 0,
      startToCloseMs: 60_000,
      closeMs: 1_000,
      heartbeatMs: 3_000,
    }
    const ofStream = { ...ofPlan, maxAttempts: 4, maxDelayMs: 3_600_000, startToCloseMs: 120_000, stallMs: 9_000 }
    expect(byTask(plan, policy)).toEqual({
      's/a': ofStream,
      's/b': {
        ...ofStream,
        maxAttempts: 5,
        on: [],
        maxLost: 0,
        initialDelayMs: 0,
        scheduleToStartMs: 86_400_000,
        scheduleToCloseMs: 172_800_000,
      },
      's/c': { ...ofStream, heartbeatMs: 6_000 },
      's/d': { ...ofStream, heartbeatMs: 5_000 },
      e: ofPlan,
    })
  })

  it('equal ones are shared', () => {
    const retry = { maxAttempts: 2 }
    const plan = compiled({
      tasks: { a: { retry }, b: {}, c: { retry: { maxAttempts: 2, factor: 2 } }, d: { retry: { maxAttempts: 1 } } },
    })
    expect([...plan.policy]).toEqual([0, 1, 0, 1])
    expect(plan.policies).toHaveLength(2)
  })
})

describe('needs', () => {
  const need = (plan: CompiledPlan, task: number): unknown => plan.needs[plan.need[task] as number]

  it('pool of the task, else of its stream; capabilities of both together, sorted', () => {
    const streams = {
      s: { pool: 'p', requires: ['z', 'a'], tasks: { a: {}, b: { requires: ['m', 'a'] }, c: { pool: 'q' } } },
      t: { tasks: { a: {}, b: { requires: ['m'] } } },
    }
    expect(byTask({ streams, tasks: { x: { requires: ['m'] }, y: {} } }, need)).toEqual({
      's/a': { pool: 'p', requires: ['a', 'z'] },
      's/b': { pool: 'p', requires: ['a', 'm', 'z'] },
      's/c': { pool: 'q', requires: ['a', 'z'] },
      't/a': { pool: null, requires: [] },
      't/b': { pool: null, requires: ['m'] },
      x: { pool: null, requires: ['m'] },
      y: { pool: null, requires: [] },
    })
  })

  it('equal ones are shared', () => {
    const plan = compiled({
      tasks: { a: { requires: ['x', 'y'] }, b: { requires: ['y', 'x', 'y'] }, c: {}, d: { requires: [] } },
    })
    expect([...plan.need]).toEqual([0, 0, 1, 1])
  })

  it('that no pool of the plan serves are reported once each, saying what is missing', () => {
    const pools = { backend: { slots: 1, capabilities: ['node', 'sql'] }, web: { slots: 2, capabilities: ['react'] } }
    const tasks = {
      ok: { requires: ['sql', 'node'] },
      a: { requires: ['gpu'] },
      b: { requires: ['gpu'] },
      c: { requires: ['sql', 'react'] },
      d: { pool: 'mobile' },
      e: { pool: 'web', requires: ['sql'] },
      f: { pool: 'web', requires: ['react'] },
    }
    const check = checkPlan({ pools, tasks })
    expect(check.diagnostics.map(({ at, message }) => [at, message])).toEqual([
      ['/tasks/a', 'No pool can run task "a" and 1 more task: none has "gpu".'],
      ['/tasks/c', 'No pool can run task "c": none has all of "react", "sql".'],
      ['/tasks/d', 'No pool can run task "d": there is no pool "mobile".'],
      ['/tasks/e', 'No pool can run task "e": pool "web" does not have "sql".'],
    ])
    expect(check.diagnostics[0]?.hint).toBe('The pools are "backend", "web": add a capability or a pool.')
  })

  it('of a plan without pools are left to the host', () => {
    expect(problems({ pools: {}, tasks: { a: { pool: 'any', requires: ['thing'] } } })).toEqual([])
  })
})

describe('handlers', () => {
  const handler = (plan: CompiledPlan, task: number): unknown => plan.handlers[plan.handler[task] as number]

  it('of the task, else of its stream, else of the plan', () => {
    const streams = {
      s: { defaults: { handler: 'h2' }, tasks: { a: {}, b: { handler: 'h3' } } },
      t: { tasks: { a: {} } },
    }
    expect(byTask({ defaults: { handler: 'h1' }, streams }, handler)).toEqual({ 's/a': 'h2', 's/b': 'h3', 't/a': 'h1' })
    expect([...compiled({ tasks: { a: {} } }).handler]).toEqual([-1])
  })

  it('that nobody registered are reported once each, if the names are given', () => {
    const tasks = {
      a: { handler: 'biuld' },
      b: { handler: 'biuld' },
      c: { handler: 'x' },
      d: { handler: 'build' },
      e: {},
    }
    expect(problems({ tasks })).toEqual([])
    const check = checkPlan({ tasks }, { handlers: ['build'] })
    expect(check.diagnostics).toMatchObject([
      {
        code: 'UNKNOWN_HANDLER',
        at: '/tasks/a',
        message: 'The handler "biuld" of task "a" and 1 more task is not registered.',
        hint: 'Did you mean "build"?',
      },
      { at: '/tasks/c', hint: 'Register it with defineHandlers.' },
    ])
  })
})

it('a plan without tasks is allowed, with a warning', () => {
  const check = checkPlan({ streams: { s: {} } })
  expect(check).toMatchObject({
    ok: true,
    diagnostics: [{ code: 'EMPTY_PLAN', severity: 'warning', message: 'The plan has no tasks.' }],
  })
})

describe('compile', () => {
  it('takes parsed plans of any size, and reports what is wrong without throwing', () => {
    const tasks = Array.from({ length: 10_001 }, (_, i) => ({ id: `t${i}` }))
    expect(compile({ tasks })).toMatchObject({ ok: true, compiled: { taskCount: 10_001 } })
    expect(compile({ tasks: [{ id: 'a', dependsOn: ['b'] }] })).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'UNKNOWN_ID', at: '/tasks/0/dependsOn/0' }],
    })
    expect(compile({ tasks: [{ id: 'a', handler: 'h' }] }, { handlers: new Set() })).toMatchObject({ ok: false })
    expect(compile({ tasks: [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }] }, { limits: { edges: 0 } })).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'TOO_LARGE', message: 'The plan has more than 0 dependencies.' }],
    })
  })

  it('points at records by name where the document had mappings, by position where it had lists', () => {
    const ghost = { dependsOn: ['ghost'] }
    const plan = {
      streams: [{ id: 's', tasks: { a: ghost } }, 3, { id: 't', tasks: [{}, { id: 'b', ...ghost }], ...ghost }],
      tasks: [3, { id: 'c', ...ghost }],
    }
    expect(
      checkPlan(plan)
        .diagnostics.filter(({ code }) => code === 'UNKNOWN_ID')
        .map(({ at }) => at),
    ).toEqual([
      '/streams/0/tasks/a/dependsOn/0',
      '/streams/2/dependsOn/0',
      '/streams/2/tasks/1/dependsOn/0',
      '/tasks/1/dependsOn/0',
    ])
  })

  it('goes on after errors of shape: all problems come at once', () => {
    const plan = {
      name: 3,
      streams: { s: { owns: ['a'], tasks: { t: { claims: 3, dependsOn: ['ghost'] } } } },
      tasks: [
        { id: 'a', estimate: '5 parsecs', dependsOn: ['b'] },
        { id: 'b', foo: 1, dependsOn: ['a'] },
        { id: 'c', claims: { write: ['a'] } },
      ],
    }
    expect(problems(plan).map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      'BAD_VALUE /name',
      'BAD_VALUE /streams/s/tasks/t/claims',
      'UNKNOWN_ID /streams/s/tasks/t/dependsOn/0',
      'CYCLE /tasks/0/dependsOn/0',
      'BAD_DURATION /tasks/0/estimate',
      'UNKNOWN_FIELD /tasks/1/foo',
      'OWNED_PATH /tasks/2/claims/write/0',
    ])
  })

  it('gives what could be read also where there are errors', () => {
    const check = checkPlan({ name: 'x', tasks: { a: { estimate: '5 parsecs', title: 'A' } } })
    expect(check).toMatchObject({ ok: false, plan: { name: 'x', tasks: [{ id: 'a', title: 'A' }] } })
    expect(check.origin?.task(0)).toBe('/tasks/a')
    expect(check.compiled).toBeUndefined()
  })
})
