import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { checkSize, parseJson, positionOf, utf8Length } from '../../src/plan/json-text.js'

function refusals(text: string, options?: Parameters<typeof parseJson>[1]): readonly string[] {
  const result = parseJson(text, options)
  if (result.ok) return []
  return result.diagnostics.map(({ code, line, column, message }) => `${code} ${line}:${column} ${message}`)
}

describe('a JSON document', () => {
  it('gives its value', () => {
    const value = { a: [1, -2.5e3, true, false, null, 'x\n"\u00e9🦀'], b: { c: {}, d: [] } }
    expect(parseJson(JSON.stringify(value, null, 2))).toMatchObject({ ok: true, value })
    expect(parseJson('\ufeff 3 ')).toMatchObject({ ok: true, value: 3 })
  })

  it('is accepted exactly when JSON.parse accepts it, but for duplicate keys', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n01.e-+t',
      'true',
      'null',
      '"a"',
      '"b"',
      '"\\u00e9"',
      '"\\x"',
      '1.5e3',
      '"a":1',
      '[1,2]',
    )
    const mutated = fc.tuple(fc.json(), fc.nat(), piece).map(([json, at, extra]) => {
      const place = at % (json.length + 1)
      return json.slice(0, place) + extra + json.slice(place + (at % 2))
    })
    const text = fc.oneof(
      fc.json(),
      mutated,
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (source) => {
        const result = parseJson(source)
        let expected: unknown
        try {
          expected = JSON.parse(source)
        } catch {
          expect(result.ok).toBe(false)
          return
        }
        if (result.ok) expect(result.value).toEqual(expected)
        else expect(new Set(result.diagnostics.map(({ code }) => code))).toEqual(new Set(['DUPLICATE_KEY']))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['', '1:1', 'expected a value, but the text ends'],
    ['{"a": 1,}', '1:9', 'expected a key in double quotes and ":", but there is "}"'],
    ['{"a" 1}', '1:6', 'expected a key in double quotes and ":", but there is "1"'],
    ['{"a": 1 "b": 2}', '1:9', 'expected "," or "}", but there is "\\""'],
    ["{'a': 1}", '1:2', 'expected a key in double quotes and ":", but there is "\'"'],
    ['[1,\n 2', '2:3', 'expected "," or "]", but the text ends'],
    ['[1, // no\n]', '1:5', 'expected a value, but there is "/"'],
    ['[01]', '1:3', 'expected "," or "]", but there is "1"'],
    ['{} {}', '1:4', 'expected the end, but there is "{"'],
    ['["a\nb"]', '1:2', 'expected a value, but there is "\\""'],
    ['["\\q"]', '1:2', 'expected a value, but there is "\\""'],
    ['["abc', '1:2', 'expected a value, but there is "\\""'],
    ['[\u202e]', '1:2', 'expected a value, but there is "\\u{202e}"'],
  ])('%j is refused at its place', (text, place, problem) => {
    expect(refusals(text)).toEqual([`BAD_SYNTAX ${place} The document is not JSON: ${problem}.`])
  })

  it('has no key twice: all of them are found, escapes notwithstanding', () => {
    const text = '{"a": 1,\n "b": {"c": 1, "c": 2},\n "\\u0061": 3,\n "x/y": [{}, {"q": 1, "q": 2}]}'
    expect(parseJson(text, { file: 'p.json' })).toEqual({
      ok: false,
      diagnostics: [
        { at: '/b/c', line: 2, column: 16, name: 'c' },
        { at: '/a', line: 3, column: 2, name: 'a' },
        { at: '/x~1y/1/q', line: 4, column: 23, name: 'q' },
      ].map(({ at, line, column, name }) => ({
        code: 'DUPLICATE_KEY',
        severity: 'error',
        message: `The key "${name}" is used twice in one object.`,
        at,
        hint: 'Rename one of them.',
        file: 'p.json',
        line,
        column,
      })),
    })
  })

  it('of many duplicate keys no more are listed than the limit says', () => {
    const text = `{${Array.from({ length: 50 }, () => '"a":1').join()}}`
    expect(refusals(text, { limits: { diagnostics: 3 } })).toHaveLength(3)
  })

  it('a depth of 10,000 is refused without recursion', () => {
    const message = 'TOO_DEEP 1:65 Lists and objects are nested more than 64 deep.'
    expect(refusals('['.repeat(10_000))).toEqual([message])
    expect(refusals(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual([message])
    expect(parseJson(`${'['.repeat(64)}${']'.repeat(64)}`).ok).toBe(true)
  })
})

describe('size', () => {
  it('a document of 200 MB is refused by its length alone', () => {
    const text = ' '.repeat(200_000_000)
    expect(parseJson(text, { file: 'big.json' })).toEqual({
      ok: false,
      diagnostics: [
        {
          code: 'TOO_LARGE',
          severity: 'error',
          message: 'The document is larger than 1,000,000 bytes.',
          at: '',
          hint: 'Split the plan, or raise the limit "jsonBytes".',
          file: 'big.json',
        },
      ],
    })
  })

  it('a file can be refused before it is read', () => {
    expect(checkSize(200_000_000, 'json')?.message).toBe('The document is larger than 1,000,000 bytes.')
    expect(checkSize(2_000_001, 'yaml')?.hint).toBe('Split the plan, or raise the limit "yamlBytes".')
    expect(checkSize(256_000, 'yaml')).toBeNull()
    expect(checkSize(2_000_000, 'json', { limits: { jsonBytes: 2_000_000 } })).toBeNull()
  })

  it('counts bytes, not characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf8Length(text, 1_000)).toBe(new TextEncoder().encode(text).length)
      }),
    )
    expect(parseJson(`"${'é'.repeat(600_000)}"`).ok).toBe(false)
  })
})

describe('places', () => {
  it('lines and columns count from 1', () => {
    expect(positionOf('ab\ncd', 0)).toEqual({ line: 1, column: 1 })
    expect(positionOf('ab\ncd', 2)).toEqual({ line: 1, column: 3 })
    expect(positionOf('ab\ncd', 4)).toEqual({ line: 2, column: 2 })
  })

  it('the diagnostics of a check lead to lines', () => {
    const text = parseJson(
      '{\n  "tasks": [\n    {"id": "a", "x~/": 1},\n    {"id": "b",\n     "dependsOn": ["a", "c"]}\n  ]\n}',
    )
    if (!text.ok) throw new Error('not JSON')
    const { diagnostics } = checkPlan(text.value, { file: 'p.json', locate: text.locate })
    expect(diagnostics.map(({ at, file, line, column }) => [at, file, line, column])).toEqual([
      ['/tasks/0/x~0~1', 'p.json', 3, 24],
      ['/tasks/1/dependsOn/1', 'p.json', 5, 25],
    ])
  })
})
