/** What the history checker knows beforehand: the plans, read from the world itself and not from what `compile` made of them. */
import type { OnFailure } from '../core/types.js'
import type { AmendmentSpec } from './amendment-spec.js'
import { type Conditions, type ConditionWriter, tasksBehind, writeConditions } from './history-conditions.js'
import { policyOf } from './world-gates.js'
import type { AskSpec, PolicySpec, RunSpec, StreamSpec, TaskSpec, WorkerSpec, WorldSpec } from './world-spec.js'
import { fullIdOf } from './world-spec.js'

export interface TaskFacts {
  readonly id: string
  /** Tasks that must succeed before it. */
  readonly after: readonly string[]
  /** What else must hold, and how long before. */
  readonly waits: readonly { readonly condition: number; readonly lag: number }[]
  readonly asks: AskSpec | null
  readonly weight: number
  readonly spec: TaskSpec
  readonly policy: PolicySpec
}

export interface RunFacts extends Conditions {
  readonly id: string
  /** As it was written, with what amended it. */
  readonly spec: RunSpec
  readonly streams: ReadonlySet<string>
  readonly onFailure: OnFailure
  readonly resources: RunSpec['resources']
  readonly tasks: ReadonlyMap<string, TaskFacts>
  /** The tasks that wait for the success of a task. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
  readonly phases: ReadonlySet<string>
  /** The conditions that a task decides. */
  readonly about: ReadonlyMap<string, readonly number[]>
  /** By condition: those that are made of it. */
  readonly wholes: readonly (readonly number[])[]
  /** By condition: the tasks that wait for it. */
  readonly waiting: readonly (readonly string[])[]
}

export interface WorldFacts {
  readonly world: WorldSpec
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly workers: ReadonlyMap<string, WorkerSpec>
}

export function factsOf(world: WorldSpec): WorldFacts {
  return {
    world,
    runs: new Map(world.runs.map((run) => [run.id, factsOfRun(world, run)])),
    workers: new Map(world.workers.map((worker) => [worker.id, worker])),
  }
}

function factsOfRun(world: WorldSpec, spec: RunSpec): RunFacts {
  const writer = writeConditions(spec, { conditions: [], numbers: new Map() })
  const tasks = new Map(spec.tasks.map((task) => [fullIdOf(task), factsOfTask(world, spec, task, writer)]))
  return { ...headOf(spec), tasks, ...indexWaits(tasks, writer) }
}

function headOf(spec: RunSpec): Pick<RunFacts, 'id' | 'spec' | 'streams' | 'onFailure' | 'resources' | 'phases'> {
  const { id, onFailure, resources } = spec
  const streams = new Set(spec.streams.map((stream) => stream.id))
  return { id, spec, streams, onFailure, resources, phases: new Set(spec.phases.map((phase) => phase.id)) }
}

/** A run with an amendment that fits, as if it had been written so. */
export function amendSpec(run: RunSpec, { streams, phases, tasks, change }: AmendmentSpec): RunSpec {
  const changed = new Map(change.map((task) => [fullIdOf(task), task]))
  return {
    ...run,
    streams: [...run.streams, ...streams],
    phases: [...run.phases, ...phases],
    tasks: [...run.tasks.map((task) => changed.get(fullIdOf(task)) ?? task), ...tasks],
  }
}

/** The facts with an amendment that fits. What was there and is not changed waits for what it waited for. */
export function amendFacts(world: WorldSpec, facts: RunFacts, amendment: AmendmentSpec): RunFacts {
  const spec = amendSpec(facts.spec, amendment)
  const writer = writeConditions(spec, facts)
  const tasks = new Map(facts.tasks)
  for (const task of [...amendment.change, ...amendment.tasks]) {
    tasks.set(fullIdOf(task), factsOfTask(world, spec, task, writer))
  }
  return { ...headOf(spec), tasks, ...indexWaits(tasks, writer) }
}

function factsOfTask(world: WorldSpec, run: RunSpec, spec: TaskSpec, writer: ConditionWriter): TaskFacts {
  const stream = run.streams.find(({ id }) => id === spec.stream)
  const isStream = (id: string): boolean => run.streams.some((each) => each.id === id)
  const ids = [...spec.after, ...(stream?.after ?? [])]
  const after = new Set(ids.filter((each) => !isStream(each)))
  if (spec.asks !== null) after.add(spec.asks.task)
  const phased = phaseBefore(run, spec, stream)
  if (typeof phased === 'string') after.add(phased)
  const waits = [
    ...(typeof phased === 'number' ? [{ condition: writer.ofPhase(phased), lag: 0 }] : []),
    ...ids.filter(isStream).map((each) => ({ condition: writer.ofStream(each), lag: 0 })),
    ...[...spec.waits, ...(stream?.waits ?? [])]
      .filter(({ soft }) => !soft)
      .map((wait) => ({ condition: writer.ofWait(wait), lag: wait.lag })),
    ...writer.turnsOf(spec).map((condition) => ({ condition, lag: 0 })),
  ]
  const policy = policyOf(world, spec)
  return { id: fullIdOf(spec), after: [...after], waits, asks: spec.asks, weight: spec.estimate, spec, policy }
}

/** The gate that must be passed, or the phase that must be done, because of the phase it is in, or whose gate it is. */
function phaseBefore(
  { phases }: RunSpec,
  { id, gate }: TaskSpec,
  stream: StreamSpec | undefined,
): string | number | null {
  const own = phases.findIndex((phase) => phase.gate === id && gate !== null)
  if (own !== -1) return own
  const before = phases.findIndex((phase) => phase.id === stream?.phase) - 1
  return before < 0 ? null : (phases[before]!.gate ?? before)
}

function indexWaits(
  tasks: ReadonlyMap<string, TaskFacts>,
  { conditions, numbers }: Conditions,
): Pick<RunFacts, 'dependents' | 'conditions' | 'numbers' | 'about' | 'wholes' | 'waiting'> {
  const dependents = new Map<string, string[]>()
  const about = new Map<string, number[]>()
  const waiting: string[][] = conditions.map(() => [])
  const wholes: number[][] = conditions.map(() => [])
  for (const { id, after, waits } of tasks.values()) {
    for (const before of after) addTo(dependents, before, id)
    for (const { condition } of waits) waiting[condition]!.push(id)
  }
  for (const [number, { tasks: own, of }] of conditions.entries()) {
    for (const task of own) addTo(about, task, number)
    for (const part of of) wholes[part]!.push(number)
  }
  return { dependents, conditions, numbers, about, wholes, waiting }
}

/** The tasks whose ends a task waits for, in whatever way. */
export function awaitedBy({ tasks, conditions }: RunFacts, id: string): readonly string[] {
  const { after, waits } = tasks.get(id)!
  return [...after, ...waits.flatMap(({ condition }) => tasksBehind(conditions, condition))]
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
