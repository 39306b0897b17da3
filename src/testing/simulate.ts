/**
 * Simulation: a seed makes a world (plans, workers, faults), the real core runs it on virtual time, and everything that was
 * promised is checked after every decision. The same seed does the same, everywhere.
 */
import { decideAll } from '../core/decide.js'
import { reduce } from '../core/reduce.js'
import type { Verdict } from '../core/types.js'
import { calmSteps } from './calm.js'
import { blueprintOf } from './compile-world.js'
import { stepsByChance } from './driver.js'
import { act, checkState } from './machine.js'
import type { Blueprint, Machine, SimulatedCore } from './machine-state.js'
import { createMachine } from './machine-state.js'
import type { Random } from './random.js'
import { createRandom } from './random.js'
import type { Script } from './script.js'
import { shrink } from './shrink.js'
import type { Step } from './steps.js'
import { tellStory } from './story.js'
import { drawRates, drawWorld } from './world.js'

export interface SimulationOptions {
  /** Tasks of the world, over all its runs. Default 40. */
  readonly tasks?: number
  /** The core to simulate. Default: the real one. */
  readonly core?: SimulatedCore
  /** Replays at most to make a failing world smaller; 0 reports it as it is. Default 3000. */
  readonly shrinkReplays?: number
}

export interface SimulationResult {
  readonly seed: number
  /** How many steps chance made, and the calm after it. */
  readonly steps: number
  /** Decisions of the core, recovery included. */
  readonly decisions: number
  /** Events in the journal at the end. */
  readonly events: number
  readonly crashes: number
  /** Inputs that were refused, as they should. */
  readonly rejections: number
  readonly verdicts: Readonly<Record<Verdict, number>>
  /** A hash of the history: equal on every machine. */
  readonly digest: number
}

/** What a failed simulation throws. */
export interface SimulationFailure extends Error {
  readonly name: 'SimulationFailure'
  readonly seed: number
  /** The step that showed it, counted from 1, in the story. */
  readonly step: number
  /** What is wrong, the plan, and what happened step by step: made as short as it can be. */
  readonly story: string
}

export const REAL_CORE: SimulatedCore = { decideAll, reduce }
const SHRINK_REPLAYS = 3000

/**
 * Runs the world of a seed to its end. About a millisecond for 40 tasks.
 *
 * @param seed - A whole number of at most 2^53.
 * @throws SimulationFailure where a promise is broken, with the shortest story that could be found.
 */
export function simulate(seed: number, options: SimulationOptions = {}): SimulationResult {
  const { core = REAL_CORE, tasks = 40 } = options
  const { machine, random } = begin(seed, tasks, core, seed % SEEDS_PER_CLOSE_LOOK === 0 ? 1 : CHECK_EVERY)
  let steps = 0
  const count = (): void => {
    steps += 1
  }
  try {
    play(machine, stepsByChance(machine, random), count)
    play(machine, calmSteps(machine), count)
    checkState(machine)
  } catch (error) {
    throw failure(seed, tasks, core, options.shrinkReplays ?? SHRINK_REPLAYS, error)
  }
  return {
    seed,
    steps,
    decisions: machine.decisions,
    events: machine.journal.length,
    crashes: machine.crashes,
    rejections: machine.rejections,
    verdicts: verdictsOf(machine),
    digest: machine.history.digest(),
  }
}

/** So many neighbouring seeds share plans and workers and differ in all else: compiling would take a third of the time. */
const SEEDS_PER_WORLD = 16

/**
 * Checking the whole state takes longer than the decision before it. What is wrong with it mostly stays wrong, so most worlds
 * have it checked after each so-manieth decision; what fails is played again with all checks.
 */
const CHECK_EVERY = 10
const SEEDS_PER_CLOSE_LOOK = 16

/** The world made last. */
let made: { readonly of: string; readonly blueprint: Blueprint } | null = null

/** The world of a seed, before its first step, and the chance that will play it. */
export function begin(
  seed: number,
  tasks: number,
  core: SimulatedCore,
  checkEvery = 1,
): { machine: Machine; random: Random } {
  const of = `${Math.floor(seed / SEEDS_PER_WORLD)} ${tasks}`
  if (made?.of !== of)
    made = { of, blueprint: blueprintOf(drawWorld(createRandom(Math.floor(seed / SEEDS_PER_WORLD)), tasks)) }
  const random = createRandom(seed)
  const { blueprint } = made
  const world = { ...blueprint.world, rates: drawRates(random) }
  return { machine: createMachine({ ...blueprint, world }, core, checkEvery), random }
}

/** Does one step after the other. @throws Error when something is wrong. */
function play(machine: Machine, steps: Iterable<Step>, onStep: (step: Step) => void): void {
  for (const step of steps) {
    onStep(step)
    act(machine, step)
  }
}

/** Plays the seed again, now writing down each step, and makes the script smaller. */
function failure(seed: number, tasks: number, core: SimulatedCore, replays: number, cause: unknown): SimulationFailure {
  const { machine, random } = begin(seed, tasks, core)
  const steps: Step[] = []
  let wrong = cause
  let calmFrom = Number.POSITIVE_INFINITY
  try {
    const write = (step: Step): void => void steps.push(step)
    play(machine, stepsByChance(machine, random), write)
    calmFrom = steps.length
    play(machine, calmSteps(machine), write)
  } catch (error) {
    // The same, or what led to it.
    wrong = error
  }
  const script: Script = { world: machine.world, steps, calmFrom }
  const smallest = shrink(script, core, messageOf(wrong), replays)
  const { story, step } = tellStory(smallest, core)
  const repeat = `Repeat: npm run --silent simulate -- --seed ${seed}${tasks === 40 ? '' : ` --tasks ${tasks}`}`
  const error = new Error(`Seed ${seed}: ${story}\n${repeat}`, { cause })
  return Object.assign(error, { name: 'SimulationFailure' as const, seed, step, story })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function verdictsOf(machine: Machine): Readonly<Record<Verdict, number>> {
  const verdicts = { succeeded: 0, failed: 0, cancelled: 0 }
  for (const event of machine.journal) if (event.type === 'run.closed') verdicts[event.verdict] += 1
  return verdicts
}
