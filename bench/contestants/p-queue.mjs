/** p-queue with dependencies counted by hand: it knows no graph, so a task is added when its last parent has ended. */
import PQueue from 'p-queue'
import { indexed } from './indexed.mjs'

export async function run(shape, work, concurrency) {
  const graph = indexed(shape)
  const { size, remaining, start, successors } = graph
  const { ids } = shape
  const queue = new PQueue({ concurrency })
  let unfinished = size

  await new Promise((resolve) => {
    const add = (task) => {
      void queue.add(async () => {
        await work(ids[task])
        for (let i = start[task]; i < start[task + 1]; i += 1) {
          const next = successors[i]
          remaining[next] -= 1
          if (remaining[next] === 0) add(next)
        }
        unfinished -= 1
        if (unfinished === 0) resolve()
      })
    }
    // No task ends before the next microtask, so the counters still say who waits for nobody.
    for (let task = 0; task < size; task += 1) if (remaining[task] === 0) add(task)
  })
  return { held: { graph, queue } }
}
