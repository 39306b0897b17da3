import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matches, parsePath } from '../../src/claims/match.js'
import { overlap, overlaps } from '../../src/claims/overlap.js'
import { parsePattern } from '../../src/claims/pattern.js'
import { ALPHABET, patternText } from './arbitraries.js'
import { patternOf } from './build.js'
import { coversPath, haveCommonPath, namesOf, pathMatcher, pathsOf } from './oracle.js'

/** Two patterns and the example of what they share, or null. */
const PAIRS: readonly (readonly [string, string, string | null])[] = [
  // What plain paths cover.
  ['src', 'src/a.ts', 'src/a.ts'],
  ['src/', 'src/a.ts', 'src/a.ts'],
  ['src', 'src', 'src'],
  ['src/', 'src', 'src/a'],
  ['src/', 'src/', 'src/a'],
  ['src', 'srcx', null],
  ['src/a.ts', 'src/b.ts', null],
  ['SRC/a.ts', 'src/a.ts', null],
  ['./src/a.ts', 'src/a.ts', 'src/a.ts'],
  ['dist/**', 'dist', 'dist'],
  ['dist/**', 'dist/', 'dist/a'],
  ['dist/**', 'dist/**', 'dist'],
  ['src/*', 'src/a', 'src/a'],
  ['src/*', 'src', 'src/a'],
  ['src/*', 'src/a/b.ts', null],
  ['src/*/', 'src/a', 'src/a/a'],
  ['**', '**', 'a'],
  // A file may turn out to be a folder: a plain path covers what is below it.
  ['src/a.ts', '**/*.md', 'src/a.ts/a.md'],
  // The pairs on which published libraries were compared (notes/performance.md, section 5).
  ['src/**', 'src/a.ts', 'src/a.ts'],
  ['src/*.ts', 'src/a*.ts', 'src/a.ts'],
  ['**/*.test.ts', 'src/**', 'src/a.test.ts'],
  ['{a,b}/**', 'b/x', 'b/x'],
  ['src/*.ts', 'src/sub/a.ts', null],
  ['src/**', 'srcx/a.ts', null],
  ['**/*.ts', '**/*.js', null],
  ['src/**/index.ts', 'src/index.ts', 'src/index.ts'],
  ['src/*', 'src/.env', 'src/.env'],
  ['**', '.github/workflows/ci.yml', '.github/workflows/ci.yml'],
  ['a*b*c', '*x*y*', 'axybc'],
  ['src/*/x/**', 'src/y/*/z.ts', 'src/y/x/z.ts'],
  ['src/{a,b}{1,2}.ts', 'src/b2.ts', 'src/b2.ts'],
  ['docs/?.md', 'docs/??.md', null],
  ['packages/*/src/**', 'packages/core/{src,test}/*.ts', 'packages/core/src/a.ts'],
  ['**/a/**', '**/b/**', 'a/b'],
  ['a/**/z', '**/y/z', 'a/y/z'],
  ['app/[id]/page.tsx', 'app/*/page.tsx', 'app/[id]/page.tsx'],
  ['src/[id].ts', 'src/?id?.ts', 'src/[id].ts'],
  ['src/[ab].ts', 'src/c.ts', null],
  // What one ends and the other starts with appears once in the example.
  ['*.test.*', '*.ts', 'a.test.ts'],
  ['**/a/**', '**/a/b', 'a/b'],
  ['**/a/b/**', '**/b/c/**', 'a/b/c'],
  ['*ab*', '*bc*', 'abc'],
  // Leftmost and rightmost places, and places that run into the tail.
  ['*ab', '?ab', 'aab'],
  ['*a*b*', '??', 'ab'],
  ['*a*b*', '?', null],
  ['a*b*c', 'a??', 'abc'],
  ['a*b*c', 'a?', null],
  ['**/a/**/b', 'x/*/y/b', 'x/a/y/b'],
  ['**/a/b/**', '*/a/*/b', 'a/a/b/b'],
  ['**/a/b/**', '*/a/c/b', null],
  ['**/a/b', '*/*', 'a/b'],
  // Names that no path may have.
  ['?', '.*', null],
  ['??', '*.*.', null],
  ['.?', '?.', null],
  ['*.*', '?.', 'a.'],
  ['*.*', '.?', '.a'],
  ['.*', '*.', '._.'],
  ['x/?', 'x/.*', null],
  ['x/?', 'x/*.*', null],
  ['x/??', 'x/*.*.', null],
  ['x/.?', 'x/?.', null],
  ['x/?.', 'x/.*', null],
  ['x/.?', 'x/*.', null],
  ['x/??', 'x/*.', 'x/a.'],
  ['x/??', 'x/.*', 'x/.a'],
  ['x/*.*', 'x/?.', 'x/a.'],
  ['x/.?', 'x/*.*a', 'x/.a'],
  ['C?', '?:', null],
  ['C?', '?:*', null],
  ['C?*', '?:*', null],
  ['C?/**', '?:/**', null],
  ['*:*b*', 'C???', 'Ca:b'],
  ['C*', '?:*', null],
  ['C*', '*:', 'C_:'],
  ['*:*', 'C???', 'Caa:'],
  ['?:*', '?:*', '_:'],
  ['*:*', '*:*', '_::'],
  ['x/C?', 'x/?:', 'x/C:'],
  ['**/C?', '**/?:', 'a/C:'],
  ['**/C:', '**', 'a/C:'],
  ['**/C:/**', '**/C:/**', 'a/C:/C:'],
  ['**/C:', '?:', null],
  ['**/C:', '*', null],
  ['**/C:', '*/?:', 'a/C:'],
]

describe('two patterns', () => {
  it.each(PAIRS)('%s and %s share %s', (a, b, expected) => {
    const [first, second] = [patternOf(a), patternOf(b)]
    expect(overlap(first, second)).toBe(expected)
    expect(overlap(second, first)).toBe(expected)
    expect(overlaps(first, second)).toBe(expected !== null)
    expect(overlaps(second, first)).toBe(expected !== null)
    expect(haveCommonPath(a, b, [...charactersOf(a + b), '/', 'z', '1']), 'the oracle').toBe(expected !== null)
    if (expected !== null) expectExample(a, b, expected)
  })

  it('that differ only in case meet when they are folded', () => {
    const options = { caseFold: true }
    expect(overlap(patternOf('SRC/a.ts', options), patternOf('src/A.ts', options))).toBe('src/a.ts')
  })

  it('share nothing of which all paths up to three segments know nothing', () => {
    const paths = pathsOf(namesOf(['a', 'b'], 2), 3)
    fc.assert(
      fc.property(patternText, patternText, (a, b) => {
        const [first, second] = [parsePattern(a), parsePattern(b)]
        if (!first.ok || !second.ok) return
        const [coversFirst, coversSecond] = [pathMatcher(a), pathMatcher(b)]
        const shared = paths.find((path) => coversFirst(path) && coversSecond(path))
        if (shared !== undefined && overlap(first, second) === null) expect.fail(`${a} and ${b} share ${shared}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('meet exactly when the product of their automata has a path, and the example is one', () => {
    fc.assert(
      fc.property(patternText, patternText, (a, b) => {
        const [first, second] = [parsePattern(a), parsePattern(b)]
        if (!first.ok || !second.ok) return
        const example = overlap(first, second)
        expect(example !== null).toBe(haveCommonPath(a, b, [...ALPHABET, '/', '1']))
        expect(overlaps(first, second)).toBe(example !== null)
        expect(overlaps(second, first)).toBe(example !== null)
        expect(overlap(second, first)).toBe(example)
        if (example !== null) expectExample(a, b, example)
      }),
      { numRuns: 2500 },
    )
  })

  it('meet themselves', () => {
    fc.assert(
      fc.property(patternText, (text) => {
        const pattern = parsePattern(text)
        if (pattern.ok) expectExample(text, text, overlap(pattern, pattern)!)
      }),
    )
  })
})

/** Pairs at the limits of patterns. A walk over a product of automata has from 100,000 to millions of states here. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['a*'.repeat(20), 'b*'.repeat(20)],
  [`${'*a'.repeat(20)}*`, `${'*b'.repeat(20)}*`],
  ['a*'.repeat(256), 'b*'.repeat(256)],
  [`${'*a'.repeat(255)}*`, `${'*b'.repeat(255)}*`],
  [`*${'?'.repeat(254)}b*`, `${'?'.repeat(509)}a`],
  ['*aaaab'.repeat(85), `${'a'.repeat(500)}?`],
  [`${'**/a/'.repeat(31)}**`, `${'**/b/'.repeat(31)}**`],
  [`${'**/a/'.repeat(25)}**/b/**`, `${'a/'.repeat(62)}a*`],
  [`**/${'?/'.repeat(30)}b/**`, `${'a/'.repeat(62)}a*`],
  [`**/${'?*/'.repeat(60)}b`, `**/${'*?/'.repeat(60)}b`],
  [`*${'{a,b}'.repeat(6)}*a?a?a?a?a?b*b`, `${'{?,a}'.repeat(6)}${'a'.repeat(25)}`],
  [`**/{a,b}${'/{a,b}'.repeat(5)}/?/?/?/?/?/?/c/**`, `${'{?,a}/'.repeat(6)}${'a/'.repeat(9)}d*`],
  [`{${'?a*,'.repeat(63)}b}`, `{${'*?c,'.repeat(63)}?d}`],
]

describe('hostile patterns', () => {
  it.each(HOSTILE)('%# are answered at once', (a, b) => {
    const [first, second] = [patternOf(a), patternOf(b)]
    const example = overlap(first, second)
    expect(overlaps(first, second)).toBe(example !== null)
    if (example === null) return
    expect(matches(first, example) && matches(second, example)).toBe(true)
    expect(parsePath(example)).toEqual({ ok: true, text: example })
  })

  it('share a path that is a path, however long it is', () => {
    const [a, b] = [`${'a/'.repeat(63)}**`, `**${'/b'.repeat(63)}`].map((text) => patternOf(text))
    expect(parsePath(overlap(a!, b!)!)).toMatchObject({ ok: true })
    const [c, d] = [`${'a'.repeat(511)}*`, `*${'b'.repeat(511)}`].map((text) => patternOf(text))
    expect(parsePath(overlap(c!, d!)!)).toMatchObject({ ok: true })
  })
})

function charactersOf(text: string): Set<string> {
  return new Set(text.replaceAll(/[*?{},/]/g, ''))
}

function expectExample(a: string, b: string, example: string): void {
  expect(parsePath(example)).toEqual({ ok: true, text: example })
  for (const text of [a, b]) {
    expect(matches(patternOf(text), example), `${text} covers ${example}`).toBe(true)
    expect(coversPath(text, example), `${text} covers ${example}, by the oracle`).toBe(true)
  }
}
