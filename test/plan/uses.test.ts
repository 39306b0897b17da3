/** What plans say of resources, uses and keys: what it becomes, and what is refused or warned of. */
import { describe, expect, it } from 'vitest'
import { EXCLUSIVE, SHARED } from '../../src/core/limit.js'
import { checkPlan } from '../../src/plan/check.js'

function problems(plan: object): readonly string[] {
  return checkPlan(plan).diagnostics.map(
    ({ code, severity, at, message, hint }) => `${severity} ${code} ${at} ${message} ${hint}`,
  )
}

describe('a plan', () => {
  it('becomes sets of uses that are shared, each with the lock of the key', () => {
    const { compiled } = checkPlan({
      resources: { gpu: 2, api: { capacity: 4, perMinute: 60 } },
      tasks: {
        plain: {},
        a: { uses: { gpu: 1, api: 3 } },
        b: { uses: { api: 3, gpu: 1 } },
        c: { uses: { api: 'shared', gpu: 'exclusive' }, idempotencyKey: 'k' },
        d: { uses: {} },
      },
    })
    expect([...compiled!.useSet]).toEqual([-1, 0, 0, 1, -1])
    expect(compiled!.useSets).toEqual([
      [
        { limiter: 'api', ask: 3 },
        { limiter: 'gpu', ask: 1 },
      ],
      [
        { limiter: 'api', ask: SHARED },
        { limiter: 'gpu', ask: EXCLUSIVE },
        { limiter: 'key:k', ask: EXCLUSIVE },
      ],
    ])
    expect([...compiled!.keys]).toEqual([[3, 'k']])
    expect([...compiled!.resources]).toEqual([
      ['gpu', { capacity: 2, perMinute: null, breaker: null }],
      ['api', { capacity: 4, perMinute: 60, breaker: null }],
    ])
  })

  it('may use no more units than it declares', () => {
    expect(problems({ resources: { gpu: 2 }, tasks: { a: { uses: { gpu: 3 } }, b: { uses: { gpu: 2 } } } })).toEqual([
      'error OVER_CAPACITY /tasks/a/uses/gpu The task "a" uses 3 units of "gpu", which has 2 units. It could never start: use fewer, or declare more.',
    ])
  })

  it('is warned of each resource that is declared nowhere, with the name that may be meant', () => {
    const tasks = { a: { uses: { gpuu: 1, deploy: 'exclusive' } }, b: { uses: { gpuu: 9 } } }
    expect(problems({ resources: { gpu: 2 }, tasks })).toEqual([
      'warning UNDECLARED_RESOURCE /tasks/a/uses/deploy The resource "deploy" of task "a" is declared nowhere: one at a time may use it. Declare it under "resources" to say how much of it there is.',
      'warning UNDECLARED_RESOURCE /tasks/a/uses/gpuu The resource "gpuu" of task "a" and 1 more task is declared nowhere: one at a time may use it. Did you mean "gpu"?',
    ])
  })

  it('may not take names that the library gives', () => {
    expect(problems({ resources: { 'handler:a': 1 }, tasks: { a: { uses: { 'key:k': 1 } } } })).toEqual([
      'error RESERVED_NAME /resources/handler:a The name "handler:a" is reserved: names that begin with "handler:", "key:" are given by the library. Choose another name.',
      'error RESERVED_NAME /tasks/a/uses/key:k The name "key:k" is reserved: names that begin with "handler:", "key:" are given by the library. Choose another name.',
    ])
  })

  it.each([
    [{ resources: { r: 0 } }, 'BAD_VALUE'],
    [{ resources: { r: 1.5 } }, 'BAD_VALUE'],
    [{ resources: { r: { capacity: 1, perMinute: 100_001 } } }, 'BAD_VALUE'],
    [{ resources: { r: { perMinute: 1 } } }, 'MISSING_FIELD'],
    [{ tasks: { a: { idempotencyKey: '' } } }, 'BAD_VALUE'],
    [{ resources: { r: 1 }, tasks: { a: { uses: { r: 'all' } } } }, 'BAD_VALUE'],
  ])('with %j is refused', (plan, code) => {
    expect(checkPlan({ tasks: { a: {} }, ...plan }).diagnostics.map((each) => each.code)).toEqual([code])
  })
})
