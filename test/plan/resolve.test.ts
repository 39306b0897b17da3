/** What the ids in a plan mean. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { compiled } from './compiled.js'
import { problems } from './problems.js'

/** The predecessors of each node, by name; streams in angle brackets. */
function edges(value: unknown): Record<string, readonly string[]> {
  const plan = compiled(value)
  const name = (node: number): string => plan.taskIds[node] ?? `<${plan.points[node - plan.taskCount]?.id}>`
  const { start, targets } = plan.predecessors
  return Object.fromEntries(
    Array.from({ length: start.length - 1 }, (_, node) => [
      name(node),
      [...targets.slice(start[node], start[node + 1])].map(name),
    ]),
  )
}

describe('an id', () => {
  it('means a sibling task, else a stream, else a full id', () => {
    const streams = {
      db: { tasks: { schema: {}, seed: { dependsOn: ['schema'] } } },
      ui: { tasks: { page: { dependsOn: ['db'] }, form: { dependsOn: ['db/schema', 'fetch'] } } },
    }
    expect(edges({ streams, tasks: { fetch: {}, ship: { dependsOn: ['ui', 'fetch', 'db/seed'] } } })).toEqual({
      'db/schema': [],
      'db/seed': ['db/schema'],
      'ui/page': ['<db>'],
      'ui/form': ['db/schema', 'fetch'],
      fetch: [],
      ship: ['db/seed', 'fetch', '<ui>'],
      '<db>': ['db/schema', 'db/seed'],
      '<ui>': ['ui/page', 'ui/form'],
    })
  })

  it('with two meanings is refused, naming both', () => {
    const streams = {
      db: { tasks: { db: {}, a: { dependsOn: ['db'] } } },
      x: { tasks: { fetch: {}, b: { dependsOn: ['fetch'] } } },
    }
    const check = checkPlan({ streams, tasks: { fetch: {} } })
    expect(check.diagnostics).toMatchObject([
      {
        code: 'AMBIGUOUS_ID',
        at: '/streams/db/tasks/a/dependsOn/0',
        message: '"db" in task "db/a" means both task "db/db" and stream "db".',
        hint: 'Write "db/db" for the first, or rename one of them.',
      },
      { message: '"fetch" in task "x/b" means both task "x/fetch" and task "fetch".' },
    ])
  })

  it('of a stream cannot be that of a task of no stream, or of a gate', () => {
    const hint = expect.stringMatching(/^Ids are unique/)
    const check = checkPlan({
      streams: [{ id: 'a' }, { id: 'a' }],
      tasks: { a: {}, b: {} },
      gates: [{ id: 'b', kind: 'approval' }],
    })
    expect(check.diagnostics.filter(({ code }) => code === 'DUPLICATE_ID')).toMatchObject([
      { at: '/gates/0', message: 'The gate id "b" is used before.', hint },
      { at: '/streams/1', message: 'The stream id "a" is used before.' },
      { at: '/tasks/a', message: 'The task id "a" is used before.' },
    ])
  })

  it('of a gate is one that tasks may wait for, and is used once', () => {
    const gates = [
      { id: 'g', kind: 'approval' },
      { id: 'g', kind: 'approval' },
    ]
    expect(problems({ tasks: { a: { dependsOn: ['g'] } }, gates })).toEqual([
      'DUPLICATE_ID /gates/1 The gate id "g" is used before.',
    ])
  })

  it('that is unknown has a hint, also for siblings by their short name; a plain one where nothing is near', () => {
    const streams = { db: { tasks: { schema: {}, seed: { dependsOn: ['shcema', 'zzz'] } } } }
    const hints = checkPlan({ streams }).diagnostics.map(({ hint }) => hint)
    expect(hints).toEqual([
      'Did you mean "schema"?',
      'Name a task of the same stream, a stream, a gate, or any task as "stream/task".',
    ])
  })

  it('hints are given for 50 unknown ids, and not in a plan with more than 5,000 names', () => {
    const tasks = Array.from({ length: 60 }, (_, i) => ({ id: `task-${i}`, dependsOn: [`tsak-${i}`] }))
    const hinted = (value: unknown): number =>
      checkPlan(value).diagnostics.filter(({ hint }) => hint.startsWith('Did you mean')).length
    expect(hinted({ tasks })).toBe(50)
    expect(hinted({ tasks: [...tasks, ...Array.from({ length: 5_000 }, (_, i) => ({ id: `t${i}` }))] })).toBe(0)
  })
})

describe('a stream', () => {
  it('is waited for by way of one node, whatever the number of tasks', () => {
    const tasks = { a: {}, b: {}, c: {} }
    const streams = { one: { tasks }, two: { dependsOn: ['one', { on: 'fetch' }], tasks } }
    expect(edges({ streams, tasks: { fetch: {} } })).toEqual({
      'one/a': [],
      'one/b': [],
      'one/c': [],
      'two/a': ['fetch', '<one>'],
      'two/b': ['fetch', '<one>'],
      'two/c': ['fetch', '<one>'],
      fetch: [],
      '<one>': ['one/a', 'one/b', 'one/c'],
      '<two>': ['two/a', 'two/b', 'two/c'],
    })
  })

  it('without tasks hands on what it waits for', () => {
    const streams = {
      a: { tasks: { t: {} } },
      empty: { dependsOn: ['a'] },
      c: { dependsOn: ['empty'], tasks: { t: {} } },
    }
    expect(edges({ streams })).toEqual({
      'a/t': [],
      'c/t': ['<empty>'],
      '<a>': ['a/t'],
      '<empty>': ['<a>'],
      '<c>': ['c/t'],
    })
    expect([...compiled({ streams }).wave]).toEqual([0, 1])
  })

  it('on which its own dependency is unknown is reported once, not for each task', () => {
    const streams = { s: { dependsOn: ['ghost'], tasks: { a: {}, b: {} } } }
    expect(problems({ streams })).toEqual([
      'UNKNOWN_ID /streams/s/dependsOn/0 "ghost" in stream "s" is no task, stream or gate of this plan.',
    ])
  })

  it('may not wait for itself by way of others; the dependency that begins the trail is pointed at', () => {
    const streams = {
      a: { dependsOn: ['b'], tasks: { t: {} } },
      b: { tasks: { t: { dependsOn: ['c'] } } },
      c: { dependsOn: ['a'] },
      self: { dependsOn: ['self'] },
    }
    expect(problems({ streams })).toEqual([
      'CYCLE /streams/a/dependsOn/0 These wait for each other: "a/t" → stream "b" → "b/t" → stream "c" → stream "a" → "a/t".',
      'CYCLE /streams/self/dependsOn/0 Stream "self" depends on itself.',
    ])
  })
})

describe('a reference', () => {
  it('makes the edge, once, also beside a dependency', () => {
    const input = {
      sha: { $from: 'fetch', path: ['sha'] },
      all: [{ $from: 'fetch' }, { $from: 's/a', path: ['files', 0] }],
    }
    const streams = { s: { tasks: { a: {}, b: { input: { $from: 'a' } } } } }
    expect(edges({ streams, tasks: { fetch: {}, build: { dependsOn: ['fetch'], input } } })).toMatchObject({
      's/b': ['s/a'],
      build: ['s/a', 'fetch'],
    })
  })

  it.each([
    [{ $from: 'a', pth: [] }],
    [{ $from: '' }],
    [{ $from: 3 }],
    [{ $from: 'a', path: 'sha' }],
    [{ $from: 'a', path: [-1] }],
    [{ $from: 'a', path: [1.5] }],
    [{ $from: 'a', path: [null] }],
  ])('%j is none', (input) => {
    expect(problems({ tasks: { a: {}, b: { input: { deep: [input] } } } })).toEqual([
      'BAD_REFERENCE /tasks/b/input/deep/0 An object with "$from" is not a reference.',
    ])
  })

  it('leads to a task, not to a stream', () => {
    expect(problems({ streams: { s: {} }, tasks: { a: { input: { $from: 's' } } } })).toEqual([
      'BAD_REFERENCE /tasks/a/input The input refers to "s", which is a stream: only tasks have results.',
    ])
  })

  it('to nothing, to two things, to itself', () => {
    const streams = { s: { tasks: { x: {}, y: { input: [{ $from: 'x' }, { $from: 'y' }, { $from: 'z' }, null] } } } }
    expect(problems({ streams, tasks: { x: {} } })).toEqual([
      'AMBIGUOUS_ID /streams/s/tasks/y/input/0 "x" in task "s/y" means both task "s/x" and task "x".',
      'CYCLE /streams/s/tasks/y/input/1 Task "s/y" depends on itself.',
      'UNKNOWN_ID /streams/s/tasks/y/input/2 "z" in task "s/y" is no task, stream or gate of this plan.',
    ])
  })

  it('a name that a stream has too means the task', () => {
    const streams = { s: { tasks: { x: {}, y: { input: { $from: 'x' } } } }, x: { tasks: { t: {} } } }
    expect(edges({ streams })['s/y']).toEqual(['s/x'])
  })

  it('inside other inputs there may be anything, null and undefined too', () => {
    expect(
      problems({ tasks: { a: { input: { x: null, y: undefined, z: [1, 'two', false] } }, b: { input: null } } }),
    ).toEqual([])
  })
})
