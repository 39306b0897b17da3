/** The table of one shape: microseconds and bytes per task, ratios, growth. */
import { median, short, table } from './units.mjs'

/** Cells that would take minutes: p-graph shifts an array of everything that is ready once at its start. */
const LEFT_OUT = [
  { contestant: 'p-graph', shape: 'wide', from: 1_000_000, why: 'its start-up is quadratic in what is ready at once' },
  { contestant: 'p-graph', shape: 'tree', from: 1_000_000, why: 'its start-up is quadratic in what is ready at once' },
]
const FLOOR = 'bare'
/** What the project has set itself, for one cell: layered plans of 100k. */
const GOAL_SHAPE = 'layered'
const GOAL_SIZE = '100k'
const GOALS = { ratio: 'at most 0.33x, in the end 0.10x', bytes: 'at most 800', growth: 'at most 1.3' }

/** Why a cell is not measured, null where it is. */
export function leftOut(contestant, shape, size) {
  const found = LEFT_OUT.find((each) => each.contestant === contestant && each.shape === shape && size >= each.from)
  return found?.why ?? null
}

export function printShape(result) {
  const { measure, shape, sizes, contestants, bytes, bytesAt } = result
  const hasBytes = bytes.size > 0
  const head = [shape, ...sizes, ...(hasBytes ? [`bytes at ${bytesAt}`, 'half-way'] : [])]
  const rows = [head]
  for (const contestant of contestants) {
    const cells = sizes.map((size) => timeText(result, contestant, size, 'total'))
    rows.push([contestant, ...cells, ...(hasBytes ? bytesText(bytes.get(contestant)) : [])])
  }
  for (const contestant of contestants) {
    rows.push([
      `${contestant}, from the first task on`,
      ...sizes.map((size) => timeText(result, contestant, size, 'run')),
      ...blank(hasBytes),
    ])
  }
  for (const other of contestants) {
    if (other === 'signalbox' || !contestants.includes('signalbox')) continue
    rows.push([`signalbox / ${other}`, ...sizes.map((size) => ratioText(result, other, size)), ...blank(hasBytes)])
  }
  const what = measure === 'cpu' ? ' of the main thread' : ''
  console.log(`\nmicroseconds${what} per task, 10 at a time, building the plan included\n${table(rows)}`)
  for (const line of [...goalLines(result), ...growthLines(result)]) console.log(line)
  for (const line of notes(result)) console.log(line)
}

function blank(hasBytes) {
  return hasBytes ? ['', ''] : []
}

function bytesText({ end, middle }) {
  return [short(end), short(middle)]
}

function timeText({ times }, contestant, size, part) {
  const cells = times.get(contestant).get(size)
  return cells === undefined ? '-' : short(median(cells.map((cell) => cell[part])))
}

/** The median of the ratios of each round: the two were measured side by side. */
function ratioText({ times }, other, size) {
  const ours = times.get('signalbox').get(size)
  const theirs = times.get(other).get(size)
  if (ours === undefined || theirs === undefined) return '-'
  return `${short(median(ours.map(({ total }, round) => total / theirs[round].total)))}x`
}

function goalLines(result) {
  const { shape, sizes, contestants, bytes } = result
  if (shape !== GOAL_SHAPE || !sizes.includes(GOAL_SIZE) || !contestants.includes('signalbox')) return []
  const lines = [`bytes per task at ${GOAL_SIZE}: ${short(bytes.get('signalbox').end)} (goal: ${GOALS.bytes})`]
  if (!contestants.includes('p-graph')) return lines
  return [
    `signalbox / p-graph at ${GOAL_SIZE}: ${ratioText(result, 'p-graph', GOAL_SIZE)} (goal: ${GOALS.ratio})`,
    ...lines,
  ]
}

/** How much dearer a task is in the largest plan than in one of 10k; the floor's own growth is the machine's caches. */
function growthLines({ times, contestants }) {
  if (!contestants.includes('signalbox') || !contestants.includes(FLOOR)) return []
  const growth = (contestant) => {
    const [small, large] = ['10k', '1M'].map((size) => times.get(contestant).get(size))
    if (small === undefined || large === undefined) return null
    return median(large.map(({ total }) => total)) / median(small.map(({ total }) => total))
  }
  const ours = growth('signalbox')
  const floor = growth(FLOOR)
  if (ours === null || floor === null) return []
  const shown = `growth from 10k to 1M: signalbox ${short(ours)}x, bare ${short(floor)}x`
  return [`${shown}; ours is ${short(ours / floor)} of the floor's (goal: ${GOALS.growth})`]
}

function notes({ shape, sizes, sizeOf, contestants }) {
  return contestants.flatMap((contestant) =>
    sizes
      .map((size) => ({ size, why: leftOut(contestant, shape, sizeOf[size]) }))
      .filter(({ why }) => why !== null)
      .map(({ size, why }) => `- ${contestant} at ${size} is left out: ${why}.`),
  )
}
