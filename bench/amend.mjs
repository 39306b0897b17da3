/**
 * What it costs to change a plan of 100,000 tasks while it runs, and to ask why one of its tasks waits:
 * `npm run bench -- amend`. No store: the plan's part and the core's.
 */
import { loadInside } from './inside.mjs'
import { createDraw, shapes } from './shapes.mjs'
import { machine, median, percentile, stopwatch, table } from './units.mjs'

const TASKS = 100_000
const ADDED = 100
const AMENDMENTS = 30
/** Amendments before those that count, so that the code is compiled. */
const WARM = 10
const ASKED = 10_000
const now = stopwatch(process.argv[2])

const { amendPlan, checkPlan, createState, decide, definePlan, explain } = await loadInside(`
  export { amendPlan } from './src/plan/amend.js'
  export { checkPlan } from './src/plan/check.js'
  export { createState } from './src/core/create.js'
  export { decide } from './src/core/decide.js'
  export { definePlan } from './src/runtime/handlers.js'
  export { explain } from './src/core/explain.js'
`)

const { ids, parents } = shapes.layered(TASKS)
const draw = createDraw(3)
const tasks = ids.map((id, task) => ({ id, dependsOn: parents[task], estimate: draw(1000) }))
const checked = checkPlan(definePlan({ name: 'bench', tasks }))
if (!checked.ok) throw new Error(checked.diagnostics[0].message)

const plans = new Map([['run', checked.compiled]])
const state = createState()
const step = (input) => {
  const { rejection } = decide(plans, state, input, 1_700_000_000_000)
  if (rejection !== null) throw new Error(rejection.message)
}
step({ type: 'join', worker: 'pool', pool: 'local', slots: 10, capabilities: [] })
step({ type: 'open', run: 'run', plan: null })

let plan = { frame: checked.plan, compiled: checked.compiled }
const amendments = []
for (let count = 0; count < WARM + AMENDMENTS; count += 1) {
  const ms = amend(count)
  if (count >= WARM) amendments.push(ms)
}
const questions = []
const run = state.runs.get('run')
for (let count = 0; count < ASKED; count += 1) {
  const task = draw(TASKS)
  const start = now()
  explain(state, run, task, state.clock)
  questions.push((now() - start) * 1000)
}

const figures = (samples) => [median(samples), percentile(samples, 0.99)]
console.log(`a run of ${TASKS.toLocaleString('en-US')} layered tasks · ${machine()}`)
console.log(
  table([
    ['', 'median', '99 %'],
    [`amend it by ${ADDED} tasks, ms`, ...figures(amendments).map((ms) => ms.toFixed(1))],
    ['explain one task, microseconds', ...figures(questions).map((us) => us.toFixed(1))],
  ]),
)
console.log('goals: below 20 ms and below 1,000 microseconds')

/** Adds a chain of tasks that wait for tasks of the plan too; returns how long it took, in ms. */
function amend(count) {
  const added = Array.from({ length: ADDED }, (_, number) => ({
    id: `new-${count}-${number}`,
    dependsOn: [ids[draw(TASKS)], number === 0 ? ids[draw(TASKS)] : `new-${count}-${number - 1}`],
  }))
  const start = now()
  const result = amendPlan(plan, { add: { tasks: added } })
  if (!result.ok) throw new Error(result.diagnostics[0].message)
  plans.set('run', result.plan.compiled)
  const { removed, changed, stored: amendment } = result
  step({ type: 'amend', run: 'run', amendment, removed, changed })
  plan = result.plan
  return now() - start
}
