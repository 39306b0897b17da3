/** Where the records of a parsed plan stood in the document, so that diagnostics point at what people wrote. */
import { pointerSegment } from './diagnostic.js'
import type { Plan, Stream } from './types.js'

/** How a collection was written. */
export interface CollectionOrigin {
  /** As a mapping from id to record. */
  readonly byName: boolean
  /** Place of each parsed record in the written list; null where they are the same. */
  readonly positions: readonly number[] | null
}

/** JSON pointers of the records of one parsed plan, by their place in it. */
export interface Origin {
  stream(stream: number): string
  /** A task of no stream. */
  task(task: number): string
  streamTask(stream: number, task: number): string
  gate(gate: number): string
  phase(phase: number): string
}

/** What `parse` remembers of the collections; absent ones were lists that nothing was left out of. */
export interface Origins {
  readonly streams?: CollectionOrigin | undefined
  readonly tasks?: CollectionOrigin | undefined
  readonly gates?: CollectionOrigin | undefined
  readonly phases?: CollectionOrigin | undefined
  readonly streamTasks?: ReadonlyMap<Stream, CollectionOrigin>
}

/** Pointers into the document that `plan` was parsed from; without `origins`, into the plan itself. */
export function createOrigin(plan: Plan, origins: Origins = {}): Origin {
  const stream = (index: number): string => `/streams/${segment(plan.streams?.[index]?.id, index, origins.streams)}`
  return {
    stream,
    task: (index) => `/tasks/${segment(plan.tasks?.[index]?.id, index, origins.tasks)}`,
    streamTask: (index, task) => {
      const record = plan.streams?.[index]
      const collection = record && origins.streamTasks?.get(record)
      return `${stream(index)}/tasks/${segment(record?.tasks?.[task]?.id, task, collection)}`
    },
    gate: (index) => `/gates/${segment(plan.gates?.[index]?.id, index, origins.gates)}`,
    phase: (index) => `/phases/${segment(plan.phases?.[index]?.id, index, origins.phases)}`,
  }
}

function segment(id: string | undefined, index: number, collection: CollectionOrigin | undefined): string {
  if (collection === undefined) return String(index)
  return collection.byName ? pointerSegment(id as string) : String(collection.positions?.[index] ?? index)
}
