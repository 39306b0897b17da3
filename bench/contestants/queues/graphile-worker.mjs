/** graphile-worker, which knows no order between jobs: each task of a chain adds the next one before it ends. */
import { EventEmitter } from 'node:events'
import { Logger, makeWorkerUtils, run as startRunner } from 'graphile-worker'
import pg from 'pg'

const quiet = new Logger(() => () => undefined)
/** Jobs are fetched so many at a time, and completed together: several times as fast as its defaults. */
const PREFETCHED = 500

export async function open(url, concurrency) {
  const pool = new pg.Pool({ connectionString: url, max: concurrency + 2 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet })
  await utils.migrate()

  /** Resolves when every task of every chain is done and stored. */
  async function run(chains, work) {
    const total = chains.reduce((sum, { length }) => sum + length, 0)
    const events = new EventEmitter()
    const taskList = {
      task: async ({ chain, at }, { addJob }) => {
        await work()
        if (at + 1 < chains[chain].length) await addJob('task', { chain, at: at + 1 })
      },
    }
    const runner = await startRunner({
      pgPool: pool,
      taskList,
      events,
      noHandleSignals: true,
      preset: {
        worker: {
          concurrentJobs: concurrency,
          logger: quiet,
          localQueue: { size: PREFETCHED },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    })
    const start = performance.now()
    const ended = new Promise((resolve, reject) => {
      let done = 0
      events.on('job:complete', ({ error }) => {
        done += 1
        if (error) reject(error)
        else if (done === total) resolve(performance.now())
      })
    })
    await utils.addJobs(chains.map((_, chain) => ({ identifier: 'task', payload: { chain, at: 0 } })))
    const endedAt = await ended
    await runner.stop()
    return endedAt - start
  }

  async function close() {
    await utils.release()
    await pool.end()
  }

  return { run, close }
}
