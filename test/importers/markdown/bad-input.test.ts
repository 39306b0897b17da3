/** Whatever a document holds, the reader answers: with diagnostics that have a line, in time that grows with its length. */
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { checkPlan } from '../../../src/plan/check.js'
import { fileWith, world } from '../../cli/world.js'

const codes = (text: string) =>
  importMarkdown(text, { file: 'plan.md' }).diagnostics.map(({ code, severity, line }) => `${severity} ${code} ${line}`)

describe('a document', () => {
  it('of 20,000 marks of quotation has no units, and says so', () => {
    expect(codes('>\n'.repeat(20_000))).toEqual(['warning NO_UNITS 1'])
    expect(codes(`${'>'.repeat(9_000)} text\n`)).toEqual(['warning NO_UNITS 1'])
  })

  it('with lists nested 5,000 deep is read to its end, or refused by its size', () => {
    const items = (depth: number) => Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}- [ ] T${at} inside`)
    const read = (depth: number) =>
      importMarkdown(['# Plan', ...items(depth), '## Stream Z: last', '**Branch:** `z`'].join('\n'))
    const { plan, diagnostics } = read(1_400)
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(JSON.stringify(plan)).toContain('"branch":"z"')
    expect(read(5_000).diagnostics.map(({ code }) => code)).toEqual(['TOO_LARGE'])
    expect(codes(`# Plan\n${'- '.repeat(4_900)}deep`)).toEqual(['warning NO_UNITS 1'])
  })

  it('with a line of a megabyte is read without the rest of the line', () => {
    const text = `## Task 1: x\n**Files:** \`a.ts\` ${'x `y` **z** | [a](b) '.repeat(50_000)}\n## Task 2: y\n**Depends on:** Task 1`
    const { plan, diagnostics } = importMarkdown(text, { file: 'plan.md' })
    expect(diagnostics).toMatchObject([{ code: 'TOO_LARGE', line: 2, column: 10_001 }])
    expect(plan.tasks).toMatchObject([{ id: 'task-1' }, { id: 'task-2', dependsOn: ['task-1'] }])
  })

  it('with a table of 1,000 columns is read up to the hundredth, its long lines up to their limit', () => {
    const row = (first: string, cell: string) => `| ${first} |${` ${cell} |`.repeat(1_000)}`
    expect(codes([row('ID', 'Estimate'), row('---', '---'), row('BE-1', '2d')].join('\n'))).toEqual([
      'warning TOO_LARGE 1',
      'warning TOO_LARGE 1',
    ])
  })

  it('that is binary is refused', () => {
    expect(codes('\u0000\u0001## Task 1: x')).toEqual(['error BAD_SYNTAX 1'])
  })

  it('with aliases in its front matter is read without them', () => {
    const matter = [
      '---',
      'name: x',
      'base: &base [a, b]',
      'depends_on: *base',
      '---',
      '## Task 1: y',
      '**Estimate:** 1h',
    ]
    expect(codes(matter.join('\n'))).toEqual(['warning BAD_SYNTAX 3', 'warning BAD_SYNTAX 4'])
  })

  it('with a code block that is never closed says where it begins', () => {
    expect(codes('## Task 1: x\n**Estimate:** 1h\n```\n## Task 2: y')).toEqual(['warning BAD_SYNTAX 3'])
  })

  it('larger than the limit is refused as a whole', () => {
    const { plan, diagnostics } = importMarkdown('x'.repeat(100), { limits: { jsonBytes: 10 } })
    expect([plan, diagnostics.map(({ code }) => code)]).toEqual([{}, ['TOO_LARGE']])
  })

  it('lists no more problems than the limit', () => {
    const tasks = Array.from({ length: 30 }, (_, at) => `## Task ${at}: x\n**Depends on:** Task 900`)
    const { diagnostics } = importMarkdown(tasks.join('\n'), { limits: { diagnostics: 5 } })
    expect(diagnostics).toHaveLength(6)
    expect(diagnostics.some(({ code }) => code === 'TOO_MANY_PROBLEMS')).toBe(true)
  })
})

describe('ids', () => {
  it('that collide are an error at the second, which has another one', () => {
    const text = '## WS-01: Base\n**Files:** `a`/x\n## WS-01: Something else\n**Depends on:** None\n## ws-01: Third'
    const { plan, diagnostics } = importMarkdown(text, { file: 'plan.md' })
    expect(diagnostics.filter(({ code }) => code === 'DUPLICATE_ID')).toMatchObject([{ severity: 'error', line: 3 }])
    expect(checkPlan(plan).diagnostics.filter(({ code }) => code === 'DUPLICATE_ID')).toEqual([])
  })

  it('that collide after normalising are an error too', () => {
    const codes = '## WS-01: Base\n**Files:** `a/x`\n## ws-01: Something else\n**Files:** `b/y`'
    expect(importMarkdown(codes).diagnostics).toMatchObject([{ code: 'DUPLICATE_ID', severity: 'error', line: 3 }])
    const text = '## Data Base Squad\n**Files:** `a.ts`\n## Data-Base Squad\n**Files:** `b.ts`'
    const found = importMarkdown(text, { file: 'plan.md' }).diagnostics.filter(({ severity }) => severity === 'error')
    expect(found.length <= 1 && found.every(({ code }) => code === 'DUPLICATE_ID')).toBe(true)
  })

  it('in two files are an error that names both', () => {
    const file = (name: string, title: string) => ({ file: name, text: `## Task 1: ${title}\n**Depends on:** None` })
    const { diagnostics } = importMarkdown([file('a.md', 'Base'), file('b.md', 'Roof')])
    expect(diagnostics).toMatchObject([{ code: 'DUPLICATE_ID', severity: 'error', file: 'b.md', line: 1 }])
    expect(diagnostics[0]?.message).toContain('a.md:1')
  })

  it('that every object has are not used', () => {
    const { plan } = importMarkdown('## Stream A: x\n- [ ] constructor\n- [ ] __proto__\n- [ ] toString')
    expect(checkPlan(plan).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

describe('the program', () => {
  const call = async (name: string, content: string | Uint8Array, ...options: readonly string[]) => {
    const { call: run, stdout } = world()
    const file = fileWith(name, content)
    const code = await run(['check', file, '--json', ...options])
    return { code, file, document: JSON.parse(stdout.sent) }
  }
  const PLAN =
    '# Plan\n\n## Stream A: One\n**Files:** `a.ts`\n**Mood:** good\n\n## Stream B: Two\n- **Depends on:** Stream A\n'

  it('checks Markdown by its name, its content, or --from, with lines and coverage', async () => {
    for (const [name, ...options] of [['plan.md'], ['plan.markdown'], ['plan'], ['plan.txt', '--from', 'markdown']]) {
      const { code, file, document } = await call(name as string, PLAN, ...options)
      expect(code).toBe(0)
      expect(document.plan.streams).toMatchObject([
        { id: 'A', owns: ['a.ts'], source: { file, line: 3 }, tasks: [{ id: 'work', source: { file, line: 3 } }] },
        { id: 'B', dependsOn: ['A'], source: { file, line: 7 } },
      ])
      expect(document.coverage).toMatchObject({
        streams: 2,
        edges: 1,
        imported: { units: 2, dependencies: { values: 1, understood: 1, notUnderstood: 0 } },
        unread: [{ label: 'Mood', count: 1, file, line: 5 }],
      })
    }
  })

  it('refuses what the importer refuses, and an unknown format', async () => {
    const double = await call('plan.md', '## Task 1: a\n**Depends on:** None\n## Task 1: b\n**Depends on:** None')
    expect([double.code, double.document.ok]).toEqual([1, false])
    expect(double.document.plan.tasks).toHaveLength(2)
    expect((await call('plan.md', PLAN, '--from', 'word')).code).toBe(2)
  })

  it('refuses a document that is not UTF-8', async () => {
    const { document } = await call('plan.md', new Uint8Array([0xff, 0xfe, 0x23, 0x00]))
    expect(document.diagnostics).toMatchObject([{ code: 'BAD_SYNTAX' }])
  })
})
