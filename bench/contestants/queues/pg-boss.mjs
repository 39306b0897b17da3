/** pg-boss: each batch of tasks adds those that follow before it ends. */
import pg from 'pg'
import { PgBoss } from 'pg-boss'

/** The shortest that it allows. */
const POLL_SECONDS = 0.5
const LOOK_MS = 2

export async function open(url, concurrency) {
  const boss = new PgBoss({ connectionString: url, max: 10, supervise: false, schedule: false })
  boss.on('error', () => undefined)
  await boss.start()
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  let rounds = 0

  /** Resolves when every task of every chain is done and stored. */
  async function run(chains, work) {
    rounds += 1
    const queue = `bench-${rounds}`
    const total = chains.reduce((sum, { length }) => sum + length, 0)
    let done = 0
    let end = () => undefined
    const isRun = new Promise((resolve) => {
      end = resolve
    })
    await boss.createQueue(queue)
    // A batch that was full is followed by the next at once; else it waits, unless it is woken.
    const options = { batchSize: concurrency, pollingIntervalSeconds: POLL_SECONDS, burstWhenBatchFull: true }
    await boss.work(queue, options, async (jobs) => {
      await Promise.all(jobs.map(() => work()))
      const next = jobs.flatMap(({ data: { chain, at } }) =>
        at + 1 < chains[chain].length ? [{ data: { chain, at: at + 1 } }] : [],
      )
      if (next.length > 0) await boss.insert(queue, next)
      done += jobs.length
      if (done === total) end()
    })
    const start = performance.now()
    await boss.insert(
      queue,
      chains.map((_, chain) => ({ data: { chain, at: 0 } })),
    )
    await isRun
    // The last batch has been run, and is not stored as completed yet.
    for (let stored = 0; stored < total; ) {
      const { rows } = await client.query("SELECT count(*) FROM pgboss.job WHERE name = $1 AND state = 'completed'", [
        queue,
      ])
      stored = Number(rows[0].count)
      if (stored < total) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    const endedAt = performance.now()
    await boss.offWork(queue)
    return endedAt - start
  }

  async function close() {
    await boss.stop({ graceful: false })
    await client.end()
  }

  return { run, close }
}
