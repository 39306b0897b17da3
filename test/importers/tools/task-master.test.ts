/** `tasks.json` of Task Master: tags are spaces of ids, and a number in a subtask is its sibling. */
import { describe, expect, it } from 'vitest'
import { importTaskMaster, type TaskMasterOptions } from '../../../src/importers/task-master.js'
import { readingOf } from './read.js'

const read = (value: unknown, options: TaskMasterOptions = {}) => {
  const text = JSON.stringify(value, null, 1)
  const reading = readingOf(importTaskMaster(text, { file: 'tasks.json', ...options }))
  const rows = text.split('\n')
  /** What stands in the line. */
  const at = (line: number | undefined): string =>
    rows
      .slice((line ?? 0) - 1, (line ?? 0) + 1)
      .join('')
      .replaceAll(' ', '')
  const said = reading.diagnostics.map(({ code, severity, line }) => `${severity} ${code} ${at(line)}`)
  return { ...reading, at, said }
}
type Ids = readonly (number | string)[]
const task = (id: number | string, dependencies: Ids = [], subtasks: readonly object[] = []) => ({
  id,
  title: `Task ${id}`,
  status: 'pending',
  dependencies,
  subtasks,
})
const RING = [task(1, [2]), task(2, [1]), task(3, [2])]

describe('dependencies', () => {
  it('of a task are tasks, whether numbers or texts', () => {
    expect(read({ tasks: [task(1), task('2', ['1']), task(3, [1, '2'])] }).facts.edges).toEqual([
      '2 > 1',
      '3 > 1',
      '3 > 2',
    ])
  })

  it('of a subtask: a number is a sibling, "2.1" a subtask, and "1" a sibling first', () => {
    const { facts } = read({
      tasks: [
        task(1, [], [task(1), task(2, [1]), task(3, ['1.1'])]),
        task(2, [1], [task(1, ['1.2']), task(2, ['1'])]),
        task(3, ['2.2'], [task(1, ['2'])]),
      ],
    })
    expect(facts.edges).toEqual([
      '2 > 1',
      '3 > 2/2.2',
      '1/1.2 > 1.1',
      '1/1.3 > 1.1',
      '2/2.1 > 1/1.2',
      '2/2.2 > 2.1',
      '3/3.1 > 2',
    ])
  })

  it('that nothing has are a warning with their line, also a number that only a task has', () => {
    const { said, coverage } = read({ tasks: [task(1, [7]), task(2, [], [task(1, [3])]), task(3)] })
    expect(said).toEqual(['warning UNKNOWN_ID 7],', 'warning UNKNOWN_ID 3],'])
    expect(coverage.dependencies).toMatchObject({ values: 2, understood: 0, notUnderstood: 2 })
  })

  it('that make a ring under the rule of siblings are an error of the plan, or left out on demand', () => {
    const ring = { tasks: [task(1, [], RING)] }
    const { check, at } = read(ring)
    expect(check.diagnostics).toMatchObject([{ code: 'CYCLE', severity: 'error' }])
    expect(at(check.diagnostics[0]?.line)).toBe('2],')
    const dropped = read(ring, { onCycle: 'drop-subtask-edges' })
    expect(dropped.check.ok).toBe(true)
    expect(dropped.said).toEqual(['warning CYCLE 2],'])
    expect(dropped.facts.edges).toEqual(['1/1.3 > 1.2'])
  })
})

describe('a file', () => {
  it('may have tags, whose ids mean nothing to each other', () => {
    const { facts, said } = read({
      master: { tasks: [task(1), task(2, [1], [task(1), task(2, [1])])], metadata: {} },
      'test tag': { tasks: [task(1, [2])] },
    })
    expect(facts.streams).toEqual(['master.2'])
    expect(facts.tasks).toEqual(['master.1', 'test-tag.1'])
    expect(facts.edges).toEqual(['master.2 > master.1', 'master.2/2.2 > 2.1'])
    expect(said).toEqual(['warning UNKNOWN_ID 2],'])
  })

  it('may be a list, written by hand', () => {
    expect(read([task('a'), task('b', ['a'])]).facts.edges).toEqual(['b > a'])
  })

  it('has texts for whoever does the work, states, priorities; other keys are counted', () => {
    const { plan, coverage, at } = read({
      tasks: [
        {
          ...task(1),
          priority: 'high',
          status: 'in-progress',
          description: 'why',
          details: 'how',
          testStrategy: 'proof',
          assignee: 'ann',
          mood: 'good',
        },
        { ...task(2), status: 'cancelled', priority: 'medium' },
        { ...task(3), status: 'done' },
      ],
    })
    expect(plan.tasks).toEqual([
      {
        id: '1',
        title: 'Task 1',
        priority: 50,
        input: { description: 'why', details: 'how', tests: 'proof' },
        'x-agent': 'ann',
        'x-status': 'active',
      },
      { id: '2', title: 'Task 2', 'x-status': 'cancelled' },
      { id: '3', title: 'Task 3', 'x-status': 'done' },
    ])
    expect(coverage.unread).toMatchObject([{ label: 'mood', count: 1 }])
    expect(at(coverage.unread[0]?.line)).toBe('"mood":"good"},')
  })

  it('with subtasks of one id is refused where somebody waits for it, and else has them renamed', () => {
    const awaited = { tasks: [task(1, [], [task(1), task(1), task(2, [1])])] }
    expect(read(awaited).said).toEqual(['error DUPLICATE_ID {"id":1,'])
    const { said, facts, check } = read({ tasks: [task(1, [], [task(1), task(1), task(1)])] })
    expect(said).toEqual(['warning DUPLICATE_ID {"id":1,', 'warning DUPLICATE_ID {"id":1,'])
    expect([facts.taskCounts, check.ok]).toEqual([{ '1': 3 }, true])
  })

  it('that is no JSON, or holds no tasks, says so with its place', () => {
    expect(importTaskMaster('{ "tasks": [ }', { file: 'x' }).diagnostics).toMatchObject([
      { code: 'BAD_SYNTAX', line: 1, file: 'x' },
    ])
    expect(read({ tasks: [] }).said).toEqual([expect.stringMatching(/^warning NO_UNITS/)])
    expect(read({ a: 1 }).said).toEqual([expect.stringMatching(/^warning NO_UNITS/)])
  })
})
