/** Attempts as jobs of BullMQ beside bare jobs, on the same Redis: `REDIS_URL`, or one of our own. */
import { Queue, QueueEvents, Worker } from 'bullmq'

const CALLS = { alone: 600, together: 4000 }
const IN_FLIGHT = 100
const GOAL = 1.3

/** Rows of the table; none where there is no Redis. */
export async function bullmqRows({ bullmqExecutor, bullmqWorker, ownRedis, compare, begin }) {
  // Redis as it comes when it is told to keep its data.
  const given = process.env.REDIS_URL
  const server = given === undefined ? await ownRedis('everysec') : null
  if (typeof server === 'string') {
    console.log(`SKIPPED bullmq: ${server}`)
    return []
  }
  const connection = server?.url ?? given
  const ours = `bench-ours-${Date.now()}`
  const worker = bullmqWorker({ connection, queue: ours, concurrency: IN_FLIGHT, handlers: { nothing: () => null } })
  const bare = await bareQueue(connection, `bench-bare-${Date.now()}`)
  let executor = bullmqExecutor({ connection, queue: ours })
  const call = () => begin(executor)
  /** Jobs are swept away when their outcomes are stored, and at the end: that counts. Then another one is opened. */
  const finish = async () => {
    await executor.close()
    return () => {
      executor = bullmqExecutor({ connection, queue: ours })
      return call()
    }
  }
  const goal = (ratio) => `${ratio.toFixed(2)} times; goal at most ${GOAL}`
  try {
    await worker.ready()
    return [
      await compare('BullMQ, one at a time, µs', CALLS.alone, 1000, 1, call, bare.call, goal, finish),
      await compare(
        `BullMQ, ${IN_FLIGHT} in flight, µs`,
        CALLS.together,
        1000,
        IN_FLIGHT,
        call,
        bare.call,
        goal,
        finish,
      ),
    ]
  } finally {
    await executor.close()
    await worker.close()
    await bare.close()
    await server?.remove()
  }
}

/** A job that does nothing, from being added to its end being known. */
async function bareQueue(address, name) {
  const { hostname: host, port } = new URL(address)
  const connection = { host, port: Number(port), maxRetriesPerRequest: null }
  const queue = new Queue(name, { connection })
  const events = new QueueEvents(name, { connection })
  const worker = new Worker(name, async () => null, { connection, concurrency: IN_FLIGHT })
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()])
  const options = { attempts: 1, removeOnComplete: { count: 1000 } }
  const ended = new Map()
  events.on('completed', ({ jobId }) => {
    ended.get(jobId)()
    ended.delete(jobId)
  })
  let jobs = 0
  return {
    async call() {
      jobs += 1
      const jobId = `job-${jobs}`
      const isOver = new Promise((resolve) => ended.set(jobId, resolve))
      await queue.add('nothing', { input: null }, { ...options, jobId })
      await isOver
    },
    async close() {
      await worker.close()
      await events.close()
      await queue.obliterate({ force: true })
      await queue.close()
    },
  }
}
