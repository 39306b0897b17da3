import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/importers/shared/yaml.js'
import { checkPlan } from '../../../src/plan/check.js'

function value(text: string): unknown {
  const result = parseYaml(text)
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'))
  return result.value
}

function refusals(text: string, options?: Parameters<typeof parseYaml>[1]): readonly string[] {
  const result = parseYaml(text, options)
  if (result.ok) return []
  return result.diagnostics.map(({ code, at, line, column, message }) => `${code} ${at} ${line}:${column} ${message}`)
}

describe('a YAML document', () => {
  it('gives plain data', () => {
    expect(value('a: 1\nb: [x, true, null, 1.5, "yes", no]\nc:\n  - d: |\n      text\n  -\n')).toEqual({
      a: 1,
      b: ['x', true, null, 1.5, 'yes', 'no'],
      c: [{ d: 'text\n' }, null],
    })
    expect(value('')).toBeNull()
    expect(value('# nothing')).toBeNull()
  })

  it('keeps keys and dates as they were written', () => {
    expect(value('001: a\n1.0: b\ntrue: c\nday: 2026-11-20\n')).toEqual({
      '001': 'a',
      '1.0': 'b',
      true: 'c',
      day: '2026-11-20',
    })
  })

  it('keeps a key "__proto__", for the check of the plan to refuse', () => {
    const plan = value('__proto__: {x: 1}')
    expect(Object.keys(plan as object)).toEqual(['__proto__'])
    expect(checkPlan(plan).diagnostics[0]?.code).toBe('RESERVED_NAME')
  })

  it('leads the diagnostics of a check to lines: to the key of a block, else to the value', () => {
    const text = [
      'name: demo',
      'streams:',
      '  db:',
      '    tasks:',
      '      - id: a',
      '        estimate: 5 parsecs',
      '      - {id: b, dependsOn: [ghost]}',
      'tasks:',
      '  c:',
      '    retry:',
      '    gates: {}',
    ].join('\n')
    const parsed = parseYaml(text, { file: 'plan.yaml' })
    if (!parsed.ok) throw new Error('not YAML')
    const { diagnostics } = checkPlan(parsed.value, { file: 'plan.yaml', locate: parsed.locate })
    expect(diagnostics.map(({ at, file, line, column }) => `${file}:${line}:${column} ${at}`)).toEqual([
      'plan.yaml:6:19 /streams/db/tasks/0/estimate',
      'plan.yaml:7:29 /streams/db/tasks/1/dependsOn/0',
      'plan.yaml:10:5 /tasks/c/retry',
      'plan.yaml:11:12 /tasks/c/gates',
    ])
    expect(parsed.locate(new Set(['/tasks/c', '/streams/db/tasks/1', '', '/none']))).toEqual(
      new Map([
        ['', { line: 1, column: 1 }],
        ['/streams/db/tasks/1', { line: 7, column: 9 }],
        ['/tasks/c', { line: 9, column: 3 }],
      ]),
    )
    const bare = parseYaml('x: {a, b}')
    expect(bare.ok && bare.locate(new Set(['/x/b']))).toEqual(new Map([['/x/b', { line: 1, column: 8 }]]))
    const empty = parseYaml('')
    expect(empty.ok && empty.locate(new Set(['']))).toEqual(new Map([['', { line: 1, column: 1 }]]))
  })
})

describe('refused', () => {
  it('an alias bomb: every alias, by its line', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}]`)
    const [first, ...others] = refusals(['a: &a ["lol", "lol"]', ...levels].join('\n'))
    expect(first).toBe('BAD_SYNTAX /b0/0 2:10 The alias "*a" is refused: aliases can make a document of any size.')
    expect(others).toHaveLength(19)
  })

  it('duplicate keys, all of them', () => {
    expect(refusals('a: 1\nb:\n  c: 2\n  "c": 3\na: 4\n')).toEqual([
      'DUPLICATE_KEY /b/c 4:3 The key "c" is used twice in one object.',
      'DUPLICATE_KEY /a 5:1 The key "a" is used twice in one object.',
    ])
  })

  it('a depth of 10,000, in each way to write it', () => {
    const message = 'TOO_DEEP  undefined:undefined Lists and objects are nested more than 64 deep.'
    expect(refusals('['.repeat(10_000))).toEqual([message])
    expect(refusals(`${'- '.repeat(10_000)}a`)).toEqual([message])
    expect(refusals(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual([
      `TOO_DEEP ${'/0'.repeat(64)} 1:65 Lists and objects are nested more than 64 deep.`,
    ])
    expect(value(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveLength(1)
  })

  it('a document over 2,000,000 bytes, before it is parsed', () => {
    const text = `# ${'é'.repeat(1_000_000)}`
    expect(refusals(text)).toEqual(['TOO_LARGE  undefined:undefined The document is larger than 2,000,000 bytes.'])
    expect(refusals(text, { limits: { yamlBytes: 3_000_000 } })).toEqual([])
  })

  it.each(['- a\n', 'a,', '[', '{a: b},', 'k: v\n', '- - ', 'a:\n'])(
    'a document with over 100,000 lines and signs, before it is parsed: %j',
    (unit) => {
      const message = 'The document has more than 100,000 lines and signs between values.'
      expect(refusals(unit.repeat(100_001))).toEqual([`TOO_LARGE  undefined:undefined ${message}`])
    },
  )

  it.each([
    ['a: b: c', 'BAD_SYNTAX  1:4 The document is not YAML: Nested mappings are not allowed in compact mappings.'],
    ['a:\n\tb: 1', 'BAD_SYNTAX  2:1 The document is not YAML: Tabs are not allowed as indentation.'],
    ['a: !!js/function x', 'BAD_SYNTAX  1:4 The document is not YAML: Unresolved tag: tag:yaml.org,2002:js/function.'],
    ['a: 1\n---\nb: 2', 'BAD_SYNTAX  2:1 The file holds several YAML documents.'],
    ['? [1]\n: 2', 'BAD_SYNTAX  1:3 A key must be text.'],
    ['a: {~: 3}', 'BAD_SYNTAX /a 1:5 A key must be text.'],
    [': 3', 'BAD_SYNTAX  1:1 A key must be text.'],
  ])('%j', (text, refusal) => {
    expect(refusals(text)).toEqual([refusal])
  })

  it('with as many problems as the limit says', () => {
    expect(refusals('}\n'.repeat(50), { limits: { diagnostics: 3 } })).toHaveLength(3)
    expect(refusals('a: 1\n'.repeat(50), { limits: { diagnostics: 3 }, file: 'x' })).toHaveLength(3)
  })

  it('what the parser says is printed without control characters', () => {
    expect(refusals('a: !\u0007evil x')[0]).not.toContain('\u0007')
  })
})
