/** How many random worlds one core plays and checks: `npm run bench -- simulate`. */
import { loadInside } from './inside.mjs'
import { machine, median, short, stopwatch, table } from './units.mjs'

const TASKS = 40
const WARM_WORLDS = 300
const MEASURE_MS = 5000
/** Worlds measured together, so that what is shown spreads like the machine and not like the worlds. */
const CHUNK = 250
const now = stopwatch(process.argv[2])

const { simulate } = await loadInside(`export { simulate } from './src/testing/simulate.js'`)

console.log(`random worlds of ${TASKS} tasks, played and checked · ${machine()}`)
let seed = 0
for (; seed < WARM_WORLDS; seed += 1) simulate(seed, { tasks: TASKS })
const rates = []
let decisions = 0
let totalMs = 0
while (totalMs < MEASURE_MS) {
  const start = now()
  for (let count = 0; count < CHUNK; count += 1, seed += 1) decisions += simulate(seed, { tasks: TASKS }).decisions
  const ms = now() - start
  rates.push((CHUNK * 1000) / ms)
  totalMs += ms
}
const rows = [
  ['worlds a second', `slowest, fastest ${CHUNK}`, 'worlds in all', 'microseconds a decision, all in'],
  [
    short(median(rates)),
    `${short(Math.min(...rates))} … ${short(Math.max(...rates))}`,
    String(seed - WARM_WORLDS),
    ((totalMs * 1000) / decisions).toFixed(1),
  ],
]
console.log(table(rows))
console.log('goal: at least 1,000 worlds a second')
