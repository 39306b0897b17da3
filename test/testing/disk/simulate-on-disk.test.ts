/** Random worlds whose journal is a folder on a disk that loses, tears and turns what it may (S8). */
import { expect, it } from 'vitest'
import { bundledDiskKit } from '../bundled.js'

const timeout = 120_000
const SEEDS = 300

it(`in ${SEEDS} worlds on a disk nothing acknowledged is lost and nothing is made up`, { timeout }, async () => {
  const { simulateOnDisk } = await bundledDiskKit()
  const totals = { restarts: 0, outages: 0, flips: 0, flipsDetected: 0, events: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = await simulateOnDisk(seed)
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += result[name]
  }
  // Chance was hard enough on them to say so.
  expect(totals.restarts).toBeGreaterThan(2 * SEEDS)
  expect(totals.outages).toBeGreaterThan(SEEDS)
  expect(totals.flipsDetected).toBeGreaterThan(totals.flips / 2)
  expect(totals.flips).toBeGreaterThan(SEEDS)
})

it('the same seed does the same', { timeout }, async () => {
  const { simulateOnDisk } = await bundledDiskKit()
  const play = async () => Promise.all(Array.from({ length: 10 }, (_, seed) => simulateOnDisk(seed)))
  expect(await play()).toEqual(await play())
})
