/**
 * Documents in which everything could have to be compared with everything. Each has as many units as a plan may have; were one
 * of the steps quadratic, it would take minutes, and the test would run out of time.
 */
import { describe, expect, it, vi } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'

vi.setConfig({ testTimeout: 60_000 })

const N = 9_000
const lines = (line: (at: number) => string, head = '# Plan\n') =>
  head + Array.from({ length: N }, (_, at) => `${line(at)}\n`).join('')

describe('as many units as a plan may have', () => {
  it.each<[string, string, number]>([
    [
      'rows of a table',
      lines((at) => `| BE-${at} | Part | BE-${at - 1} |`, '| ID | Title | Depends on |\n|---|---|---|\n'),
      N,
    ],
    [
      'rows that have names',
      lines((at) => `| some part ${at} | part ${at - 1} |`, '| Task | Depends on |\n|---|---|\n'),
      N,
    ],
    ['of one title', lines((at) => `## Task ${at}: the same\n**Depends on:** the same thing`), N],
    [
      'of titles that are alike',
      lines((at) => `## Task ${at}: do the thing ${at}\n**Depends on:** do the thing ${at + 1}`),
      N,
    ],
    ['that change one file', lines((at) => `## Task ${at}: x\n**Files:** \`src/a.ts\``), N],
    ['with ranges', lines((at) => `## Task ${at}: x\n**Depends on:** Tasks ${at - 3}-${at - 1}`), N],
    ['of one name', lines((at) => `## Task 1: part ${at}\n**Estimate:** 1h`), N],
    [
      'and arrows between them',
      lines((at) => `## Task ${at}: x\n**Depends on:** Task ${at - 1}`) +
        lines((at) => `Task ${at} --> Task 1`, '## Dependency graph\n```\n'),
      N,
    ],
  ])('%s', (_, text, units) => {
    expect(importMarkdown(text, { limits: { jsonBytes: 2_000_000 } }).coverage.units).toBe(units)
  })

  it('each of which waits for all above is refused where there are too many edges', () => {
    const { diagnostics, plan } = importMarkdown(lines((at) => `## Task ${at}: x\n**Depends on:** ALL above`))
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'TOO_LARGE', line: 897 }])
    expect(plan.tasks).toHaveLength(N)
  })

  it('and more are refused as a whole', () => {
    const { diagnostics, plan } = importMarkdown('## Task 1: x\n**Estimate:** 1h\n## Task 2: x\n**Estimate:** 1h\n', {
      limits: { tasks: 0 },
    })
    expect([plan, diagnostics.map(({ code, line }) => `${code} ${line}`)]).toEqual([{}, ['TOO_LARGE 1']])
  })
})

describe('no unit at all', () => {
  it.each([
    ['but comments that never end', '<!-- a\n'.repeat(100_000)],
    ['but a comment over all of it', `${'<!-- a\n## Task 1: x\n**Depends on:** None\n'.repeat(20_000)}-->\n`],
    ['but code blocks that open and close', '```\n'.repeat(100_000)],
    ['but brackets and marks', '[a](b'.repeat(100_000) + '*a _b '.repeat(80_000)],
  ])('%s', (_, text) => {
    expect(importMarkdown(text).coverage.units).toBe(0)
  })
})

describe('one unit', () => {
  it.each([
    ['with thousands of files', lines((at) => `- \`src/${at}/*.ts\``, '## Stream A: x\n**Files:**\n')],
    ['with thousands of dependencies', lines((at) => `- Task ${at}`, '## Task 1: x\n**Depends on:**\n')],
    ['with thousands of brackets', `## Task 1: ${'('.repeat(9_000)}\n**Estimate:** 1h\n`],
    ['with thousands of labels', lines((at) => `**Label ${at}:** x`, '## Task 1: x\n**Estimate:** 1h\n')],
  ])('%s', (_, text) => {
    expect(importMarkdown(text).coverage.units).toBe(1)
  })
})
