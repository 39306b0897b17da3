/** What tasks wait for besides each other: the points that conditions become, and what is wrong with some. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { graphWaves, planGraph } from '../../src/plan/graph.js'
import type { DependencyOf, Duration } from '../../src/plan/types.js'
import { blueprintOf } from '../../src/testing/compile-world.js'
import { createRandom } from '../../src/testing/random.js'
import { drawWorld } from '../../src/testing/world.js'
import { compiled, pointsOf, waitsFor } from './compiled.js'
import { problems } from './problems.js'

const streams = { s: { tasks: { x: { estimate: 30 }, y: { estimate: 10 }, z: { optional: true } } } }

/** A plan in which `t` has the dependencies. */
function plan(...dependsOn: readonly DependencyOf<Duration>[]): unknown {
  return { streams, tasks: { a: {}, b: {}, c: {}, t: { dependsOn } } }
}

describe('a condition is a point that watches', () => {
  it.each<[DependencyOf<Duration>, string]>([
    [{ on: 'a', when: 'failure' }, 'outcome "failure of a": failure 1/0 of a'],
    [{ on: 'a', when: 'finish' }, 'outcome "end of a": end 1/0 of a'],
    [{ on: 's', when: 'failure' }, 'outcome "failure of s": failure 1/1 of s/x, s/y'],
    [{ on: 's', when: 'finish' }, 'outcome "end of s": end 2/0 of s/x, s/y'],
    [{ anyOf: ['b', 'a', 's'] }, 'choice "one of a, b, s": success 1/2 of a, b, s'],
    [{ anyOf: ['a'] }, 'choice "one of a": success 1/0 of a'],
    [{ quorum: 2, of: ['a', 'b', 's/x'] }, 'choice "2 of s/x, a, b": success 2/1 of s/x, a, b'],
    [{ on: 'a', lag: '90s' }, 'lag "90s after a": success 1/0 of a + 90000'],
    [{ on: 's', lag: 1.5 }, 'lag "1.5ms after s": success 1/0 of s + 1.5'],
  ])('%j', (dependency, point) => {
    expect(pointsOf(plan(dependency))).toEqual([point])
  })

  it('a choice may have conditions as members, and a lag as a whole', () => {
    const members = ['a', { on: 'b', when: 'failure' }, { stream: 's', progress: 0.5 }] as const
    expect(pointsOf(plan({ quorum: 1, of: members, lag: '1h' })).map((point) => point.split(':')[0])).toEqual([
      'outcome "failure of b"',
      'progress "50% of s"',
      'choice "one of a, failure of b, 50% of s"',
      'lag "1h after one of a, failure of b, 50% of s"',
    ])
  })

  it('that is plain success without a lag is no point at all', () => {
    const value = plan({ on: 'a', when: 'success', lag: 0, soft: false }, 's', { on: 'b' })
    expect(pointsOf(value)).toEqual([])
    expect(waitsFor(value, 't')).toEqual(['a', 'b', 's'])
  })

  it('and is shared by all who say the same, in whatever order', () => {
    const tasks = {
      a: {},
      b: {},
      one: { dependsOn: [{ anyOf: ['a', 'b'] }, { on: 'a', lag: '1m' }] },
      two: {
        dependsOn: [
          { quorum: 1, of: ['b', 'a'] },
          { on: 'a', lag: 60_000 },
        ],
      },
    }
    expect(pointsOf({ tasks })).toHaveLength(2)
    expect(waitsFor({ tasks }, 'one')).toEqual(waitsFor({ tasks }, 'two'))
  })

  it('of many members has a short id, which is still its own', () => {
    const ids = Array.from({ length: 20 }, (_, n) => `t${n}`)
    const tasks = {
      ...Object.fromEntries(ids.map((id) => [id, {}])),
      one: { dependsOn: [{ anyOf: ids.slice(0, 19) }] },
      two: { dependsOn: [{ anyOf: [...ids.slice(0, 18), 't19'] }] },
    }
    expect(compiled({ tasks }).points.map(({ id }) => id)).toEqual([
      'one of t0, t1, t2, t3, t4, t5, t6, t7, … (11 more)',
      'one of t0, t1, t2, t3, t4, t5, t6, t7, … (11 more) (2)',
    ])
  })

  it('of an empty stream is about what the stream waits for', () => {
    const value = {
      streams: { empty: { dependsOn: ['a'] } },
      tasks: {
        a: {},
        t: {
          dependsOn: [
            { on: 'empty', when: 'finish' },
            { stream: 'empty', progress: 0.5 },
          ],
        },
      },
    }
    expect(pointsOf(value)).toEqual([
      'outcome "end of empty": end 1/0 of empty',
      'progress "50% of empty": done 1/0 of empty',
    ])
  })
})

describe('a milestone', () => {
  const value = (on: string): unknown => ({
    streams: {
      e: { tasks: { x: { milestones: ['half', 'both'] }, y: { milestones: ['both'] }, z: { dependsOn: ['x#half'] } } },
    },
    tasks: { own: { milestones: ['m'] }, t: { dependsOn: [on] } },
  })

  it.each([
    ['e#half', 'e/x#half'],
    ['e/x#half', 'e/x#half'],
    ['own#m', 'own#m'],
    ['e/y#both', 'e/y#both'],
  ])('%s is that of one task', (on, id) => {
    expect(waitsFor(value(on), 't')).toEqual([id])
    expect(pointsOf(value(on))).toContain(`milestone "${id}": success 1/0 of ${id.split('#')[0]}`)
  })

  it.each([
    ['e#hlf', 'UNKNOWN_ID', '"hlf" is no milestone of stream "e".', 'Did you mean "e#half"?'],
    ['own#zzz', 'UNKNOWN_ID', '"zzz" is no milestone of task "own".', 'Declared there: "m".'],
    ['t#x', 'UNKNOWN_ID', '"x" is no milestone of task "t".', 'Declare it: "milestones": ["x"].'],
    ['own#', 'UNKNOWN_ID', '"" is no milestone of task "own".', 'Declared there: "m".'],
    ['f#half', 'UNKNOWN_ID', '"f" in task "t" is no task, stream or gate of this plan.', 'Did you mean "e"?'],
    [
      'e#both',
      'AMBIGUOUS_ID',
      'Several tasks of stream "e" declare the milestone "both".',
      'Write one of "e/x#both", "e/y#both".',
    ],
  ])('%s is refused: %s', (on, code, message, hint) => {
    const near = on === 'f#half' ? expect.any(String) : hint
    expect(checkPlan(value(on)).diagnostics).toMatchObject([{ code, at: '/tasks/t/dependsOn/0', message, hint: near }])
  })

  it('of a task itself is a circle', () => {
    expect(problems({ tasks: { t: { milestones: ['m'], dependsOn: ['t#m'] } } })).toEqual([
      'CYCLE /tasks/t/dependsOn/0 These wait for each other: "t" → "t#m" → "t".',
    ])
  })
})

describe('a share of a stream', () => {
  const needed = (tasks: object, progress: number): number => {
    const t = { dependsOn: [{ stream: 's', progress }] }
    const { points: all, taskCount } = compiled({ streams: { s: { tasks } }, tasks: { t } })
    const { weight, needed: lacking } = all.find(({ kind }) => kind === 'progress')!
    let done = 0
    let task = 0
    while (done < lacking && task < taskCount) done += weight![task++]!
    return task
  }

  it('is weighed by estimates: tasks in order until it is there', () => {
    const tasks = { a: { estimate: '1h' }, b: { estimate: '1h' }, c: { estimate: '2h' } }
    expect([0.1, 0.25, 0.26, 0.5, 0.51, 1].map((share) => needed(tasks, share))).toEqual([1, 1, 2, 2, 3, 3])
  })

  it('counts tasks without an estimate as the mean of those that have one, and all alike where none has', () => {
    expect(needed({ a: { estimate: 10 }, b: {}, c: { estimate: 30 } }, 0.5)).toBe(2)
    expect([0.33, 0.34, 0.66, 0.67].map((share) => needed({ a: {}, b: {}, c: {} }, share))).toEqual([1, 2, 2, 3])
    const ten = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`t${n}`, {}]))
    expect([0.1, 0.3, 0.6, 0.7].map((share) => needed(ten, share))).toEqual([1, 3, 6, 7])
  })

  it('of everything needs everything, however little some of it weighs', () => {
    expect(needed({ a: { estimate: '36500d' }, b: { estimate: 1 }, c: { estimate: 0 } }, 1)).toBe(3)
    expect(needed({ a: { estimate: 0 }, b: { estimate: 0 } }, 0.5)).toBe(1)
  })
})

describe('conditions that cannot be are refused', () => {
  it.each<[DependencyOf<Duration>, string, string]>([
    [{ quorum: 3, of: ['a', 'b'] }, '/quorum', '3 successes of 2 members can never be.'],
    [{ anyOf: [] }, '', '1 success of 0 members can never be.'],
    [{ anyOf: ['a', 'b', 'a'] }, '/anyOf/2', '"a" is a member twice.'],
    [{ on: 'm#x', when: 'failure' }, '/when', 'A milestone such as "m#x" only has a success.'],
    [{ on: 'idle', when: 'failure' }, '', 'Stream "idle" cannot fail: it has no task that is not optional.'],
    [{ stream: 'a', progress: 0.5 }, '/stream', '"a" is a task: only streams have a share that is done.'],
    [{ anyOf: [{ on: 'a', lag: '1m' } as never] }, '/anyOf/0/lag', 'A member of a choice cannot have "lag".'],
    [{ quorum: 1, of: [{ on: 'a', soft: true } as never] }, '/of/0/soft', 'A member of a choice cannot have "soft".'],
  ])('%j', (dependency, at, message) => {
    const value = { streams: { idle: {} }, tasks: { a: {}, b: {}, t: { dependsOn: [dependency] } } }
    expect(problems(value)).toEqual([`BAD_DEPENDENCY /tasks/t/dependsOn/0${at} ${message}`])
  })

  it('all of them at once, each where it stands', () => {
    const value = plan({ anyOf: ['ghost', { on: 'a', lag: 1 } as never] }, { stream: 'nil', progress: 0.5 })
    expect(problems(value).map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      'UNKNOWN_ID /tasks/t/dependsOn/0/anyOf/0',
      'BAD_DEPENDENCY /tasks/t/dependsOn/0/anyOf/1/lag',
      'UNKNOWN_ID /tasks/t/dependsOn/1',
    ])
  })

  it('the circles they make are told with their words', () => {
    const tasks = {
      a: { dependsOn: [{ quorum: 2, of: ['b', 'c'] }] },
      b: { dependsOn: [{ on: 'a', when: 'finish', lag: '5m' }] },
      c: {},
    }
    expect(problems({ tasks })).toEqual([
      'CYCLE /tasks/a/dependsOn/0 These wait for each other: "a" → "2 of b, c" → "b" → "5m after end of a" → "end of a" → "a".',
    ])
  })
})

describe('optional tasks', () => {
  it('do not belong to what a stream stands for, nor to the run', () => {
    const value = plan('s')
    const { predecessors, points: all, optional, taskCount } = compiled(value)
    expect([...predecessors.targets.slice(predecessors.start[taskCount], predecessors.start[taskCount + 1])]).toEqual([
      0, 1,
    ])
    expect(all[0]).toMatchObject({ id: 's', needed: 2 })
    expect([...optional].slice(0, 3)).toEqual([0, 0, 1])
  })

  it('alone are a stream without tasks: it hands on what it waits for', () => {
    const value = { streams: { s: { dependsOn: ['a'], tasks: { x: { optional: true } } } }, tasks: { a: {} } }
    expect(compiled(value).points[0]).toMatchObject({ needed: 1 })
  })
})

describe('a condition of a task', () => {
  it('makes the edge, and names the part of the result that it looks at', () => {
    const scan = { $from: 'scan', path: ['changed', 0] }
    const value = { streams: { s: { tasks: { scan: {}, t: { if: scan }, u: { if: { $from: 's/scan' } } } } } }
    expect(waitsFor(value, 's/t')).toEqual(['s/scan'])
    expect([...compiled(value).conditions]).toEqual([
      [1, { task: 0, path: ['changed', 0] }],
      [2, { task: 0, path: [] }],
    ])
  })

  it('is about a task of the plan, and not about itself', () => {
    const value = {
      streams: { s: {} },
      tasks: { a: { if: { $from: 's' } }, b: { if: { $from: 'zz' } }, c: { if: { $from: 'c' } } },
    }
    expect(problems(value)).toEqual([
      'BAD_REFERENCE /tasks/a/if The condition refers to "s", which is a stream: only tasks have results.',
      'UNKNOWN_ID /tasks/b/if "zz" in task "b" is no task, stream or gate of this plan.',
      'CYCLE /tasks/c/if Task "c" depends on itself.',
    ])
    expect(problems({ tasks: { a: { if: {} }, b: { if: { $from: 'a', path: [-1] } } } })).toHaveLength(2)
  })
})

describe('waves go through points', () => {
  it('a choice is there with the earliest that suffice, a stream with its last', () => {
    const tasks = {
      a: {},
      b: { dependsOn: ['a'] },
      c: { dependsOn: ['b'] },
      one: { dependsOn: [{ anyOf: ['c', 'a', 'b'] }] },
      two: { dependsOn: [{ quorum: 2, of: ['c', 'a', 'b'] }] },
      all: { dependsOn: [{ quorum: 3, of: ['c', 'a', 'b'] }] },
      late: { dependsOn: [{ on: 'one', lag: '1h' }] },
    }
    expect([...compiled({ tasks }).wave]).toEqual([0, 1, 2, 1, 2, 3, 2])
  })
})

it('the graph of graphology has the waves of the compiled plan, whatever its tasks wait for', () => {
  let conditional = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    const { plans } = blueprintOf(drawWorld(createRandom(seed), 30))
    for (const { compiled: plan } of plans.values()) {
      const waves = Array.from({ length: plan.waveCount }, (_, wave) =>
        plan.taskIds.filter((_, task) => plan.wave[task] === wave).toSorted(),
      )
      expect(graphWaves(planGraph(plan)).map((ids) => ids.toSorted())).toEqual(waves)
      conditional += plan.points.some(({ spare }) => spare > 0) ? 1 : 0
    }
  }
  expect(conditional).toBeGreaterThan(20)
})

describe('soft dependencies', () => {
  const order = (value: unknown): readonly string[] => {
    const { taskIds, dispatchClass } = compiled(value)
    return taskIds.toSorted((a, b) => dispatchClass[taskIds.indexOf(a)]! - dispatchClass[taskIds.indexOf(b)]!)
  }

  it('make no edge, and put first what is preferred first, whatever else weighs', () => {
    const tasks = {
      big: { estimate: '9h', dependsOn: [{ on: 'small', soft: true }], claims: { write: ['x'] } },
      small: { estimate: '1m' },
      other: { estimate: '5h', claims: { write: ['x'] } },
    }
    expect(order({ tasks })[0]).toBe('small')
    expect([...compiled({ tasks }).dependencyCount]).toEqual([0, 0, 0])
    expect([...compiled({ tasks }).wave]).toEqual([0, 0, 0])
  })

  it('hold through streams and one after the other', () => {
    const value = {
      streams: { s: { tasks: { x: { estimate: 1 }, y: { estimate: 2 } } } },
      tasks: {
        mid: { estimate: 50, dependsOn: [{ on: 's', soft: true }] },
        last: { estimate: 100, dependsOn: [{ on: 'mid', soft: true }] },
      },
    }
    expect(order(value)).toEqual(['s/x', 's/y', 'mid', 'last'])
  })

  it('that close a circle are dropped, earlier ones kept', () => {
    const tasks = {
      a: { dependsOn: [{ on: 'b', soft: true }] },
      b: { dependsOn: [{ on: 'c', soft: true }] },
      c: { dependsOn: [{ on: 'a', soft: true }] },
      d: { dependsOn: ['a', { on: 'd', soft: true }] },
    } as const
    expect(checkPlan({ tasks })).toMatchObject({
      ok: true,
      diagnostics: [
        {
          code: 'SOFT_CYCLE',
          severity: 'warning',
          at: '/tasks/c/dependsOn/0',
          message: 'The preferred order of task "c" after "a" is dropped: something asks for the reverse.',
        },
        { code: 'SOFT_CYCLE', at: '/tasks/d/dependsOn/1' },
      ],
    })
  })
})
