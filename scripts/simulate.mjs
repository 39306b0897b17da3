/**
 * Runs simulated worlds by seed, from the sources, without a build.
 *
 *   npm run --silent simulate -- --seed 123             one world; a failure is told as a short story
 *   npm run --silent simulate -- --from 1 --count 20000 many; ends at the first failure
 *   … --tasks 80                                        worlds of another size
 *   … --disk                                            their journals on a simulated disk, which loses what it may
 */
import { parseArgs } from 'node:util'
import { importBundled } from './bundle.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    tasks: { type: 'string', default: '40' },
    disk: { type: 'boolean', default: false },
  },
})
const options = { tasks: Number(values.tasks) }
const play = await player()
try {
  if (values.seed === undefined) await playMany(Number(values.from), Number(values.count))
  else console.log(JSON.stringify(await play(Number(values.seed)), null, 2))
} catch (error) {
  if (error.name !== 'SimulationFailure') throw error
  console.error(error.message)
  process.exitCode = 1
}

async function player() {
  if (values.disk) {
    const { simulateOnDisk } = await importBundled('test/testing/disk/simulate-on-disk.ts')
    return (seed) => simulateOnDisk(seed, options)
  }
  const { simulate } = await importBundled('src/testing/index.ts')
  return (seed) => simulate(seed, options)
}

async function playMany(from, count) {
  const started = process.cpuUsage()
  const totals = {}
  for (let seed = from; seed < from + count; seed += 1) {
    const { seed: _seed, digest: _digest, verdicts: _verdicts, ...counts } = await play(seed)
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value
  }
  const { user, system } = process.cpuUsage(started)
  const perWorld = Object.fromEntries(Object.entries(totals).map(([name, sum]) => [name, +(sum / count).toFixed(2)]))
  const worldsPerCpuSecond = Math.round((count / (user + system)) * 1e6)
  console.log(JSON.stringify({ from, count, failures: 0, worldsPerCpuSecond, perWorld }))
}
