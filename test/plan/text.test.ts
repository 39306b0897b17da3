import { describe, expect, it } from 'vitest'
import { count, describe as describeValue, quote, quoteAll, thousands } from '../../src/plan/text.js'

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
    ['a\u0000\u001b[2J', '"a\\u{0}\\u{1b}[2J"'],
    ['\u202egnp.exe', '"\\u{202e}gnp.exe"'],
    ['zero\u200bwidth', '"zero\\u{200b}width"'],
    ['line\u2028break\n', '"line\\u{2028}break\\u{a}"'],
    ['\ud83d alone', '"\\u{d83d} alone"'],
    ['naïve 🦀', '"naïve 🦀"'],
  ])('%j is printed as %s', (text, printed) => {
    expect(quote(text)).toBe(printed)
  })

  it('60 characters are printed whole, 61 shortened to 40 with the length', () => {
    expect(quote('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`)
    expect(quote('x'.repeat(61))).toBe(`"${'x'.repeat(40)}…" (61 characters)`)
  })

  it('does not cut a character in two', () => {
    expect(quote(`${'x'.repeat(39)}${'🦀'.repeat(20)}`)).toBe(`"${'x'.repeat(39)}…" (79 characters)`)
  })
})

it('describes values of every kind', () => {
  const values = ['x', 1, true, null, undefined, [], {}, new Date(0), () => 1, 1n, Symbol('s')]
  expect(values.map(describeValue)).toEqual([
    '"x"',
    '1',
    'true',
    'null',
    'nothing',
    'a list',
    'an object',
    'an instance of a class',
    'a function',
    'a bigint',
    'a symbol',
  ])
})

it('counts', () => {
  expect(count(1, 'task')).toBe('1 task')
  expect(count(1_234_567, 'task')).toBe('1,234,567 tasks')
  expect(count(2, 'dependency', 'dependencies')).toBe('2 dependencies')
  expect([0, 999, 1000].map(thousands)).toEqual(['0', '999', '1,000'])
  expect(quoteAll(['a', 'b'])).toBe('"a", "b"')
})
