/** The forms of units and of their fields, each in a document of a few lines. */
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { factsOf } from './facts.js'

const read = (...lines: readonly string[]) => {
  const result = importMarkdown(lines.join('\n'), { file: 'plan.md' })
  return { ...result, facts: factsOf(result.plan) }
}
/** `CODE line` of each diagnostic. */
const said = ({ diagnostics }: ReturnType<typeof read>) => diagnostics.map(({ code, line }) => `${code} ${line}`)

describe('units', () => {
  it.each([
    ['a letter after a word', '## Stream A: Schema', 'A', 'Schema'],
    ['a number after a word', '### 🔵 **Track 2: Interface** (ACTIVE)', 'track-2', 'Interface'],
    ['a code', '## WS-007: Gate', 'WS-007', 'Gate'],
    ['a name before a word', '## 🟢 **Payment Squad** (2 files)', 'payment', 'Payment'],
    ['a word, a dash and a title', '## Epic 3 — Search', 'epic-3', 'Search'],
    ['a unit in brackets at the end', '## Final merge (Stream 6)', 'stream-6', 'Final merge'],
  ])('have headings: %s', (_, heading, id, title) => {
    const { facts, locate } = read('# Plan', heading, '', '**Branch:** `feature/x`')
    expect(facts.streams.length + facts.tasks.length).toBe(1)
    expect(facts.titles[id] ?? id).toBe(title === 'Payment' ? 'payment' : title)
    expect([...locate(new Set(['/streams/0', '/tasks/0'])).values()]).toMatchObject([{ file: 'plan.md', line: 2 }])
  })

  it('have headings of the form "Epic: Title (id)", if there are several', () => {
    const { facts } = read(
      '# Plan',
      '## Epic: Search (epic-search)',
      '- find it',
      '## Epic: Pay (epic-pay)',
      '- pay it',
    )
    expect(facts.streams).toEqual(['epic-search', 'epic-pay'])
  })

  it('are rows of a table with an id', () => {
    const { facts, locate } = read(
      '| ID | Title | Depends on | Est. | Priority | Files |',
      '|----|:------|------------|-----:|----------|-------|',
      '| BE-1 | Schema | - | 2d | P0 | `db/a.sql` |',
      '| BE-2 | Routes | BE-1 | 1.5h | P2 | `api/**`, `app.ts` |',
    )
    expect(facts).toMatchObject({
      tasks: ['BE-1', 'BE-2'],
      titles: { 'BE-1': 'Schema', 'BE-2': 'Routes' },
      edges: ['BE-2 > BE-1'],
      estimates: { 'BE-1': '2d', 'BE-2': '1.5h' },
      priorities: { 'BE-1': 100, 'BE-2': 0 },
      files: { 'BE-1': ['db/a.sql'], 'BE-2': ['api/**', 'app.ts'] },
    })
    expect(locate(new Set(['/tasks/1'])).get('/tasks/1')).toMatchObject({ line: 4 })
  })

  it('are items of a checklist with an id, in any depth', () => {
    const { facts, plan } = read(
      '# Plan',
      '- [x] 1. Base',
      '- [-] 2. Middle',
      '  - [ ] 2.1 Inner',
      '  - [ ] 2.2 Other (depends on 2.1)',
      '- [ ] `T9` Last',
    )
    expect(facts.streams).toEqual(['2'])
    expect(facts.tasks).toEqual(['1', 'T9'])
    expect(facts.edges).toEqual(['2/2.2 > 2.1'])
    expect(plan).toMatchObject({ tasks: [{ 'x-status': 'done' }, {}], streams: [{ 'x-status': 'active' }] })
  })

  it('are no measures', () => {
    const { facts } = read(
      '## Stream A: x',
      '### Tasks',
      '- [ ] <0.1% more bytes',
      '- [ ] 99.9% of calls',
      '- [ ] 1.5x as fast',
    )
    expect([facts.streams, facts.taskCounts]).toEqual([['A'], { A: 3 }])
  })

  it('are bold items of a numbered list, with their fields below', () => {
    const { facts } = read(
      '1. **WS-01: First**',
      '   - Files: `a/x.ts`',
      '2. **WS-02: Second**',
      '   - Depends on: WS-01',
      '   - Estimate: 3h',
    )
    expect(facts).toMatchObject({
      streams: ['WS-01', 'WS-02'],
      edges: ['WS-02 > WS-01'],
      files: { 'WS-01': ['a/x.ts'] },
      estimates: { 'WS-02': '3h' },
    })
  })

  it('hold tasks: the checklist of a stream is its tasks, with equal shares of its estimate', () => {
    const { facts, plan } = read('## Track 1: Base', '### Tasks', '- [ ] One', '- [x] Two', '### Duration: 1-2 hours')
    expect(facts.taskCounts).toEqual({ 'track-1': 2 })
    expect(plan.streams).toMatchObject([
      {
        tasks: [
          { id: 'one', estimate: { min: '30m', max: '60m' } },
          { id: 'two', 'x-status': 'done' },
        ],
      },
    ])
  })

  it('hold steps: the checklist of a task is for whoever does it', () => {
    const { plan } = read(
      '## Task 1: Base',
      '**File:** `a.ts`',
      '',
      '- [ ] One',
      '- [ ] Two',
      '',
      '**Estimate:** 30min',
    )
    expect(plan.tasks).toMatchObject([{ id: 'task-1', input: { steps: ['One', 'Two'] }, estimate: '30m' }])
  })

  it('are in phases, which are headings and order nothing', () => {
    const { facts, plan } = read('## Phase 1: Base', '### Stream A: One', '## Phase 2: Rest', '### Stream B: Two')
    expect(facts.edges).toEqual([])
    expect(plan.streams).toMatchObject([{ 'x-phase': 'phase-1' }, { 'x-phase': 'phase-2' }])
  })

  it('may have one name in two phases; their own phase is meant first', () => {
    const { facts } = read(
      '## Phase 1: Base',
      '### Stream A: One',
      '## Phase 2: Rest',
      '### Stream A: Two',
      '### Stream B: Three',
      '**Depends on:** Stream A',
    )
    expect(facts.streams).toEqual(['A', 'phase-2.A', 'B'])
    expect(facts.edges).toEqual(['B > phase-2.A'])
  })

  it('are spoken of again without being new ones', () => {
    const { facts, plan } = read(
      '## Agent A: Base',
      '**Files:** `a.ts`',
      '## Progress',
      '### Agent A: Base',
      '**Status:** in progress',
      '## Prompts',
      '### Agent A Prompt',
      '```',
      'Do it.',
      '```',
    )
    expect(facts.streams).toEqual(['A'])
    expect(plan.streams).toMatchObject([{ 'x-status': 'active', tasks: [{ input: { prompt: 'Do it.' } }] }])
  })

  it('are whole documents, one for each file of a folder', () => {
    const track = (id: number, rest: string) => `# Cutover: Parallel Track ${id} (Part ${id})\n\n${rest}`
    const { plan, locate } = importMarkdown([
      {
        file: 'one.md',
        text: track(1, '## Exclusive Ownership (This Track)\n- `src/a/**`\n\n## Work Packages\n- [ ] `T1.1` Cut'),
      },
      { file: 'two.md', text: track(2, '## Owned paths\n- `src/b/**`\n\n## Depends on\n- Track 1') },
    ])
    expect(factsOf(plan)).toMatchObject({
      streams: ['track-1', 'track-2'],
      files: { 'track-1': ['src/a/**'], 'track-2': ['src/b/**'] },
      edges: ['track-2 > track-1'],
    })
    expect(locate(new Set(['/streams/1'])).get('/streams/1')).toEqual({ file: 'two.md', line: 1, column: 3 })
  })

  it('have their id from the name of the file where front matter says what they depend on', () => {
    const file = (name: string, deps: string) => ({
      file: `epic/${name}.md`,
      text: `---\nname: Task ${name}\ndepends_on: [${deps}]\n---\n# Task: x\n`,
    })
    expect(factsOf(importMarkdown([file('001', ''), file('002', '001')]).plan)).toMatchObject({ edges: ['002 > 001'] })
  })

  it('are not made of chapters, prose and code', () => {
    const { facts, diagnostics } = read(
      '# Notes on Task 4 of the old plan',
      '## 1. Principles',
      'Phase 2 comes later. See UTF-8, P0 and S3.',
      '```python',
      'dependencies: Mapped[str]  # Task 1 depends on Task 2',
      '## Task 7: not a heading',
      '```',
    )
    expect(facts).toMatchObject({ streams: [], tasks: [] })
    expect(diagnostics).toMatchObject([{ code: 'NO_UNITS', severity: 'warning' }])
  })
})

describe('fields', () => {
  it.each([
    '**Estimate:** 2-3 hours',
    '**Estimate**: ~2–3h',
    '- Effort: 2-3 hrs',
    'Estimated effort: 2 to 3 hours',
    '### Duration: 2-3 hours',
    '**Branch:** `x` | **Estimate:** 2-3 hours | **Priority:** P1',
    '**Branch:** x **Estimate:** 2h-3h **Priority:** P1',
    '**Estimate:**\n- 2-3 hours',
    '### Estimate\n2-3 hours',
    '_Estimate: 2-3 hours_',
  ])('stand in each of these forms: %s', (line) => {
    expect(read('## Task 1: x', line).facts.estimates).toEqual({ 'task-1': '2h-3h' })
  })

  it.each([
    ['30min', '30m'],
    ['1.5h', '1.5h'],
    ['3-5 days', '3d-5d'],
    ['Medium (60-90m)', '60m-90m'],
    ['Week 3 (7 days)', '7d'],
    ['2 weeks', '10d'],
    ['6-8 hours (more if needed)', '6h-8h'],
  ])('have estimates: %s', (text, estimate) => {
    expect(read('## Task 1: x', `**Estimate:** ${text}`).facts.estimates).toEqual({ 'task-1': estimate })
  })

  it.each(['Week 7-8', 'Continuous (Week 1-8)', 'L', '5 points', '~60 lines'])(
    'have no estimate, and say so, where it is no length of time: %s',
    (text) => {
      const result = read('## Task 1: x', `**Estimate:** ${text}`)
      expect(result.facts.estimates).toEqual({})
      expect(said(result)).toEqual(['UNREAD_ESTIMATE 2'])
    },
  )

  it.each([
    ['P0 - critical path', 100],
    ['Critical', 100],
    ['High', 50],
    ['medium', 0],
    ['P3', -50],
    ['1', 50],
  ])('have priorities: %s', (text, priority) => {
    expect(read('## Task 1: x', `**Priority:** ${text}`).facts.priorities).toEqual({ 'task-1': priority })
  })

  it('that the reader does not know are counted, and end the field before', () => {
    const { facts, coverage } = read(
      '## Task 1: x',
      '**Files:**',
      '- `a.ts`',
      '**Mood:** fine',
      '- `b.ts`',
      '**Mood:** so so',
    )
    expect(facts.files).toEqual({ 'task-1': ['a.ts'] })
    expect(coverage.unread).toEqual([{ label: 'Mood', count: 2, file: 'plan.md', line: 4 }])
  })

  it('keep deliverables, criteria, tests, prompts and the agent for whoever does the work', () => {
    const { plan } = read(
      '## Agent A: x',
      '**Deliverables:**',
      '- a thing',
      '**Acceptance criteria:**',
      '- [ ] it works',
      '**Tests:**',
      '- `t/x.test.ts` - all of it',
    )
    expect(plan.streams).toMatchObject([
      { owns: ['t/x.test.ts'], tasks: [{ deliverables: ['a thing'], input: { criteria: ['it works'] } }] },
    ])
  })
})

it('text that went through a wrong encoding is mended, and that is said', () => {
  const broken = (text: string) =>
    Array.from(
      new TextEncoder().encode(text),
      (byte) => ({ 134: '†', 146: '’', 128: '€', 148: '”', 156: 'œ', 133: '…' })[byte] ?? String.fromCharCode(byte),
    ).join('')
  const result = read('## Stream A: x', '## Stream B: y', broken('Merge order: B → A'))
  expect(result.facts.mergeAfter).toEqual(['A > B'])
  expect(said(result)).toEqual(['MENDED_TEXT 1'])
})
