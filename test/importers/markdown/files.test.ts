/** Files, who owns them, who works, and in which order streams merge. */
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { factsOf } from './facts.js'

const read = (...lines: readonly string[]) => {
  const result = importMarkdown(lines.join('\n'), { file: 'plan.md' })
  return { ...result, facts: factsOf(result.plan) }
}
/** `CODE line` of each diagnostic. */
const said = ({ diagnostics }: ReturnType<typeof read>) => diagnostics.map(({ code, line }) => `${code} ${line}`)

describe('files', () => {
  it('are read from lists, trees, tables and braces, without what is no path', () => {
    const { facts } = read(
      '## Stream A: x',
      '**Files to create/modify:**',
      '- `src/a.ts` (NEW)',
      '- src/b/c.ts (add x), `app/[id]/page.tsx`',
      '- `src/{x,y}/**`',
      '- `unit/integration` or P0/P1 or `GET /events` or `/api/v1/x` or 13714/2m',
      '## Stream B: y',
      '### Files Changed',
      '```',
      'lib/',
      '├── one.py (NEW)',
      '├── deep/',
      '│   └── two.py',
      '└── empty/ (NEW)',
      'root.yml (ADD y)',
      '```',
    )
    expect(facts.files.A).toEqual(['src/a.ts', 'src/b/c.ts', 'app/[id]/page.tsx', 'src/{x,y}/**', 'unit/integration'])
    expect(facts.files.B).toEqual(['lib/one.py', 'lib/deep/two.py', 'lib/empty/', 'root.yml'])
  })

  it('are owned where one unit names them, and claimed where several do', () => {
    const result = read('## Stream A: x', '**Files:** `a.ts`, `both.ts`', '## Stream B: y', '**Files:** `both.ts`')
    expect(result.plan.streams).toMatchObject([
      { owns: ['a.ts'], tasks: [{ claims: { write: ['a.ts', 'both.ts'] } }] },
      { tasks: [{ claims: { write: ['both.ts'] } }] },
    ])
    expect(said(result)).toEqual(['SHARED_PATH 4'])
  })

  it('belong to units by lists of owners; what nobody may touch is protected', () => {
    const { facts } = read(
      '## Track 1: x',
      '**Files:** `agents/base.py`, `agents/*/health.py`',
      '## Track 2: y',
      '**Do not modify:**',
      '- `agents/base.py`',
      '- `vendor/**`',
      '## Rules',
      '1. **File Ownership:**',
      '   - Track 1: `agents/*/health.py`',
      '   - Track 2: `docs/*`, `*.md`',
      '2. **Shared File Strategy:**',
      '   - `compose.yml` - Track 2 ONLY',
      '   - All `agent.py` files - NO ONE touches',
    )
    expect(facts.files).toEqual({
      'track-1': ['agents/base.py', 'agents/*/health.py'],
      'track-2': ['docs/*', '*.md', 'compose.yml'],
    })
    expect(facts.protect).toEqual(['agents/*/agent.py', 'vendor/**'])
  })

  it('that several units change one after the other make a sequence', () => {
    const { facts } = read(
      '## Stream A: x',
      '## Stream B: y',
      '## Stream C: z',
      '## Coordination of shared files',
      '**Model** (`src/model.ts`):',
      '- Stream A: adds a field',
      '- Stream C: adds another',
      '',
      '**Order**: merge in order (A → C)',
    )
    expect(facts.sequences).toEqual(['src/model.ts: A C'])
    expect(facts.files).toEqual({ A: ['src/model.ts'], C: ['src/model.ts'] })
  })
})

describe('agents', () => {
  it.each([
    ['a line', ['**Team:** 2 Backend, 1 DevOps and 1 QA']],
    ['a list', ['## Agents', '- Backend Engineers (2 agents)', '- DevOps: 1 agent', '**QA Engineer (1 agent)**']],
  ])('have pools with their sizes: %s', (_, lines) => {
    const { facts } = read(
      ...lines,
      '## Stream A: x',
      '**Agent Type:** Backend Engineer',
      '## Stream B: y',
      '**Skills:** QA',
    )
    expect(facts.pools).toEqual({ backend: 2, devops: 1, qa: 1 })
    expect(facts.poolOf).toEqual({ A: 'backend', B: 'qa' })
  })

  it('of either kind need what both have; sizes that nobody says are a guess', () => {
    const result = read('## Stream A: x', '**Agent Type:** DevOps/Backend Engineer')
    expect(result.plan).toMatchObject({
      pools: { devops: { slots: 1, capabilities: ['devops', 'devops-or-backend'] } },
      streams: [{ requires: ['devops-or-backend'] }],
    })
    expect(said(result)).toEqual(['INFERRED undefined'])
  })

  it('by name do one thing at a time', () => {
    const { facts } = read('## Task 1: x', '**Assignee:** @ann', '## Task 2: y', '**Assignee:** @ann')
    expect(facts.pools).toEqual({ ann: 1 })
    expect(facts.poolOf).toEqual({ 'task-1': 'ann', 'task-2': 'ann' })
  })
})

describe('the order of merging', () => {
  it.each([
    ['a chain', ['Merge order: Stream C → Stream B → Stream A'], ['A > B', 'B > C']],
    ['a comment in code', ['```bash', '# Merge order: B → A', '```'], ['A > B']],
    [
      'a list',
      [
        '## Merge Order',
        '1. **Stream A** - first',
        '2. **Stream B** - can merge after A (or beside C)',
        '3. **Stream C**',
      ],
      ['B > A', 'C > B'],
    ],
    ['any order', ['## Merge Order', 'Merge in any order.', '1. Stream A', '2. Stream B'], []],
  ])('is %s', (_, lines, order) => {
    const { facts } = read('## Stream A: x', '## Stream B: y', '## Stream C: z', ...lines)
    expect(facts.mergeAfter).toEqual(order)
  })

  it('comes with branches, from a field or from a comment in code', () => {
    const { facts } = read(
      '## Track 1: x',
      '**Branch:** `feature/x`',
      '## Track 2: y',
      '```bash',
      '# Track 2 (second)',
      'git checkout -b feature/y',
      '```',
    )
    expect(facts.branches).toEqual({ 'track-1': 'feature/x', 'track-2': 'feature/y' })
  })
})
