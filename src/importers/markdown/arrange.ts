/** What each unit becomes in the plan, by what it holds: phases hold streams, streams hold tasks. */
import type { Found, Unit } from './types.js'

/** A stream with the units that are its tasks. */
export interface Arranged {
  readonly streams: readonly { readonly unit: Unit; readonly tasks: readonly Unit[] }[]
  /** Tasks of no stream. */
  readonly tasks: readonly Unit[]
  /** Phases with the streams and tasks in them. */
  readonly phases: ReadonlyMap<Unit, readonly Unit[]>
}

/** O(units × depth). */
export function arrange({ units }: Found): Arranged {
  const children = new Map<Unit, Unit[]>()
  for (const unit of units) {
    if (unit.parent === null) continue
    const siblings = children.get(unit.parent) ?? []
    if (siblings.push(unit) === 1) children.set(unit.parent, siblings)
  }
  const below = (unit: Unit): readonly Unit[] => children.get(unit) ?? []
  const isContainer = (unit: Unit): boolean =>
    unit.kind === 'phase' || below(unit).some((child) => below(child).length > 0 || child.kind === 'stream')
  const streams: { readonly unit: Unit; readonly tasks: readonly Unit[] }[] = []
  const tasks: Unit[] = []
  const phases = new Map<Unit, readonly Unit[]>()
  for (const unit of units) {
    const parent = unit.parent
    if (isContainer(unit)) phases.set(unit, membersOf(unit, below))
    else if (below(unit).length > 0 || (unit.kind === 'stream' && (parent === null || isContainer(parent))))
      streams.push({ unit, tasks: below(unit) })
    else if (parent === null || isContainer(parent)) tasks.push(unit)
  }
  return { streams, tasks, phases }
}

/** All that is inside, but for the tasks of streams. */
function membersOf(unit: Unit, below: (unit: Unit) => readonly Unit[]): readonly Unit[] {
  return below(unit).flatMap((child) =>
    below(child).some((inner) => below(inner).length > 0) ? membersOf(child, below) : [child],
  )
}
