/** The second half of `npm run bench -- durable`: the same tasks on queues that people use, on the same servers. */
import { machine, median, short, table } from './units.mjs'

/** Servers whose jobs are as durable as ours: every write is synced before it is answered. */
const QUEUES = [
  { name: 'bullmq', server: 'redis', label: 'BullMQ', goal: 3 },
  { name: 'graphile-worker', server: 'postgres', label: 'graphile-worker', goal: 10 },
  { name: 'pg-boss', server: 'postgres', label: 'pg-boss', goal: 10 },
]
/** Compared with each of them. */
const OURS = 'postgres'
/** On each queue, before anything is timed. */
const WARM_TASKS = 1000

/**
 * @param {object} options
 * @param {{ redis: string | null, postgres: string | null }} options.urls - Null: that server is not there.
 * @param {Record<string, (tasks: { id: string, after: string | null }[]) => Promise<number>>} options.signalbox - Tasks a second, by store.
 * @param {Record<string, (size: number) => { id: string, after: string | null }[]>} options.shapes
 */
export async function besideQueues({ urls, signalbox, shapes, size, rounds, concurrency }) {
  console.log(
    `\nbeside queues, ${concurrency} tasks at a time, from the first task added to the last one stored · ${machine()}`,
  )
  const present = QUEUES.filter(({ server }) => urls[server] !== null)
  const queues = []
  for (const { name, server, ...rest } of present) {
    const { open } = await import(`./contestants/queues/${name}.mjs`)
    queues.push({ ...rest, queue: await open(urls[server], concurrency) })
  }
  const contestants = [
    ...Object.entries(signalbox).map(([kind, run]) => ({ label: `signalbox, ${kind}`, goal: null, run })),
    ...queues.map(({ label, goal, queue }) => ({ label, goal, run: (tasks) => perSecond(queue, tasks) })),
  ]
  const names = Object.keys(shapes)
  const rates = new Map(names.map((name) => [name, new Map(contestants.map(({ label }) => [label, []]))]))
  for (const name of names) {
    for (const { run } of contestants) await run(shapes[name](WARM_TASKS))
    for (let round = 0; round < rounds; round += 1) {
      // They take turns, so that a slow minute of the machine is everybody's.
      for (const { label, run } of contestants)
        rates
          .get(name)
          .get(label)
          .push(await run(shapes[name](size)))
    }
  }
  for (const { queue } of queues) await queue.close()
  const rows = contestants.map(({ label }) => [
    label,
    ...names.map((name) => short(median(rates.get(name).get(label)))),
  ])
  console.log(table([['tasks a second', ...names], ...rows]))
  tellRatios(contestants, names, rates)
}

function tellRatios(contestants, names, rates) {
  const chains = names.at(-1)
  const ours = rates.get(chains).get(`signalbox, ${OURS}`)
  if (ours === undefined) return
  for (const { label, goal } of contestants.filter((each) => each.goal !== null)) {
    const theirs = rates.get(chains).get(label)
    const ratio = median(ours.map((rate, round) => rate / theirs[round]))
    console.log(`${chains}: signalbox on PostgreSQL does ${short(ratio)} times as many as ${label} (goal: ${goal})`)
  }
}

async function perSecond(queue, tasks) {
  let done = 0
  const ms = await queue.run(chainsOf(tasks), () => {
    done += 1
  })
  if (done !== tasks.length) throw new Error(`${done} of ${tasks.length} tasks were run.`)
  return (tasks.length * 1000) / ms
}

/** Lists of names, each after the one before it. */
function chainsOf(tasks) {
  const chains = []
  for (const { id, after } of tasks) {
    if (after === null) chains.push([])
    chains.at(-1).push(id)
  }
  return chains
}
