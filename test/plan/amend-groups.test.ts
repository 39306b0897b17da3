/** What an amendment does to gates, phases, conditions on streams and sequences: the plan is what the whole would have been. */
import { describe, expect, it } from 'vitest'
import type { PlanDocument } from '../../src/plan/types.js'
import { amendable, amended, facts, problems } from './amendable.js'

/** What amending `base` gives is what compiling `whole` gives. */
function expectSame(base: PlanDocument, amendment: unknown, whole: PlanDocument): void {
  expect(facts(amended(amendable(base), amendment).plan.compiled)).toEqual(facts(amendable(whole).compiled))
}

describe('gates', () => {
  const go = { id: 'go', kind: 'approval', dependsOn: ['a'] } as const

  it('are added with what waits for them, and stay gates', () => {
    const check = {
      id: 'tests',
      kind: 'check',
      handler: 'npm.test',
      input: { of: { $from: 'a' } },
      timeout: 50,
    } as const
    const b = { id: 'b', dependsOn: ['go', 'tests'] }
    const base = { tasks: [{ id: 'a' }] }
    expectSame(base, { add: { gates: [go, check], tasks: [b] } }, { tasks: [{ id: 'a' }, b], gates: [go, check] })
  })

  it('that are there can be waited for, by new tasks and streams', () => {
    const base = { tasks: [{ id: 'a' }], gates: [go] }
    const s = { id: 's', dependsOn: ['go'], tasks: [{ id: 'x', input: { by: { $from: 'go', path: ['by'] } } }] }
    expectSame(base, { add: { streams: [s] } }, { ...base, streams: [s] })
  })

  it('are changed in every field, their kind too, and stored so that the same comes of it', () => {
    const base = amendable({ tasks: [{ id: 'a' }, { id: 'b' }], gates: [go] })
    const after = { id: 'go', kind: 'check', handler: 'h', dependsOn: ['b'], timeout: 7 } as const
    const once = amended(base, { change: { go: { kind: 'check', handler: 'h', dependsOn: ['b'], timeout: 7 } } })
    expect(facts(once.plan.compiled)).toEqual(
      facts(amendable({ tasks: [{ id: 'a' }, { id: 'b' }], gates: [after] }).compiled),
    )
    expect(once.changed).toEqual(['go'])
    expect(once.plan.frame.gates).toEqual([after])
    const again = amended(base, JSON.parse(JSON.stringify(once.stored)))
    expect(facts(again.plan.compiled)).toEqual(facts(once.plan.compiled))
    // And back again: what has been taken away is not inherited from the first time.
    const back = amended(again.plan, { change: { go: { kind: 'approval', handler: null, timeout: null } } })
    expect(back.plan.frame.gates).toEqual([{ id: 'go', kind: 'approval', dependsOn: ['b'] }])
  })

  it('of a phase wait for its streams also when they are changed', () => {
    const plan = (timeout?: number): PlanDocument => ({
      phases: [{ id: 'one', gate: 'go' }],
      streams: [{ id: 's', phase: 'one', tasks: [{ id: 'x' }] }],
      tasks: [{ id: 'a' }],
      gates: [{ ...go, ...(timeout && { timeout }) }],
    })
    expectSame(plan(), { change: { go: { timeout: 5 } } }, plan(5))
  })

  it('and phases that do not fit are refused, each with its place', () => {
    const base = amendable({
      phases: [{ id: 'one' }],
      streams: [{ id: 's', phase: 'one', tasks: [{ id: 'x' }] }],
      tasks: ['a', 'z', 'w', 'v'].map((id) => ({ id })),
      gates: [go],
    })
    const amendment = {
      add: {
        gates: { z: { kind: 'approval' }, go: { kind: 'approval' }, late: { kind: 'check' } },
        phases: [{ id: 'two', gate: 'go' }, { id: 'one' }, { id: 'w' }],
        streams: { v: { tasks: {} } },
      },
      remove: ['one'],
      change: { s: {}, go: { handler: 'x' } },
    }
    expect(problems(base, amendment)).toEqual([
      'DUPLICATE_ID /add/gates/go The gate id "go" is used before.',
      'MISSING_FIELD /add/gates/late The check "late" has no handler that could answer it.',
      'DUPLICATE_ID /add/gates/z The id "z" is used before.',
      'BAD_VALUE /add/phases/0/gate The gate "go" is there already: the gate of a new phase is new too.',
      'DUPLICATE_ID /add/phases/1 The phase id "one" is used before.',
      'DUPLICATE_ID /add/phases/2 The id "w" is used before.',
      'DUPLICATE_ID /add/streams/v The id "v" is used before.',
      'UNKNOWN_FIELD /change/go/handler The gate "go" awaits approval, so its "handler" would never be used.',
      'UNKNOWN_ID /change/s "s" is a stream: only tasks and gates are removed or changed.',
      'UNKNOWN_ID /remove/0 "one" is a phase: only tasks and gates are removed or changed.',
    ])
  })
})

describe('phases', () => {
  it('are added behind those that are there, with their streams and gates', () => {
    const base = {
      phases: [{ id: 'one', gate: 'go' }],
      streams: [{ id: 's', phase: 'one', tasks: [{ id: 'x' }] }],
      gates: [{ id: 'go', kind: 'approval' }],
    } as const
    const more = {
      phases: [{ id: 'two', gate: 'sure', title: 'Two' }, { id: 'three' }],
      streams: [
        { id: 't', phase: 'two', tasks: [{ id: 'y' }] },
        { id: 'u', phase: 'three', tasks: [{ id: 'z' }] },
      ],
      gates: [{ id: 'sure', kind: 'approval' }],
    } as const
    const whole = {
      phases: [...base.phases, ...more.phases],
      streams: [...base.streams, ...more.streams],
      gates: [...base.gates, ...more.gates],
    }
    expectSame(base, { add: more }, whole)
    const once = amended(amendable(base), { add: more }).plan
    // A stream that comes later still belongs to a phase that came with an amendment.
    const late = { id: 'v', phase: 'two', tasks: [{ id: 'q' }] }
    const twice = amended(once, { add: { streams: [late] } }).plan
    expect(facts(twice.compiled)).toEqual(facts(amendable({ ...whole, streams: [...whole.streams, late] }).compiled))
  })
})

describe('conditions on streams', () => {
  const plan = (tasks: readonly object[]): PlanDocument =>
    ({
      streams: [{ id: 's', tasks }],
      tasks: [
        { id: 'half', dependsOn: [{ stream: 's', progress: 0.5 }] },
        { id: 'after', dependsOn: [{ on: 's', when: 'finish' }] },
        { id: 'rescue', dependsOn: [{ on: 's', when: 'failure' }] },
      ],
    }) as PlanDocument
  const a = { id: 'a', estimate: 10 }
  const b = { id: 'b', estimate: 10 }

  it('speak of the tasks that are added', () => {
    const c = { id: 'c', estimate: 40 }
    expectSame(plan([a, b]), { add: { streams: [{ id: 's', tasks: [c] }] } }, plan([a, b, c]))
  })

  it('weigh tasks by the estimates there are afterwards, also where those have changed', () => {
    const base = plan([a, { id: 'b' }])
    expectSame(base, { change: { 's/a': { estimate: 90 } } }, plan([{ ...a, estimate: 90 }, { id: 'b' }]))
  })

  it('leave out a task that is optional from now on, and take in one that no longer is', () => {
    expectSame(plan([a, b]), { change: { 's/b': { optional: true } } }, plan([a, { ...b, optional: true }]))
    expectSame(plan([a, { ...b, optional: true }]), { change: { 's/b': { optional: null } } }, plan([a, b]))
  })

  it('a stream all of whose tasks are optional from now on ends with what it waits for', () => {
    const chain = (x: object): PlanDocument => ({
      streams: [
        { id: 'first', tasks: [{ id: 'f' }] },
        { id: 's', dependsOn: ['first'], tasks: [{ id: 'x', ...x }] },
      ],
      tasks: [{ id: 'end', dependsOn: ['s', { stream: 's', progress: 1 }, { on: 's', when: 'finish' }] }],
    })
    expectSame(chain({}), { change: { 's/x': { optional: true } } }, chain({ optional: true }))
    expectSame(chain({ optional: true }), { change: { 's/x': { optional: null } } }, chain({}))
  })

  it('that come with an amendment share the point of those that are there', () => {
    const once = amended(amendable(plan([a, b])), {
      add: {
        streams: [{ id: 's', tasks: [{ id: 'c' }] }],
        tasks: [
          {
            id: 'too',
            dependsOn: [
              { on: 's', when: 'finish' },
              { stream: 's', progress: 0.5 },
            ],
          },
        ],
      },
    })
    expect(facts(once.plan.compiled).too).toMatchObject({ after: ['<50% of s>', '<end of s>'] })
  })
})

describe('sequences', () => {
  const claims = { write: ['m/2.py'] }
  const plan = (own: { readonly [stream: string]: readonly object[] }, more: readonly object[] = []): PlanDocument =>
    ({
      streams: ['A', 'B', 'D'].map((id) => ({ id, tasks: own[id] ?? [] })),
      tasks: [{ id: 'x' }, ...more],
      sequences: [{ path: 'm/2.py', order: ['A', 'B', 'x', 'D'] }],
    }) as PlanDocument
  const m = { id: 'm', claims }
  const n = { id: 'n', claims: { read: ['m'] } }

  it('order the claimants that are added, also where an entry had none', () => {
    const base = plan({ B: [m], D: [m] })
    const amendment = {
      add: {
        streams: [
          { id: 'A', tasks: [m] },
          { id: 'D', tasks: [n] },
        ],
      },
    }
    expectSame(base, amendment, plan({ A: [m], B: [m], D: [m, n] }))
    const { compiled } = amended(amendable(base), amendment).plan
    expect(facts(compiled)['D/n']).toMatchObject({ after: ['<m/2.py after A, B, x>'] })
  })

  it('follow a task whose claims change: it is in its entry, or in none', () => {
    expectSame(
      plan({ A: [m], B: [m] }),
      { change: { 'B/m': { claims: {} } } },
      plan({ A: [m], B: [{ ...m, claims: {} }] }),
    )
    const base = plan({ A: [m], D: [m] })
    const { compiled } = amended(amendable(base), { change: { x: { claims } } }).plan
    expect(facts(compiled).x).toMatchObject({ after: ['<m/2.py after A, B>'] })
    expect(facts(compiled)['m/2.py after A, B, x']).toMatchObject({ after: ['<m/2.py after A, B>', 'x'], needed: 2 })
  })

  it('a task that is changed in something else keeps its turn', () => {
    expectSame(
      plan({ A: [m], B: [m] }),
      { change: { 'B/m': { priority: 3 } } },
      plan({ A: [m], B: [{ ...m, priority: 3 }] }),
    )
  })

  it('against new dependencies are a circle', () => {
    const base = amendable(plan({ A: [m], B: [m] }))
    const late = { id: 'late', claims, dependsOn: ['B/m'] }
    expect(problems(base, { add: { streams: [{ id: 'A', tasks: [late] }] } })).toEqual([
      'CYCLE  With this amendment these wait for each other: "B/m" → sequence "m/2.py after A" → "A/late" → "B/m".',
    ])
  })
})

it('integrate claims meet integrate claims only, of tasks that are there too', () => {
  const base = amendable({
    tasks: {
      a: { claims: { integrate: ['routes.ts'] } },
      b: { claims: { read: ['lib/**'] } },
      c: { claims: { write: ['docs'] } },
    },
  })
  const tasks = {
    x: { claims: { write: ['*.ts'], integrate: ['lib/index'] } },
    y: { claims: { integrate: ['docs/a'] } },
  }
  expect(problems(base, { add: { tasks }, remove: ['c'] })).toEqual([
    'INTEGRATE_MEETS_CLAIM /add/tasks/x/claims Task "x" writes "*.ts", but task "a" integrates "routes.ts" (both cover "routes.ts").',
    'INTEGRATE_MEETS_CLAIM /add/tasks/x/claims Task "x" integrates "lib/index", but task "b" reads "lib/**" (both cover "lib/index").',
  ])
  expect(
    problems(base, { change: { a: { claims: { write: ['x'] } }, b: { claims: { write: ['routes.ts'] } } } }),
  ).toEqual([])
})

it('what a verification step refers to is known', () => {
  const verify = [{ handler: 'h', input: { $from: 'a' } }]
  const whole = { tasks: [{ id: 'a' }, { id: 'b', verify }] }
  expectSame({ tasks: [{ id: 'a' }] }, { add: { tasks: [{ id: 'b', verify }] } }, whole)
})
