/**
 * The floor: the least work that runs a graph of names in order. Counters in typed arrays, a stack of what is ready, one
 * promise per task. It checks, explains, stores and forgives nothing.
 */
import { indexed } from './indexed.mjs'

export async function run(shape, work, concurrency) {
  const graph = indexed(shape)
  const { size, remaining, start, successors } = graph
  const { ids } = shape
  const ready = new Int32Array(size)
  let top = 0
  let lanes = 0
  for (let task = size - 1; task >= 0; task -= 1) if (remaining[task] === 0) ready[top++] = task

  await new Promise((resolve) => {
    const lane = async () => {
      lanes += 1
      while (top > 0) {
        const task = ready[--top]
        await work(ids[task])
        for (let i = start[task]; i < start[task + 1]; i += 1) {
          const next = successors[i]
          remaining[next] -= 1
          if (remaining[next] === 0) ready[top++] = next
        }
        while (lanes < concurrency && top > 1) void lane()
      }
      lanes -= 1
      if (lanes === 0) resolve()
    }
    for (let i = 0; i < concurrency && top > 0; i += 1) void lane()
  })
  return { held: graph }
}
