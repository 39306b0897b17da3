import { describe, expect, it } from 'vitest'
import { bundledKit } from '../bundled.js'
import type { PlantedBug } from './bug.js'

/**
 * The test of the tests: a simulation is worth what it finds. Each bug is the real core with a few exact snippets replaced.
 * The simulation must find every one of them; a change to the simulation is unfinished until it does.
 */
export function findBugs(bugs: readonly PlantedBug[], seeds = 2000): void {
  describe(`within ${seeds} seeds the simulation finds that`, () => {
    it.each(bugs)('$name', { timeout: 120_000 }, async ({ edits }) => {
      const { simulate } = await bundledKit(edits)
      expect(firstFailure(simulate, seeds)).toMatchObject({
        name: 'SimulationFailure',
        seed: expect.any(Number) as number,
      })
    })
  })
}

function firstFailure(
  simulate: (seed: number, options: { readonly shrinkReplays: number }) => unknown,
  seeds: number,
): unknown {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      simulate(seed, { shrinkReplays: 0 })
    } catch (error) {
      return error
    }
  }
  return null
}
