import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlaps } from '../../src/claims/overlap.js'
import type { Pattern } from '../../src/claims/pattern.js'
import { createPatternIndex, type PatternIndex } from '../../src/claims/pattern-index.js'
import { patternOf } from './build.js'

function indexOf(...texts: readonly string[]): { readonly index: PatternIndex; readonly ids: readonly number[] } {
  const index = createPatternIndex()
  return { index, ids: texts.map((text) => index.add(patternOf(text))) }
}

function neighbourTexts(index: PatternIndex, id: number): string[] {
  return index.neighbours(id).map((other) => index.pattern(other).text)
}

describe('the index', () => {
  it('gives dense ids, and the same one for the same text', () => {
    const { index, ids } = indexOf('src', 'docs/**', './src', '{b,a}', '{a,b}')
    expect(ids).toEqual([0, 1, 0, 2, 2])
    expect(index.size).toBe(3)
    expect(index.pattern(2).text).toBe('{a,b}')
  })

  it('knows for each pattern those that meet it, itself included, by ascending id', () => {
    const { index, ids } = indexOf('src/a/x.ts', '**/x.ts', 'docs', 'src', 'src/*/*.ts', 'docs/{a,b}/**', 'src/b/**')
    expect(neighbourTexts(index, ids[0]!)).toEqual(['src/a/x.ts', '**/x.ts', 'src', 'src/*/*.ts'])
    expect(neighbourTexts(index, ids[1]!)).toEqual([
      'src/a/x.ts',
      '**/x.ts',
      'docs',
      'src',
      'src/*/*.ts',
      'docs/{a,b}/**',
      'src/b/**',
    ])
    expect(neighbourTexts(index, ids[2]!)).toEqual(['**/x.ts', 'docs', 'docs/{a,b}/**'])
    expect(neighbourTexts(index, ids[6]!)).toEqual(['**/x.ts', 'src', 'src/*/*.ts', 'src/b/**'])
  })

  it('takes patterns that start or end alike for neighbours only if they meet', () => {
    const { index, ids } = indexOf('**/x', '**/y', 'a/**', 'b', 'a/*')
    expect(ids.map((id) => index.neighbours(id))).toEqual([
      [0, 2, 3, 4],
      [1, 2, 3, 4],
      [0, 1, 2, 4],
      [0, 1, 3],
      [0, 1, 2, 4],
    ])
  })

  it('keeps a pattern as long as somebody refers to it', () => {
    const { index, ids } = indexOf('src', 'src/a', 'src')
    index.remove(ids[0]!)
    expect(neighbourTexts(index, ids[1]!)).toEqual(['src', 'src/a'])
    index.remove(ids[0]!)
    expect(neighbourTexts(index, ids[1]!)).toEqual(['src/a'])
    expect(index.size).toBe(1)
  })

  it('uses a free id again, the last one first, and keeps the lists in order', () => {
    const { index } = indexOf('a/1', 'a/2', 'a', 'b')
    index.remove(0)
    index.remove(1)
    expect(index.add(patternOf('a/3'))).toBe(1)
    expect(index.add(patternOf('a/4'))).toBe(0)
    expect(index.add(patternOf('a/5'))).toBe(4)
    expect(index.neighbours(2)).toEqual([0, 1, 2, 4])
  })

  it('refuses an id that nobody has', () => {
    const { index } = indexOf('a')
    index.remove(0)
    for (const act of [index.remove, index.neighbours, index.pattern]) {
      expect(() => act(0)).toThrow(new RangeError('Expected the id of a pattern in the index, got 0.'))
    }
  })

  // Nothing may be forgotten or kept by the tree of folders, whatever comes and goes.
  it('agrees with testing all pairs, under any additions and removals', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const literal = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
    const end = fc.constantFrom('', '', '/', '/**', '/*', '/*.ts', '/?/x', '/**/x')
    const open = fc.constantFrom(
      '**',
      '**/x',
      '**/y',
      '*',
      '*/a',
      '**/a/**',
      '{a,b/c}/*',
      '{a/*.x,a/*.y}',
      '{**/b,c}',
      'x/{a,b}',
    )
    const text = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(literal, end).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: open },
    )
    const action = fc.record({ text, remove: fc.boolean(), pick: fc.nat() })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
        const index = createPatternIndex()
        const held: number[] = []
        for (const { text, remove, pick } of actions) {
          if (remove && held.length > 0) index.remove(held.splice(pick % held.length, 1)[0]!)
          else held.push(index.add(patternOf(text)))
          expectAllPairs(index, held)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is empty when all that was added is removed', () => {
    const { index, ids } = indexOf('a/b/c', 'a/b', '{a,b}/*', 'a/b/c')
    for (const id of ids) index.remove(id)
    expect(index.size).toBe(0)
    const again = index.add(patternOf('a/b/c'))
    expect(index.neighbours(again)).toEqual([again])
  })
})

function expectAllPairs(index: PatternIndex, held: readonly number[]): void {
  const ids = [...new Set(held)].sort((a, b) => a - b)
  expect(index.size).toBe(ids.length)
  const patterns = new Map<number, Pattern>(ids.map((id) => [id, index.pattern(id)]))
  for (const id of ids) {
    expect(index.neighbours(id)).toEqual(ids.filter((other) => overlaps(patterns.get(id)!, patterns.get(other)!)))
  }
}
