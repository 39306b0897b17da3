/** A graph of names as arrays: for the contestants whose dependencies are counted by hand. */

/**
 * Successors of task t: `successors[start[t]] … successors[start[t + 1] - 1]`.
 *
 * @param {import('../shapes.mjs').Shape} shape
 */
export function indexed({ ids, parents }) {
  const size = ids.length
  const index = new Map()
  for (let task = 0; task < size; task += 1) index.set(ids[task], task)
  const remaining = new Int32Array(size)
  const start = new Int32Array(size + 2)
  for (let task = 0; task < size; task += 1) {
    remaining[task] = parents[task].length
    for (const parent of parents[task]) start[index.get(parent) + 2] += 1
  }
  for (let task = 2; task < start.length; task += 1) start[task] += start[task - 1]
  const successors = new Int32Array(start[size + 1])
  for (let task = 0; task < size; task += 1) {
    for (const parent of parents[task]) {
      const at = index.get(parent) + 1
      successors[start[at]] = task
      start[at] += 1
    }
  }
  return { size, index, remaining, start, successors }
}
