/** `tasks.md` of Kiro: one task after the other, by their numbers. */
import { describe, expect, it } from 'vitest'
import { importKiro } from '../../../src/importers/kiro.js'
import { readingOf } from './read.js'

const read = (...lines: readonly string[]) =>
  readingOf(importKiro(['# Implementation Plan', ...lines].join('\n'), { file: 'tasks.md' }))

describe('tasks', () => {
  it('follow each other, inside of each other and among themselves', () => {
    const { facts, check } = read(
      '- [x] 1. Base',
      '- [-] 2. Middle',
      '  - [x] 2.1 First',
      '  - [ ] 2.2 Second',
      '- [ ] 3. Last',
    )
    expect(facts.streams).toEqual(['2'])
    expect(facts.tasks).toEqual(['1', '3'])
    expect(facts.edges).toEqual(['2 > 1', '3 > 2', '2/2.2 > 2.1'])
    expect(check.ok && check.plan.streams).toMatchObject([
      { 'x-status': 'active', tasks: [{ 'x-status': 'done' }, {}] },
    ])
  })

  it('are inside of the one that their number says, however they are indented', () => {
    expect(read('- [ ] 1. Base', '- [ ] 1.1 Inner', '- [ ] 1.2 Other').facts.taskCounts).toEqual({ '1': 2 })
  })

  it('that are optional are waited for by none', () => {
    const { facts, plan } = read('- [ ] 1. Work', '  - [ ] 1.1 Code', '  - [ ]* 1.2 Tests', '  - [ ] 1.3 More')
    expect(facts.edges).toEqual(['1/1.2 > 1.1', '1/1.3 > 1.1'])
    expect(plan.streams).toMatchObject([{ tasks: [{}, { optional: true }, {}] }])
  })

  it('have their points as steps, their requirements, and the paths of any field', () => {
    const { plan, coverage } = read(
      '- [ ] 1. Base',
      '  - Make it',
      '  - [ ] and a box without a number',
      '  - _Requirements: 1.1, 2.3_',
      '  - _対象ファイル: src/x.ts, `src/y.ts`_',
      '  - _Mood: good_',
      '- [ ] 2. Next',
      '  _Requirements: 3.1_',
    )
    expect(plan.tasks).toEqual([
      {
        id: '1',
        title: 'Base',
        input: { steps: ['Make it', 'and a box without a number'], requirements: ['1.1', '2.3'] },
        claims: { write: ['src/x.ts', 'src/y.ts'] },
      },
      { id: '2', title: 'Next', dependsOn: ['1'], input: { requirements: ['3.1'] }, 'x-inferred': ['dependsOn'] },
    ])
    expect(coverage.unread).toEqual([{ label: 'Mood', count: 1, file: 'tasks.md', line: 7 }])
  })

  it('of one number are an error, and none at all a warning', () => {
    expect(read('- [ ] 1. a', '- [ ] 1. b').said).toEqual(['error DUPLICATE_ID 3'])
    expect(read('prose').said).toEqual(['warning NO_UNITS 1'])
  })
})
