/** Whatever the files hold, every importer answers: with diagnostics that have a place, and with a plan that can be checked. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { importBacklog } from '../../../src/importers/backlog.js'
import { importBeads } from '../../../src/importers/beads.js'
import { importCcpm } from '../../../src/importers/ccpm/index.js'
import { importKiro } from '../../../src/importers/kiro.js'
import type { ImportedPlan } from '../../../src/importers/shared/imported.js'
import type { SourceFile } from '../../../src/importers/shared/types.js'
import { importSpecKit } from '../../../src/importers/spec-kit.js'
import { importTaskMaster } from '../../../src/importers/task-master.js'
import { checkPlan } from '../../../src/plan/check.js'
import { said } from './read.js'

const importers = {
  'spec-kit': importSpecKit,
  kiro: importKiro,
  'task-master': importTaskMaster,
  backlog: importBacklog,
  beads: importBeads,
  ccpm: importCcpm,
} as const
type Name = keyof typeof importers
const names = Object.keys(importers) as readonly Name[]
const lists: readonly Name[] = ['spec-kit', 'kiro']

const read = (name: Name, text: string, file = '001.md'): ImportedPlan => importers[name]([{ file, text }])
const codesOf = (imported: ImportedPlan) => new Set(imported.diagnostics.map(({ code }) => code))
/** Errors of the plan that the import itself did not speak of. */
const unspoken = (imported: ImportedPlan) =>
  checkPlan(imported.plan).diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'CYCLE')

describe.each(names)('%s', (name) => {
  it.each([
    ['nothing', ''],
    ['20,000 marks of quotation', '>\n'.repeat(20_000)],
    ['9,000 marks of quotation on one line', `${'>'.repeat(9_000)} text`],
    ['a megabyte on one line', 'x '.repeat(500_000)],
    ['100,000 brackets', '['.repeat(100_000)],
    ['100,000 braces', '{"a":'.repeat(20_000)],
    ['items inside of items on one line', '- '.repeat(4_900)],
    ['a table of 1,000 columns', `${'| a '.repeat(1_000)}|\n${'|---'.repeat(1_000)}|\n${'| b '.repeat(1_000)}|`],
    ['a mark that begins front matter', '---\n'.repeat(10_000)],
  ])('answers to %s', (_, text) => {
    const imported = read(name, text)
    expect(imported.diagnostics.length).toBeGreaterThan(0)
    const placed = imported.diagnostics.filter(({ code }) => code !== 'TOO_MANY_PROBLEMS')
    expect(placed.every(({ line }) => line !== undefined)).toBe(true)
    expect(unspoken(imported)).toEqual([])
  })

  it('refuses what is binary, and what is larger than the limit', () => {
    expect(said(read(name, 'PK\u0003\u0004\u0000'))).toEqual(['error BAD_SYNTAX 1'])
    const { plan, diagnostics } = importers[name]('x'.repeat(1_000), { limits: { jsonBytes: 100 } })
    expect([plan, diagnostics.map(({ code }) => code)]).toEqual([{}, ['TOO_LARGE']])
  })

  it('mends what went through a wrong encoding, and says so', () => {
    expect([...codesOf(read(name, 'nothing but cafÃ© and naÃ¯ve'))]).toContain('MENDED_TEXT')
  })

  it('lists no more problems than the limit', () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ file: `${at}.md`, text: '{' }))
    expect(importers[name](many, { limits: { diagnostics: 5 } }).diagnostics.length).toBeLessThanOrEqual(6)
  })

  it('never throws, and makes plans that can be checked', () => {
    const word = fc.constantFrom(
      ...'- [ ] |- [x]* |T001 |[P] |[US1] |1. |1.1 |## Phase 1: |---\n|id: |title: |dependencies: |depends_on: |[1, 2]|\n|\n  |{"id":1,|"tasks":[|]|}|"dependencies":["1"],|__proto__|constructor|(depends on T001)|`a/b.ts`|_Files: x.ts_|"issue_id":"a"|"depends_on_id":"b"|*a &b|<<<<<<< |======= |: |"|\u202e|😀|'.split(
        '|',
      ),
    )
    const text = fc.array(fc.oneof(word, fc.string({ maxLength: 4 })), { maxLength: 60 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), (texts) => {
        const imported = importers[name](texts.map((each, at): SourceFile => ({ file: `${at}.md`, text: each })))
        expect(unspoken(imported).map(({ message }) => message)).toEqual([])
      }),
    )
  })
})

describe.each(lists)('%s', (name) => {
  it('reads lists nested 5,000 deep, or says that they are too large', () => {
    const items = Array.from({ length: 5_000 }, (_, at) => `${' '.repeat(at % 400)}- [ ] ${at + 1}. T${at} x`)
    expect(read(name, `# Implementation Plan\n${items.join('\n')}`).coverage.units).toBeGreaterThan(5_000 - 1)
    const deep = Array.from({ length: 5_000 }, (_, at) => `${' '.repeat(at)}- [ ] ${at + 1}. x`)
    expect([...codesOf(read(name, deep.join('\n')))]).toEqual(['TOO_LARGE'])
  })

  it('takes numbers of any depth', () => {
    const deep = Array.from({ length: 40 }, (_, at) => `- [ ] ${Array.from({ length: at + 1 }, () => 1).join('.')} x`)
    expect(unspoken(read(name, deep.join('\n')))).toEqual([])
  })
})

describe('ids', () => {
  const task = (id: string) => ({ id, title: id, status: 'pending', dependencies: [] })
  const file = (name: string, id: string) => ({ file: name, text: `---\nid: ${id}\ntitle: x\ndependencies: []\n---\n` })
  const issue = (id: string) => JSON.stringify({ id, title: id, status: 'open' })

  it.each([
    ['Task Master', importTaskMaster(JSON.stringify({ tasks: [task('a b'), task('a/b')] }))],
    ['Backlog.md', importBacklog([file('1.md', 'a b'), file('2.md', 'a/b')])],
    ['beads', importBeads([issue('a b'), issue('a/b')].join('\n'))],
  ])('of %s that collide after normalising are an error at the second, which has another one', (_, imported) => {
    expect(imported.diagnostics).toMatchObject([{ code: 'DUPLICATE_ID', severity: 'error' }])
    expect(imported.diagnostics[0]?.message).toContain('as "a b" and "a/b"')
    expect(imported.plan.tasks).toMatchObject([{ id: 'a-b' }, { id: 'a-b-2' }])
    expect(unspoken(imported)).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'toString', '', '   ', '..', '💥', 'x'.repeat(5_000)])(
    'such as %j become ids',
    (id) => {
      const all = [
        importTaskMaster(JSON.stringify({ tasks: [task(id), task('2')] })),
        importBeads([issue(id), issue('2')].join('\n')),
        importBacklog([file('a.md', id), file('b.md', '2')]),
        importSpecKit(`## Phase 1: x\n- [ ] ${id}\n- [ ] T001 y`),
        importKiro(`- [ ] 1. ${id}\n- [ ] ${id}`),
      ]
      for (const imported of all) expect(unspoken(imported)).toEqual([])
    },
  )

  it('of tags that are names of objects are read', () => {
    const text =
      '{"__proto__":{"tasks":[{"id":1,"title":"a","status":"pending"}]},"b":{"tasks":[{"id":1,"title":"b","status":"pending"}]}}'
    const { plan } = importTaskMaster(text)
    expect(plan.tasks).toHaveLength(2)
    expect(unspoken(importTaskMaster(text))).toEqual([])
  })
})

it('front matter with aliases is read without them, and that is said', () => {
  const text = '---\nid: task-1\ntitle: &a x\ndependencies: [*a, *a]\n---\n'
  expect(said(importBacklog([{ file: 'x.md', text }]))).toEqual(['warning BAD_SYNTAX 3', 'warning BAD_SYNTAX 4'])
})
