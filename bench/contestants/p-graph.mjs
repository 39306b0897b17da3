/** p-graph as its page shows it: a map of tasks, each with its function, and a list of edges. */
import { PGraph } from 'p-graph'

export async function run({ ids, parents }, work, concurrency) {
  const tasks = new Map()
  const edges = []
  for (let task = 0; task < ids.length; task += 1) {
    const id = ids[task]
    tasks.set(id, { run: () => work(id) })
    for (const parent of parents[task]) edges.push([parent, id])
  }
  const graph = new PGraph(tasks, edges)
  await graph.run({ concurrency })
  return { held: graph }
}
