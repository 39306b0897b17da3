/** Tasks of Backlog.md: a file for each, ids with prefixes, states from the settings. */
import { describe, expect, it } from 'vitest'
import { importBacklog } from '../../../src/importers/backlog.js'
import { readingOf } from './read.js'

const CONFIG = {
  file: 'backlog/config.yml',
  text: 'project_name: "Shop"\nstatuses: ["Idea", "Doing", "Shipped"]\ntask_prefix: "back"\n',
}
const task = (id: string, matter: readonly string[] = [], body: readonly string[] = []) => ({
  file: `backlog/tasks/${id.toLowerCase()} - x.md`,
  text: ['---', `id: ${id}`, `title: Title of ${id}`, ...matter, '---', '', ...body].join('\n'),
})
const read = (...files: readonly { readonly file: string; readonly text: string }[]) => readingOf(importBacklog(files))

describe('ids', () => {
  it('with points are inside of the task before the point, or of the one that is named', () => {
    const { facts } = read(
      task('BACK-1'),
      task('BACK-1.1'),
      task('BACK-1.2', ['dependencies: [BACK-1.1]']),
      task('BACK-7', ['parent_task_id: back-1']),
    )
    expect(facts.taskCounts).toEqual({ 'BACK-1': 3 })
    expect(facts.edges).toEqual(['BACK-1/BACK-1.2 > BACK-1.1'])
  })

  it('with another prefix, or with noughts before, are found by their number, as a guess', () => {
    const { facts, said, coverage } = read(
      task('BACK-24.1'),
      task('BACK-200', ['dependencies:', '  - task-24.1', '  - BACK-0024.01']),
    )
    expect(facts.edges).toEqual(['BACK-200 > BACK-24.1'])
    expect(said).toEqual(['info INFERRED 5', 'info INFERRED 6'])
    expect(coverage.dependencies).toMatchObject({ values: 2, understood: 0, guessed: 2 })
  })

  it('that several tasks may be are ambiguous, and that none has unknown', () => {
    const { said } = read(task('BACK-3'), task('TASK-3'), task('BACK-4', ["dependencies: ['x-3', task-9]"]))
    expect(said).toEqual(['warning AMBIGUOUS_ID 4', 'warning UNKNOWN_ID 4'])
  })

  it('in two files are an error that names both', () => {
    const { diagnostics } = read(task('BACK-56'), { ...task('BACK-56'), file: 'backlog/tasks/back-56 - y.md' })
    expect(diagnostics).toMatchObject([
      { code: 'DUPLICATE_ID', severity: 'error', file: 'backlog/tasks/back-56 - y.md', line: 2 },
    ])
    expect(diagnostics[0]?.message).toContain('backlog/tasks/back-56 - x.md:2')
  })
})

it('states have the names of the settings', () => {
  const states = ['Idea', 'Doing', 'Shipped', 'Blocked']
  const { plan, check } = read(CONFIG, ...states.map((status, at) => task(`BACK-${at}`, [`status: ${status}`])))
  expect(plan.tasks).toMatchObject([
    { id: 'BACK-0' },
    { 'x-status': 'active' },
    { 'x-status': 'done' },
    { 'x-status': 'Blocked' },
  ])
  expect(plan.tasks).not.toMatchObject([{ 'x-status': expect.anything() }, {}, {}, {}])
  expect(check.ok && check.plan.name).toBe('Shop')
})

it('a task has its title over lines, texts, criteria, files, agents, labels; other keys are counted', () => {
  const matter = [
    'title: >-',
    '  A long',
    '  title',
    "assignee: ['@ann']",
    'labels:',
    '  - ui',
    'priority: high',
    'modified_files: [src/a.ts]',
    'mood: good',
  ]
  const body = [
    '## Description',
    '<!-- SECTION:DESCRIPTION:BEGIN -->',
    'Why it is done.',
    '<!-- SECTION:DESCRIPTION:END -->',
    '## Acceptance Criteria',
    '<!-- AC:BEGIN -->',
    '- [ ] #1 It works',
    '<!-- AC:END -->',
  ]
  const { plan, coverage } = readingOf(
    importBacklog([{ file: 't.md', text: ['---', 'id: task-1', ...matter, '---', ...body].join('\n') }]),
  )
  expect(plan.tasks).toEqual([
    {
      id: 'task-1',
      title: 'A long title',
      input: { description: 'Why it is done.', criteria: ['It works'] },
      priority: 50,
      claims: { write: ['src/a.ts'] },
      'x-agent': '@ann',
      'x-labels': ['ui'],
      'x-inferred': ['claims'],
    },
  ])
  expect(coverage.unread).toEqual([{ label: 'mood', count: 1, file: 't.md', line: 11 }])
})

it('other files are passed over', () => {
  expect(read({ file: 'notes.md', text: '# Notes\n' }).said).toEqual(['warning NO_UNITS 1'])
})
