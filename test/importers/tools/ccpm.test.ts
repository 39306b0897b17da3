/** Epics of ccpm: files that are called by a number, which may not be the number that was written down. */
import { describe, expect, it } from 'vitest'
import { importCcpm } from '../../../src/importers/ccpm/index.js'
import { readingOf } from './read.js'

const file = (name: string, dependsOn: string, more: readonly string[] = [], body: readonly string[] = []) => ({
  file: `epics/shop/${name}.md`,
  text: ['---', `name: Part ${name}`, 'status: open', `depends_on: [${dependsOn}]`, ...more, '---', ...body].join('\n'),
})
const EPIC = { file: 'epics/shop/epic.md', text: '---\nname: shop\nstatus: backlog\n---\n# Epic: shop\n' }
const read = (...files: readonly { readonly file: string; readonly text: string }[]) => readingOf(importCcpm(files))

describe('numbers', () => {
  it('are texts: 008 and 010 mean the files of that name, with or without noughts', () => {
    const { facts, check } = read(EPIC, file('008', ''), file('009', '008'), file('010', '8, 009'), file('12', '010'))
    expect(facts.tasks).toEqual(['008', '009', '010', '12'])
    expect(facts.edges).toEqual(['009 > 008', '010 > 008', '010 > 009', '12 > 010'])
    expect(check.ok && check.plan.name).toBe('shop')
  })

  it('that no file has are unknown', () => {
    expect(read(file('001', '007')).said).toEqual(['warning UNKNOWN_ID 4'])
  })
})

describe('a renumbered epic', () => {
  const deps = (...lines: readonly string[]) => ['## Dependencies', ...lines.map((line) => `- [ ] Task ${line}`)]
  const files = (second: string) => [
    file('2', '003', ['name: Review loop'], deps('003: Code generator (makes it)')),
    file('4', '002', [], deps(second)),
    file('5', '005'),
  ]

  it('is an error where numbers make tasks wait for themselves and titles do not help', () => {
    const { said, facts, coverage, diagnostics } = read(...files('002: Nobody knows'))
    expect(said).toEqual(['error CYCLE 4'])
    expect(diagnostics[0]?.message).toContain('renumbered epic')
    expect(facts.edges).toEqual([])
    expect(coverage.dependencies).toEqual({ values: 3, understood: 0, guessed: 0, satisfied: 0, notUnderstood: 3 })
  })

  it('is read by the titles that its files give for the numbers', () => {
    const named = (number: string, title: string, dependsOn: string, ...lines: readonly string[]) => ({
      file: `${number}.md`,
      text: ['---', `name: ${title}`, `depends_on: [${dependsOn}]`, '---', ...deps(...lines)].join('\n'),
    })
    const { said, facts, coverage, check } = read(
      named('10', 'Configuration', ''),
      named('2', 'Review loop', '001, 2', '001: Configuration', '002: Client library (calls)'),
      named('3', 'Client library for models', '001', '001: Configuration'),
    )
    expect(facts.edges).toEqual(['2 > 10', '2 > 3', '3 > 10'])
    expect(said).toEqual(['warning CYCLE 3'])
    expect(coverage.dependencies).toMatchObject({ values: 3, guessed: 3 })
    expect(check.ok).toBe(true)
  })
})

it('tasks that conflict never run at once', () => {
  const { plan, said, check } = read(file('001', ''), file('002', '', ['conflicts_with: [001, 009]']), file('003', ''))
  expect(plan).toMatchObject({
    resources: { 'conflict-001-002': 1 },
    tasks: [
      { uses: { 'conflict-001-002': 'exclusive' } },
      { uses: { 'conflict-001-002': 'exclusive' } },
      { id: '003' },
    ],
  })
  expect(said).toEqual(['warning UNKNOWN_ID 5'])
  expect(check.ok).toBe(true)
})

it('a task has its files, hours, criteria and state; other files are counted', () => {
  const body = [
    '# Task: x',
    '## Description',
    'Why.',
    '### Files Affected',
    '- `lib/a.sh` (new)',
    '## Effort Estimate',
    '- Size: M',
    '- Hours: 16',
    '- Parallel: false',
  ]
  const { plan, coverage } = read(
    { ...file('001', '', ['parallel: false', 'assignee: ann'], body) },
    { file: '001-analysis.md', text: '# Streams' },
  )
  expect(plan.tasks).toEqual([
    {
      id: '001',
      title: 'Part 001',
      input: { description: 'Why.' },
      claims: { write: ['lib/a.sh'] },
      estimate: '16h',
      'x-agent': 'ann',
      'x-parallel': false,
    },
  ])
  expect(coverage.unread).toMatchObject([{ label: 'another file', file: '001-analysis.md' }])
})

it('older files have their fields in a chapter', () => {
  const old = (name: string, deps: string) => ({
    file: `${name}.md`,
    text: `# Task: Part ${name}\n\n## Metadata\n- **Status**: closed\n- **Depends on**: ${deps}\n`,
  })
  const { facts, plan } = read(old('001', 'None'), old('002', '001'))
  expect(facts.edges).toEqual(['002 > 001'])
  expect(plan.tasks).toMatchObject([{ title: 'Part 001', 'x-status': 'done' }, {}])
})

describe('an analysis', () => {
  const analysis = (number: string, ...lines: readonly string[]) => ({
    file: `epics/shop/${number}-analysis.md`,
    text: ['---', `issue: ${number}`, 'estimated_hours: 8', '---', '# Parallel Work Analysis', ...lines].join('\n'),
  })
  const STREAMS = [
    '## Parallel Streams',
    '### Stream A: Tables',
    '**Scope**: What is kept',
    '**Files**:',
    '- src/db/*.sql',
    '- `migrations/`',
    '**Agent Type**: backend-specialist',
    '**Can Start**: immediately',
    '**Estimated Hours**: 4',
    '**Dependencies**: none',
    '### Stream B: Routes',
    '**Can Start**: after Stream A completes',
    '### Stream C: Pages',
    '**Dependencies**: Streams A & B (types only)',
    '## Coordination Points',
    '### Shared Files',
    '- `src/types.ts` - Streams A & B',
  ]
  const update = (number: string, stream: string, status: string) => ({
    file: `epics/shop/updates/${number}/stream-${stream}.md`,
    text: `---\nissue: ${number}\nstream: ${stream}\nstatus: ${status}\n---\n`,
  })

  it('divides its task into streams of work, which wait for each other and for what the task waits for', () => {
    const body = ['## Files Affected', '- src/api/**', '## Description', 'All of it']
    const files = [file('001', ''), file('002', '001', [], body), file('003', '002'), analysis('002', ...STREAMS)]
    const { plan, facts, said, check, coverage } = read(...files, update('002', 'A', 'completed'))
    expect(facts).toMatchObject({ streams: ['002'], tasks: ['001', '003'], taskCounts: { '002': 3 } })
    expect(facts.edges).toEqual(['002 > 001', '003 > 002', '002/B > A', '002/C > A', '002/C > B'])
    expect(plan.streams).toMatchObject([
      {
        title: 'Part 002',
        tasks: [
          {
            id: 'A',
            title: 'Tables',
            claims: { write: ['src/db/*.sql', 'migrations/'] },
            estimate: '4h',
            input: { description: 'What is kept' },
            'x-agent': 'backend-specialist',
            'x-status': 'done',
          },
          { id: 'B', title: 'Routes', claims: { write: ['src/api/**'] }, input: { description: 'All of it' } },
          { id: 'C', title: 'Pages' },
        ],
      },
    ])
    expect([said, check.ok, coverage.unread]).toEqual([[], true, []])
  })

  it('says what it cannot resolve, and which task it lacks', () => {
    const { said, coverage } = read(
      file('001', ''),
      analysis(
        '001',
        '### Stream A: x',
        '**Dependencies**: Stream Z',
        '### Stream B: y',
        '**Dependencies**: the weather',
      ),
      analysis('009', ...STREAMS),
    )
    expect(said).toEqual(['warning UNKNOWN_ID 7', 'warning UNKNOWN_ID 9'])
    expect(coverage.unread).toMatchObject([{ label: 'another file' }])
  })

  it('keeps its parts from what conflicts with the task', () => {
    const { plan } = read(file('001', ''), file('002', '', ['conflicts_with: [001]']), analysis('002', ...STREAMS))
    const [stream] = plan.streams as readonly { readonly tasks: readonly { readonly uses: object }[] }[]
    expect(stream?.tasks.map(({ uses }) => uses)).toEqual(Array(3).fill({ 'conflict-001-002': 'exclusive' }))
  })
})
