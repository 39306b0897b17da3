/** Prints cycles and reports them. */
import type { Adjacency, NodeIndex } from '../core/types.js'
import { findCycles } from './cycles.js'
import { createReporter, type Reporter } from './diagnostic.js'
import { nodeName } from './layout.js'
import { createResolver } from './names.js'
import { nameOf, type PointTable, pointerOf, streamOfNode } from './points.js'
import { resolveStream, visitDependencies } from './resolve.js'
import { quote, thousands } from './text.js'

/** Names of a cycle that are printed. */
const MOST_PRINTED = 20

/** `"a" → "b" → "a"`; a long one as its first names, how many are left out, and the first again. */
export function describeTrail(names: readonly string[]): string {
  const more = names.length - MOST_PRINTED
  const shown = more > 0 ? [...names.slice(0, MOST_PRINTED), `… (${thousands(more)} more)`] : names
  return [...shown, names[0]].join(' → ')
}

/** Reports a cycle for each knot of nodes that wait for each other. */
export function reportCycles(table: PointTable, predecessors: Adjacency, reporter: Reporter): void {
  const { layout } = table
  for (const trail of findCycles(predecessors)) {
    const [first, second = first] = trail as readonly [NodeIndex, NodeIndex?]
    const at = dependencyPointer(first, second, table)
    if (trail.length === 1) {
      const message = `${capitalized(nodeName(layout, first))} depends on itself.`
      reporter.error('CYCLE', at, message, 'Remove this dependency.')
      continue
    }
    const message = `These wait for each other: ${describeTrail(trail.map((node) => shortName(table, node)))}.`
    reporter.error('CYCLE', at, message, hintFor(trail, table))
  }
}

function hintFor(trail: readonly NodeIndex[], { layout, points }: PointTable): string {
  const turn = trail
    .map((node) => points[node - layout.tasks.length])
    .find((point) => point !== undefined && point.kind === 'sequence')
  if (turn === undefined) return 'Read "→" as "depends on", and remove one of these dependencies.'
  const entry = turn.at.slice(0, turn.at.lastIndexOf('/order'))
  return `Read "→" as "depends on". The sequence at ${entry} makes one of these: change its order, or remove a dependency.`
}

/** A stream waits for its tasks, and its tasks for what it depends on; other points are named by what they say. */
function shortName(table: PointTable, node: NodeIndex): string {
  const { layout } = table
  const isPhase = table.points[node - layout.tasks.length]?.kind === 'phase'
  return streamOfNode(table, node) === -1 && !isPhase ? quote(nameOf(table, node)) : nodeName(layout, node)
}

/** Pointer of what says that `from` depends on `to`. */
function dependencyPointer(from: NodeIndex, to: NodeIndex, table: PointTable): string {
  const { layout } = table
  // Whatever is wrong with other dependencies has been reported before.
  const resolver = createResolver(layout, table, createReporter(0))
  const pointers: string[] = []
  const stream = from < layout.tasks.length ? (layout.streamOf[from] as number) : from - layout.tasks.length
  if (from < layout.tasks.length) {
    visitDependencies(from, resolver, (node, at) => {
      if (node === to) pointers.push(at)
    })
  }
  const record = layout.streams[stream]
  const edge = record && resolveStream(record, stream, resolver).hard.find((each) => each.to === to)
  if (edge !== undefined) pointers.push(edge.at)
  return pointers[0] ?? pointerOf(table, to)
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
