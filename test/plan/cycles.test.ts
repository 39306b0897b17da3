import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adjacency } from '../../src/core/types.js'
import { createAdjacencyBuilder } from '../../src/plan/adjacency.js'
import { findCycles } from '../../src/plan/cycles.js'

/** By node: what it depends on. */
function graph(before: readonly (readonly number[])[]): Adjacency {
  const builder = createAdjacencyBuilder(before.length, 0)
  for (const targets of before) {
    for (const target of targets) builder.add(target)
    builder.endRow()
  }
  return builder.build()
}

describe('cycles', () => {
  it('begin with their smallest node, also where the search comes in somewhere else', () => {
    expect(findCycles(graph([[2], [2], [1]]))).toEqual([[1, 2]])
  })

  it('are ordered by their first node, also where the search leaves them in another order', () => {
    expect(findCycles(graph([[1, 2], [0], [3], [2]]))).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('are the shortest through their first node, one for each knot', () => {
    expect(findCycles(graph([[1], [2], [3, 0], [0, 1]]))).toEqual([[0, 1, 2]])
    expect(findCycles(graph([[1, 2], [2], [1, 3], [0]]))).toEqual([[0, 2, 3]])
  })

  it('of length 1, and none where there is none', () => {
    expect(findCycles(graph([[], [1], [1]]))).toEqual([[1]])
    expect(findCycles(graph([[], [0], [0, 1]]))).toEqual([])
    expect(findCycles(graph([]))).toEqual([])
  })

  it('of length 1,000,000 are found without recursion', () => {
    const length = 1_000_000
    const start = Int32Array.from({ length: length + 1 }, (_, node) => node)
    const targets = Int32Array.from({ length }, (_, node) => (node + 1) % length)
    expect(findCycles({ start, targets })[0]).toHaveLength(length)
  })

  it('are those of a naive search', () => {
    const graphs = fc
      .integer({ min: 1, max: 8 })
      .chain((size) =>
        fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }),
      )
    fc.assert(
      fc.property(graphs, (before) => {
        const distances = distancesOf(before)
        const knots = new Map<string, number[]>()
        for (let node = 0; node < before.length; node++) {
          if (distances[node]![node] === undefined) continue
          const members = before.flatMap((_, other) =>
            distances[node]![other] !== undefined && distances[other]![node] !== undefined ? [other] : [],
          )
          knots.set(members.join(), members)
        }
        const trails = findCycles(graph(before))
        expect(trails.map(([first]) => first)).toEqual([...knots.values()].map((members) => Math.min(...members)))
        for (const trail of trails) {
          expect(trail).toHaveLength(distances[trail[0]!]![trail[0]!]!)
          for (const [at, node] of trail.entries()) expect(before[node]).toContain(trail[(at + 1) % trail.length])
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

/** Steps from each node to each that it reaches; to itself by way of a cycle. */
function distancesOf(before: readonly (readonly number[])[]): readonly (readonly (number | undefined)[])[] {
  return before.map((_, from) => {
    const distances: (number | undefined)[] = before.map(() => undefined)
    let frontier: readonly number[] = [from]
    for (let steps = 1; frontier.length > 0; steps++) {
      const next = new Set(frontier.flatMap((node) => [...before[node]!]))
      frontier = [...next].filter((node) => distances[node] === undefined)
      for (const node of frontier) distances[node] = steps
    }
    return distances
  })
}
