// The test of the tests: a simulation over the file store is worth what it finds.
import { describe, expect, it } from 'vitest'
import { bundledDiskKit } from './bundled.js'
import { DISK_BUGS } from './planted/disk.js'

const SEEDS = 400

describe(`within ${SEEDS} seeds the simulation on a disk finds that`, () => {
  it.each(DISK_BUGS)('$name', { timeout: 120_000 }, async ({ edits }) => {
    const { simulateOnDisk } = await bundledDiskKit(edits)
    expect(await firstFailure(simulateOnDisk)).toMatch(/^Seed \d+, step \d+: /)
  })
})

async function firstFailure(simulateOnDisk: (seed: number) => Promise<unknown>): Promise<string | null> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      await simulateOnDisk(seed)
    } catch (error) {
      return (error as Error).message
    }
  }
  return null
}
