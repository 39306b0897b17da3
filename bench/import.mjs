/**
 * How long a megabyte takes to import, in each format, and how long the program takes to check a document of 45 streams
 * from a cold start: `npm run bench -- import`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadInside } from './inside.mjs'
import { machine, median, stopwatch, table } from './units.mjs'

const BYTES = 1_000_000
const RUNS = 7
const GOAL_MS = 200
const STREAMS = 45
const GOAL_START_MS = 400
const now = stopwatch(process.argv[2])

const { importMarkdown, importSpecKit, importKiro, importTaskMaster, importBeads, importBacklog } = await loadInside(`
  export { importMarkdown } from './src/importers/markdown/index.js'
  export { importSpecKit } from './src/importers/spec-kit.js'
  export { importKiro } from './src/importers/kiro.js'
  export { importTaskMaster } from './src/importers/task-master.js'
  export { importBeads } from './src/importers/beads.js'
  export { importBacklog } from './src/importers/backlog.js'
`)

/** Parts of a document until it has a megabyte. */
function fill(head, part) {
  const parts = [head]
  let length = head.length
  for (let at = 1; length < BYTES; at++) {
    const text = part(at)
    parts.push(text)
    length += text.length
  }
  return parts.join('')
}

const pad = (at) => String(at).padStart(4, '0')
const HEAD = '# Plan\n\n**Team:** 6 Backend, 2 Frontend\n\n'
const stream = (at) => `### WS-${pad(at)}: Part ${at} of the shop

**Agent Type:** ${at % 3 === 0 ? 'Frontend' : 'Backend'} Engineer
**Priority:** P${at % 4}
**Estimated Time:** ${(at % 5) + 1}-${(at % 5) + 3} days
**Dependencies:**
- ${at === 1 ? 'None' : `WS-${pad(at - 1)} (the tables it needs)`}
${at > 9 ? `- Requires WS-${pad(at - 9)} - can start after WS-${pad(at - 9)} completes the interface\n` : ''}
**Deliverables:**
- \`src/part-${at}/index.ts\` with everything that the pages of part ${at} ask for
- \`src/part-${at}/routes.ts\`: GET /parts/${at}, POST /parts/${at}/items, and errors as problems
- \`test/part-${at}.test.ts\`

**Acceptance Criteria:**
- [ ] All items of part ${at} are listed within a second, sorted by their names
- [ ] Whoever has no right to see an item gets 404, and the log says why
- [ ] Tests pass, coverage is at least 90%

Notes: this part was longer once. It talks to the others through the bus only, see *bus.md* and [the decision](adr/0${at}.md).

---

`
const markdown = fill(HEAD, stream)
const prose = fill(
  '# Notes\n\n',
  (at) => `Paragraph ${at} says something of no plan at all, but at length: it goes on for a while, as prose does.\n\n`,
)
const table1 = fill(
  '# Plan\n\n| ID | Title | Depends on | Files | Est. |\n|---|---|---|---|---|\n',
  (at) => `| BE-${at} | Part ${at} | ${at === 1 ? '-' : `BE-${at - 1}`} | \`src/part-${at}/**\` | ${(at % 5) + 1}d |\n`,
)
const specKit = fill(
  '# Tasks: Shop\n\n## Phase 1: Setup\n',
  (at) =>
    `- [ ] T${pad(at)} ${at % 2 === 0 ? '[P] ' : ''}[US${at % 9}] Make part ${at} in \`src/part-${at}/index.ts\`${at > 4 ? ` (depends on T${pad(at - 4)})` : ''}\n`,
)
const kiro = fill(
  '# Implementation Plan\n\n',
  (at) =>
    `- [ ] ${at}. Part ${at}\n  - Make what it needs\n  - Write its tests\n  - _Requirements: ${at}.1, ${at}.2_\n`,
)
const taskMaster = JSON.stringify(
  {
    tasks: Array.from({ length: 700 }, (_, at) => ({
      id: at + 1,
      title: `Part ${at + 1}`,
      status: 'pending',
      dependencies: at === 0 ? [] : [at],
      details: 'What is to be done, at length. '.repeat(25),
      subtasks: Array.from({ length: 5 }, (_, sub) => ({
        id: sub + 1,
        title: `Step ${sub + 1}`,
        status: 'pending',
        dependencies: sub === 0 ? [] : [sub],
      })),
    })),
  },
  null,
  2,
)
const beads = fill(
  '',
  (at) =>
    `${JSON.stringify({ id: `bd-${at}`, title: `Part ${at}`, status: 'open', issue_type: 'task', priority: at % 5, description: 'What is to be done. '.repeat(15), dependencies: at === 1 ? [] : [{ issue_id: `bd-${at}`, depends_on_id: `bd-${at - 1}`, type: 'blocks' }] })}\n`,
)
const backlog = Array.from({ length: 2000 }, (_, at) => ({
  file: `tasks/task-${at} - part.md`,
  text: `---\nid: task-${at}\ntitle: Part ${at}\nstatus: To Do\ndependencies:\n  - task-${Math.max(0, at - 1)}\n---\n\n## Description\n\n${'What is to be done, and why. '.repeat(12)}\n`,
}))

console.log(`imports, milliseconds · ${machine()}`)
const rows = [
  ['', 'MB', 'first', `median of ${RUNS}`, 'per MB', 'splitting it into lines', 'JSON.parse of it as a text'],
]
measure('Markdown: headings with fields', markdown, () => importMarkdown(markdown))
measure('Markdown: a table', table1, () => importMarkdown(table1))
measure('Markdown: prose', prose, () => importMarkdown(prose))
measure('spec-kit', specKit, () => importSpecKit(specKit))
measure('Kiro', kiro, () => importKiro(kiro))
measure('Task Master', taskMaster, () => importTaskMaster(taskMaster))
measure('beads', beads, () => importBeads(beads))
measure('Backlog.md', backlog.map(({ text }) => text).join(''), () => importBacklog(backlog))
console.log(table(rows))
console.log(`goal: the first line at most ${GOAL_MS} per MB`)
printStart()

function measure(name, text, work) {
  const times = timesOf(work)
  const lines = often(() => text.split('\n').length)
  const quoted = JSON.stringify(text.split('\n'))
  const json = often(() => JSON.parse(quoted).length)
  const size = text.length / 1e6
  const middle = median(times)
  rows.push([
    name,
    size.toFixed(2),
    times[0].toFixed(0),
    middle.toFixed(0),
    (middle / size).toFixed(0),
    `${(middle / lines).toFixed(0)}x`,
    `${(middle / json).toFixed(0)}x`,
  ])
}

/** Milliseconds of what takes less than a clock can tell. */
function often(work) {
  const start = now()
  for (let round = 0; round < 50; round++) work()
  return (now() - start) / 50
}

function timesOf(work, clock = now) {
  return Array.from({ length: RUNS }, () => {
    const begin = clock()
    work()
    return clock() - begin
  })
}

/** From the call in a shell to the answer: a new process each time, beside one that does nothing. */
function printStart() {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
  const file = join(folder, 'plan.md')
  const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  try {
    writeFileSync(file, HEAD + Array.from({ length: STREAMS }, (_, at) => stream(at + 1)).join(''))
    const starts = [
      ['signalbox check', [program, 'check', file]],
      ['signalbox --version', [program, '--version']],
      ['a program that does nothing', ['-e', '0']],
    ]
    console.log(`\na document of ${STREAMS} streams from a cold start, milliseconds`)
    const times = starts.map(([name, words]) => [
      name,
      timesOf(() => start(words), stopwatch()).toSorted((a, b) => a - b),
    ])
    console.log(table([['', 'least', `median of ${RUNS}`], ...times.map(([name, all]) => cells(name, all))]))
    console.log(`goal: the first line at most ${GOAL_START_MS}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function cells(name, times) {
  return [name, times[0].toFixed(0), median(times).toFixed(0)]
}

function start(words) {
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
}
