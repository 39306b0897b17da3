import { describe, expect, it } from 'vitest'
import { createReporter, type Diagnostic, place, pointerTo } from '../../src/plan/diagnostic.js'

const at = (pointer: string, rest: Partial<Diagnostic> = {}): Diagnostic => {
  return { code: 'BAD_VALUE', severity: 'error', message: 'M.', hint: 'H.', at: pointer, ...rest }
}
const pointers = (diagnostics: readonly Diagnostic[]): readonly string[] => diagnostics.map((one) => one.at)

describe('place', () => {
  it('sorts by pointer, list positions as numbers', () => {
    const unsorted = ['/tasks/10', '/tasks/9/title', '/name', '/tasks/9', '', '/tasks/9/id', '/tasks/x'].map((one) =>
      at(one),
    )
    expect(pointers(place(unsorted, undefined, undefined))).toEqual([
      '',
      '/name',
      '/tasks/9',
      '/tasks/9/id',
      '/tasks/9/title',
      '/tasks/10',
      '/tasks/x',
    ])
  })

  it('keeps the order of what is at one place', () => {
    const both = [at('/a', { message: 'First.' }), at('/a', { message: 'Second.' })]
    expect(place(both, undefined, undefined).map(({ message }) => message)).toEqual(['First.', 'Second.'])
  })

  it('sorts by line and column where they are known, and adds the file', () => {
    const lines = new Map([
      ['/a', { line: 9, column: 1 }],
      ['/b', { line: 2, column: 7 }],
      ['/c', { line: 2, column: 3 }],
    ])
    const placed = place([at('/a'), at('/b'), at('/c')], 'plan.yaml', (wanted) => {
      expect(wanted).toEqual(new Set(['/a', '/b', '/c']))
      return lines
    })
    expect(placed).toEqual([
      at('/c', { file: 'plan.yaml', line: 2, column: 3 }),
      at('/b', { file: 'plan.yaml', line: 2, column: 7 }),
      at('/a', { file: 'plan.yaml', line: 9, column: 1 }),
    ])
  })
})

describe('a reporter', () => {
  it('lists as many as it may, counts the others, and says so last', () => {
    const reporter = createReporter(2)
    for (const pointer of ['/c', '/b', '/a', '/d']) reporter.error('BAD_VALUE', pointer, 'M.', 'H.')
    expect(reporter.errorCount()).toBe(4)
    const list = reporter.list()
    expect(pointers(list)).toEqual(['/c', '/b', ''])
    expect(list[2]).toMatchObject({ severity: 'error', message: 'There are 2 more problems than are listed here.' })
    expect(pointers(place(list, undefined, undefined))).toEqual(['/b', '/c', ''])
  })

  it('too many warnings are no error', () => {
    const reporter = createReporter(0)
    reporter.report(at('', { severity: 'warning' }))
    expect(reporter.errorCount()).toBe(0)
    expect(reporter.list()).toMatchObject([{ code: 'TOO_MANY_PROBLEMS', severity: 'warning' }])
  })
})

it('escapes keys in pointers', () => {
  expect(pointerTo('/tasks', ['a/b', 0, 'c~d'])).toBe('/tasks/a~1b/0/c~0d')
})
