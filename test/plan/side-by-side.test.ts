/** Two tasks whose claims meet with no order between them will never run side by side: a warning names the pair, and its cost. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlap } from '../../src/claims/overlap.js'
import { type Pattern, parsePattern } from '../../src/claims/pattern.js'
import { topologicalOrder, transpose } from '../../src/plan/adjacency.js'
import { checkPlan } from '../../src/plan/check.js'
import { tasksKeptApart } from '../../src/plan/pairs-apart.js'
import { createReachability } from '../../src/plan/reachability.js'
import { problems } from './problems.js'

const writes = (...write: readonly string[]): { claims: object } => ({ claims: { write } })

describe('the warning', () => {
  it('names both tasks and a path that both write', () => {
    const check = checkPlan({ tasks: { a: writes('src/**'), b: writes('docs', 'src/{x,y}.ts') } })
    expect(check.ok).toBe(true)
    expect(check.diagnostics).toEqual([
      {
        code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
        severity: 'warning',
        message: 'Tasks "a" and "b" both write "src/x.ts", and nothing orders them: they will never run side by side.',
        at: '/tasks/b',
        hint: 'Let one depend on the other, or narrow what they claim.',
      },
    ])
  })

  it('is not given where something orders the two, however far apart', () => {
    const tasks = {
      a: writes('x'),
      m: { dependsOn: ['a'] },
      n: { dependsOn: ['m'] },
      b: { ...writes('x'), dependsOn: ['n'] },
    }
    expect(problems({ tasks })).toEqual([])
    const streams = { s: { owns: ['x'], tasks: { a: {} } }, t: { dependsOn: ['s'], tasks: { a: {} } } }
    expect(problems({ streams })).toEqual([])
  })

  it('says who reads and who writes', () => {
    const reads = { claims: { read: ['x'] } }
    expect(problems({ tasks: { a: writes('x'), b: reads, c: { ...reads, dependsOn: ['a'] } } })).toEqual([
      'WILL_NOT_RUN_SIDE_BY_SIDE /tasks/b Task "a" writes and task "b" reads "x", and nothing orders them: they will never run side by side.',
    ])
    expect(problems({ tasks: { a: reads, b: writes('x', 'y') } })).toEqual([
      'WILL_NOT_RUN_SIDE_BY_SIDE /tasks/b Task "a" reads and task "b" writes "x", and nothing orders them: they will never run side by side.',
    ])
  })

  it('is not given among readers, among those that integrate, for advice, nor for tasks that claim nothing', () => {
    const tasks = {
      b: { claims: { read: ['x'] } },
      c: { claims: { read: ['x'] } },
      d: {},
      e: { claims: { integrate: ['y'] } },
      f: { claims: { integrate: ['y'], advisory: ['x'] } },
    }
    expect(problems({ tasks })).toEqual([])
    expect(problems({ tasks: { a: { claims: { read: ['x'] } } } })).toEqual([])
  })

  it('is given for each pair once, also of tasks that share what their stream owns', () => {
    const streams = { s: { owns: ['a', 'b'], tasks: { x: {}, y: {}, z: { dependsOn: ['x'] } } } }
    expect(checkPlan({ streams }).diagnostics.map(({ at, message }) => `${at} ${message.slice(0, 23)}`)).toEqual([
      '/streams/s/tasks/y Tasks "s/x" and "s/y" b',
      '/streams/s/tasks/z Tasks "s/y" and "s/z" b',
    ])
  })

  it('lists three pairs of tasks that claim alike, and counts the others', () => {
    const tasks = Array.from({ length: 20 }, (_, i) => ({ id: `t${i}`, ...writes('x') }))
    const { diagnostics } = checkPlan({ tasks })
    expect(diagnostics.map(({ at }) => at)).toEqual(['', '/tasks/1', '/tasks/2', '/tasks/3'])
    expect(diagnostics[0]).toMatchObject({
      severity: 'warning',
      message: '187 more pairs of tasks will never run side by side: their claims meet, and nothing orders them.',
    })
  })

  it('stops counting where it would cost too much, and says so', () => {
    const tasks = Array.from({ length: 700 }, (_, i) => ({ id: `t${i}`, ...writes('x') }))
    expect(checkPlan({ tasks }).diagnostics[0]?.message).toBe(
      'At least 199,996 more pairs of tasks will never run side by side: their claims meet, and nothing orders them.',
    )
  })

  it('lists at most 50 pairs, so that what is alike does not hide the rest', () => {
    const pairs = (count: number) =>
      Array.from({ length: count * 2 }, (_, i) => ({ id: `t${i}`, ...writes(`x${i >> 1}`) }))
    expect(checkPlan({ tasks: pairs(50) }).diagnostics).toHaveLength(50)
    const { diagnostics } = checkPlan({ tasks: pairs(51) })
    expect(diagnostics).toHaveLength(51)
    expect(diagnostics[0]?.message).toMatch(/^1 more pair of tasks will never run/)
  })
})

describe('what a pair costs', () => {
  // The critical path is long → end, 8 h. a and b take 3 h each after a start of 1 h: one after the other 7 h, and 1 h more
  // to the end of b's. c and d fit beside it.
  const plan = {
    tasks: {
      long: { estimate: '6h' },
      end: { dependsOn: ['long'], estimate: '2h' },
      start: { estimate: '1h' },
      c: { ...writes('y'), estimate: '10m' },
      d: { ...writes('y'), estimate: '10m' },
      a: { ...writes('x'), dependsOn: ['start'], estimate: '3h' },
      b: { ...writes('x', 'z'), dependsOn: ['start'], estimate: '3h' },
      after: { dependsOn: ['a', 'b'], estimate: '90m' },
      e: { ...writes('z'), estimate: '5h' },
    },
  }

  it('is said where the plan gets longer than its critical path, the costliest pair first', () => {
    const { diagnostics } = checkPlan(plan)
    const never = 'and nothing orders them: they will never run side by side.'
    expect(diagnostics.map(({ message, costMs }) => [message, costMs])).toEqual([
      [
        `Tasks "b" and "e" both write "z", ${never} That makes the plan at least 1h longer than its critical path.`,
        3_600_000,
      ],
      [
        `Tasks "a" and "b" both write "x", ${never} That makes the plan at least 30m longer than its critical path.`,
        1_800_000,
      ],
      [`Tasks "c" and "d" both write "y", ${never}`, undefined],
    ])
  })

  it('is what every pair is sorted by, and there is a bound on the search', () => {
    const { compiled } = checkPlan(plan)
    expect(tasksKeptApart(compiled!)).toEqual({
      pairs: [
        { tasks: ['b', 'e'], path: 'z', modes: ['write', 'write'], costMs: 3_600_000 },
        { tasks: ['a', 'b'], path: 'x', modes: ['write', 'write'], costMs: 1_800_000 },
        { tasks: ['c', 'd'], path: 'y', modes: ['write', 'write'], costMs: 0 },
      ],
      isComplete: true,
    })
    // What is near the critical path is looked at first.
    const { pairs, isComplete } = tasksKeptApart(compiled!, { mostLookedAt: 6 })
    expect([pairs[0]?.tasks, isComplete]).toEqual([['b', 'e'], false])
    expect(tasksKeptApart(compiled!, { mostLookedAt: 0 })).toEqual({ pairs: [], isComplete: false })
    expect(tasksKeptApart(checkPlan({ tasks: { t: {} } }).compiled!)).toEqual({ pairs: [], isComplete: true })
  })

  it('counts the way through streams', () => {
    const t = { dependsOn: ['s'], tasks: { b: { ...writes('x'), estimate: 3 } } }
    const streams = { s: { tasks: { a: { estimate: 5 } } }, t }
    const { compiled } = checkPlan({ streams, tasks: { c: { ...writes('x'), estimate: 7 } } })
    expect(tasksKeptApart(compiled!).pairs).toMatchObject([{ tasks: ['t/b', 'c'], costMs: 2 }])
  })

  it('and which pairs there are, is what a naive search finds', () => {
    const paths = ['x', 'y', 'x/1', '*']
    const claims = fc.record({
      write: fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 2 }),
      read: fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 1 }),
    })
    const task = fc.record({ claims, estimate: fc.nat(9), before: fc.array(fc.nat(9), { maxLength: 2 }) })
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 9 }), (drawn) => {
        const tasks = drawn.map(({ claims, estimate, before }, i) => {
          const dependsOn = [...new Set(before.filter((other) => other < i).map((other) => `t${other}`))]
          return { id: `t${i}`, claims, estimate, dependsOn }
        })
        const { compiled } = checkPlan({ tasks })
        const { pairs, isComplete } = tasksKeptApart(compiled!)
        expect(isComplete).toBe(true)
        const costs = pairs.map(({ costMs }) => costMs)
        expect(costs).toEqual(costs.toSorted((a, b) => b - a))
        const found = pairs.map(({ tasks: [a, b], costMs }) => `${a} ${b} ${costMs}`)
        expect(found.toSorted()).toEqual(naivePairs(tasks).toSorted())
      }),
    )
  })
})

interface NaiveTask {
  readonly id: string
  readonly claims: { readonly write: readonly string[]; readonly read: readonly string[] }
  readonly estimate: number
  readonly dependsOn: readonly string[]
}

/** By recursion over everything: each pair with its cost. */
function naivePairs(tasks: readonly NaiveTask[]): string[] {
  const find = (id: string): NaiveTask => tasks.find((task) => task.id === id)!
  const head = ({ dependsOn }: NaiveTask): number =>
    Math.max(0, ...dependsOn.map((id) => head(find(id)) + find(id).estimate))
  const tail = ({ id }: NaiveTask): number =>
    Math.max(0, ...tasks.filter(({ dependsOn }) => dependsOn.includes(id)).map((next) => next.estimate + tail(next)))
  const comesAfter = (a: NaiveTask, b: NaiveTask): boolean =>
    a.dependsOn.some((id) => id === b.id || comesAfter(find(id), b))
  const meet = (a: readonly string[], b: readonly string[]): boolean =>
    a.some((x) => b.some((y) => overlap(parsePattern(x) as Pattern, parsePattern(y) as Pattern) !== null))
  const longest = Math.max(...tasks.map((task) => head(task) + task.estimate + tail(task)))
  return tasks.flatMap((a, i) =>
    tasks.slice(i + 1).flatMap((b) => {
      const all = [...b.claims.write, ...b.claims.read]
      const isApart = meet(a.claims.write, all) || meet(a.claims.read, b.claims.write)
      if (!isApart || comesAfter(a, b) || comesAfter(b, a)) return []
      const inTurn = (one: NaiveTask, two: NaiveTask) => head(one) + one.estimate + two.estimate + tail(two)
      return [`${a.id} ${b.id} ${Math.max(0, Math.min(inTurn(a, b), inTurn(b, a)) - longest)}`]
    }),
  )
}

describe('large plans', () => {
  it('a chain of 10,000 tasks that write one path is passed over', () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({
      id: `t${i}`,
      ...writes('x'),
      dependsOn: i > 0 ? [`t${i - 1}`] : [],
    }))
    expect(problems({ tasks })).toEqual([])
  })

  it('a chain of different claims leaves time for what comes after it', () => {
    const chain = Array.from({ length: 300 }, (_, i) => ({
      id: `t${i}`,
      ...writes('x', `y${i}`),
      dependsOn: i > 0 ? [`t${i - 1}`] : [],
    }))
    const late = { id: 'late', ...writes('z'), dependsOn: ['t299'] }
    const aside = [{ id: 'aside' }, { id: 'other', ...writes('z'), dependsOn: ['aside'] }]
    expect(problems({ tasks: [...chain, late, ...aside] })).toEqual([
      'WILL_NOT_RUN_SIDE_BY_SIDE /tasks/302 Tasks "late" and "other" both write "z", and nothing orders them: they will never run side by side.',
    ])
  })

  it('after 200,000 pairs nobody looks further, and that is said', () => {
    const tasks = Array.from({ length: 700 }, (_, i) => ({
      id: `t${i}`,
      ...writes('x', `y${i}`),
      dependsOn: i > 0 ? [`t${i - 1}`] : [],
    }))
    expect(checkPlan({ tasks }).diagnostics).toMatchObject([
      {
        severity: 'info',
        at: '',
        message: 'Only the first 200,000 pairs of tasks were looked at for claims that meet.',
      },
    ])
  })

  it('where a question of order costs too much it stays open, and no warning is given', () => {
    // Two fans behind each other: each of the last has a way to each of the first, but not by the latest predecessor.
    const layer = (name: string, before: string): object[] =>
      Array.from({ length: 1_100 }, (_, i) => ({
        id: `${name}${i}`,
        dependsOn: before === '' ? [] : Array.from({ length: 1_000 }, (_, k) => `${before}${(i + k) % 1_100}`),
      }))
    const tasks = [
      ...layer('a', ''),
      ...layer('b', 'a'),
      { id: 'x', ...writes('p') },
      { id: 'y', ...writes('p'), dependsOn: ['z'] },
    ]
    const z = { id: 'z', dependsOn: Array.from({ length: 1_100 }, (_, i) => `b${i}`) }
    expect(problems({ tasks: [...tasks, z] }, { limits: { edges: 2_000_000 } })).toEqual([])
  })
})

it('reachability is that of a naive search', () => {
  const graph = fc
    .integer({ min: 1, max: 12 })
    .chain((size) =>
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }).map((pairs) => ({ size, pairs })),
    )
  fc.assert(
    fc.property(graph, ({ size, pairs }) => {
      const before = Array.from({ length: size }, (_, node) => [
        ...new Set(
          pairs
            .filter(([from, to]) => Math.max(from, to) === node && from !== to)
            .map(([from, to]) => Math.min(from, to)),
        ),
      ])
      const start = new Int32Array(size + 1)
      for (const [node, list] of before.entries()) start[node + 1] = (start[node] as number) + list.length
      const predecessors = { start, targets: Int32Array.from(before.flatMap((list) => list.toSorted((a, b) => a - b))) }
      const { areOrdered } = createReachability(predecessors, topologicalOrder(predecessors, transpose(predecessors)))
      const reaches = (from: number, to: number): boolean =>
        (before[to] as number[]).some((node) => node === from || reaches(from, node))
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          if (a !== b) expect(areOrdered(a, b)).toBe(reaches(a, b) || reaches(b, a))
        }
      }
    }),
  )
})
