/**
 * `npm run bench`: what a task costs, beside what it costs elsewhere. Words choose a part of it:
 * `npm run bench -- quick`, `-- layered 100k`, `-- checks`. docs/guide/benchmarks.md says what each figure means.
 */
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { leftOut, printShape } from './report.mjs'
import { shapes } from './shapes.mjs'
import { machine } from './units.mjs'

/** In the order of the table. A new one is a module in `contestants/`. */
const CONTESTANTS = ['signalbox', 'p-graph', 'p-queue', 'bare']
/** Measured only when named. */
const MORE_CONTESTANTS = ['builder']
const SIZES = { '1k': 1000, '10k': 10_000, '100k': 100_000, '1M': 1_000_000 }
const CHECKS = ['plan', 'import', 'decide', 'amend', 'simulate', 'store', 'durable', 'recovery', 'executors', 'pull']
/** Fresh processes per cell. The largest take long and spread little; the layered shape is the one with goals. */
const ROUNDS = 3
const ROUNDS_AT_1M = 1
const BYTES_AT = '100k'

const words = process.argv.slice(2)
const everybody = [...CONTESTANTS, ...MORE_CONTESTANTS]
const known = [
  ...Object.keys(shapes),
  ...Object.keys(SIZES),
  ...everybody,
  ...CHECKS,
  'quick',
  'cpu',
  'checks',
  'shapes',
]
const unknown = words.filter((word) => !known.includes(word))
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. Known: ${known.join(' ')}.`)
  process.exit(2)
}

const isQuick = words.includes('quick')
const measure = words.includes('cpu') ? 'cpu' : 'time'
// npm puts the Node that the tests need before the one it runs on. What is measured is the latter: it is the user's.
const { npm_node_execpath: own, ...env } = process.env
if (own !== undefined && own !== process.execPath && measure === 'time') {
  process.exit(spawnSync(own, process.argv.slice(1), { env, stdio: 'inherit' }).status ?? 1)
}
if (measure === 'cpu' && process.threadCpuUsage === undefined) {
  console.error('`cpu` needs Node 23.9 or later; `npm run bench` runs on the one the repository installs.')
  process.exit(2)
}
const chosen = (names) => names.filter((name) => words.includes(name))
const orAll = (some, all) => (some.length > 0 ? some : all)
const isAboutShapes = words.some(
  (word) => word in shapes || word in SIZES || everybody.includes(word) || word === 'shapes',
)
const chosenChecks = words.includes('checks') ? CHECKS : chosen(CHECKS)
const isDefault = words.every((word) => word === 'cpu')
const checks = isDefault ? CHECKS : chosenChecks
const withShapes = isDefault || isQuick || isAboutShapes || checks.length === 0
const plan = {
  shapes: orAll(chosen(Object.keys(shapes)), isQuick ? ['layered'] : Object.keys(shapes)),
  sizes: orAll(chosen(Object.keys(SIZES)), isQuick ? ['10k', '100k'] : Object.keys(SIZES)),
  contestants: orAll(chosen(everybody), CONTESTANTS),
}

console.log(`signalbox bench · ${machine()}`)
if (withShapes) for (const shape of plan.shapes) await benchShape(shape)
for (const check of checks) {
  console.log('')
  await launch([fileURLToPath(new URL(`${check}.mjs`, import.meta.url)), measure], 'inherit', nodeFor(check))
}

async function benchShape(shape) {
  const times = new Map(plan.contestants.map((contestant) => [contestant, new Map()]))
  const bytes = new Map()
  for (const size of plan.sizes) {
    for (let round = 0; round < roundsOf(shape, size); round += 1) {
      // Contestants take turns, so that a slow minute of the machine is everybody's.
      for (const contestant of plan.contestants) {
        if (leftOut(contestant, shape, SIZES[size]) !== null) continue
        const cell = await cellOf(contestant, shape, size, measure)
        const cells = times.get(contestant)
        cells.set(size, [...(cells.get(size) ?? []), cell])
      }
    }
  }
  if (plan.sizes.includes(BYTES_AT)) {
    for (const contestant of plan.contestants) bytes.set(contestant, await cellOf(contestant, shape, BYTES_AT, 'bytes'))
  }
  printShape({
    measure,
    shape,
    sizes: plan.sizes,
    sizeOf: SIZES,
    contestants: plan.contestants,
    times,
    bytes,
    bytesAt: BYTES_AT,
  })
}

function roundsOf(shape, size) {
  return size === '1M' && shape !== 'layered' ? ROUNDS_AT_1M : ROUNDS
}

async function cellOf(contestant, shape, size, measure) {
  progress(`${shape} ${size} ${contestant} ${measure}`)
  const script = fileURLToPath(new URL('cell.mjs', import.meta.url))
  const args = ['--expose-gc', '--max-old-space-size=8192', script, contestant, shape, String(SIZES[size]), measure]
  const text = await launch(args, 'pipe')
  progress('')
  return JSON.parse(text)
}

/** Stores are compared where all of them are: the Node that the repository installs has SQLite. */
function nodeFor(check) {
  if (check !== 'durable' || process.getBuiltinModule('node:sqlite') !== undefined) return process.execPath
  return fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
}

/** What a child prints, of this very Node if no other is named; it must succeed. */
function launch(args, stdout, node = process.execPath) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: ['ignore', stdout, 'inherit'] })
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${args.join(' ')} ended with ${code}.`)),
    )
  })
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
