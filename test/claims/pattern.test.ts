import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_ALTERNATIVES,
  MAX_EXPANDED_CHARACTERS,
  MAX_PATTERN_CHARACTERS,
  MAX_PATTERN_SEGMENTS,
  type Pattern,
  type PatternProblem,
  parsePattern,
} from '../../src/claims/pattern.js'
import { patternText } from './arbitraries.js'
import { patternOf } from './build.js'

const HIDDEN = 'Remove it: it does not show when the text is printed, so it could pass for another path.'
const BRACES = 'Write alternatives as "{a,b}". For a brace that is part of a name write "?".'
const GLOBSTAR = '"**" is a segment of its own, such as "src/**/*.ts"; inside a segment write "*".'
const NAME_SOMETHING = 'Name a file or folder, or write "**" for the whole repository.'
const TOO_MANY = 'stands for more than 64 alternatives, or for more than 2048 characters when they are written out.'

/** Text, code, offset, message, hint. */
const REFUSED: readonly (readonly [string, PatternProblem['code'], number, string, string])[] = [
  ['', 'EMPTY', 0, 'The pattern "" names nothing inside the repository.', NAME_SOMETHING],
  ['.', 'EMPTY', 0, 'The pattern "." names nothing inside the repository.', NAME_SOMETHING],
  ['./', 'EMPTY', 0, 'The pattern "./" names nothing inside the repository.', NAME_SOMETHING],
  ['{,a}', 'EMPTY', 0, 'The pattern "{,a}" names nothing inside the repository.', NAME_SOMETHING],
  [
    '/x',
    'ABSOLUTE',
    0,
    'The pattern "/x" is absolute; it must be relative to the repository.',
    'Remove the leading "/".',
  ],
  [
    '/',
    'ABSOLUTE',
    0,
    'The pattern "/" is absolute; it must be relative to the repository.',
    'Remove the leading "/".',
  ],
  [
    '{a,}/x',
    'ABSOLUTE',
    0,
    'The pattern "{a,}/x" is absolute; it must be relative to the repository.',
    'Remove the leading "/".',
  ],
  [
    'a/../b',
    'PARENT_SEGMENT',
    2,
    'The pattern "a/../b" has a segment "..", which could leave the repository.',
    'Write the path without "..".',
  ],
  [
    '.{.,a}/b',
    'PARENT_SEGMENT',
    0,
    'The pattern ".{.,a}/b" has a segment "..", which could leave the repository.',
    'Write the path without "..".',
  ],
  [
    'x/{..,a}',
    'PARENT_SEGMENT',
    0,
    'The pattern "x/{..,a}" has a segment "..", which could leave the repository.',
    'Write the path without "..".',
  ],
  ['a\0b', 'NUL', 1, 'The pattern "a\\u{0}b" contains a NUL character (U+0000) at offset 1.', HIDDEN],
  [
    'src\\a.ts',
    'BACKSLASH',
    3,
    'The pattern "src\\a.ts" contains a backslash (U+005C) at offset 3.',
    'Separate segments with "/". Nothing needs escaping: "[" and "]" are plain characters.',
  ],
  [
    './C:/x',
    'DRIVE_LETTER',
    2,
    'The pattern "./C:/x" starts with a drive letter; it must be relative to the repository.',
    'Remove the drive and everything up to the repository.',
  ],
  [
    'z:*',
    'DRIVE_LETTER',
    0,
    'The pattern "z:*" starts with a drive letter; it must be relative to the repository.',
    'Remove the drive and everything up to the repository.',
  ],
  [
    'a\x1b[31m',
    'CONTROL_CHARACTER',
    1,
    'The pattern "a\\u{1b}[31m" contains a control character (U+001B) at offset 1.',
    HIDDEN,
  ],
  [
    'a\x7f',
    'CONTROL_CHARACTER',
    1,
    'The pattern "a\\u{7f}" contains a control character (U+007F) at offset 1.',
    HIDDEN,
  ],
  [
    'a\u0085',
    'CONTROL_CHARACTER',
    1,
    'The pattern "a\\u{85}" contains a control character (U+0085) at offset 1.',
    HIDDEN,
  ],
  [
    'a\u2028',
    'CONTROL_CHARACTER',
    1,
    'The pattern "a\\u{2028}" contains a control character (U+2028) at offset 1.',
    HIDDEN,
  ],
  [
    '😀\u202e',
    'BIDI_CHARACTER',
    2,
    'The pattern "😀\\u{202e}" contains a bidirectional control (U+202E) at offset 2.',
    HIDDEN,
  ],
  [
    'a\u200b',
    'ZERO_WIDTH_CHARACTER',
    1,
    'The pattern "a\\u{200b}" contains a zero-width character (U+200B) at offset 1.',
    HIDDEN,
  ],
  [
    'a\u{e0041}',
    'ZERO_WIDTH_CHARACTER',
    1,
    'The pattern "a\\u{e0041}" contains a zero-width character (U+E0041) at offset 1.',
    HIDDEN,
  ],
  [
    'a\ud800',
    'LONE_SURROGATE',
    1,
    'The pattern "a\\u{d800}" contains half of a surrogate pair (U+D800) at offset 1.',
    HIDDEN,
  ],
  [
    '\udc00b',
    'LONE_SURROGATE',
    0,
    'The pattern "\\u{dc00}b" contains half of a surrogate pair (U+DC00) at offset 0.',
    HIDDEN,
  ],
  ['src/a**', 'BAD_GLOBSTAR', 5, 'The pattern "src/a**" has "**" inside a longer segment.', GLOBSTAR],
  ['**/**.ts', 'BAD_GLOBSTAR', 3, 'The pattern "**/**.ts" has "**" inside a longer segment.', GLOBSTAR],
  ['***', 'BAD_GLOBSTAR', 0, 'The pattern "***" has "**" inside a longer segment.', GLOBSTAR],
  ['{**,a}b', 'BAD_GLOBSTAR', 0, 'The pattern "{**,a}b" has "**" inside a longer segment.', GLOBSTAR],
  ['src/{a,b', 'BAD_BRACES', 4, 'The pattern "src/{a,b" has a "{" that is never closed at offset 4.', BRACES],
  ['{a,{b,c}', 'BAD_BRACES', 0, 'The pattern "{a,{b,c}" has a "{" that is never closed at offset 0.', BRACES],
  ['a}', 'BAD_BRACES', 1, 'The pattern "a}" has a "}" without a "{" at offset 1.', BRACES],
  ['a/{b}', 'BAD_BRACES', 2, 'The pattern "a/{b}" has braces with fewer than two alternatives at offset 2.', BRACES],
  [
    'src/{1..3}.ts',
    'BAD_BRACES',
    4,
    'The pattern "src/{1..3}.ts" has braces with fewer than two alternatives at offset 4.',
    BRACES,
  ],
  ['a{}', 'BAD_BRACES', 1, 'The pattern "a{}" has braces with fewer than two alternatives at offset 1.', BRACES],
  [
    '{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}',
    'TOO_MANY_ALTERNATIVES',
    34,
    `The pattern "{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}" ${TOO_MANY}`,
    'Split it into several patterns.',
  ],
]

describe('a pattern is refused', () => {
  it.each(REFUSED)('when it is %j', (text, code, offset, message, hint) => {
    expect(parsePattern(text)).toEqual({ ok: false, code, message, hint, offset })
  })

  it('when it is too long, without a look at its 10,000 wildcards', () => {
    expect(parsePattern('*'.repeat(10_000))).toEqual({
      ok: false,
      code: 'TOO_LONG',
      message: 'The pattern has 10000 characters; at most 512 are allowed.',
      hint: 'Name a folder further up, or split it.',
      offset: 512,
    })
  })

  it('when it has one character more than the limit', () => {
    expect(parsePattern('a'.repeat(MAX_PATTERN_CHARACTERS)).ok).toBe(true)
    expect(parsePattern('a'.repeat(MAX_PATTERN_CHARACTERS + 1))).toMatchObject({ code: 'TOO_LONG' })
  })

  it('when only its normalised form is too long', () => {
    const text = '\ufb2c'.repeat(200)
    expect(text.length).toBeLessThan(MAX_PATTERN_CHARACTERS)
    expect(parsePattern(text)).toMatchObject({ code: 'TOO_LONG', message: expect.stringContaining('600 characters') })
  })

  it('when it has too many segments', () => {
    const text = 'a/'.repeat(MAX_PATTERN_SEGMENTS)
    expect(parsePattern(text).ok).toBe(true)
    expect(parsePattern(`${text}a`)).toEqual({
      ok: false,
      code: 'TOO_MANY_SEGMENTS',
      message:
        'The pattern "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/…" has 65 segments; at most 64 are allowed.',
      hint: 'Name a folder further up.',
      offset: 128,
    })
  })

  it('when its alternatives are too many, however they come about', () => {
    const options = (count: number): string => Array.from({ length: count }, (_, at) => `a${at}`).join(',')
    expect(patternOf(`{${options(MAX_ALTERNATIVES)}}`).alternatives).toHaveLength(MAX_ALTERNATIVES)
    for (const text of [
      `{${options(MAX_ALTERNATIVES + 1)}}`,
      `{${options(40)},{${options(40)}}}`,
      '{a,b}'.repeat(100),
      `${'{a,'.repeat(100)}b${'}'.repeat(100)}`,
    ]) {
      expect(parsePattern(text)).toMatchObject({ code: 'TOO_MANY_ALTERNATIVES' })
    }
  })

  it('when its alternatives written out are too long together', () => {
    const text = `{a,b}{a,b}{a,b}{a,b}/${'x'.repeat(MAX_EXPANDED_CHARACTERS / 16 - 5)}`
    expect(parsePattern(text).ok).toBe(true)
    expect(parsePattern(`${text}x`)).toMatchObject({ code: 'TOO_MANY_ALTERNATIVES', offset: 21 + 123 })
  })

  it('with a message that obeys no terminal and breaks no line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const pattern = parsePattern(text)
        if (!pattern.ok) expect(pattern.message).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
      }),
    )
  })

  // Unicode's own lists. Variation selectors choose how the character before them looks, so they do show.
  it('for every character that turns the direction of text or shows as nothing', () => {
    for (let point = 0x80; point <= 0xe0fff; point += 1) {
      const character = String.fromCodePoint(point)
      const hidden = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}]/u.test(character)
      if (!hidden || /\p{Variation_Selector}/u.test(character)) continue
      if (parsePattern(`a${character}`).ok) expect.fail(`U+${point.toString(16)} is accepted`)
    }
  })

  it('for no letter, sign or emoji', () => {
    for (let point = 0xa1; point <= 0x3ffff; point += 1) {
      const character = String.fromCodePoint(point)
      if (!/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character) || /\p{Default_Ignorable_Code_Point}/u.test(character))
        continue
      if (!parsePattern(`a${character}`).ok) expect.fail(`U+${point.toString(16)} is refused`)
    }
    expect(patternOf('a❤\ufe0f').text).toBe('a❤\ufe0f')
  })
})

/** Spellings of one pattern, the normal form last. */
const SPELLINGS: readonly (readonly string[])[] = [
  ['./a//b', 'a/./b', './/a/b/.', '{a/b,a//b}', 'a/b'],
  ['a//', 'a/./', 'a/**/', 'a/**/**/', 'a/'],
  ['a/**/**', './a/**/**/**', 'a/**'],
  ['**/', '**/**/', './**', '**'],
  ['{*,**,b}/x', '{b,*,**}/x', '{**,*,b}/x'],
  ['*?', '{*?,?*}', '{*,*}?', '?*'],
  ['a*?*?*b', 'a??*b'],
  ['{*,*}*', '*'],
  ['src/{b,a}.ts', 'src/{a,b,a}.ts', '{src/b.ts,src/a.ts}', 'src/{a.ts,b.ts}'],
  ['{a,b}/{c,d}', '{a/c,a/d,b/c,b/d}'],
  ['{b,a}/**', '{a,b}/**'],
  ['{b/,a//}', '{a,b}/'],
  ['src/{,x}', '{src/,src/x}', 'src/{,x}'],
  ['lib/{x/,}y', '{lib/y,lib/x/y}', 'lib/{x/y,y}'],
  ['{a/b,a}', '{a,a/b}'],
  ['{x/b,b}', '{b,x/b}'],
  ['{a,{b,{c,d}}}', '{d,c,b,a}', '{a,b,c,d}'],
  ['e\u0301', 'é'],
  ['{e,a}\u0301', '{á,é}'],
  ['\u212b', 'Å'],
]

describe('the normal form', () => {
  it.each(SPELLINGS.map((spellings) => [spellings.at(-1)!, spellings]))('is %s', (normal, spellings) => {
    for (const spelling of spellings) expect(parsePattern(spelling)).toEqual({ ...patternOf(normal), text: normal })
  })

  it('orders alternatives and drops equal ones', () => {
    expect(patternOf('{c,a,b,a}').alternatives.map((alternative) => alternative.text)).toEqual(['a', 'b', 'c'])
  })

  it('keeps the source where a comma would read as another alternative', () => {
    expect(patternOf('{b,a}/x,y').text).toBe('{a,b}/x,y')
    expect(patternOf('{b,a}x,y').text).toBe('{b,a}x,y')
  })

  it('keeps the source where writing the alternatives out would be too long to be read again', () => {
    const text = `{b,a}${'x'.repeat(300)}`
    expect(patternOf(text).text).toBe(text)
  })

  it('parses to the same pattern again', () => {
    fc.assert(
      fc.property(patternText, fc.boolean(), (text, caseFold) => {
        const pattern = parsePattern(text, { caseFold })
        if (pattern.ok) expect(parsePattern(pattern.text, { caseFold })).toEqual(pattern)
      }),
      { numRuns: 2000 },
    )
  })

  it('never throws and stays within the limits, whatever the text', () => {
    const unit = fc.constantFrom('{', '}', ',', '*', '**', '?', '/', '.', 'a', '\u0301', '[', ']', 'Σ', ':', ' ')
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const pattern = parsePattern(units.join(''))
        if (!pattern.ok) return
        expect(pattern.text.length).toBeLessThanOrEqual(MAX_PATTERN_CHARACTERS)
        expect(parsePattern(pattern.text)).toEqual(pattern)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('a pattern', () => {
  it('is literal when it is a plain path', () => {
    const literal = (text: string): boolean => patternOf(text).literal
    expect(['src', './src//a.ts', 'app/[id]/page.tsx', 'a,b', '{a,a}'].map(literal)).toEqual(Array(5).fill(true))
    expect(['src/', 'src/**', '*', 'a?', '{a,b}', '**'].map(literal)).toEqual(Array(6).fill(false))
  })

  it('may have a colon, a comma, a tilde, brackets, spaces and dots in its names', () => {
    for (const text of ['a/C:', 'ab:c', '1:', 'a,b', '~/x', 'app/[...id]/(x)/@y', 'a b/ c', '...', '.git', 'a..b']) {
      expect(patternOf(text).text).toBe(text)
    }
  })

  it('consists of what stands before, between and after its gaps', () => {
    const [alternative] = patternOf('src/**/a*b?*/**/c').alternatives
    const [segment] = alternative!.middle[0]!
    expect(alternative!.head.map((s) => s.text)).toEqual(['src'])
    expect(alternative!.tail!.map((s) => s.text)).toEqual(['c'])
    expect(segment).toEqual({ text: 'a*b?*', literal: false, head: [97], middle: [[98, -1]], tail: [] })
  })
})

describe('case folding', () => {
  const folded = (text: string): string => patternOf(text, { caseFold: true }).text

  it('is off by default', () => {
    expect(patternOf('SRC/Ä.ts').text).toBe('SRC/Ä.ts')
    expect(patternOf('SRC', { caseFold: false }).text).toBe('SRC')
  })

  it('makes names one that differ only in case', () => {
    expect(folded('SRC/ÄÖ?*.TS')).toBe('src/äö?*.ts')
    expect(folded('{B,a,b}')).toBe('{a,b}')
    expect(new Set(['ΟΔΟΣ', 'οδος', 'οδοσ'].map(folded)).size).toBe(1)
  })

  // "Σ" in lower case depends on what follows it, and "ß" in upper case is two letters: neither may meet a wildcard.
  it('goes character by character and keeps their number', () => {
    expect(folded('*Σ')).toBe('*σ')
    expect(folded('aΣ')).toBe('aσ')
    expect(folded('Straße')).toBe('straße')
    expect(folded('İ')).toBe('İ')
    expect(folded('H\u0331')).toBe('\u1e96')
  })

  it('folds what is folded to itself', () => {
    for (let point = 0xa1; point < 0x20000; point += 1) {
      const character = String.fromCodePoint(point)
      if (!/\p{Changes_When_Casemapped}/u.test(character)) continue
      const once = patternOf(character, { caseFold: true })
      const twice = parsePattern(once.text, { caseFold: true }) as Pattern
      if (twice.text !== once.text) expect.fail(`U+${point.toString(16)}: ${once.text} and ${twice.text}`)
    }
  })

  it('sees a drive letter in a Kelvin sign', () => {
    expect(parsePattern('\u212a:/x')).toMatchObject({ code: 'DRIVE_LETTER' })
  })
})
