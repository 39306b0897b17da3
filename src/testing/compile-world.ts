/** A world, ready to be played: its plans compiled, and what the history checker must know of them. */
import type { AmendablePlan } from '../plan/amend.js'
import { compile } from '../plan/compile.js'
import { factsOf } from './history-facts.js'
import type { Blueprint } from './machine-state.js'
import { planOf } from './world-plan.js'
import type { RunSpec, WorldSpec } from './world-spec.js'

export function blueprintOf(world: WorldSpec): Blueprint {
  const plans = new Map(world.runs.map((run) => [run.id, compileRun(world, run)]))
  return { world, plans, facts: factsOf(world) }
}

function compileRun(world: WorldSpec, run: RunSpec): AmendablePlan {
  const frame = planOf(world, run)
  const result = compile(frame)
  if (result.ok) return { frame, compiled: result.compiled }
  const problems = result.diagnostics.map(({ at, message }) => `${at} ${message}`)
  throw new Error(`The plan of run "${run.id}" was refused: ${problems.join('; ')}`)
}
