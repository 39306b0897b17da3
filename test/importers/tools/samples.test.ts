/**
 * Real files of the tools, compared with what is counted here by the tools' own rules, in a few lines that share nothing with
 * the importers. The files are not part of the repository: see `documents.ts`.
 */
import { describe, expect, it } from 'vitest'
import { importBacklog } from '../../../src/importers/backlog.js'
import { importBeads } from '../../../src/importers/beads.js'
import { importCcpm } from '../../../src/importers/ccpm/index.js'
import { importKiro } from '../../../src/importers/kiro.js'
import type { ImportedPlan } from '../../../src/importers/shared/imported.js'
import { importSpecKit } from '../../../src/importers/spec-kit.js'
import { importTaskMaster } from '../../../src/importers/task-master.js'
import { checkPlan } from '../../../src/plan/check.js'
import { documentsIn, readDocuments } from '../documents.js'
import { factsOf } from '../markdown/facts.js'

const folder = documentsIn('formats')
const none = 'real files are not compared: see what was printed'

const edgesOf = ({ plan }: ImportedPlan) => factsOf(plan).edges
const cyclesOf = ({ plan, locate }: ImportedPlan) =>
  checkPlan(plan, { locate }).diagnostics.filter(({ code }) => code === 'CYCLE').length

interface TmTask {
  readonly id: number | string
  readonly dependencies?: readonly (number | string)[]
  readonly subtasks?: readonly TmTask[]
}

/** Units, and dependencies that something in the tag has, by the rule of siblings. */
function countTasks(tasks: readonly TmTask[]): {
  readonly units: number
  readonly edges: number
  readonly dangling: number
} {
  const ids = new Set(tasks.flatMap(({ id, subtasks = [] }) => [`${id}`, ...subtasks.map((sub) => `${id}.${sub.id}`)]))
  const found: boolean[] = []
  for (const { id, dependencies = [], subtasks = [] } of tasks) {
    for (const each of dependencies) found.push(ids.has(`${each}`))
    for (const sub of subtasks)
      for (const each of sub.dependencies ?? [])
        found.push(ids.has(`${each}`.includes('.') ? `${each}` : `${id}.${each}`))
  }
  const units = tasks.reduce((sum, { subtasks = [] }) => sum + 1 + subtasks.length, 0)
  return { units, edges: found.filter(Boolean).length, dangling: found.filter((each) => !each).length }
}

describe.runIf(folder !== null)('Task Master', () => {
  it.each([
    ['task-master/01_claude-task-master_tagged.json', 1],
    ['task-master/02_claude-task-master_legacy_flat.json', 5],
  ])('%s', (name, cycles) => {
    const files = readDocuments(folder as string, name)
    const json = JSON.parse(files[0]?.text as string) as Record<string, { readonly tasks: readonly TmTask[] }>
    const tags = Array.isArray(json.tasks)
      ? [json.tasks as readonly TmTask[]]
      : Object.values(json).map(({ tasks }) => tasks)
    const counts = tags.map(countTasks)
    const sum = (key: 'units' | 'edges' | 'dangling') => counts.reduce((total, each) => total + each[key], 0)
    const imported = importTaskMaster(files)
    expect(imported.coverage.units).toBe(sum('units'))
    expect(imported.coverage.dependencies).toMatchObject({ understood: sum('edges'), notUnderstood: sum('dangling') })
    expect(edgesOf(imported)).toHaveLength(sum('edges'))
    expect(cyclesOf(imported)).toBe(cycles)
    const dropped = importTaskMaster(files, { onCycle: 'drop-subtask-edges' })
    expect(dropped.diagnostics.filter(({ code }) => code === 'CYCLE')).toHaveLength(cycles)
    expect(checkPlan(dropped.plan).ok).toBe(true)
  })
})

interface Row {
  readonly id: string
  readonly status: string
  readonly dependencies?: readonly Link[]
}
interface Link {
  readonly issue_id: string
  readonly depends_on_id: string
  readonly type: string
}

describe.runIf(folder !== null)('beads', () => {
  it.each([
    ['one file', ['beads/03_aviation.jsonl']],
    ['two files', ['beads/04_gastown_backup_issues.jsonl', 'beads/04_gastown_backup_dependencies.jsonl']],
  ])('%s', (_, names) => {
    const files = readDocuments(folder as string, ...names)
    const rows = files.flatMap(({ text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    )
    const issues = rows.filter((row) => 'title' in row && row.status !== 'tombstone') as readonly Row[]
    const links = [
      ...issues.flatMap(({ dependencies = [] }) => dependencies),
      ...rows.filter((row) => 'issue_id' in row),
    ] as readonly Link[]
    const ids = new Set(issues.map(({ id }) => id))
    const known = links.filter((link) => ids.has(link.issue_id) && ids.has(link.depends_on_id))
    const parents = known.filter(({ type }) => type === 'parent-child')
    const imported = importBeads(files)
    expect(imported.coverage.units).toBe(issues.length)
    expect(imported.coverage.dependencies.understood).toBe(
      known.filter(({ type }) => /^(?:blocks|parent-child)$/.test(type)).length,
    )
    const { streams, taskCounts } = factsOf(imported.plan)
    const holders = new Set(parents.map((link) => link.depends_on_id))
    expect([...streams].sort()).toEqual(
      [...holders]
        .filter((id) => parents.some((link) => link.depends_on_id === id && !holders.has(link.issue_id)))
        .sort(),
    )
    for (const id of streams) {
      expect(taskCounts[id]).toBe(
        parents.filter((link) => link.depends_on_id === id && !holders.has(link.issue_id)).length,
      )
    }
    // Nothing waits that no link says, but for streams inside of others, which wait for what those wait for.
    const said = new Set(
      known.filter(({ type }) => type === 'blocks').map((link) => `${link.issue_id} > ${link.depends_on_id}`),
    )
    const written = edgesOf(imported).map((edge) => edge.replace(/^[^ ]*\//, '').replace(/> [^ ]*\//, '> '))
    expect(written.filter((edge) => said.has(edge)).length).toBe(said.size)
    expect(written.length - said.size).toBeLessThanOrEqual(parents.length)
    expect(checkPlan(imported.plan).ok).toBe(true)
  })
})

describe.runIf(folder !== null)('lists', () => {
  it('spec-kit: each box is a task; edges are phases, chains of stories, and brackets', () => {
    for (const name of ['spec-kit/05_spec-kit_bundler.md', 'spec-kit/00_template.md']) {
      const files = readDocuments(folder as string, name)
      const lines = (files[0]?.text ?? '').replace(/<!--[\s\S]*?-->/g, '').split('\n')
      const boxes = lines.filter((line) => /^- \[[ xX]\] T/.test(line))
      const phases = lines.filter((line) => /^## Phase /.test(line))
      const imported = importSpecKit(files)
      expect(imported.coverage.units).toBe(boxes.length + phases.length)
      const pairs = new Set<string>()
      let last = new Map<string, string>()
      for (const line of lines) {
        if (/^## Phase /.test(line)) last = new Map()
        const [, id, marks = ''] = /^- \[[ xX]\] (T\w+) ((?:\[\w+\] )*)/.exec(line) ?? []
        if (id === undefined) continue
        const story = /US\d/.exec(marks)?.[0] ?? ''
        const own = id === 'TXXX' ? line : id
        for (const [, dependencies = ''] of line.matchAll(/\(depends on ([^)]*)\)/g))
          for (const each of dependencies.split(', ')) pairs.add(`${own} > ${each}`)
        if (marks.includes('[P]')) continue
        if (last.has(story)) pairs.add(`${own} > ${last.get(story)}`)
        last.set(story, own)
      }
      const stories = phases.filter((line) => line.includes('User Story')).length
      // The first stands alone, each story and the second wait for one, what comes last for all stories.
      expect(edgesOf(imported)).toHaveLength(pairs.size + 1 + stories + stories)
      expect(checkPlan(imported.plan).ok).toBe(true)
    }
  })

  it('Kiro: each numbered box is a task, and all leaves are one chain', () => {
    const files = readDocuments(folder as string, 'kiro/02_ant-quic-codebase-cleanup.md')
    const numbers = Array.from((files[0]?.text ?? '').matchAll(/^ *- \[.\]\*? ([\d.]+)/gm), ([, number]) =>
      (number as string).replace(/\.$/, ''),
    )
    const leaves = numbers.filter((number) => !numbers.some((other) => other.startsWith(`${number}.`)))
    const imported = importKiro(files)
    expect(imported.coverage.units).toBe(numbers.length)
    expect(edgesOf(imported)).toHaveLength(leaves.length - 1)
    const check = checkPlan(imported.plan)
    expect(check.ok && check.compiled.waveCount).toBe(leaves.length)
  })
})

describe.runIf(folder !== null)('files', () => {
  it('Backlog.md: each file is a task; what is not in the folder is unknown', () => {
    const names = [
      'backlog/01_backlogmd_config.yml',
      'backlog/01_backlogmd_back-200.md',
      'backlog/01_backlogmd_back-222.1.md',
    ]
    const imported = importBacklog(readDocuments(folder as string, ...names))
    expect(imported.coverage).toMatchObject({ units: 2, dependencies: { values: 2, understood: 0, notUnderstood: 2 } })
    expect(imported.diagnostics.map(({ code, file, line }) => `${code} ${file} ${line}`)).toEqual([
      `UNKNOWN_ID ${names[1]} 12`,
      `UNKNOWN_ID ${names[1]} 13`,
    ])
  })

  it('ccpm: a renumbered epic is told, and has no edge that its titles do not say', () => {
    const names = ['epic', '2', '4', '5', '10'].map((name) => `ccpm/02_ccpm_use-local-model_${name}.md`)
    const imported = importCcpm(readDocuments(folder as string, ...names))
    expect(imported.diagnostics).toMatchObject([{ code: 'CYCLE', severity: 'error' }])
    expect(imported.coverage.units).toBe(4)
    expect(edgesOf(imported)).toEqual(['10 > 4', '10 > 5'])
    expect(cyclesOf(imported)).toBe(0)
  })
})

it(folder === null ? none : 'real files are compared', () => {
  expect(folder === null || folder.endsWith('formats')).toBe(true)
})
