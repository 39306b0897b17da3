import fc from 'fast-check'

/** The characters of random patterns. The dot and the colon are among them because of `.`, `..` and `a:`. */
export const ALPHABET = ['a', 'b', '.', ':'] as const

const token = fc.constantFrom(...ALPHABET, '?', '?', '*', '*')

const segment = fc.oneof(
  { weight: 5, arbitrary: fc.array(token, { minLength: 1, maxLength: 3 }).map(joinStars) },
  { weight: 2, arbitrary: fc.constant('**') },
)

const plainText = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '', '/'))
  .map(([segments, end]) => segments.join('/') + end)

const bracedText = fc
  .tuple(plainText, plainText, segment, fc.constantFrom('', '/'), plainText)
  .map(([first, second, after, slash, last]) => `{${first},{${second},${last}}}${slash}${after}`)

/** Texts of patterns over `ALPHABET`; some of them are refused. */
export const patternText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: plainText },
  { weight: 1, arbitrary: bracedText },
)

function joinStars(tokens: readonly string[]): string {
  return tokens.join('').replace(/\*+/g, '*')
}
