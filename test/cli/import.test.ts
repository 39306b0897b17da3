/** `import`: whatever a plan comes from, what is written is the same plan again, and no file is lost. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadPlan } from '../../src/cli/load.js'
import { planAsYaml } from '../../src/cli/plan-text.js'
import { parseYaml } from '../../src/importers/shared/yaml.js'
import { checkPlan } from '../../src/plan/check.js'
import { documentsIn } from '../importers/documents.js'
import { fileWith, world } from './world.js'

const PLAN = [
  '# Shop',
  '**Team:** 2 Backend',
  '## Stream A: Tables',
  '**Agent Type:** Backend',
  '**Files:** `db/a.sql`',
  '**Estimate:** 2-3 hours',
  '## Stream B: Pages',
  '**Depends on:** Stream A (2-day delay)',
  '```',
  'Do: this',
  '  - and "that"',
  '```',
].join('\n')

const call = async (...words: readonly string[]) => {
  const { call: run, stdout, stderr } = world()
  return { code: await run(['import', ...words]), stdout: stdout.sent, stderr: stderr.sent }
}

/** The plan that the text says, in its parsed form. */
function planIn(text: string) {
  const parsed = parseYaml(text)
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'))
  return checkPlan(parsed.value).plan
}

async function roundTrip(path: string): Promise<void> {
  const { document, locate, check } = await loadPlan(path)
  expect(planIn(planAsYaml(document, path, locate))).toEqual(check.plan)
}

describe('what is written', () => {
  it('is YAML that reads well, with the line of each part above it', async () => {
    const file = fileWith('plan.md', PLAN)
    const { code, stdout, stderr } = await call(file)
    expect(code).toBe(0)
    expect(stdout.replaceAll(file, 'plan.md')).toBe(
      `${[
        '# Made from plan.md by "signalbox import". The comments say where in it each part stands.',
        '',
        'name: Shop',
        'pools: { backend: { slots: 2, capabilities: [ backend ] } }',
        'streams:',
        '  # plan.md:3',
        '  A:',
        '    title: Tables',
        '    owns: [ db/a.sql ]',
        '    pool: backend',
        '    tasks:',
        '      # plan.md:3',
        '      work: { title: Tables, estimate: { min: 2h, max: 3h } }',
        '    x-inferred: [ owns ]',
        '',
        '  # plan.md:7',
        '  B:',
        '    title: Pages',
        '    dependsOn: [ { on: A, lag: 2d } ]',
        '    tasks:',
        '      # plan.md:7',
        '      work: { title: Pages }',
      ].join('\n')}\n`,
    )
    expect(stderr).toContain('Imported: 2 streams, 2 tasks, 1 dependency')
    expect(planIn(stdout)).toEqual((await loadPlan(file)).check.plan)
  })

  it('keeps the order of records whose ids are whole numbers, as a list', async () => {
    const file = fileWith('tasks.md', '# Implementation Plan\n- [ ] 10. a\n- [ ] 2. b\n- [ ] 1.5 c\n')
    const { stdout } = await call(file)
    expect(planIn(stdout)?.tasks?.map(({ id }) => id)).toEqual(['10', '2', '1.5'])
    expect(stdout).toContain('- { id: "10", title: a }')
  })

  it('is the same plan for texts of any characters', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '',
        ' x ',
        '- a',
        'a: b',
        '# c',
        'yes',
        '1e3',
        '~',
        "'",
        '\u202ea',
        '\u0007',
        '\ud800',
        'a\n b\n\n',
        '|',
        '\ufeffx',
        'a\r\nb',
        '\u0085',
        '...',
        '---\n',
      ),
    )
    fc.assert(
      fc.property(text, text, text, (title, key, inner) => {
        const plan = {
          tasks: [{ id: 'a', title, input: { [`k${key}`]: [inner, { [inner]: key }], n: [] } }],
          'x-note': inner,
        }
        const written = planAsYaml(plan, 'x', null)
        expect(written.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        const parsed = parseYaml(written)
        expect(parsed.ok && parsed.value).toEqual({
          ...plan,
          tasks: { a: { title: plan.tasks[0]?.title, input: plan.tasks[0]?.input } },
        })
      }),
    )
  })
})

describe('-o', () => {
  it('writes a file, which check reads as the same plan', async () => {
    const file = fileWith('plan.md', PLAN)
    const target = join(dirname(file), 'plan.yaml')
    const { code, stdout, stderr } = await call(file, '-o', target)
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain(`${target}: 2 streams`)
    const [a, b] = [await loadPlan(file), await loadPlan(target)]
    expect(b.check).toMatchObject({ ok: true })
    expect(b.check.plan).toEqual(a.check.plan)
    const again = join(dirname(file), 'again.yaml')
    expect((await call(target, '-o', again)).code).toBe(0)
    expect((await loadPlan(again)).check.plan).toEqual(a.check.plan)
  })

  it('writes JSON where the name says so', async () => {
    const file = fileWith('plan.md', PLAN)
    const target = join(dirname(file), 'plan.json')
    expect((await call(file, '--output', target)).code).toBe(0)
    expect((await loadPlan(target)).check.plan).toEqual((await loadPlan(file)).check.plan)
  })

  it('leaves a file that is there as it is, unless forced', async () => {
    const file = fileWith('plan.md', PLAN)
    const target = join(dirname(file), 'plan.yaml')
    writeFileSync(target, 'mine')
    const refused = await call(file, '-o', target, '--json')
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('is there already'),
    })
    expect(readFileSync(target, 'utf8')).toBe('mine')
    expect((await call(file, '-o', target, '--force')).code).toBe(0)
    expect(readFileSync(target, 'utf8')).toContain('streams:')
  })

  it('writes nothing where the plan is refused, or the folder is not there', async () => {
    const file = fileWith('plan.md', '## Task 1: a\n**Depends on:** Task 1\n## Task 1: b\n**Depends on:** None')
    const target = join(dirname(file), 'plan.yaml')
    const { code, stderr, stdout } = await call(file, '-o', target)
    expect([code, stdout, existsSync(target)]).toEqual([1, '', false])
    expect(stderr).toContain('Nothing was written: 1 error')
    const lost = await call(fileWith('plan.md', PLAN), '-o', join(dirname(file), 'no', 'plan.yaml'), '--json')
    expect(JSON.parse(lost.stdout).error.code).toBe('FILE_UNWRITABLE')
  })
})

it('--json has the text, the diagnostics and the coverage in one document', async () => {
  const { code, stdout } = await call(fileWith('plan.md', PLAN), '--json')
  expect(code).toBe(0)
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({
    ok: true,
    file: null,
    format: 'markdown',
    coverage: { streams: 2, edges: 1, imported: { units: 2 } },
  })
  expect(planIn(document.text)?.name).toBe('Shop')
})

describe('formats', () => {
  const issue = (id: string, on?: string) =>
    JSON.stringify({
      id,
      title: id,
      issue_type: 'task',
      status: 'open',
      ...(on === undefined ? {} : { dependencies: [{ issue_id: id, depends_on_id: on, type: 'blocks' }] }),
    })
  const front = (...lines: readonly string[]) => ['---', ...lines, '---', ''].join('\n')
  const task = (id: number, dependencies: readonly number[]) => ({
    id,
    title: 'x',
    status: 'pending',
    dependencies,
    testStrategy: '',
  })

  it.each([
    ['spec-kit', 'tasks.md', '## Phase 1: Setup\n- [ ] T001 [P] a\n- [ ] T002 b\n'],
    ['spec-kit', 'tasks', '## Phase 1: Setup\n- [ ] [P] [US1] a\n- b\n'],
    ['kiro', 'tasks.md', '# Implementation Plan\n\n- [ ] 1. a\n- [ ] 2. b\n'],
    ['kiro', 'plan.md', '# Plan\n- [ ] 1. a\n  - _Requirements: 1.1_\n- [ ] 2. b\n'],
    ['task-master', 'tasks.json', JSON.stringify({ tasks: [task(1, []), task(2, [1])] })],
    ['task-master', 'tags.json', JSON.stringify({ master: { tasks: [task(1, [])] } })],
    ['task-master', 'list.json', JSON.stringify([task(1, [])])],
    ['backlog', 'x.md', `${front('id: task-1', 'title: x', 'status: To Do', 'dependencies: []')}\n## Description\n`],
    ['ccpm', '001.md', front('name: x', 'status: open', 'depends_on: []', 'parallel: true')],
    ['beads', 'issues.jsonl', `${issue('a')}\n${issue('b', 'a')}\n`],
    ['beads', 'export', `${issue('a')}\n`],
    ['json', 'plan.json', '{ "tasks": [ { "id": "a" } ] }'],
    ['yaml', 'plan.yaml', 'tasks:\n  a: {}\n'],
    ['markdown', 'plan.md', '## Task 1: a\n- [ ] 1. b\n## Task 2: c\n'],
  ])('%s is told by the content of %s, and comes back the same', async (format, name, text) => {
    const file = fileWith(name, text)
    expect((await loadPlan(file)).format).toBe(format)
    await roundTrip(file)
  })

  const folderWith = (files: Readonly<Record<string, string>>): string => {
    const folder = dirname(fileWith('x.txt', ''))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return folder
  }

  it.each([
    [
      'beads',
      {
        '.beads/issues.jsonl': issue('a'),
        '.beads/deps.jsonl': '{"issue_id":"a","depends_on_id":"a"}',
        'README.md': '# x',
      },
      1,
    ],
    ['beads', { 'my_issues.jsonl': issue('a'), 'my_dependencies.jsonl': '' }, 1],
    ['task-master', { '.taskmaster/tasks/tasks.json': JSON.stringify({ tasks: [task(1, [])] }) }, 1],
    [
      'backlog',
      {
        'backlog/config.yml': 'project_name: x\n',
        'backlog/tasks/t-1 - a.md': front('id: t-1', 'title: a', 'dependencies: []'),
        'backlog/completed/t-2 - b.md': front('id: t-2', 'title: b', 'dependencies: []'),
      },
      2,
    ],
    ['ccpm', { 'epic.md': '# Epic: x', '001.md': front('name: x', 'depends_on: []', 'parallel: true') }, 1],
    ['markdown', { 'a.md': '## Task 1: a\n**Estimate:** 1h\n', 'b.md': '## Task 2: b\n**Estimate:** 1h\n' }, 2],
  ] as const)('%s is told by the files of a folder', async (format, files, units) => {
    const folder = folderWith(files)
    const loaded = await loadPlan(folder)
    expect([loaded.format, loaded.imported?.units]).toEqual([format, units])
    await roundTrip(folder)
  })

  it('a folder without plans, and one with nothing but others’ files, are told apart', async () => {
    expect((await call(folderWith({}))).code).toBe(2)
    const { code, stderr } = await call(folderWith({ 'config.yml': 'a: 1' }))
    expect([code, stderr.includes('--from')]).toEqual([1, true])
  })

  it('links of issues.jsonl are found in the file beside it', async () => {
    const folder = folderWith({
      'x_issues.jsonl': `${issue('a')}\n${issue('b')}`,
      'x_dependencies.jsonl': '{"issue_id":"b","depends_on_id":"a","type":"blocks"}',
    })
    const { check } = await loadPlan(join(folder, 'x_issues.jsonl'))
    expect(check.plan?.tasks).toMatchObject([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }])
  })

  it('--from names the format, --on-cycle what becomes of rings; other words are wrong usage', async () => {
    const ring = { ...task(1, []), subtasks: [task(1, [2]), task(2, [1])] }
    const file = fileWith('tasks.txt', JSON.stringify({ tasks: [ring] }))
    expect((await call(file, '--from', 'task-master')).code).toBe(1)
    expect((await call(file, '--from', 'task-master', '--on-cycle', 'drop-subtask-edges')).code).toBe(0)
    expect((await call(file, '--on-cycle', 'ignore')).code).toBe(2)
    expect((await call(file, '--from', 'word')).code).toBe(2)
  })
})

const folders = [documentsIn('formats'), documentsIn('markdown'), documentsIn('seeds')].filter((each) => each !== null)
const documents = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:md|json|jsonl)$/.test(name) && !/_dependencies\.jsonl$/.test(name))
    .map((name) => join(folder, name)),
)

describe.runIf(documents.length > 0)('real documents', () => {
  it.each(documents.map((path) => [basename(path), path]))('%s comes back the same', async (_, path) =>
    roundTrip(path as string),
  )
})
