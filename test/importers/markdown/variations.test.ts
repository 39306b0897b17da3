/** Documents as other people would write them: nothing that they say is lost, and nobody waits for what was not meant. */
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { factsOf } from './facts.js'

const read = (text: string) => {
  const { plan, diagnostics, coverage } = importMarkdown(text, { file: 'plan.md' })
  return { ...factsOf(plan), codes: diagnostics.map(({ code }) => code), counts: coverage.dependencies }
}

describe('what waits', () => {
  it('is said of each unit of a list for itself', () => {
    const text = '## Task 1: a\n## Task 2: b\n## Task 3: c\n**Depends on:** Task 1 (hard), Task 2 (optional)'
    expect(read(text).edges).toEqual(['task-3 > task-1', 'task-3 > task-2 soft'])
    const lag = '## Agent A: a\n## Agent B: b\n## Agent C: c\n**Depends on:** Agent A, Agent B (2-day delay)'
    expect(read(lag).edges).toEqual(['C > A', 'C > B +2d'])
  })

  it.each([
    ['Task 4 + 2 days', ['task-5 > task-4 +2d']],
    ['Task 4 + 2d', ['task-5 > task-4 +2d']],
    ['Task 4, 3 hours later', ['task-5 > task-4 +3h']],
    ['Task 4 + 2', ['task-5 > task-4', 'task-5 > task-2']],
    ['Tasks 3 and 4', ['task-5 > task-3', 'task-5 > task-4']],
  ])('takes no length of time for a unit: %s', (value, edges) => {
    const heads = [1, 2, 3, 4, 5].map((number) => `## Task ${number}: part ${number}`)
    expect(read([...heads, `**Depends on:** ${value}`].join('\n')).edges).toEqual(edges)
  })

  it('may stand in the line of a task, in brackets of any kind or after a dash', () => {
    const lines = [
      '- [ ] **WP-1** Set up ~2h',
      '- [ ] **WP-2** Write the schema (deps: WP-1)',
      '- [ ] **WP-3** Write the client [requires WP-2] [files: src/client/*.ts]',
      '- [ ] **WP-4** Publish (after lunch)',
      '- [ ] **WP-5** Tell — waits for WP-3, WP-4',
    ]
    const { edges, estimates, files, counts, codes } = read(lines.join('\n'))
    expect(edges).toEqual(['WP-2 > WP-1', 'WP-3 > WP-2', 'WP-5 > WP-3', 'WP-5 > WP-4'])
    expect([estimates, files]).toEqual([{ 'WP-1': '2h' }, { 'WP-3': ['src/client/*.ts'] }])
    expect([counts.values, codes]).toEqual([3, []])
  })

  it('may be a list in a code block', () => {
    const text =
      '## Task 1: a\n## Task 2: b\n## Task 3: c\n**Depends on:**\n```\nTask 1\n  Task 2 (optional)\n\nluck\n```'
    const { edges, codes } = read(text)
    expect([edges, codes]).toEqual([['task-3 > task-1', 'task-3 > task-2 soft'], ['FREE_TEXT_DEPENDENCY']])
  })

  it('is handed down from a phase to all that is in it', () => {
    const text = [
      '## Phase 1: Ground\n### Task 1: a\n**Estimate:** 1h\n### Task 2: b\n**Estimate:** 1h',
      '## Phase 2: Walls\n**Depends on:** Phase 1\n### Task 3: c\n**Depends on:** None\n### Task 4: d\n**Depends on:** Task 3',
    ]
    expect(read(text.join('\n')).edges).toEqual([
      'task-3 > task-1',
      'task-3 > task-2',
      'task-4 > task-3',
      'task-4 > task-1',
      'task-4 > task-2',
    ])
    const unknown = read('## Phase 2: Walls\n**Depends on:** the weather\n### Task 3: c\n**Estimate:** 1h')
    expect(unknown.codes).toEqual(['FREE_TEXT_DEPENDENCY'])
  })
})

describe('a line of dependencies', () => {
  it('needs no colon where a unit follows', () => {
    const text =
      '## Issue #10: a\n## Issue #12: b\nDepends on #10\n## Issue #14: c\nDepends on #10 and #12 (both merged)'
    expect(read(text).edges).toEqual(['issue-12 > issue-10', 'issue-14 > issue-10', 'issue-14 > issue-12'])
    expect(read('## Task 1: a\n**Estimate:** 1h\nDepends on nobody in particular').codes).toEqual([])
  })

  it('ends with its line, unless its list goes on', () => {
    const lanes = ['## Lane 1: a', '## Lane 2: b', '## Lane 3: c', 'Branch: `x`', '## Lane 4: d']
    const of = (...lines: readonly string[]) => read([...lanes, ...lines].join('\n')).edges
    expect(of('Depends on: Lane 1', 'Handoff: tell Lane 3', 'Lane 2 hears of it later')).toEqual(['lane-4 > lane-1'])
    expect(of('Depends on: Lane 1,', 'Lane 2, and', 'Lane 3')).toEqual([
      'lane-4 > lane-1',
      'lane-4 > lane-2',
      'lane-4 > lane-3',
    ])
  })

  it('has codes with a slash between', () => {
    const heads = ['## WS-1: a', '## WS-2: b', '## WS-3: c', '**Depends on:** WS-1/WS-2']
    expect(read(heads.join('\n')).edges).toEqual(['WS-3 > WS-1', 'WS-3 > WS-2'])
  })
})

describe('units', () => {
  it('may be called by a letter of an alphabet or a colour', () => {
    const text =
      '## Squad Alpha (Backend)\n**Deliverables:**\n- `a.py`\n## Squad Beta\n**Depends on:** Squad Alpha\n## Team Blue\n**Depends on:** Alpha, Beta'
    expect(read(text)).toMatchObject({
      streams: ['alpha', 'beta', 'blue'],
      edges: ['beta > alpha', 'blue > alpha', 'blue > beta'],
    })
    expect(read('## Team Structure\n**Goal:** x\n## Agent Assignments\n**Goal:** y').streams).toEqual([])
  })

  it('of a series need no fields of their own', () => {
    const text = '## T1: a\nSome words.\n## T2: b\n**Depends on:** T1\n## RFC-1: not one\nWords.'
    expect(read(text)).toMatchObject({ tasks: ['T1', 'T2'], edges: ['T2 > T1'], codes: [] })
  })
})

describe('a flowchart of Mermaid', () => {
  const units = (names: string) => [...names].map((name) => `## Stream ${name}: Part ${name}\n**Files:** \`${name}/\``)
  const drawn = (...lines: readonly string[]) =>
    read(['# Plan', ...units('ABCD'), '## How it hangs together', '```mermaid', ...lines, '```'].join('\n'))

  it('says what waits, by the texts of its nodes or by their ids', () => {
    expect(
      drawn(
        'graph TD',
        '  x[Stream A: data] -->|tables| y("Stream B")',
        '  y -.-> C & D',
        '  C ==> D; style x fill:#fff',
      ).edges,
    ).toEqual(['B > A', 'C > B', 'D > B', 'D > C'])
    expect(drawn('flowchart LR', 'A -- tables --> B --> C', '%% B --> A', 'subgraph D', 'end').edges).toEqual([
      'B > A',
      'C > B',
    ])
    expect(drawn('flowchart LR', 'n1{{Part A}} --> n2[(Part B)]').edges).toEqual(['B > A'])
  })

  it('has lines and nodes that say nothing of units', () => {
    expect(drawn('graph TD', 'A --- B', 'A --> web[the web]', 'client --> C', 'A --- B --> C').edges).toEqual(['C > B'])
    expect(drawn('sequenceDiagram', 'A->>B: hello').edges).toEqual([])
  })

  it('is compared with what the units say', () => {
    const text =
      '## Task 1: a\n**Depends on:** None\n## Task 2: b\n**Depends on:** None\n```mermaid\ngraph TD\nt[Task 1] --> u[Task 2]\n```'
    expect(read(text)).toMatchObject({ edges: [], codes: ['DISAGREEMENT'] })
  })
})

describe('a table', () => {
  it('of files and their owners says who owns, who shares in which order, and what nobody may change', () => {
    const text = [
      '## Ownership',
      '| File | Owner |\n|---|---|',
      '| `src/a.ts` | Agent A |',
      '| `src/index.ts` | Agent A, then Agent B |',
      '| `package.json` | nobody |',
      '## Agent A: Alpha\n**Tasks:**\n- [ ] Write it',
      '## Agent B: Beta\n**Depends on:** Agent A',
    ]
    const { files, sequences, protect } = read(text.join('\n'))
    expect(files).toEqual({ A: ['src/a.ts', 'src/index.ts'], B: ['src/index.ts'] })
    expect([sequences, protect]).toEqual([['src/index.ts: A B'], ['package.json']])
  })

  it('has estimates whose unit is in the head of the column', () => {
    const text =
      '| Task | Depends on | Est. Hours |\n|---|---|---|\n| T1 | - | 6 |\n| T2 | T1 | 8-12 |\n| T3 | T2 | 2 days |'
    expect(read(text).estimates).toEqual({ T1: '6h', T2: '8h-12h', T3: '2d' })
  })
})

describe('bold lines', () => {
  it('that name a unit head what is below them, with a colon too', () => {
    const text =
      '# Plan\n\n**Stream A (Core)**:\n- Owns: `core/**`\n\n**Stream B (Edge):**\n- Depends on: Stream A\n- Owns: `edge/**`'
    expect(read(text)).toMatchObject({
      titles: { A: 'Core', B: 'Edge' },
      edges: ['B > A'],
      files: { A: ['core/**'], B: ['edge/**'] },
    })
  })
})

it('paths that a stream shares are claimed by the tasks of its checklist', () => {
  const text = '## Stream A: a\n**Files:** `x.ts`, `a.ts`\n**Tasks:**\n- [ ] one\n## Stream B: b\n**Files:** `x.ts`'
  const { plan } = importMarkdown(text)
  expect(plan.streams).toMatchObject([{ owns: ['a.ts'], tasks: [{ claims: { write: ['x.ts', 'a.ts'] } }] }, {}])
})
