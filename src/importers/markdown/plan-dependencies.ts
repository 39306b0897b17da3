/** The dependencies of a record, written as the plan language has them. */
import type { DependencyOf, Duration, MemberOf } from '../../plan/types.js'
import type { Arranged } from './arrange.js'
import type { Need, Piece, Target, Unit } from './types.js'

/** What is waited for, and how it is referred to. */
export interface Wiring {
  readonly arranged: Arranged
  readonly needs: ReadonlyMap<Unit, readonly Need[]>
  /** Full reference to each unit that can be waited for. */
  readonly references: ReadonlyMap<Unit, string>
  /** Milestones that others wait for. */
  readonly milestones: ReadonlyMap<Unit, readonly string[]>
}

/** The wiring of a whole plan. */
export function wiringOf(arranged: Arranged, needs: ReadonlyMap<Unit, readonly Need[]>): Wiring {
  return { arranged, needs, references: referencesOf(arranged), milestones: milestonesOf(needs) }
}

function referencesOf({ streams, tasks }: Arranged): ReadonlyMap<Unit, string> {
  const references = new Map<Unit, string>()
  for (const { unit, tasks: inside } of streams) {
    references.set(unit, unit.id)
    for (const task of inside) references.set(task, `${unit.id}/${task.id}`)
  }
  for (const task of tasks) references.set(task, task.id)
  return references
}

function milestonesOf(needs: ReadonlyMap<Unit, readonly Need[]>): ReadonlyMap<Unit, readonly string[]> {
  const milestones = new Map<Unit, string[]>()
  for (const { targets } of [...needs.values()].flat()) {
    for (const { unit, milestone } of targets) {
      const known = milestones.get(unit) ?? []
      if (milestone !== null && !known.includes(milestone)) known.push(milestone)
      if (known.length > 0) milestones.set(unit, known)
    }
  }
  return milestones
}

/** What a unit waits for; `place` is told where each of them was said. */
export function dependenciesOf(
  unit: Unit,
  wiring: Wiring,
  place: (index: number, piece: Piece) => void,
): readonly DependencyOf<Duration>[] {
  const dependencies: DependencyOf<Duration>[] = []
  const seen = new Set<string>()
  for (const need of wiring.needs.get(unit) ?? []) {
    for (const dependency of dependenciesFrom(need, unit, wiring)) {
      const text = typeof dependency === 'string' ? dependency : JSON.stringify(dependency)
      if (seen.has(text)) continue
      seen.add(text)
      place(dependencies.length, need.piece)
      dependencies.push(dependency)
    }
  }
  return dependencies
}

function dependenciesFrom(
  { targets, mode, progress, lag, soft }: Need,
  unit: Unit,
  wiring: Wiring,
): readonly DependencyOf<Duration>[] {
  const more = { ...(lag === null ? {} : { lag: lag as Duration }), ...(soft ? { soft: true } : {}) }
  const all = targets.flatMap((target) => expanded(target, unit, wiring.arranged))
  const single = (target: Target, extra: object): MemberOf | null => {
    const id = referenceTo(target.unit, unit, wiring)
    if (id === null) return null
    if (progress !== null) return { stream: id, progress, ...extra }
    const on = target.milestone === null ? id : `${id}#${target.milestone}`
    return target.milestone === null && Object.keys(extra).length === 0 ? id : { on, ...extra }
  }
  if (mode === 'all' || all.length === 1) return all.flatMap((target) => single(target, more) ?? [])
  const alternatives = all.flatMap((target) => single(target, {}) ?? [])
  return alternatives.length === 0 ? [] : [{ anyOf: alternatives, ...more }]
}

/** A phase stands for what is in it. */
function expanded(target: Target, unit: Unit, { phases }: Arranged): readonly Target[] {
  const members = phases.get(target.unit)
  if (members === undefined) return target.unit === unit ? [] : [target]
  return members
    .filter((member) => member !== unit && member !== unit.parent)
    .map((member) => ({ unit: member, milestone: null }))
}

function referenceTo(target: Unit, unit: Unit, { references, arranged }: Wiring): string | null {
  const reference = references.get(target) ?? null
  const isSibling = target.parent !== null && target.parent === unit.parent && !arranged.phases.has(target.parent)
  if (isSibling && reference !== null) return target.id
  // A stream whose task waits for the stream itself would wait for ever.
  return target === unit.parent ? null : reference
}
