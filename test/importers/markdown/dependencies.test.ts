/** Every way to say what waits for what, and that nothing which was said gets lost. */
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { factsOf } from './facts.js'

const read = (lines: readonly string[]) => {
  const result = importMarkdown(lines.join('\n'), { file: 'plan.md' })
  return { ...result, facts: factsOf(result.plan), codes: result.diagnostics.map(({ code }) => code) }
}

const STREAMS = ['## Stream A: Schema', '## Stream B: Interface', '## Stream C: Forms', '## Stream D: Last']
/** The edges of stream D by a value of its dependencies. */
const ofD = (value: string) => {
  const result = read([...STREAMS, `**Dependencies:** ${value}`])
  return { ...result, edges: result.facts.edges.map((edge) => edge.replace('D > ', '')) }
}

describe('a value', () => {
  it.each([
    ['Stream A', ['A']],
    ['A', ['A']],
    ['A, B', ['A', 'B']],
    ['Stream A (schema), Stream B (cache + hook)', ['A', 'B']],
    ['Streams A, B and C', ['A', 'B', 'C']],
    ['A + B; C', ['A', 'B', 'C']],
    ['Requires Stream A (the tables) from Phase 1', ['A']],
    ['Streams A-C must complete first', ['A', 'B', 'C']],
    ['Stream A merged', ['A']],
    ['Requires Stream A (tables) - can start after A completes the table names', ['A#table-names']],
    ['Can start after Stream B defines routes', ['B#routes']],
    ['B (after API freeze)', ['B#api-freeze']],
    ['Start when Stream A or B is 50% done', ['any(A@0.5 B@0.5)']],
    ['Waiting for Stream A/B to reach 25%', ['any(A@0.25 B@0.25)']],
    ['Stream A is 80% done', ['A@0.8']],
    ['Stream A or Stream B', ['any(A B)']],
    ['Stream A (2-day delay)', ['A +2d']],
    ['Stream A (optional)', ['A soft']],
    ['Prefer Stream A, can mock', ['A soft']],
    ['None (coordinate with Stream A; prefer to land after B)', ['A soft', 'B soft']],
    ['Schema', ['A']],
    ['Schema, Stream B', ['B', 'A']],
    ['ALL above', ['A', 'B', 'C']],
    ['all other streams', ['A', 'B', 'C']],
  ])('%s', (value, edges) => {
    const result = ofD(value)
    expect(result.edges).toEqual(edges)
    expect(result.coverage.dependencies).toMatchObject({ values: 1, notUnderstood: 0, satisfied: 0 })
  })

  it.each(['None', 'none (can start immediately)', 'N/A', '-', '–', 'No dependencies', 'Immediately', '[]'])(
    '%s means that nothing is waited for',
    (value) => {
      const result = ofD(value)
      expect(result.edges).toEqual([])
      expect(result.codes).toEqual([])
      expect(result.coverage.dependencies).toMatchObject({ values: 1, understood: 1 })
    },
  )

  it.each([
    ['Can start in parallel with Stream A', []],
    ['Requires Stream B; can run alongside Stream A', ['B']],
  ])('%s: what runs beside it is no dependency', (value, edges) => {
    expect(ofD(value).edges).toEqual(edges)
  })

  it.each([
    ['Servers up in the test network', 'FREE_TEXT_DEPENDENCY'],
    ['Handbook complete', 'FREE_TEXT_DEPENDENCY'],
    ['After 1h', 'FREE_TEXT_DEPENDENCY'],
    ['Stream X', 'UNKNOWN_ID'],
    ['OPS-17', 'UNKNOWN_ID'],
    ['Stream A, the new design', 'FREE_TEXT_DEPENDENCY'],
    ['**X02-F01**: Mail server - COMPLETE', 'ALREADY_SATISFIED'],
    ['Old login (✅ already live)', 'ALREADY_SATISFIED'],
  ])('%s is never dropped in silence', (value, code) => {
    expect(ofD(value).diagnostics).toMatchObject([{ code, file: 'plan.md', line: 5, column: 19 }])
  })

  it('that is a guess says so, and marks the record', () => {
    const result = read([
      '## Alert Squad (2 files)',
      '**Files:** `a.ts`, `b.ts`',
      '## Mail Squad (1 file)',
      '**Dependencies:** Alert schema (1-day delay)',
    ])
    expect(result.facts.edges).toEqual(['mail > alert +1d'])
    expect(result.codes).toEqual(['INFERRED'])
    expect(result.plan.streams).toMatchObject([{}, { 'x-inferred': ['dependsOn'] }])
    expect(result.coverage.dependencies).toMatchObject({ values: 1, guessed: 1 })
  })
})

describe('codes', () => {
  const TASKS = [
    '## BE-01: x',
    '**Estimate:** 1h',
    '## BE-02: y',
    '**Estimate:** 1h',
    '## FE-03: z',
    '**Estimate:** 1h',
  ]
  it.each([
    ['BE-01', ['BE-01']],
    ['BE-01, FE-03', ['BE-01', 'FE-03']],
    ['BE-01 through BE-02', ['BE-01', 'BE-02']],
    ['BE-01-02', ['BE-01', 'BE-02']],
    ['All BE tasks', ['BE-01', 'BE-02']],
    ['All BE and FE tasks', ['BE-01', 'BE-02', 'FE-03']],
  ])('in a value: %s', (value, targets) => {
    const { facts } = read([...TASKS, '## QA-09: last', `**Blocked by:** ${value}`])
    expect(facts.edges).toEqual(targets.map((target) => `QA-09 > ${target}`))
  })
})

describe('a place', () => {
  it.each([
    ['the label’s line', ['**Depends on:** Stream A']],
    ['a list below', ['**Dependencies**:', '', '- Stream A (tables)']],
    ['a heading', ['### Dependencies', '- Stream A']],
    ['several fields on one line', ['**Effort:** 1h | **Deps:** A | **Priority:** P1']],
    ['a bold sentence', ['**After Stream A**']],
    ['the words of another field', ['**Timeline:** Week 2 (depends on Stream A)']],
    ['the status', ['**Status:** ⏸️ Start when Stream A is done']],
    ['blockers', ['**Blockers:** Waiting for Stream A']],
    ['a plain label', ['Blocked by: A']],
  ])('may be %s', (_, lines) => {
    expect(read(['## Stream A: x', '## Stream B: y', ...lines]).facts.edges).toEqual(['B > A'])
  })

  it('may be the name of the unit', () => {
    const { facts } = read(['## Stream A: x', '## Stream B: y (depends on Stream A)', '**Effort:** 1h'])
    expect(facts.edges).toEqual(['B > A'])
  })

  it('may be the other unit, which blocks it', () => {
    expect(read(['## Stream A: x', '**Blocks:** Stream B', '## Stream B: y']).facts.edges).toEqual(['B > A'])
  })

  it('may be a list of the order of execution', () => {
    const { facts } = read([
      '## Task 1.1: x',
      '## Task 1.2: y',
      '## Task 2.1: z',
      '## Order',
      '1. **Task 1.1** - first',
      '2. **Task 1.2** - then (depends on 1.1)',
      '3. **Task 2.1** - last (final, depends on all)',
    ])
    expect(facts.edges).toEqual(['task-1.2 > task-1.1', 'task-2.1 > task-1.1', 'task-2.1 > task-1.2'])
  })

  it('is where the same edge is said several times, and it is one edge', () => {
    const { facts, codes } = read([
      '## Stream A: x',
      '**Blocks:** Stream B',
      '## Stream B: y',
      '**Depends on:** Stream A (tables)',
      '**Status:** start when A is 50% done',
      '| Stream | Can Start |',
      '|---|---|',
      '| B: y | After A |',
    ])
    expect(facts.edges).toEqual(['B > A@0.5'])
    expect(codes).toEqual([])
  })

  it('is no dependency where packages are listed', () => {
    const { facts, codes } = read(['## Stream A: x', '**Dependencies to Add:**', '- `leaflet`', '## Stream B: y'])
    expect([facts.edges, codes]).toEqual([[], []])
  })
})

describe('a drawing', () => {
  const DRAWN = [
    '## Dependency graph',
    '```',
    'Stream A (x) ───┬────> Stream C (z)',
    '                │',
    'Stream B (y) ───┘',
    '                │',
    '                └────> Stream D (w)',
    '```',
  ]

  it('makes the edges of units that say nothing themselves', () => {
    const { facts, codes } = read([...STREAMS, ...DRAWN])
    expect(facts.edges).toEqual(['C > A', 'C > B', 'D > A', 'D > B'])
    expect(codes).toEqual(['INFERRED', 'INFERRED'])
  })

  it('is compared with what the others say, which holds', () => {
    const { facts, diagnostics } = read([...STREAMS, '**Dependencies:** Stream A', ...DRAWN])
    expect(facts.edges).toEqual(['D > A', 'C > A', 'C > B'].toSorted())
    expect(diagnostics.filter(({ code }) => code === 'DISAGREEMENT')).toMatchObject([
      { line: 12, message: expect.stringContaining('"D" comes after "B"') },
    ])
  })

  it('lets begin at once what waits by its own words', () => {
    const { diagnostics } = read([
      '## Stream A: x',
      '## Stream B: y',
      '**Dependencies:** Stream A',
      '## Map',
      '```',
      '[START]',
      '  │',
      '  ├─→ Stream A: x',
      '  └─→ Stream B: y',
      '```',
    ])
    expect(diagnostics).toMatchObject([
      { code: 'DISAGREEMENT', line: 9, message: expect.stringContaining('begin at once') },
    ])
  })

  it.each([
    ['arrows', ['```', 'Stream A → Stream B → Stream D', '```']],
    ['mermaid', ['```mermaid', 'A --> B', 'B --> D', '```']],
    ['sentences', ['Stream B can start once A is complete', 'Stream D depends on Stream B']],
  ])('may be of %s', (_, lines) => {
    expect(read([...STREAMS, '## Dependency graph', ...lines]).facts.edges).toEqual(['B > A', 'D > B'])
  })

  it('of a critical path, a tree of branches or a merge makes no edges', () => {
    for (const title of ['Critical path', 'Merge strategy', 'Branch structure']) {
      expect(read([...STREAMS, `## ${title}`, '```', 'Stream A → Stream B', '```']).facts.edges).toEqual([])
    }
  })
})

describe('contradictions', () => {
  const disagreements = (lines: readonly string[]) =>
    read(lines)
      .diagnostics.filter(({ code }) => code === 'DISAGREEMENT')
      .map(({ line, message }) => `${line}: ${message}`)

  it.each([
    [
      'the number of units',
      ['**Total Streams:** 3', '## Stream A: x', '## Stream B: y'],
      ['1: The document speaks of 3 Streams, but 2 are written down.'],
    ],
    [
      'the number of agents',
      ['**Max Parallel Agents:** 1-2', '## Agents', '**Backend (3 agents)**', '## Stream A: x'],
      ['1: At most 2 agents are spoken of, but 3 are listed (backend 3). The plan has the 3.'],
    ],
    [
      'who works on it',
      [
        '## Agents',
        '**Backend (3 agents)**',
        '**QA (1 agent)**',
        '- Focus: WS-1',
        '## WS-1: x',
        '**Agent Type:** Backend',
      ],
      ['4: "WS-1" is given to "qa" here, and to "backend" in its own section, which holds.'],
    ],
    [
      'parallel to all, and waiting',
      [
        '# P',
        '## WS-1: x',
        '**Estimate:** 1h',
        '## WS-2: y',
        '**Depends on:** WS-1',
        '**Parallel:** Yes (parallel to all others)',
      ],
      ['6: "WS-2" is said to be parallel to all, but it waits for "WS-1". It waits.'],
    ],
    [
      'a part, and the whole',
      [
        '# P',
        '## WS-1: x',
        '**Estimate:** 1h',
        '## WS-2: y',
        '**Depends on:** WS-1',
        '**Parallel:** Partial (can start after WS-1 schema)',
      ],
      ['6: "WS-2" is said to need only a part of "WS-1", but its dependencies name the whole. They hold.'],
    ],
    [
      'blocking what it waits for',
      ['## Stream A: x', '## Stream B: y', '**Depends on:** A', '**Blocks:** A'],
      ['4: "B" is said to block "A", which it waits for itself. It waits.'],
    ],
    [
      'shown at once, and waiting',
      [
        '## WS-1: x',
        '**Estimate:** 1h',
        '## WS-2: y',
        '**Depends on:** WS-1',
        '## Parallel example',
        '```',
        'Agent 1 (QA): WS-1',
        'Agent 2 (QA): WS-2',
        '```',
      ],
      ['8: "WS-2" is shown at work beside "WS-1", which it waits for. It waits.'],
    ],
  ])('are said: %s', (_, lines, messages) => {
    expect(disagreements(lines)).toEqual(messages)
  })
})
