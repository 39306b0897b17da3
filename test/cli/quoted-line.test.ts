import { describe, expect, it } from 'vitest'
import { lineFinder, quotedLine } from '../../src/cli/quoted-line.js'
import { renderLine } from '../../src/reporters/shared/line.js'
import { fileWith, world } from './world.js'

function quoted(text: string, column?: number, line = 7): readonly string[] {
  return quotedLine(text, line, column).map((each) => renderLine(each, { colour: 'plain' }))
}

describe('a quoted line', () => {
  it('has a mark below its place', () => {
    expect(quoted('  a: { dependsOn: [b] }', 21)).toEqual([
      '    7 │   a: { dependsOn: [b] }',
      '      │                     ^',
    ])
  })

  it('is marked in the right column behind tabs, wide characters and what is escaped', () => {
    for (const before of ['\t\t', '日本', '\u001b[2J', '\u202e', 'é']) {
      const [line, mark] = quoted(`${before}X`, before.length + 1)
      expect(mark!.indexOf('^')).toBe(line!.indexOf('X') + (before === '日本' ? 2 : 0))
      expect(line).not.toContain('\u001b')
    }
  })

  it('is cut around its place where it is long', () => {
    const long = `${'x'.repeat(5_000)}HERE${'y'.repeat(1_000_000)}`
    const [line, mark] = quoted(long, 5_001)
    expect(line!.length).toBeLessThan(120)
    expect(mark!.indexOf('^')).toBe(line!.indexOf('HERE'))
    expect(line).toMatch(/│ …x+HEREy+…$/)
  })

  it('is left out where it is blank, and has no mark where there is no column or one behind its end', () => {
    expect(quoted('   ', 1)).toEqual([])
    expect(quoted('a: 1')).toEqual(['    7 │ a: 1'])
    expect(quoted('a', 99)).toEqual(['    7 │ a', '      │  ^'])
  })
})

describe('the lines of sources', () => {
  it('are found whatever ends them', () => {
    const lineOf = lineFinder(new Map([['f', 'a\r\nb\nc\rd']]))
    expect([1, 2, 3, 4, 5].map((line) => lineOf('f', line))).toEqual(['a', 'b', 'c', 'd', null])
    expect(lineOf('other', 3)).toBeNull()
    expect(lineOf(undefined, 1)).toBeNull()
    expect(lineOf('f', undefined)).toBeNull()
  })
})

describe('check and run', () => {
  const bad = '{\n\t"tasks": { "a": { "dependsOn": ["nowhere"] } }\n}'
  it.each(['check', 'run'])('%s quotes the line that is wrong', async (verb) => {
    const { call, stdout, stderr } = world()
    expect(await call([verb, fileWith('plan.json', bad)])).toBe(1)
    const lines = (stdout.sent + stderr.sent).split('\n')
    const at = lines.findIndex((line) => line.includes('2 │'))
    expect(lines[at]).toBe('    2 │  "tasks": { "a": { "dependsOn": ["nowhere"] } }')
    expect(lines[at + 1]!.indexOf('^')).toBe(lines[at]!.indexOf('"nowhere"'))
  })

  it('quotes a text that cannot be parsed, and a line of Markdown', async () => {
    const broken = world()
    expect(await broken.call(['check', fileWith('p.json', '{ "tasks": x }')])).toBe(1)
    expect(broken.stdout.sent).toMatch(/│.*\n +│ +\^/)
    const markdown = world()
    await markdown.call(['check', fileWith('p.md', '## WS-1: One\n\n- **Dependencies**: the moon\n')])
    expect(markdown.stdout.sent).toContain('3 │ - **Dependencies**: the moon')
  })

  it('is in colour on a terminal only', async () => {
    const file = fileWith('p.json', bad)
    const terminal = { columns: 100, rows: 30 }
    const colour = world({ terminal })
    await colour.call(['check', file])
    expect(colour.stdout.sent).toContain('\u001b[36m^\u001b[39m')
    for (const options of [{}, { terminal, env: { NO_COLOR: '1' } }]) {
      const plain = world(options)
      await plain.call(['check', file])
      expect(plain.stdout.sent).not.toContain('\u001b')
    }
  })
})
