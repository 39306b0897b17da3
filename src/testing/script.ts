/** A world and what happens in it, written down: can be played again as often as one likes. */

import { calmSteps } from './calm.js'
import { blueprintOf } from './compile-world.js'
import { act } from './machine.js'
import type { Machine, SimulatedCore } from './machine-state.js'
import { createMachine } from './machine-state.js'
import type { Step } from './steps.js'
import type { WorldSpec } from './world-spec.js'

export interface Script {
  readonly world: WorldSpec
  readonly steps: readonly Step[]
  /** How many of the steps chance made; the others are the calm. More than there are: it failed before the calm. */
  readonly calmFrom: number
}

/** How a script ended: `step` counts from 1. */
export interface Ending {
  readonly message: string
  readonly step: number
}

/**
 * Plays a script, with the calm after it if `withCalm`; null if nothing is wrong. `onStep` is called before each step, with
 * the machine as it is then.
 */
export function playScript(
  script: Script,
  core: SimulatedCore,
  end: 'calm' | 'stop',
  onStep: (machine: Machine, step: Step) => void = () => {},
): Ending | null {
  let count = 0
  try {
    const machine = createMachine(blueprintOf(script.world), core)
    const play = (steps: Iterable<Step>): void => {
      for (const step of steps) {
        count += 1
        onStep(machine, step)
        act(machine, step)
      }
    }
    play(script.steps)
    if (end === 'calm') play(calmSteps(machine))
    return null
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error), step: count }
  }
}
