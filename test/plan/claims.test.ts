/** Claims, and whose paths they are. */
import { describe, expect, it } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'
import { byTask, compiled } from './compiled.js'
import { problems } from './problems.js'

describe('claims', () => {
  const claims = (plan: CompiledPlan, task: number): unknown => {
    const set = plan.claimSets[plan.claimSet[task] as number]
    return set === undefined
      ? null
      : { write: set.write.map(({ text }) => text), read: set.read.map(({ text }) => text) }
  }

  it('of a task that says none are what its stream owns, as writes; `{}` claims nothing', () => {
    const streams = {
      s: { owns: ['src/', './docs/**'], tasks: { a: {}, b: { claims: {} }, c: { claims: { read: ['lib'] } } } },
      t: { tasks: { a: {} } },
    }
    expect(byTask({ streams, tasks: { x: {} } }, claims)).toEqual({
      's/a': { write: ['src/', 'docs/**'], read: [] },
      's/b': null,
      's/c': { write: [], read: ['lib'] },
      't/a': null,
      x: null,
    })
  })

  it('where one set both reads and writes a path, it writes', () => {
    const write = ['a', './b']
    expect(byTask({ tasks: { x: { claims: { write, read: ['b', 'c', 'a', 'c'] } } } }, claims)).toEqual({
      x: { write: ['a', 'b'], read: ['c'] },
    })
  })

  it('equal sets are shared, however they are spelled', () => {
    const sets = [
      { write: ['a', 'b'] },
      { write: ['./b', 'a', 'a'], read: ['b'] },
      { write: ['a'], read: ['b'] },
      { advisory: ['q'] },
    ]
    const plan = compiled({ tasks: sets.map((claims, i) => ({ id: `t${i}`, claims })) })
    expect([...plan.claimSet]).toEqual([0, 0, 1, -1])
  })

  it('bad patterns are reported wherever they stand, each time', () => {
    const bad = '../x'
    const plan = {
      protect: [bad],
      streams: { s: { owns: ['ok', bad] } },
      tasks: { a: { claims: { write: [bad], read: [bad], advisory: ['ok', bad] } } },
    }
    expect(checkPlan(plan).diagnostics.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'BAD_PATH /protect/0',
      'BAD_PATH /streams/s/owns/1',
      'BAD_PATH /tasks/a/claims/advisory/1',
      'BAD_PATH /tasks/a/claims/read/0',
      'BAD_PATH /tasks/a/claims/write/0',
    ])
  })
})

describe('owned and protected paths', () => {
  it('may be claimed by nobody else, whatever the spelling', () => {
    const plan = {
      protect: ['secret/**'],
      streams: {
        db: { owns: ['db/**'], tasks: { a: { claims: { write: ['db/x', 'free'] } }, b: {} } },
        ui: {
          owns: ['ui/**', 'db/{x,y}.ts'],
          tasks: { a: { claims: { write: ['*/y.ts'], read: ['db/z', 'secret/k'] } }, b: {} },
        },
      },
      tasks: { t: { claims: { write: ['secret', 'ui/q'] } }, u: { claims: { read: ['ui/q'] } } },
    }
    expect(problems(plan)).toEqual([
      'OWNED_PATH /streams/ui/owns/1 Stream "ui" owns "db/{x.ts,y.ts}", but stream "db" owns "db/**" (both cover "db/x.ts").',
      'PROTECTED_PATH /streams/ui/tasks/a/claims/read/1 Task "ui/a" claims "secret/k", but "secret/**" is protected (both cover "secret/k").',
      'PROTECTED_PATH /streams/ui/tasks/a/claims/write/0 Task "ui/a" claims "*/y.ts", but "secret/**" is protected (both cover "secret/y.ts").',
      'OWNED_PATH /streams/ui/tasks/a/claims/write/0 Task "ui/a" claims "*/y.ts", but stream "db" owns "db/**" (both cover "db/y.ts").',
      'PROTECTED_PATH /tasks/t/claims/write/0 Task "t" claims "secret", but "secret/**" is protected (both cover "secret").',
      'OWNED_PATH /tasks/t/claims/write/1 Task "t" claims "ui/q", but stream "ui" owns "ui/**" (both cover "ui/q").',
    ])
  })

  it('a stream may not own what is protected', () => {
    expect(problems({ protect: ['a'], streams: { s: { owns: ['a/b'], tasks: { t: {} } } } })).toEqual([
      'PROTECTED_PATH /streams/s/owns/0 Stream "s" owns "a/b", but "a" is protected (both cover "a/b").',
    ])
  })
})

describe('a path with an ending', () => {
  const check = (owns: string, protect: string) =>
    problems({ protect: [protect], streams: { s: { owns: [owns], tasks: { t: {} } } } }).length

  it('is no folder for what is owned and protected: nobody means what would be below a file', () => {
    expect([check('lib/base.py', 'lib/*/main.py'), check('lib/*/main.py', 'lib/base.py')]).toEqual([0, 0])
    expect([check('lib/base', 'lib/*/main.py'), check('lib/base.py', 'lib/*.py')]).toEqual([1, 1])
    expect([check('lib/base.py', 'lib/base.py'), check('lib/*.py', 'lib/base.py')]).toEqual([1, 1])
  })
})

describe('the order of merging', () => {
  it('names streams, without circles', () => {
    const streams = {
      a: { mergeAfter: ['b', 'bb'] },
      b: { mergeAfter: ['c', 'zzz'] },
      c: { mergeAfter: ['a'] },
      d: { mergeAfter: ['d'] },
    }
    expect(checkPlan({ streams, tasks: { t: {} } }).diagnostics).toMatchObject([
      {
        code: 'CYCLE',
        at: '/streams/a/mergeAfter',
        message: 'These streams merge after each other: "a" → "b" → "c" → "a".',
        hint: 'Remove one of these entries of "mergeAfter".',
      },
      {
        code: 'UNKNOWN_ID',
        at: '/streams/a/mergeAfter/1',
        message: 'Stream "a" merges after "bb", which is no stream of this plan.',
        hint: 'Name a stream.',
      },
      { code: 'UNKNOWN_ID', at: '/streams/b/mergeAfter/1', hint: 'Name a stream.' },
      { code: 'CYCLE', at: '/streams/d/mergeAfter', message: 'These streams merge after each other: "d" → "d".' },
    ])
  })

  it('does not order the tasks', () => {
    expect([
      ...compiled({ streams: { a: { mergeAfter: ['b'], tasks: { t: {} } }, b: { tasks: { t: {} } } } }).wave,
    ]).toEqual([0, 0])
  })

  it('an unknown stream has a hint', () => {
    const streams = { backend: { mergeAfter: ['fronted'] }, frontend: {} }
    expect(checkPlan({ streams }).diagnostics[0]?.hint).toBe('Did you mean "frontend"?')
  })
})
