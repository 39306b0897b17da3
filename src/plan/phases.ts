/**
 * Phases: groups of streams, one after the other. A phase is a point that watches its streams and what passes the phase
 * before it, so that one that is empty holds the order too; it is passed by its gate, or, without one, by itself.
 */
import type { CompiledPhase, NodeIndex, TaskIndex } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import type { Layout } from './layout.js'
import { nearest } from './nearest.js'
import type { PlannedPoint, PointTable } from './points.js'
import { quote } from './text.js'

/** Gives the points of the phases what they watch, and says what their streams wait for. */
export function addPhases(table: PointTable, reporter: Reporter): readonly CompiledPhase[] {
  const { layout, points, phaseBefore } = table
  const members = streamsByPhase(layout, reporter)
  const gates = resolveGates(layout, reporter)
  let before: NodeIndex | null = null
  return layout.phases.map(({ id, title }, phase): CompiledPhase => {
    const streams = members[phase] as readonly number[]
    if (before !== null) for (const stream of streams) phaseBefore.set(stream, before)
    const own = streams.map((stream) => layout.tasks.length + stream)
    const watches = before === null ? own : [...own, before].sort((a, b) => a - b)
    const index = layout.streams.length + phase
    const point = layout.tasks.length + index
    points[index] = { ...(points[index] as PlannedPoint), watches, needed: watches.length }
    const gate = gates[phase] as TaskIndex | null
    before = gate ?? point
    return { id, title: title ?? null, point, gate, streams }
  })
}

/** By gate of a phase: the phase it waits for. */
export function gatesOfPhases(phases: readonly CompiledPhase[]): ReadonlyMap<TaskIndex, NodeIndex> {
  return new Map(phases.flatMap(({ gate, point }) => (gate === null ? [] : [[gate, point] as const])))
}

/** The streams of each phase, in the order of the plan. */
function streamsByPhase({ phases, phaseIndex, streams, origin }: Layout, reporter: Reporter): readonly number[][] {
  const members = phases.map((): number[] => [])
  for (const [stream, { id, phase: name }] of streams.entries()) {
    if (name === undefined) continue
    const phase = phaseIndex.get(name)
    if (phase !== undefined) {
      members[phase]?.push(stream)
      continue
    }
    const message = `Stream ${quote(id)} is in phase ${quote(name)}, which is no phase of this plan.`
    reporter.error(
      'UNKNOWN_ID',
      `${origin.stream(stream)}/phase`,
      message,
      hintFor(name, [...phaseIndex.keys()], 'phases'),
    )
  }
  return members
}

/** The gate of each phase; each gate belongs to one. */
function resolveGates(layout: Layout, reporter: Reporter): readonly (TaskIndex | null)[] {
  const { phases, gates, firstGate, origin } = layout
  const owners = new Map<string, string>()
  return phases.map(({ id, gate: name }, phase) => {
    if (name === undefined) return null
    const at = `${origin.phase(phase)}/gate`
    const gate = gates.findIndex((each) => each.id === name)
    const owner = owners.get(name)
    if (gate === -1) {
      const message = `${quote(name)}, the gate of phase ${quote(id)}, is no gate of this plan.`
      reporter.error(
        'UNKNOWN_ID',
        at,
        message,
        hintFor(
          name,
          gates.map((each) => each.id),
          'gates',
        ),
      )
    } else if (owner !== undefined) {
      const message = `The gate ${quote(name)} belongs to phase ${quote(owner)} already.`
      reporter.error('DUPLICATE_ID', at, message, `Give phase ${quote(id)} a gate of its own.`)
    } else {
      owners.set(name, id)
      return firstGate + gate
    }
    return null
  })
}

function hintFor(name: string, known: readonly string[], field: 'phases' | 'gates'): string {
  const near = nearest(name, known)
  return near === null ? `Add it to "${field}".` : `Did you mean ${quote(near)}?`
}
