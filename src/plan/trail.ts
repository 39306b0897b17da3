/** Prints cycles and reports them. */
import type { Adjacency, NodeIndex } from '../core/types.js'
import { findCycles } from './cycles.js'
import { createReporter, type Reporter } from './diagnostic.js'
import { type Layout, nodeName } from './layout.js'
import { createResolver, resolveStream, visitDependencies } from './resolve.js'
import { quote, thousands } from './text.js'

/** Names of a cycle that are printed. */
const MOST_PRINTED = 20

/** `"a" → "b" → "a"`; a long one as its first names, how many are left out, and the first again. */
export function describeTrail(names: readonly string[]): string {
  const more = names.length - MOST_PRINTED
  const shown = more > 0 ? [...names.slice(0, MOST_PRINTED), `… (${thousands(more)} more)`] : names
  return [...shown, names[0]].join(' → ')
}

/** Reports a cycle for each knot of tasks and streams that wait for each other. */
export function reportCycles(layout: Layout, predecessors: Adjacency, reporter: Reporter): void {
  for (const trail of findCycles(predecessors)) {
    const [first, second = first] = trail as readonly [NodeIndex, NodeIndex?]
    const at = dependencyPointer(first, second, layout)
    if (trail.length === 1) {
      const message = `${capitalized(nodeName(layout, first))} depends on itself.`
      reporter.error('CYCLE', at, message, 'Remove this dependency.')
      continue
    }
    const names = trail.map((node) => shortName(layout, node))
    const message = `These wait for each other: ${describeTrail(names)}.`
    reporter.error('CYCLE', at, message, 'Read "→" as "depends on", and remove one of these dependencies.')
  }
}

/** A stream waits for its tasks, and its tasks for what it depends on. */
function shortName(layout: Layout, node: NodeIndex): string {
  return node < layout.tasks.length ? quote(layout.taskIds[node] as string) : nodeName(layout, node)
}

/** Pointer of what says that `from` depends on `to`. */
function dependencyPointer(from: NodeIndex, to: NodeIndex, layout: Layout): string {
  // Whatever is wrong with other dependencies has been reported before.
  const resolver = createResolver(layout, createReporter(0))
  const pointers: string[] = []
  const stream = from < layout.tasks.length ? (layout.streamOf[from] as number) : from - layout.tasks.length
  if (from < layout.tasks.length) {
    visitDependencies(from, resolver, (node, at) => {
      if (node === to) pointers.push(at)
    })
  }
  const record = layout.streams[stream]
  const position = record === undefined ? -1 : resolveStream(record, stream, resolver).indexOf(to)
  if (position !== -1) pointers.push(`${layout.origin.stream(stream)}/dependsOn/${position}`)
  return pointers[0] as string
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
