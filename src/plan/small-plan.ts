/** What an amendment adds and changes, as a plan of its own, in which whatever it mentions stands as a stub. */
import type { CompiledPlan, TaskIndex } from '../core/types.js'
import { type AmendablePlan, type Amendment, changePointer } from './amendment.js'
import { mentionsOf } from './mentions.js'
import type { Origin } from './origin.js'
import type { Gate, Plan, Stream, Task } from './types.js'

/** The plan of what is new and changed. */
export interface SmallPlan {
  readonly plan: Plan
  readonly origin: Origin
  /** Full ids of what stands in it only because it is mentioned; all gates that do not change are. */
  readonly stubs: ReadonlySet<string>
}

/** By stream (-1: none): its changed tasks and stubs, by full index. */
type Kept = ReadonlyMap<number, ReadonlyMap<TaskIndex, Task>>

/**
 * All streams, gates and phases stand in it: new tasks inherit from streams and must not write what they own. Of the tasks
 * that are there, those that are mentioned.
 */
export function smallPlan(base: AmendablePlan, amendment: Amendment): SmallPlan {
  const { frame, compiled } = base
  const mentions = mentionsOf(base, amendment)
  const kept = keptTasks(compiled, amendment, mentions)
  const loose = kept.get(-1) ?? new Map<TaskIndex, Task>()
  const gates = (frame.gates ?? []).map(
    (gate): Gate => amendment.changedGates.get(compiled.taskIndex.get(gate.id)!) ?? { id: gate.id, kind: 'approval' },
  )
  const plan: Plan = {
    ...frame,
    sequences: undefined,
    gates: [...gates, ...amendment.gates],
    phases: [...(frame.phases ?? []), ...amendment.phases],
    streams: streamsOf(base, amendment, kept),
    tasks: [...loose.values(), ...amendment.tasks],
  }
  const stubs = new Set([...mentions].map((task) => compiled.taskIds[task] as string))
  for (const gate of compiled.gates.keys()) {
    if (!amendment.changedGates.has(gate)) stubs.add(compiled.taskIds[gate]!)
  }
  return { plan, stubs, origin: originOf(base, amendment, plan, kept) }
}

function keptTasks(compiled: CompiledPlan, amendment: Amendment, mentions: ReadonlySet<TaskIndex>): Kept {
  const kept = new Map<number, Map<TaskIndex, Task>>()
  const keep = (task: TaskIndex, record: Task): void => {
    const stream = compiled.streamOf[task]!
    const tasks = kept.get(stream) ?? new Map<TaskIndex, Task>()
    kept.set(stream, tasks.set(task, tasks.get(task) ?? record))
  }
  for (const [task, record] of amendment.change) keep(task, record)
  for (const task of mentions) keep(task, stubOf(compiled.sources[task] as Task))
  return kept
}

/** Streams that are there, what they wait for only where tasks of them are new or change; then the new ones. */
function streamsOf({ frame, compiled }: AmendablePlan, amendment: Amendment, kept: Kept): readonly Stream[] {
  const added = new Map(amendment.streams.map((stream) => [stream.id, stream]))
  const present = frame.streams ?? []
  const known = new Set(present.map(({ id }) => id))
  const touched = new Set([...amendment.change.keys()].map((task) => compiled.streamOf[task]!))
  const streams = present.map((stream, index): Stream => {
    const { dependsOn, tasks: _, ...fields } = stream
    const isTouched = added.has(stream.id) || touched.has(index)
    const tasks = [...(kept.get(index)?.values() ?? []), ...(added.get(stream.id)?.tasks ?? [])]
    return { ...fields, ...(isTouched && dependsOn !== undefined ? { dependsOn } : {}), tasks }
  })
  return [...streams, ...amendment.streams.filter(({ id }) => !known.has(id))]
}

/** Where the records of the small plan stand in the amendment. */
function originOf(
  { frame, compiled }: AmendablePlan,
  { streams: added, changedGates, origin }: Amendment,
  plan: Plan,
  kept: Kept,
): Origin {
  const places = new Map(added.map(({ id }, position) => [id, position]))
  const placeOf = (stream: number): number | undefined => places.get((plan.streams as readonly Stream[])[stream]!.id)
  const loose = kept.get(-1)
  const pointerOf = (tasks: ReadonlyMap<TaskIndex, Task> | undefined, place: number): string | null => {
    const task = [...(tasks?.keys() ?? [])][place]
    return task === undefined ? null : changePointer(compiled, task)
  }
  return {
    ...origin,
    stream: (index) => {
      const position = placeOf(index)
      return position === undefined ? '' : origin.stream(position)
    },
    task: (place) => pointerOf(loose, place) ?? origin.task(place - (loose?.size ?? 0)),
    streamTask: (index, place) => {
      const before = kept.get(index)
      return pointerOf(before, place) ?? origin.streamTask(placeOf(index) ?? 0, place - (before?.size ?? 0))
    },
    gate: (place) => {
      const gate = frame.gates?.[place]
      if (gate === undefined) return origin.gate(place - (frame.gates?.length ?? 0))
      const task = compiled.taskIndex.get(gate.id)!
      return changedGates.has(task) ? changePointer(compiled, task) : ''
    },
    phase: (place) => (frame.phases?.[place] === undefined ? origin.phase(place - (frame.phases?.length ?? 0)) : ''),
  }
}

/** A task that is there, as far as others care: it claims nothing here, what it claims is in the large plan. */
function stubOf({ id, estimate, optional, milestones }: Task): Task {
  return {
    id,
    claims: {},
    ...(estimate === undefined ? {} : { estimate }),
    ...(optional === undefined ? {} : { optional }),
    ...(milestones === undefined ? {} : { milestones }),
  }
}
