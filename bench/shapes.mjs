/**
 * The graphs that are run, as neutral lists of names: what every contestant is given, and builds its own plan from.
 * `parents[i]` names what task `ids[i]` waits for; parents come before their children.
 *
 * @typedef {{ readonly ids: readonly string[], readonly parents: readonly (readonly string[])[] }} Shape
 */

/** Tasks of one chain, and of one layer. */
const CHAIN_LENGTH = 1000
const LAYER_WIDTH = 100

/** @type {Readonly<Record<string, (size: number) => Shape>>} */
export const shapes = {
  /** Chains of 1,000 tasks side by side. */
  chains: (size) => shape(size, (task) => (task % CHAIN_LENGTH === 0 ? [] : [task - 1])),
  /** No task waits for another. */
  wide: (size) => shape(size, () => []),
  /** Layers of 100; each task waits for two or three of the layer before it. */
  layered,
  /** A reduction: each task waits for two, the leaves come first and the last task ends it. */
  tree: (size) => shape(size, (task) => treeParents(size, task)),
}

function layered(size) {
  const draw = createDraw(1)
  return shape(size, (task) => {
    const layerStart = task - (task % LAYER_WIDTH)
    if (layerStart === 0) return []
    const count = 2 + draw(2)
    const parents = new Set()
    while (parents.size < count) parents.add(layerStart - LAYER_WIDTH + draw(LAYER_WIDTH))
    return [...parents]
  })
}

/** A heap turned round: place p from the end waits for places 2p + 1 and 2p + 2. */
function treeParents(size, task) {
  const place = size - 1 - task
  return [2 * place + 2, 2 * place + 1].filter((child) => child < size).map((child) => size - 1 - child)
}

function shape(size, parentsOf) {
  const ids = []
  const parents = []
  for (let task = 0; task < size; task += 1) {
    ids.push(`task-${task}`)
    parents.push(parentsOf(task).map((parent) => ids[parent]))
  }
  return { ids, parents }
}

/** Chance that repeats: mulberry32 by Tommy Ettinger. Whole numbers from 0 to `limit - 1`. */
export function createDraw(seed) {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit)
  }
}
