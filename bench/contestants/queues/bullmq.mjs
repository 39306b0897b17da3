/**
 * BullMQ: a chain is a flow, in which a parent waits for its child, so that the first task of a chain is its innermost child. It
 * has to know the whole chain beforehand, as a plan does.
 */
import { FlowProducer, Queue, Worker } from 'bullmq'

/** Jobs are added so many chains at a time. */
const CHAINS_PER_CALL = 250

export async function open(url, concurrency) {
  const { hostname: host, port } = new URL(url)
  const connection = { host, port: Number(port), maxRetriesPerRequest: null }
  let rounds = 0

  /** Resolves when every task of every chain is done and stored. */
  async function run(chains, work) {
    rounds += 1
    const name = `bench-${rounds}`
    const total = chains.reduce((sum, { length }) => sum + length, 0)
    const queue = new Queue(name, { connection })
    const flows = new FlowProducer({ connection })
    const worker = new Worker(name, async () => work(), { connection, concurrency })
    await Promise.all([queue.waitUntilReady(), flows.waitUntilReady(), worker.waitUntilReady()])
    const start = performance.now()
    const ended = new Promise((resolve, reject) => {
      let done = 0
      worker.on('completed', () => {
        done += 1
        if (done === total) resolve(performance.now())
      })
      worker.on('failed', (_, error) => reject(error))
    })
    for (let at = 0; at < chains.length; at += CHAINS_PER_CALL) {
      const some = chains.slice(at, at + CHAINS_PER_CALL)
      if (some[0].length === 1) await queue.addBulk(some.map(([id]) => ({ name: id, data: { id } })))
      else await flows.addBulk(some.map((ids) => flowOf(name, ids)))
    }
    const endedAt = await ended
    await Promise.all([worker.close(), flows.close(), queue.close()])
    return endedAt - start
  }

  return { run, close: async () => undefined }
}

/** The last task outside, the first inside. */
function flowOf(queueName, ids) {
  return ids.reduce(
    (child, id) => ({ name: id, queueName, data: { id }, ...(child === null ? {} : { children: [child] }) }),
    null,
  )
}
