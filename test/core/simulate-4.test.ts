// A quarter of the 20,000 worlds that every run of the tests plays; in files of their own, so that cores share them.
import { expect, it } from 'vitest'
import { playSeeds } from '../testing/play-seeds.js'

it('5,000 random worlds keep every promise, part 4', { timeout: 240_000 }, async () => {
  expect(await playSeeds(15001, 5000)).toBeNull()
})
