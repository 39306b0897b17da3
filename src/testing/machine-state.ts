/** A simulated scope and its host: what it consists of. */
import { createState } from '../core/create.js'
import type { ScopeState } from '../core/state.js'
import type { BatchDecision, EpochMs, Input, Instruction, Plans, RunEvent, RunId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { createPlanVersions, type PlanVersions } from '../plan/versions.js'
import type { AskedAmendments } from './amendment-spec.js'
import type { History } from './history.js'
import { createHistory } from './history.js'
import type { TaskFacts, WorldFacts } from './history-facts.js'
import type { RunSpec, WorldSpec } from './world-spec.js'

/** The part of the core under test; replaced to see that a faulty one is found. */
export interface SimulatedCore {
  readonly decideAll: (plans: Plans, state: ScopeState, inputs: readonly Input[], now: EpochMs) => BatchDecision
  readonly reduce: (plans: Plans, state: ScopeState, event: RunEvent) => void
}

/** An attempt as whoever works on it knows it. */
export interface Work {
  readonly run: string
  readonly task: string
  readonly fence: number
  readonly worker: string
  /** The verification step (from 1) that it is; null: the work itself. */
  readonly step: number | null
}

export interface Machine {
  readonly world: WorldSpec
  readonly facts: WorldFacts
  readonly core: SimulatedCore
  readonly blueprint: Blueprint
  /** The state is checked after each so-manieth decision, events and answers after each. */
  readonly checkEvery: number
  readonly amendments: AskedAmendments
  /** The plans as they are now. */
  versions: PlanVersions
  /** What is stored. */
  readonly journal: RunEvent[]
  history: History
  state: ScopeState
  now: EpochMs
  wakeAt: EpochMs | null
  /** Not decided upon yet. */
  mailbox: Input[]
  /** Decided, not stored yet. */
  events: RunEvent[]
  /** Caused by `events`. */
  instructions: Instruction[]
  /** Attempts that were started and not told to stop. */
  readonly running: Work[]
  /** Attempts that were told to stop. */
  readonly stopping: Work[]
  /** Some attempts that are over, whose workers may report again. */
  readonly past: Work[]
  decisions: number
  crashes: number
  rejections: number
}

const PAST_LIMIT = 16
export const START_AT = 100_000_000

/** What is worked out once for all machines of a world. */
export interface Blueprint {
  readonly world: WorldSpec
  readonly plans: ReadonlyMap<string, AmendablePlan>
  readonly facts: WorldFacts
}

export function createMachine(blueprint: Blueprint, core: SimulatedCore, checkEvery = 1): Machine {
  const { world, facts } = blueprint
  const amendments: AskedAmendments = new Map()
  return {
    world,
    facts,
    core,
    blueprint,
    checkEvery,
    amendments,
    versions: firstVersions(blueprint),
    journal: [],
    history: createHistory(facts, world.isCrowded, amendments),
    state: createState(world.bypassLimit),
    now: START_AT,
    wakeAt: null,
    mailbox: [],
    events: [],
    instructions: [],
    running: [],
    stopping: [],
    past: [],
    decisions: 0,
    crashes: 0,
    rejections: 0,
  }
}

/** The plans as they were written. */
export function firstVersions({ plans }: Blueprint): PlanVersions {
  const versions = createPlanVersions()
  for (const [run, plan] of plans) versions.put(run as RunId, plan)
  return versions
}

/** A run as it is written by now. */
export function specNow({ history, facts }: Machine, run: string): RunSpec {
  return (history.run(run)?.facts ?? facts.runs.get(run)!).spec
}

/** What is known of a task of an open or closed run, as the run was amended. */
export function factsIn({ history }: Machine, run: string, task: string): TaskFacts | undefined {
  return history.run(run)?.tasks.get(task)?.facts
}

export function startWork(machine: Machine, work: Work): void {
  machine.running.push(work)
}

/** Whoever is told to stop will confirm it, also if the work had ended by itself and the report on it was late. */
export function stopWork(machine: Machine, work: Omit<Work, 'worker' | 'step'>): void {
  machine.stopping.push(takeOut(machine.running, work.fence) ?? { ...work, worker: '', step: null })
}

/** The attempt is over for whoever worked on it. */
export function endWork(machine: Machine, work: Work): void {
  if (takeOut(machine.running, work.fence) === null) takeOut(machine.stopping, work.fence)
  machine.past.push(work)
  if (machine.past.length > PAST_LIMIT) machine.past.shift()
}

export function workOn(list: readonly Work[], run: string, task: string): Work | null {
  for (const work of list) if (work.task === task && work.run === run) return work
  return null
}

function takeOut(list: Work[], fence: number): Work | null {
  for (let at = 0; at < list.length; at += 1) {
    if (list[at]!.fence === fence) return list.splice(at, 1)[0]!
  }
  return null
}
