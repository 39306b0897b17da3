/** Issues of beads: one object a line, links inside or in a file beside. */
import { describe, expect, it } from 'vitest'
import { importBeads } from '../../../src/importers/beads.js'
import { readingOf } from './read.js'

const issue = (id: string, more: object = {}) => ({
  id,
  title: `Issue ${id}`,
  status: 'open',
  issue_type: 'task',
  ...more,
})
const link = (issue_id: string, depends_on_id: string, type = 'blocks') => ({ issue_id, depends_on_id, type })
const text = (...lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
const read = (...lines: readonly (object | string)[]) =>
  readingOf(importBeads(text(...lines), { file: 'issues.jsonl' }))

describe('links', () => {
  it('that block are edges; the others are for people', () => {
    const { facts, coverage, plan } = read(
      issue('bd-1'),
      issue('bd-2', {
        dependencies: [link('bd-2', 'bd-1'), link('bd-2', 'bd-3', 'related'), link('bd-2', 'bd-3', 'discovered-from')],
      }),
      issue('bd-3', { dependencies: [link('bd-3', 'bd-1', 'waits-for'), link('bd-3', 'bd-2', 'conditional-blocks')] }),
    )
    expect(facts.edges).toEqual(['bd-2 > bd-1', 'bd-3 > bd-1', 'bd-3 > bd-2'])
    expect(plan.tasks).toMatchObject([{}, {}, { dependsOn: ['bd-1', { on: 'bd-2', when: 'failure' }] }])
    expect(coverage.dependencies).toMatchObject({ values: 3, understood: 3 })
  })

  it('may be in a file of their own', () => {
    const files = [
      { file: 'issues.jsonl', text: text(issue('a'), issue('b')) },
      { file: 'dependencies.jsonl', text: text(link('b', 'a'), link('b', 'gone'), link('lost', 'a')) },
    ]
    const { facts, diagnostics } = readingOf(importBeads(files))
    expect(facts.edges).toEqual(['b > a'])
    expect(diagnostics).toMatchObject([
      { code: 'UNKNOWN_ID', severity: 'warning', file: 'dependencies.jsonl', line: 2, column: 33 },
      { code: 'UNKNOWN_ID', severity: 'warning', file: 'dependencies.jsonl', line: 3 },
    ])
  })

  it('to a parent make it a stream, whose parts wait for what it waits for, those further in too', () => {
    const child = (id: string, parent: string, more: readonly object[] = []) =>
      issue(id, { dependencies: [link(id, parent, 'parent-child'), ...more] })
    const { facts, check } = read(
      issue('base'),
      issue('epic', { issue_type: 'epic', dependencies: [link('epic', 'base')] }),
      child('epic.1', 'epic'),
      child('epic.2', 'epic', [link('epic.2', 'epic.1')]),
      child('epic.2.1', 'epic.2'),
      issue('last', { dependencies: [link('last', 'epic')] }),
    )
    expect(facts.streams).toEqual(['epic', 'epic.2'])
    expect(facts.taskCounts).toEqual({ epic: 1, 'epic.2': 1 })
    expect(facts.edges).toEqual([
      'epic > base',
      'epic.2 > epic/epic.1',
      'epic.2 > base',
      'last > epic',
      'last > epic.2',
    ])
    expect(check.ok).toBe(true)
  })

  it('that make an issue a part of itself, or wait for what it is a part of, are left out with a warning', () => {
    const ring = read(
      issue('a', { dependencies: [link('a', 'b', 'parent-child')] }),
      issue('b', { dependencies: [link('b', 'a', 'parent-child')] }),
    )
    expect(ring.said).toEqual(['warning DISAGREEMENT 2'])
    const upwards = read(issue('a', { dependencies: [link('a', 'b', 'parent-child'), link('a', 'b')] }), issue('b'))
    expect(upwards.said).toEqual(['warning DISAGREEMENT 1'])
    // That a parent waits for its parts goes without saying.
    const downwards = read(
      issue('b', { dependencies: [link('b', 'a')] }),
      issue('a', { dependencies: [link('a', 'b', 'parent-child')] }),
    )
    expect([downwards.said, downwards.facts.edges, downwards.check.ok]).toEqual([[], [], true])
  })

  it('to what was deleted are satisfied', () => {
    const { said, facts } = read(issue('a', { status: 'tombstone' }), issue('b', { dependencies: [link('b', 'a')] }))
    expect(said).toEqual(['info ALREADY_SATISFIED 2'])
    expect(facts.tasks).toEqual(['b'])
  })
})

it('an issue has its state, priority, estimate, texts and labels', () => {
  const { plan } = read(
    issue('a', {
      status: 'in_progress',
      priority: 0,
      estimated_minutes: 90,
      description: 'why',
      labels: ['x'],
      assignee: 'ann',
    }),
    issue('b', { status: 'hooked', priority: 2, issue_type: 'bug', acceptance_criteria: 'works' }),
    issue('c', { status: 'closed', priority: 4 }),
    issue('d', { status: 'pinned', issue_type: 'convoy' }),
  )
  expect(plan.tasks).toEqual([
    {
      id: 'a',
      title: 'Issue a',
      input: { description: 'why' },
      priority: 100,
      estimate: '90m',
      'x-agent': 'ann',
      'x-labels': ['x'],
      'x-status': 'active',
    },
    { id: 'b', title: 'Issue b', input: { criteria: 'works' }, 'x-type': 'bug', 'x-status': 'active' },
    { id: 'c', title: 'Issue c', priority: -100, 'x-status': 'done' },
    { id: 'd', title: 'Issue d', 'x-type': 'convoy', 'x-status': 'pinned' },
  ])
})

describe('lines', () => {
  it('of a conflict that git left are an error, and its first side is read', () => {
    const { said, facts } = read(
      issue('a'),
      '<<<<<<< HEAD',
      issue('b'),
      '=======',
      issue('b'),
      issue('c'),
      '>>>>>>> theirs',
      issue('d'),
    )
    expect(said).toEqual(['error BAD_SYNTAX 2'])
    expect(facts.tasks).toEqual(['a', 'b', 'd'])
  })

  it('that are no objects, have no id, or have one that is there already are errors', () => {
    expect(read(issue('a'), '{"id": "b"', '[1]', { title: 'x' }, issue('a')).said).toEqual([
      'error BAD_SYNTAX 2',
      'error BAD_SYNTAX 3',
      'error BAD_ID 4',
      'error DUPLICATE_ID 5',
    ])
  })
})
