import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fileWith, world } from './world.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PLAN = 'streams:\n  s: { title: One, tasks: { a: {}, b: { dependsOn: [a] } } }\n'

async function graph(content: string, ...words: readonly string[]) {
  const file = fileWith('plan.yaml', content)
  const { call, stdout, stderr } = world()
  const code = await call(['graph', file, ...words])
  return { code, folder: dirname(file), stdout: stdout.sent, stderr: stderr.sent }
}

describe('graph', () => {
  it.each([
    [[], 'flowchart LR'],
    [['--format', 'mermaid'], 'flowchart LR'],
    [['--format', 'dot'], 'digraph "plan" {'],
    [['--format', 'svg'], '<svg '],
  ])('%j prints the picture on stdout', async (words, part) => {
    const { code, stdout, stderr } = await graph(PLAN, ...words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(part)
  })

  it.each([
    ['p.svg', '<svg '],
    ['p.SVG', '<svg '],
    ['p.dot', 'digraph'],
    ['p.gv', 'digraph'],
    ['p.mmd', 'flowchart'],
    ['p', 'flowchart'],
  ])('writes %s in the format of its name, over what is there', async (name, part) => {
    const file = fileWith(name, 'what was there')
    const { code, stdout } = await graph(PLAN, '-o', file)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(readFileSync(file, 'utf8')).toContain(part)
  })

  it('takes the format that is asked for, whatever the name', async () => {
    const file = fileWith('p.svg', '')
    await graph(PLAN, '-o', file, '--format', 'dot')
    expect(readFileSync(file, 'utf8')).toContain('digraph')
  })

  it('prints one document with --json', async () => {
    const inside = await graph(PLAN, '--json')
    expect(JSON.parse(inside.stdout)).toEqual({
      ok: true,
      format: 'mermaid',
      file: null,
      text: expect.stringContaining('flowchart'),
    })
    const file = fileWith('p.svg', '')
    const beside = await graph(PLAN, '--json', '-o', file)
    expect(JSON.parse(beside.stdout)).toEqual({ ok: true, format: 'svg', file, text: null })
  })

  it('refuses a plan with errors, and says where they are', async () => {
    const file = join(dirname(fileWith('x', '')), 'p.svg')
    const { code, stdout, stderr } = await graph('tasks: { a: { dependsOn: [b] } }', '-o', file)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('The plan cannot be drawn: 1 error.')
    expect(stderr).toContain('UNKNOWN_ID')
    expect(existsSync(file)).toBe(false)
  })

  it.each([
    [PLAN, ['--format', 'png'], 'USAGE', 'The formats are mermaid, dot, svg.'],
    [PLAN, ['--format', 'constructor'], 'USAGE', 'The formats are mermaid, dot, svg.'],
    [PLAN, ['-o', '/nowhere/p.svg'], 'FILE_UNWRITABLE', 'Give a path that may be written.'],
    [
      `tasks:\n${Array.from({ length: 2_001 }, (_, at) => `  t${at}: {}`).join('\n')}\n`,
      [],
      'USAGE',
      'Draw a part of it; signalbox check tells of all of it.',
    ],
  ])('cannot do everything', async (plan, words, code, hint) => {
    const answer = await graph(plan, '--json', ...words)
    expect(answer.code).toBe(2)
    expect(JSON.parse(answer.stdout)).toMatchObject({ ok: false, error: { code, hint } })
  })
})

describe('the pictures of the pages', () => {
  it.each(['three-tracks'])('%s.svg is what the program draws', async (name) => {
    const { call, stdout } = world()
    expect(await call(['graph', join(root, `examples/plans/${name}.yaml`), '--format', 'svg'])).toBe(0)
    // To draw it again: npx signalbox graph examples/plans/three-tracks.yaml -o docs/pictures/three-tracks.svg
    expect(readFileSync(join(root, `docs/pictures/${name}.svg`), 'utf8')).toBe(stdout.sent)
  })
})
