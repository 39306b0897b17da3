/** `tasks.md` of spec-kit: phases are barriers, `[P]` ends a chain, paths are guesses. */
import { describe, expect, it } from 'vitest'
import { importSpecKit } from '../../../src/importers/spec-kit.js'
import { readingOf } from './read.js'

const read = (...lines: readonly string[]) => readingOf(importSpecKit(lines.join('\n'), { file: 'tasks.md' }))
const SETUP = ['## Phase 1: Setup (Shared)', '- [ ] T001 Make the folder', '- [x] T002 [P] Linter in `tools/lint.js`']
const BASE = ['## Phase 2: Foundational', '- [ ] T003 Tables', '- [ ] T004 [P] Router']

describe('phases', () => {
  it('wait for the one before; stories only for the last that is no story; what comes after them for all stories', () => {
    const { facts, check } = read(
      '# Tasks: Shop',
      ...SETUP,
      ...BASE,
      '## Phase 3: User Story 1 - Buy (Priority: P1) 🎯 MVP',
      '- [ ] T005 [US1] Cart',
      '## Phase 4: User Story 2 - Sell (Priority: P2)',
      '- [ ] T006 [US2] Offer',
      '## Phase N: Polish',
      '- [ ] T007 Docs',
    )
    expect(facts.streams).toEqual(['phase-1', 'phase-2', 'phase-3', 'phase-4', 'phase-n'])
    expect(facts.edges).toEqual([
      'phase-2 > phase-1',
      'phase-3 > phase-2',
      'phase-4 > phase-2',
      'phase-n > phase-3',
      'phase-n > phase-4',
    ])
    expect(facts.priorities).toEqual({ 'phase-3': 50, 'phase-4': 0 })
    expect(check.ok && check.plan.name).toBe('Shop')
  })

  it('are made for tasks that are in none', () => {
    const { facts } = read('# Tasks', '- [ ] T001 One', '- [ ] T002 Two', '## Notes', 'prose', '- [ ] T003 Three')
    expect(facts.taskCounts).toEqual({ tasks: 3 })
    expect(facts.edges).toEqual(['tasks/T002 > T001', 'tasks/T003 > T002'])
  })
})

describe('tasks of a phase', () => {
  it('without [P] follow each other, story by story; those with [P] follow none', () => {
    const { facts, plan } = read(
      '## Phase 1: Work',
      '- [ ] T001 [US1] a',
      '- [ ] T002 [P] [US1] b',
      '- [ ] T003 [US2] c',
      '- [ ] T004 [US1] d',
      '- [X] T005 [US2] e',
    )
    expect(facts.edges).toEqual(['phase-1/T004 > T001', 'phase-1/T005 > T003'])
    expect(plan.streams).toMatchObject([
      { tasks: [{ 'x-labels': ['US1'] }, {}, {}, { 'x-inferred': ['dependsOn'] }, { 'x-status': 'done' }] },
    ])
  })

  it('wait for what their brackets name, also in other phases and as a range', () => {
    const { facts, coverage, said } = read(
      ...SETUP,
      ...BASE,
      '## Phase 3: User Story 1 - Buy',
      '- [ ] T010 [P] [US1] Cart (depends on T003, T004)',
      '- [ ] T011 [P] [US1] Bill (depends on T001–T003)',
      '- [ ] T012 [P] [US1] Mail [D: T099]',
      '- [ ] T013 [P] [US1] Sums (depends on the new library)',
    )
    expect(facts.edges).toEqual([
      'phase-2 > phase-1',
      'phase-3 > phase-2',
      'phase-3/T010 > phase-2/T003',
      'phase-3/T010 > phase-2/T004',
      'phase-3/T011 > phase-1/T001',
      'phase-3/T011 > phase-1/T002',
      'phase-3/T011 > phase-2/T003',
    ])
    expect(coverage.dependencies).toMatchObject({ values: 7, understood: 5, notUnderstood: 2 })
    expect(said).toEqual(['warning UNKNOWN_ID 10', 'warning FREE_TEXT_DEPENDENCY 11'])
  })

  it.each([
    ['- [ ] **T020a** [P] Bold', 'T020a', 'Bold'],
    ['- [ ] T1.1: With a point', 'T1.1', 'With a point'],
    ['- [X] T030 [ST] [FN] Marks', 'T030', 'Marks'],
    ['- [ ] [P] [US1] No id at all', 'no-id-at-all', 'No id at all'],
    ['- [ ] TXXX [P] Placeholder', 'placeholder', 'Placeholder'],
    ['- [ ] T031 Создать файл', 'T031', 'Создать файл'],
  ])('are written in many ways: %s', (line, id, title) => {
    const { plan, locate } = read('## Phase 1: x', line)
    expect(plan.streams).toMatchObject([{ tasks: [{ id, title }] }])
    expect(locate(new Set(['/streams/0/tasks/0'])).get('/streams/0/tasks/0')).toMatchObject({ line: 2 })
  })

  it('claim the paths in their text, as a guess; a part of a path is the one path that ends like it', () => {
    const { plan } = read(
      '## Phase 1: x',
      '- [ ] T001 [P] Model in `src/models/user.py` as in `spec.md`',
      '- [ ] T002 [P] Page in src/app/[id]/page.tsx',
      '- [ ] T003 [P] Again in `models/user.py`',
    )
    const claims = (...write: readonly string[]) => ({ claims: { write }, 'x-inferred': ['claims'] })
    expect(plan.streams).toMatchObject([
      { tasks: [claims('src/models/user.py'), claims('src/app/[id]/page.tsx'), claims('src/models/user.py')] },
    ])
  })

  it('with [P] that name one file are a warning', () => {
    const { diagnostics } = read(
      '## Phase 1: x',
      '- [ ] T001 [P] `a/b.ts`',
      '- [ ] T002 [P] `a/b.ts`',
      '- [ ] T003 `a/b.ts`',
    )
    expect(diagnostics).toMatchObject([
      {
        code: 'SHARED_PATH',
        severity: 'warning',
        line: 3,
        message: '"T001", "T002" are marked [P], and name one file: "a/b.ts".',
      },
    ])
  })

  it('of one id are an error at the second', () => {
    expect(read('## Phase 1: x', '- [ ] T001 a', '- [ ] T001 b').said).toEqual(['error DUPLICATE_ID 3'])
  })
})

it('examples in comments and code are no tasks, and nothing but prose is said', () => {
  expect(read('# x', '<!--', '- [ ] T001 a', '-->', '```', '- [ ] T002 b', '```').said).toEqual(['warning NO_UNITS 1'])
})
