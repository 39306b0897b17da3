import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PATH_CHARACTERS, MAX_PATH_SEGMENTS, matches, parsePath } from '../../src/claims/match.js'
import { parsePattern } from '../../src/claims/pattern.js'
import { ALPHABET, patternText } from './arbitraries.js'
import { patternOf } from './build.js'
import { coversPath, namesOf, pathMatcher, pathsOf } from './oracle.js'

/** Pattern, a path that it covers or does not cover, whether it does. */
const COVERED: readonly (readonly [string, string, boolean])[] = [
  // A plain path covers itself and what is below, segment by segment.
  ['src', 'src', true],
  ['src', 'src/a.ts', true],
  ['src', 'src/a/b/c', true],
  ['src', 'srcx/a.ts', false],
  ['src', 'srcx', false],
  ['src/a', 'src', false],
  ['src/a.ts', 'src/a.ts', true],
  ['src/a.ts', 'src/b.ts', false],
  ['app/[id]/page.tsx', 'app/[id]/page.tsx', true],
  ['app/[id]/page.tsx', 'app/i/page.tsx', false],
  // A slash at the end leaves the folder itself out.
  ['src/', 'src', false],
  ['src/', 'src/a.ts', true],
  ['src/', 'src/a/b', true],
  ['src/*/', 'src/a', false],
  ['src/*/', 'src/a/b', true],
  ['src/**/', 'src', false],
  ['src/**/', 'src/a', true],
  // `**` stands for any number of segments, none included.
  ['dist/**', 'dist', true],
  ['dist/**', 'dist/a/b', true],
  ['dist/**', 'distant', false],
  ['**', 'a', true],
  ['**', '.github/workflows/ci.yml', true],
  ['**/a', 'a', true],
  ['**/a', 'x/y/a', true],
  ['**/a', 'x/a/b', false],
  ['src/**/index.ts', 'src/index.ts', true],
  ['src/**/index.ts', 'src/a/b/index.ts', true],
  ['src/**/index.ts', 'src/a/b/main.ts', false],
  ['**/a/**/b/**', 'x/a/y/b/z', true],
  ['**/a/**/b/**', 'x/b/y/a/z', false],
  ['**/a/b/**', 'a/a/b', true],
  // A pattern with wildcards covers nothing but what it spells.
  ['src/*', 'src/a', true],
  ['src/*', 'src/.env', true],
  ['src/*', 'src', false],
  ['src/*', 'src/a/b', false],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/.ts', true],
  ['src/*.ts', 'src/a.tsx', false],
  ['src/*.ts', 'src/sub/a.ts', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'axbxbxc', true],
  ['a*b*c', 'acb', false],
  ['a*b', 'ab/b', false],
  ['*ab*', 'aab', true],
  ['ab*bc', 'abc', false],
  ['*ab*ba*', 'aba', false],
  ['*ab*ba*', 'abba', true],
  ['**/a/b/**/b/a/**', 'a/b/a', false],
  ['**/a/b/**/b/a/**', 'a/b/b/a', true],
  // `?` is one character, however it is encoded.
  ['docs/?.md', 'docs/a.md', true],
  ['docs/?.md', 'docs/.md', false],
  ['docs/?.md', 'docs/ab.md', false],
  ['docs/?.md', 'docs/😀.md', true],
  ['docs/?.md', 'docs/é.md', true],
  ['a?b', 'a/b', false],
  ['src/?id?.ts', 'src/[id].ts', true],
  // Alternatives.
  ['src/{a,b}{1,2}.ts', 'src/b2.ts', true],
  ['src/{a,b}{1,2}.ts', 'src/b3.ts', false],
  ['{src/**,docs}/x', 'docs/x/y', true],
  ['{src/**,docs}/x', 'src/a/x', true],
  ['{src/**,docs}/x', 'src/a/x/y', false],
]

describe('a pattern', () => {
  it.each(COVERED)('%s and the path %s: %s', (pattern, path, expected) => {
    expect(matches(patternOf(pattern), path)).toBe(expected)
    expect(coversPath(pattern, path), 'what the oracle says').toBe(expected)
  })

  it('covers what the oracle says, of all paths of up to three segments over a small alphabet', () => {
    const paths = [...pathsOf(namesOf(['a', 'b'], 2), 3), ...pathsOf(namesOf(ALPHABET, 2), 1)].filter(
      (path) => parsePath(path).ok,
    )
    expect(paths.length).toBeGreaterThan(258)
    fc.assert(
      fc.property(patternText, (text) => {
        const pattern = parsePattern(text)
        if (!pattern.ok) return
        const covers = pathMatcher(text)
        for (const path of paths) {
          if (matches(pattern, path) !== covers(path)) expect.fail(`${text} and ${path}`)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('covers paths in the other case when both are folded', () => {
    const pattern = patternOf('SRC/Ä*.TS', { caseFold: true })
    const path = parsePath('Src/a\u0308B.ts', { caseFold: true })
    expect(path).toEqual({ ok: true, text: 'src/äb.ts' })
    expect(matches(pattern, 'src/äb.ts')).toBe(true)
    expect(parsePath('H\u0331', { caseFold: true })).toEqual({ ok: true, text: '\u1e96' })
  })

  // Each of these takes a backtracking matcher longer than anybody waits.
  it.each([
    ['*a'.repeat(200), `${'a'.repeat(4000)}b`],
    [`${'**/a/'.repeat(31)}**/b`, `${'a/'.repeat(255)}a`],
    [`${'*a*/**/'.repeat(30)}b`, `${'aaaaaaaa/'.repeat(250)}c`],
    [`${'{a,*}'.repeat(6)}b`, 'a'.repeat(4000)],
  ])('that is hostile is answered at once: %#', (pattern, path) => {
    expect(matches(patternOf(pattern), path)).toBe(false)
  })
})

describe('a path', () => {
  it.each([
    ['./src//a/./b.ts', 'src/a/b.ts'],
    ['src/', 'src'],
    ['a*b?/{c,d}/[e]', 'a*b?/{c,d}/[e]'],
    ['e\u0301', 'é'],
    ['SRC', 'SRC'],
  ])('%s is kept as %s', (text, normal) => {
    expect(parsePath(text)).toEqual({ ok: true, text: normal })
  })

  it.each([
    ['', 'EMPTY', 0, 'The path "" names nothing inside the repository.', 'Name a file or folder.'],
    ['./', 'EMPTY', 0, 'The path "./" names nothing inside the repository.', 'Name a file or folder.'],
    [
      '/etc',
      'ABSOLUTE',
      0,
      'The path "/etc" is absolute; it must be relative to the repository.',
      'Remove the leading "/".',
    ],
    [
      'a/b/../c',
      'PARENT_SEGMENT',
      4,
      'The path "a/b/../c" has a segment "..", which could leave the repository.',
      'Write the path without "..".',
    ],
    [
      'C:/x',
      'DRIVE_LETTER',
      0,
      'The path "C:/x" starts with a drive letter; it must be relative to the repository.',
      'Remove the drive and everything up to the repository.',
    ],
    [
      'a\\b',
      'BACKSLASH',
      1,
      'The path "a\\b" contains a backslash (U+005C) at offset 1.',
      'Separate segments with "/". Nothing needs escaping: "[" and "]" are plain characters.',
    ],
    [
      'a'.repeat(MAX_PATH_CHARACTERS + 1),
      'TOO_LONG',
      4096,
      'The path has 4097 characters; at most 4096 are allowed.',
      'Name a folder further up, or split it.',
    ],
    [
      `${'é'.repeat(30)}${'/a'.repeat(MAX_PATH_SEGMENTS)}`,
      'TOO_MANY_SEGMENTS',
      30 + 2 * MAX_PATH_SEGMENTS - 1,
      `The path "${'é'.repeat(30)}${'/a'.repeat(15)}…" has 257 segments; at most 256 are allowed.`,
      'Name a folder further up.',
    ],
  ])('%j is refused: %s', (text, code, offset, message, hint) => {
    expect(parsePath(text)).toEqual({ ok: false, code, message, hint, offset })
  })

  it('is refused when only its normalised form is too long', () => {
    expect(parsePath('\ufb2c'.repeat(2000))).toMatchObject({ code: 'TOO_LONG' })
  })

  it('is refused for no other reason than a pattern', () => {
    const unit = fc.constantFrom('..', '.', '/', ':', '\\', 'a', 'C', '\u202e', '\ud800', '\0', '😀', 'e\u0301')
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        const [path, pattern] = [parsePath(units.join('')), parsePattern(units.join(''))]
        if (path.ok) expect(pattern).toMatchObject({ ok: true })
        else expect(pattern).toMatchObject({ ok: false, code: path.code, offset: path.offset })
      }),
      { numRuns: 2000 },
    )
  })
})
