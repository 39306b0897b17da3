/** Ordered claims: who waits for whom by a sequence, and what is wrong with some. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { pointsOf, waitsFor } from './compiled.js'
import { problems } from './problems.js'

describe('a sequence', () => {
  const claims = { write: ['m/2.py'] }
  const value = (order: readonly string[], more: object = {}): unknown => ({
    streams: {
      A: { tasks: { code: {}, migrate: { claims } } },
      B: { tasks: { migrate: { claims }, again: { claims: { read: ['m'] } } } },
      D: { tasks: { migrate: { claims } } },
    },
    tasks: { ...more },
    sequences: [{ path: 'm/2.py', order }],
  })

  it('lets the claimants of an entry start when all of the earlier ones have ended, and orders nothing else', () => {
    expect(pointsOf(value(['A', 'B', 'D']))).toEqual([
      'sequence "m/2.py after A": end 1/0 of A/migrate',
      'sequence "m/2.py after A, B": end 3/0 of B/migrate, B/again, m/2.py after A',
    ])
    expect(waitsFor(value(['A', 'B', 'D']), 'B/again')).toEqual(['m/2.py after A'])
    expect(waitsFor(value(['A', 'B', 'D']), 'D/migrate')).toEqual(['m/2.py after A, B'])
    expect(waitsFor(value(['A', 'B', 'D']), 'A/code')).toEqual([])
    // Only those of one entry may still meet.
    expect(problems(value(['A', 'B', 'D']))).toEqual([
      'WILL_NOT_RUN_SIDE_BY_SIDE /streams/B/tasks/again Task "B/migrate" writes and task "B/again" reads "m/2.py", and nothing orders them: they will never run side by side.',
    ])
  })

  it('is checked: ids, entries without a claimant, claimants without an entry, claimants twice, and its path', () => {
    expect(problems(value(['A', 'ghost', 'B/migrate', 'B', 'free'], { free: {} }))).toEqual([
      'LOOSE_SEQUENCE /sequences/0/order Task "D/migrate" may touch "m/2.py" at any time: the sequence does not name it.',
      'UNKNOWN_ID /sequences/0/order/1 "ghost" in the sequence is no task or stream of this plan.',
      'BAD_SEQUENCE /sequences/0/order/3 The claims of "B" come in an earlier entry of the sequence too.',
      'LOOSE_SEQUENCE /sequences/0/order/4 Nothing in "free" claims "m/2.py": the sequence does not hold it up.',
    ])
    expect(problems({ tasks: { a: {} }, sequences: [{ path: '/etc', order: [] }] })).toMatchObject([
      expect.stringMatching(/^BAD_PATH \/sequences\/0\/path /),
    ])
  })

  it('counts against the limit of dependencies, as soft ones do', () => {
    const { sequences, ...rest } = value(['A', 'B', 'D']) as { readonly sequences: readonly object[] }
    const many = { ...rest, sequences: Array.from({ length: 10 }, () => sequences[0]) }
    expect(problems(many, { limits: { edges: 30 } })).toContain(
      'TOO_LARGE /sequences The sequences of the plan order more than 30 tasks.',
    )
    const soft = { on: 'a', soft: true }
    const tasks = { a: {}, b: { dependsOn: [soft, soft, soft] } }
    expect(problems({ tasks }, { limits: { edges: 2 } })).toEqual(['TOO_LARGE The plan has more than 2 dependencies.'])
  })

  it('against the dependencies is a circle that names the sequence', () => {
    const check = checkPlan(value(['D', 'late', 'A'], { late: { claims, dependsOn: ['A/migrate'] } }))
    expect(check.diagnostics).toMatchObject([
      {
        code: 'LOOSE_SEQUENCE',
        message: 'Task "B/migrate" and 1 more task may touch "m/2.py" at any time: the sequence does not name it.',
      },
      {
        code: 'CYCLE',
        at: '/sequences/0/order/2',
        message: 'These wait for each other: "A/migrate" → "m/2.py after D, late" → "late" → "A/migrate".',
        hint: 'Read "→" as "depends on". The sequence at /sequences/0 makes one of these: change its order, or remove a dependency.',
      },
    ])
  })
})
