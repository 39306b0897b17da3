import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeText } from '../../src/reporters/shared/escape.js'
import { inColumns, lineWidth, renderLine, textWidth } from '../../src/reporters/shared/line.js'
import { formatCount, formatDuration, formatShare, thousands } from '../../src/reporters/shared/quantity.js'

const ESC = '\u001b'

describe('escapeText', () => {
  it.each([
    ['ESC', `a${ESC}[31mb`, 'a\\u{1b}[31mb'],
    ['a line break', 'a\nb\r', 'a\\u{a}b\\u{d}'],
    ['DEL and C1', '\u007f\u009b31m', '\\u{7f}\\u{9b}31m'],
    ['an operating system command', `${ESC}]0;title\u0007`, '\\u{1b}]0;title\\u{7}'],
    ['bidi controls', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['zero-width characters', 'a\u200b\u200d\ufeffb', 'a\\u{200b}\\u{200d}\\u{feff}b'],
    ['tags outside the first plane', '\u{e0041}', '\\u{e0041}'],
    ['separators and lone surrogates', '\u2028\ud800', '\\u{2028}\\u{d800}'],
    ['a filler that looks like nothing', '\u3164', '\\u{3164}'],
  ])('shows %s', (_, text, escaped) => {
    expect(escapeText(text)).toBe(escaped)
  })

  it('leaves everything else as it is, also what it made itself', () => {
    const text = 'Grüße, 日本, 🚂 \\u{1b}'
    expect(escapeText(text)).toBe(text)
    expect(escapeText(escapeText(`a${ESC}`))).toBe('a\\u{1b}')
  })

  it('looks at no more than will be shown', () => {
    expect(escapeText('a'.repeat(1_000_000), 10)).toHaveLength(80)
  })
})

describe('renderLine', () => {
  it('colours only what we styled, and escapes what is inside', () => {
    const line = [{ text: `red${ESC}[0m`, style: 'red' }, ` ${ESC}[2J`] as const
    expect(renderLine(line, { colour: 'colour' })).toBe(`${ESC}[31mred\\u{1b}[0m${ESC}[39m \\u{1b}[2J`)
    expect(renderLine(line, { colour: 'plain' })).toBe('red\\u{1b}[0m \\u{1b}[2J')
  })

  it('cuts with an ellipsis at the width, and does not colour nothing', () => {
    const line = ['abc', { text: '', style: 'dim' }, { text: 'defgh', style: 'bold' }, 'never'] as const
    expect(renderLine(line, { colour: 'plain', width: 6 })).toBe('abcde…')
    expect(renderLine(line, { colour: 'plain', width: 13 })).toBe('abcdefghnever')
    expect(renderLine(line, { colour: 'colour', width: 3 })).toBe('abc')
    expect(renderLine(['abc'], { colour: 'plain', width: 0 })).toBe('')
  })

  it('sends no control character but those of its colours, and never more columns than asked for', () => {
    const span = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(fc.array(span, { maxLength: 5 }), fc.integer({ min: 0, max: 40 }), (spans, width) => {
        const rendered = renderLine(spans, { colour: 'colour', width })
        expect(rendered).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(textWidth(rendered)).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('columns', () => {
  it('counts wide characters twice and escapes as they are shown', () => {
    expect(textWidth('日本')).toBe(4)
    expect(textWidth('🚂')).toBe(2)
    expect(textWidth(ESC)).toBe('\\u{1b}'.length)
    expect(lineWidth(['ab', { text: 'cd', style: 'bold' }])).toBe(4)
  })

  it('fills up to a width on either side, and cuts what is longer', () => {
    expect(inColumns('ab', 4)).toBe('ab  ')
    expect(inColumns('ab', 4, 'end')).toBe('  ab')
    expect(inColumns('abcdef', 4)).toBe('abc…')
    expect(inColumns('日本語', 4)).toBe('日… ')
    expect(inColumns('日本', 4)).toBe('日本')
  })
})

describe('quantities', () => {
  it.each([
    [0, '0ms'],
    [350.9, '350ms'],
    [12_999, '12s'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [15_120_000, '4h 12m'],
    [86_400_000, '1d'],
    [1_476_000_000, '17d 2h'],
    [-5, '0ms'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('writes counts and shares the same everywhere', () => {
    expect(thousands(1_234_567)).toBe('1,234,567')
    expect(formatCount(1, 'task')).toBe('1 task')
    expect(formatCount(2, 'retry', 'retries')).toBe('2 retries')
    expect(formatShare(0.999)).toBe('99 %')
    expect(formatShare(1.2)).toBe('100 %')
  })
})
