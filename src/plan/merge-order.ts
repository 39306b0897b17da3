/** Checks the order in which streams merge: known ids, no circles. */
import { createAdjacencyBuilder } from './adjacency.js'
import { findCycles } from './cycles.js'
import type { Reporter } from './diagnostic.js'
import type { Layout } from './layout.js'
import { nearest } from './nearest.js'
import { quote } from './text.js'
import { describeTrail } from './trail.js'

/** Reports what is wrong with the `mergeAfter` of the streams. */
export function reportMergeOrder({ streams, streamIds, streamIndex, origin }: Layout, reporter: Reporter): void {
  if (!streams.some((stream) => stream.mergeAfter !== undefined)) return
  const edges = createAdjacencyBuilder(streams.length, streams.length)
  for (const [index, { id, mergeAfter = [] }] of streams.entries()) {
    for (const [position, other] of mergeAfter.entries()) {
      const target = streamIndex.get(other)
      if (target !== undefined) {
        edges.add(target)
        continue
      }
      const near = nearest(other, streamIds)
      const message = `Stream ${quote(id)} merges after ${quote(other)}, which is no stream of this plan.`
      const hint = near === null ? 'Name a stream.' : `Did you mean ${quote(near)}?`
      reporter.error('UNKNOWN_ID', `${origin.stream(index)}/mergeAfter/${position}`, message, hint)
    }
    edges.endRow()
  }
  for (const trail of findCycles(edges.build())) {
    const first = trail[0] as number
    const names = trail.map((stream) => quote(streamIds[stream] as string))
    const message = `These streams merge after each other: ${describeTrail(names)}.`
    reporter.error(
      'CYCLE',
      `${origin.stream(first)}/mergeAfter`,
      message,
      'Remove one of these entries of "mergeAfter".',
    )
  }
}
