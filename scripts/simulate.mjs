/**
 * Runs simulated worlds by seed, from the sources, without a build.
 *
 *   npm run --silent simulate -- --seed 123             one world; a failure is told as a short story
 *   npm run --silent simulate -- --from 1 --count 20000 many; ends at the first failure
 *   … --tasks 80                                        worlds of another size
 */
import { parseArgs } from 'node:util'
import { importBundled } from './bundle.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    tasks: { type: 'string', default: '40' },
  },
})
const { simulate } = await importBundled('src/testing/index.ts')
const options = { tasks: Number(values.tasks) }
try {
  if (values.seed === undefined) runMany(Number(values.from), Number(values.count))
  else console.log(JSON.stringify(simulate(Number(values.seed), options), null, 2))
} catch (error) {
  if (error.name !== 'SimulationFailure') throw error
  console.error(error.message)
  process.exitCode = 1
}

function runMany(from, count) {
  const started = process.cpuUsage()
  const totals = { steps: 0, decisions: 0, events: 0, crashes: 0, rejections: 0 }
  for (let seed = from; seed < from + count; seed += 1) {
    const result = simulate(seed, options)
    for (const name of Object.keys(totals)) totals[name] += result[name]
  }
  const { user, system } = process.cpuUsage(started)
  const perWorld = Object.fromEntries(Object.entries(totals).map(([name, sum]) => [name, +(sum / count).toFixed(2)]))
  const worldsPerCpuSecond = Math.round((count / (user + system)) * 1e6)
  console.log(JSON.stringify({ from, count, failures: 0, worldsPerCpuSecond, perWorld }))
}
