/** Two tasks that write one path with no order between them will never run side by side: a warning names the pair. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topologicalOrder, transpose } from '../../src/plan/adjacency.js'
import { checkPlan } from '../../src/plan/check.js'
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

  it('is not given for readers, nor for tasks that claim nothing', () => {
    expect(
      problems({ tasks: { a: writes('x'), b: { claims: { read: ['x'] } }, c: { claims: { read: ['x'] } }, d: {} } }),
    ).toEqual([])
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
      message: '187 more pairs of tasks will never run side by side: they write one path, and nothing orders them.',
    })
  })

  it('stops counting where it would cost too much, and says so', () => {
    const tasks = Array.from({ length: 700 }, (_, i) => ({ id: `t${i}`, ...writes('x') }))
    expect(checkPlan({ tasks }).diagnostics[0]?.message).toBe(
      'At least 199,996 more pairs of tasks will never run side by side: they write one path, and nothing orders them.',
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
        message: 'Only the first 200,000 pairs of tasks were looked at for writes to one path.',
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
