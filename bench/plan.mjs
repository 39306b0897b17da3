/** How long a large plan takes to check and compile: `npm run bench -- plan`. */
import { loadInside } from './inside.mjs'
import { createDraw, shapes } from './shapes.mjs'
import { machine, median, stopwatch, table } from './units.mjs'

const TASKS = 100_000
const PATTERNS = 5000
const LIMITS = { tasks: 10_000_000, edges: 100_000_000, patterns: 1_000_000 }
const RUNS = 5
const now = stopwatch(process.argv[2])

const { checkPlan, compile, createState, decide } = await loadInside(`
  export { checkPlan } from './src/plan/check.js'
  export { compile } from './src/plan/compile.js'
  export { createState } from './src/core/create.js'
  export { decide } from './src/core/decide.js'
`)

console.log(`plans, seconds · ${machine()}`)
const large = claimingPlan()
const edges = large.tasks.reduce((sum, { dependsOn }) => sum + dependsOn.length, 0)
const rows = [['', 'first', `median of ${RUNS}`]]
rows.push(
  row(
    `checkPlan: ${TASKS.toLocaleString('en-US')} tasks, ${edges.toLocaleString('en-US')} edges, a claim each, 5,000 patterns`,
    () => mustPass(checkPlan(large, { limits: LIMITS })),
  ),
)
rows.push(row('  of that, compile', () => mustPass(compile(large))))
const compiled = mustPass(checkPlan(large, { limits: LIMITS })).compiled
rows.push(row('  then, opening a run of it', () => openRun(compiled)))
const bare = { tasks: large.tasks.map(({ claims, ...task }) => task) }
rows.push(row('  the same plan without claims', () => mustPass(checkPlan(bare, { limits: LIMITS }))))
const huge = layeredPlan(1_000_000)
rows.push(row('checkPlan: 1,000,000 tasks, layered, no claims', () => mustPass(checkPlan(huge, { limits: LIMITS })), 2))
rows.push(row('  of that, compile', () => mustPass(compile(huge)), 2))
console.log(table(rows))
console.log('goal: the first line at most 2.00')

/** Layers of 100 with two or three parents, and one claim per task, drawn from the patterns a repository's plan has. */
function claimingPlan() {
  const draw = createDraw(2)
  const patterns = Array.from({ length: PATTERNS }, (_, number) => patternText(number))
  const { ids, parents } = shapes.layered(TASKS)
  const tasks = ids.map((id, task) => {
    const mode = draw(4) === 0 ? 'read' : 'write'
    return { id, dependsOn: parents[task], claims: { [mode]: [patterns[draw(PATTERNS)]] } }
  })
  return { tasks }
}

/** Of a hundred patterns: seventy files, twenty folders, eight globs inside a folder, one across folders, one hot file. */
function patternText(number) {
  const folder = `packages/p${number % 250}`
  const kind = number % 100
  if (kind < 70) return `${folder}/src/m${number % 7}/file-${number}.ts`
  if (kind < 90) return `${folder}/src/area-${number}/**`
  if (kind < 98) return `${folder}/test/*-${number}.test.ts`
  return kind === 98 ? `**/generated-${number}.ts` : `hot-${number}.json`
}

function layeredPlan(size) {
  const { ids, parents } = shapes.layered(size)
  return { tasks: ids.map((id, task) => ({ id, dependsOn: parents[task] })) }
}

function openRun(plan) {
  const state = createState()
  const open = { type: 'open', run: 'r', plan: null }
  decide(new Map([['r', plan]]), state, open, 0)
}

function mustPass(result) {
  if (result.ok) return result
  throw new Error(`The plan was refused: ${result.diagnostics[0]?.message}`)
}

function row(name, work, runs = RUNS) {
  const seconds = Array.from({ length: runs }, () => {
    const start = now()
    work()
    return (now() - start) / 1000
  })
  return [name, seconds[0].toFixed(2), median(seconds).toFixed(2)]
}
