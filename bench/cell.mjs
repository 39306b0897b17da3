/**
 * One cell of the table, in a process of its own: `node --expose-gc cell.mjs <contestant> <shape> <size> <measure>`, where
 * the measure is `time`, `cpu` or `bytes`. Prints one line of JSON.
 */
import { shapes } from './shapes.mjs'
import { mean, median, stopwatch } from './units.mjs'

const CONCURRENCY = 10
/** Warm-up: so many graphs of at most this size. */
const WARM_SIZE = 2000
const WARM_RUNS = 50
/** A cell is repeated within its process until this much has been measured, at most so often. */
const MEASURE_MS = 250
const MEASURE_TIMES = 25
/** Graphs up to this size are run at least so often: the first large one is also spent on growing the heap. */
const REPEATED_SIZE = 100_000
const LEAST_TIMES = 3

const [contestant, shapeName, sizeText, measure] = process.argv.slice(2)
const size = Number(sizeText)
const { run } = await import(`./contestants/${contestant}.mjs`)
const shapeOf = shapes[shapeName]
const now = stopwatch(measure)

await checkOrder(shapeOf(1500))
console.log(JSON.stringify(measure === 'bytes' ? await measureBytes() : await measureTime()))

/** A contestant that runs things out of order, or not at all, or too many at a time, has no time to be compared. */
async function checkOrder(shape) {
  const parentsOf = new Map(shape.ids.map((id, task) => [id, shape.parents[task]]))
  const ended = new Set()
  let running = 0
  const { close } = await run(
    shape,
    async (id) => {
      running += 1
      if (running > CONCURRENCY) throw new Error(`${running} tasks at a time.`)
      for (const parent of parentsOf.get(id)) if (!ended.has(parent)) throw new Error(`${id} ran before ${parent}.`)
      await null
      running -= 1
      ended.add(id)
    },
    CONCURRENCY,
  )
  await close?.()
  if (ended.size !== shape.ids.length) throw new Error(`${ended.size} of ${shape.ids.length} tasks were run.`)
}

async function measureTime() {
  const warm = shapeOf(Math.min(size, WARM_SIZE))
  for (let count = 0; count < WARM_RUNS; count += 1) await timed(warm)
  // One small graph stays alive: else the collection below takes the hidden classes of all objects with it, and what
  // is measured is how fast the engine learns them again.
  const kept = await run(warm, async () => undefined, CONCURRENCY)
  const shape = shapeOf(size)
  const totals = []
  const runs = []
  const least = size <= REPEATED_SIZE ? LEAST_TIMES : 1
  for (let sum = 0; totals.length < least || (sum < MEASURE_MS && totals.length < MEASURE_TIMES); ) {
    globalThis.gc()
    const { totalMs, runMs } = await timed(shape)
    totals.push(totalMs)
    runs.push(runMs)
    sum += totalMs
  }
  await kept.close?.()
  // Processor time comes in ticks of some milliseconds, so that a single short run says nothing.
  const middle = measure === 'cpu' ? mean : median
  return { total: perTask(middle(totals)), run: perTask(middle(runs)) }
}

/** From the names to the end of the last task; and of that, from the start of the first task on. */
async function timed(shape) {
  let done = 0
  let firstAt = 0
  const work = async () => {
    if (done === 0) firstAt = now()
    done += 1
  }
  const start = now()
  const { close } = await run(shape, work, CONCURRENCY)
  const end = now()
  await close?.()
  if (done !== shape.ids.length) throw new Error(`${done} of ${shape.ids.length} tasks were run.`)
  return { totalMs: end - start, runMs: end - firstAt }
}

function perTask(ms) {
  return (ms * 1000) / size
}

/**
 * What lives less what lived before, in the middle of the run, and when all has ended and the handle is held. The names
 * count where they are still needed.
 */
async function measureBytes() {
  const before = await liveBytes()
  let done = 0
  let middle = 0
  const work = async () => {
    done += 1
    if (done === size >> 1) middle = await liveBytes()
  }
  const { held, close } = await run(shapeOf(size), work, CONCURRENCY)
  const end = await liveBytes()
  if (held === undefined) throw new Error('What is measured must be held until here.')
  await close?.()
  return { end: (end - before) / size, middle: (middle - before) / size }
}

async function liveBytes() {
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
