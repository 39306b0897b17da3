import { type SimulatedCore, type SimulationFailure, simulate } from 'signalbox/testing'
import { describe, expect, it } from 'vitest'
import { decideAll } from '../../src/core/decide.js'
import { reduce } from '../../src/core/reduce.js'
import { bundledKit } from './bundled.js'
import { CLAIM_BUGS } from './planted/claims.js'

function failureOf(run: () => unknown): SimulationFailure {
  try {
    run()
  } catch (error) {
    return error as SimulationFailure
  }
  throw new Error('Expected the simulation to fail.')
}

describe('a simulation', () => {
  it('is the same each time', () => {
    for (let seed = 0; seed < 40; seed += 1) expect(simulate(seed)).toEqual(simulate(seed))
  })

  it('does not depend on what was simulated before', () => {
    const alone = simulate(3)
    simulate(4, { tasks: 7 })
    simulate(11)
    expect(simulate(3)).toEqual(alone)
  })

  it('is another one for another seed', () => {
    const digests = Array.from({ length: 64 }, (_, seed) => simulate(seed).digest)
    expect(new Set(digests).size).toBeGreaterThan(60)
  })

  it('has worlds of any size', () => {
    for (const tasks of [1, 2, 3, 200]) {
      for (let seed = 0; seed < 16; seed += 1) {
        const { verdicts, steps } = simulate(seed, { tasks })
        expect(verdicts.succeeded + verdicts.failed + verdicts.cancelled).toBeGreaterThan(0)
        expect(steps).toBeGreaterThan(0)
      }
    }
  })

  it('has calm worlds, in which everything succeeds, and others, in which everything happens', () => {
    const results = Array.from({ length: 400 }, (_, seed) => simulate(seed))
    const calm = results.filter(({ verdicts, crashes }) => crashes === 0 && verdicts.failed + verdicts.cancelled === 0)
    expect(calm.length).toBeGreaterThan(20)
    const totals = { crashes: 0, rejections: 0, cancelled: 0, failed: 0 }
    for (const { crashes, rejections, verdicts } of results) {
      totals.crashes += crashes
      totals.rejections += rejections
      totals.cancelled += verdicts.cancelled
      totals.failed += verdicts.failed
    }
    expect(totals.crashes).toBeGreaterThan(50)
    expect(totals.rejections).toBeGreaterThan(500)
    expect(totals.cancelled).toBeGreaterThan(10)
    expect(totals.failed).toBeGreaterThan(50)
  })
})

describe('a failing simulation', () => {
  /** A core whose host never hears of attempts that have stopped. */
  const forgetful: SimulatedCore = {
    reduce,
    decideAll(plans, state, inputs, now) {
      const decision = decideAll(plans, state, inputs, now)
      return { ...decision, events: decision.events.filter(({ type }) => type !== 'attempt.closed') }
    },
  }
  const firstSeed = (core: SimulatedCore): number => {
    for (let seed = 0; ; seed += 1) {
      try {
        simulate(seed, { core, shrinkReplays: 0 })
      } catch {
        return seed
      }
    }
  }

  it('tells the seed, the step, a story, and how to repeat it', () => {
    const seed = firstSeed(forgetful)
    const error = failureOf(() => simulate(seed, { core: forgetful }))
    expect(error.name).toBe('SimulationFailure')
    expect(error.seed).toBe(seed)
    expect(error.story).toContain('What happened:')
    expect(error.story).toContain(`Step ${error.step} shows it.`)
    expect(error.message).toBe(`Seed ${seed}: ${error.story}\nRepeat: npm run --silent simulate -- --seed ${seed}`)
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('tells the size of the world where it is not the usual one', () => {
    const seeds = Array.from({ length: 200 }, (_, seed) => seed)
    const error = failureOf(() => seeds.map((seed) => simulate(seed, { core: forgetful, tasks: 12, shrinkReplays: 0 })))
    expect(error.message).toMatch(/Repeat: npm run --silent simulate -- --seed \d+ --tasks 12$/)
  })

  it('tells a short story', async () => {
    const bug = CLAIM_BUGS.find(({ name }) => name === 'the claim check is deleted')!
    const kit = await bundledKit(bug.edits)
    const { story, step } = failureOf(() => {
      for (let seed = 1; seed <= 200; seed += 1) kit.simulate(seed)
    })
    expect(step).toBeLessThanOrEqual(4)
    expect(story).toContain('must not start')
    expect(story.split('\n').length).toBeLessThan(25)
  })

  it('tells the same story each time', () => {
    const seed = firstSeed(forgetful)
    const stories = [1, 2].map(() => failureOf(() => simulate(seed, { core: forgetful })).message)
    expect(stories[0]).toBe(stories[1])
  })

  it('is told even where it cannot be made smaller', () => {
    const seed = firstSeed(forgetful)
    const long = failureOf(() => simulate(seed, { core: forgetful, shrinkReplays: 0 }))
    const short = failureOf(() => simulate(seed, { core: forgetful }))
    expect(long.step).toBeGreaterThanOrEqual(short.step)
  })
})
