/**
 * What one decision costs while 10,000 ready tasks wait for claims: `npm run bench -- decide`. Each step is the report
 * that an attempt is complete, and everything that follows from it. The core alone: no store, no promises.
 */
import { loadInside } from './inside.mjs'
import { machine, mean, median, percentile, table } from './units.mjs'

const BLOCKED = 10_000
const STEPS = 3000
/** Steps before those that count, so that the code is compiled. */
const WARM_STEPS = 500
/** An attempt that is kept for the whole measurement. */
const HELD_BACK = (task) => task.startsWith('keeper')

const { checkPlan, createState, decide } = await loadInside(`
  export { checkPlan } from './src/plan/check.js'
  export { createState } from './src/core/create.js'
  export { decide } from './src/core/decide.js'
`)

const numbers = (count) => Array.from({ length: count }, (_, number) => number)
const write = (...patterns) => ({ claims: { write: patterns } })
const others = numbers(STEPS + WARM_STEPS + 50).map((number) => ({ id: `other-${number}` }))

const worlds = {
  'all blocked on one hot file that is held; tasks without claims run': {
    tasks: [
      { id: 'keeper', priority: 2, ...write('hot.ts') },
      ...numbers(BLOCKED).map((number) => ({ id: `blocked-${number}`, priority: 1, ...write('hot.ts') })),
      ...others,
    ],
  },
  'the same, tasks that write other files run': {
    tasks: [
      { id: 'keeper', priority: 2, ...write('hot.ts') },
      ...numbers(BLOCKED).map((number) => ({ id: `blocked-${number}`, priority: 1, ...write('hot.ts') })),
      ...others.map((task, number) => ({ ...task, ...write(`src/file-${number % 500}.ts`) })),
    ],
  },
  'spread over 16 files that are held; each step frees one and starts its next': {
    tasks: numbers(BLOCKED).map((number) => ({ id: `task-${number}`, ...write(`src/file-${number % 16}.ts`) })),
  },
  'the same, and 50 tasks want the whole folder, after all others by priority': {
    tasks: numbers(BLOCKED).map((number) =>
      number % 200 === 100
        ? { id: `wide-${number}`, priority: -1, ...write('src/**') }
        : { id: `task-${number}`, ...write(`src/file-${number % 16}.ts`) },
    ),
  },
}

console.log(`one decision with ${BLOCKED.toLocaleString('en-US')} blocked tasks, microseconds · ${machine()}`)
const rows = [['', 'median', '99 %', 'mean', 'steps', 'first step, ms']]
for (const [name, plan] of Object.entries(worlds)) rows.push([name, ...measure(plan)])
console.log(table(rows))
console.log('goal: medians below 50')

function measure(plan) {
  const { compiled } = checkPlan(plan, { limits: { tasks: 1_000_000 } })
  const plans = new Map([['run', compiled]])
  const state = createState()
  let now = 1_700_000_000_000
  const running = []
  const step = (input) => {
    now += 1
    const start = performance.now()
    const { events, rejection } = decide(plans, state, input, now)
    const us = (performance.now() - start) * 1000
    if (rejection !== null) throw new Error(rejection.message)
    for (const event of events) if (event.type === 'attempt.started' && !HELD_BACK(event.task)) running.push(event)
    return us
  }
  step({ type: 'join', worker: 'pool', pool: 'local', slots: 20, capabilities: [] })
  const first = step({ type: 'open', run: 'run', plan: null })
  const samples = []
  for (let count = 0; count < WARM_STEPS + STEPS && running.length > 0; count += 1) {
    const { run, task, fence } = running.shift()
    const us = step({ type: 'complete', run, task, fence, result: null })
    if (count >= WARM_STEPS) samples.push(us)
  }
  const figures = [median(samples), percentile(samples, 0.99), mean(samples)].map((us) => us.toFixed(1))
  return [...figures, String(samples.length), (first / 1000).toFixed(1)]
}
