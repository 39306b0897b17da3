/** The order in which streams merge: known ids, no circles, and the order itself. */
import { heapPop, heapPush } from '../core/heap.js'
import type { Adjacency, StreamId } from '../core/types.js'
import { createAdjacencyBuilder, degrees, transpose } from './adjacency.js'
import { findCycles } from './cycles.js'
import type { Reporter } from './diagnostic.js'
import type { Layout } from './layout.js'
import { nearest } from './nearest.js'
import { quote } from './text.js'
import { describeTrail } from './trail.js'

/**
 * All streams, each after those it merges after, and of several that may come next the one declared first. Reports what is
 * wrong with `mergeAfter`; streams that merge after each other are left out then. O(streams × log streams + entries).
 */
export function compileMergeOrder(layout: Layout, reporter: Reporter): readonly StreamId[] {
  const { streams, streamIds } = layout
  if (!streams.some((stream) => stream.mergeAfter !== undefined)) return streamIds
  const before = readMergeAfter(layout, reporter)
  reportCircles(layout, before, reporter)
  const after = transpose(before)
  const missing = degrees(before)
  const next: number[] = []
  for (let stream = 0; stream < streams.length; stream++) if (missing[stream] === 0) heapPush(next, stream, ascending)
  const order: StreamId[] = []
  while (next.length > 0) {
    const stream = heapPop(next, ascending)
    order.push(streamIds[stream] as StreamId)
    for (let edge = after.start[stream] as number; edge < (after.start[stream + 1] as number); edge++) {
      const other = after.targets[edge] as number
      const left = (missing[other] as number) - 1
      missing[other] = left
      if (left === 0) heapPush(next, other, ascending)
    }
  }
  return order
}

function ascending(a: number, b: number): boolean {
  return a < b
}

/** By stream: the streams it merges after. */
function readMergeAfter({ streams, streamIds, streamIndex, origin }: Layout, reporter: Reporter): Adjacency {
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
  return edges.build()
}

function reportCircles({ streamIds, origin }: Layout, before: Adjacency, reporter: Reporter): void {
  for (const trail of findCycles(before)) {
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
