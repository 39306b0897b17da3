/** What the history checker knows beforehand: the plans, read from the world itself and not from what `compile` made of them. */
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import { parsePattern } from '../claims/pattern.js'
import type { OnFailure } from '../core/types.js'
import type { PolicySpec, RunSpec, TaskSpec, WorkerSpec, WorldSpec } from './world-spec.js'
import { fullIdOf, VOCABULARY } from './world-spec.js'

export interface TaskFacts {
  readonly id: string
  /** All tasks it waits for, those of streams written out. */
  readonly after: readonly string[]
  readonly spec: TaskSpec
  readonly policy: PolicySpec
}

export interface RunFacts {
  readonly id: string
  readonly onFailure: OnFailure
  readonly resources: RunSpec['resources']
  readonly tasks: ReadonlyMap<string, TaskFacts>
  /** The tasks that wait for a task. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
}

export interface WorldFacts {
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly workers: ReadonlyMap<string, WorkerSpec>
}

export function factsOf(world: WorldSpec): WorldFacts {
  return {
    runs: new Map(world.runs.map((run) => [run.id, factsOfRun(world, run)])),
    workers: new Map(world.workers.map((worker) => [worker.id, worker])),
  }
}

function factsOfRun(world: WorldSpec, run: RunSpec): RunFacts {
  const members = new Map<string, string[]>(run.streams.map(({ id }) => [id, []]))
  for (const task of run.tasks) if (task.stream !== null) members.get(task.stream)?.push(fullIdOf(task))
  const streams = new Map(run.streams.map((stream) => [stream.id, stream]))
  const written = (ids: readonly string[]): readonly string[] => ids.flatMap((id) => members.get(id) ?? [id])
  const tasks = new Map<string, TaskFacts>()
  const dependents = new Map<string, string[]>()
  for (const spec of run.tasks) {
    const id = fullIdOf(spec)
    const ofStream = spec.stream === null ? [] : (streams.get(spec.stream)?.after ?? [])
    const after = [...new Set([...written(spec.after), ...written(ofStream)])]
    tasks.set(id, { id, after, spec, policy: world.policies[spec.policy]! })
    for (const before of after) {
      const known = dependents.get(before)
      if (known === undefined) dependents.set(before, [id])
      else known.push(id)
    }
  }
  return { id: run.id, onFailure: run.onFailure, resources: run.resources, tasks, dependents }
}

/** What is or would be held, as indexes into the vocabulary. */
export type Claimed = Pick<TaskSpec, 'write' | 'read' | 'integrate'>

/** Whether two must not run side by side: some path is claimed by both, and not in both cases to read or to integrate. */
export function exclude(a: Claimed, b: Claimed): boolean {
  return excludes(a, b) || excludes(b, a)
}

function excludes(a: Claimed, b: Claimed): boolean {
  return anyMeet(a.write, [...b.write, ...b.read, ...b.integrate]) || anyMeet(a.read, b.integrate)
}

/** The index of a pattern in its normal form; -1 where the vocabulary has none. */
export function numberOf(text: string): number {
  return patterns.findIndex((pattern) => pattern.text === text)
}

export function anyMeet(a: readonly number[], b: readonly number[]): boolean {
  for (const mine of a) for (const other of b) if (meet(mine, other)) return true
  return false
}

const size = VOCABULARY.length
const patterns = VOCABULARY.map((text) => parsePattern(text) as Pattern)
/** 0 unknown, 1 no, 2 yes. */
const met = new Uint8Array(size * size)

function meet(a: number, b: number): boolean {
  const place = a * size + b
  if (met[place] === 0) met[place] = overlap(patterns[a]!, patterns[b]!) === null ? 1 : 2
  return met[place] === 2
}
