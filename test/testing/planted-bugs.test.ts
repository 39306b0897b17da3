// The test of the tests: a simulation is worth what it finds.
import { describe, expect, it } from 'vitest'
import { bundledKit } from './bundled.js'
import { PLANTED_BUGS } from './planted-bugs.js'

const SEEDS = 2000

describe(`within ${SEEDS} seeds the simulation finds that`, () => {
  it.each(PLANTED_BUGS)('$name', { timeout: 60_000 }, async ({ edits }) => {
    const { simulate } = await bundledKit(edits)
    expect(firstFailure(simulate)).toMatchObject({ name: 'SimulationFailure', seed: expect.any(Number) as number })
  })
})

function firstFailure(simulate: (seed: number, options: { readonly shrinkReplays: number }) => unknown): unknown {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      simulate(seed, { shrinkReplays: 0 })
    } catch (error) {
      return error
    }
  }
  return null
}
