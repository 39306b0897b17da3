/** Where new and changed tasks come in the sequences of a plan that is amended. */
import { overlaps } from '../claims/overlap.js'
import type { CompiledSequence, NodeIndex, SequenceEntry, TaskIndex } from '../core/types.js'
import { isSameRow, largeRow, type PointChanges } from './members.js'
import type { Seating } from './seating.js'

/** The turns that new and changed tasks wait for. */
export type TurnsOf = ReadonlyMap<TaskIndex, readonly NodeIndex[]>

/** The sequences as they stand in the result. */
export function seatSequences({ large, taskCount }: Seating): readonly CompiledSequence[] {
  if (large.sequences.length === 0) return large.sequences
  const moved = taskCount - large.taskCount
  const seat = (entry: SequenceEntry): SequenceEntry =>
    entry.turn === null ? entry : { ...entry, turn: entry.turn + moved }
  return large.sequences.map(({ path, entries }) => ({ path, entries: entries.map(seat) }))
}

/**
 * Gives each new and changed task its turn in the sequences whose paths it claims, and makes the turn after that wait for
 * it. A turn that has come stays: see `Point.isAmended`.
 */
export function takeTurns(
  seating: Seating,
  written: readonly TaskIndex[],
  streamOf: Int32Array,
  sequences: readonly CompiledSequence[],
  { points, rows }: PointChanges,
): TurnsOf {
  const { large, taskAt, taskCount } = seating
  const turns = new Map<TaskIndex, NodeIndex[]>()
  if (sequences.length === 0) return turns
  /** By turn: what it watches. */
  const watching = new Map<NodeIndex, Set<NodeIndex>>()
  const watchedBy = (turn: NodeIndex): Set<NodeIndex> => {
    const known = watching.get(turn) ?? new Set(largeRow(seating, turn - taskCount))
    watching.set(turn, known)
    return known
  }
  for (const task of written) {
    const at = taskAt[task]!
    for (const { path, entries } of sequences) {
      const place = claims(seating, task, path) ? entries.findIndex((entry) => isOf(entry, at, streamOf[at]!)) : -1
      const turn = entries[place]?.turn ?? null
      if (turn !== null) turns.set(at, [...(turns.get(at) ?? []), turn])
      for (const { turn: each } of entries) if (each !== null && at < large.taskCount) watchedBy(each).delete(at)
      const next = place === -1 ? null : (entries[place + 1]?.turn ?? null)
      if (next !== null) watchedBy(next).add(at)
    }
  }
  for (const [turn, watched] of watching) {
    const index = turn - taskCount
    const row = [...watched].sort((a, b) => a - b)
    if (isSameRow(row, largeRow(seating, index))) continue
    rows.set(index, row)
    points[index] = { ...points[index]!, needed: row.length, isAmended: true }
  }
  return turns
}

/** As a claimant of a sequence: it writes or reads what the path meets. */
function claims({ small }: Seating, task: TaskIndex, path: CompiledSequence['path']): boolean {
  const set = small.claimSets[small.claimSet[task]!]
  return set !== undefined && [...set.write, ...set.read].some((pattern) => overlaps(pattern, path))
}

function isOf(entry: SequenceEntry, task: TaskIndex, stream: number): boolean {
  return entry.task === task || (entry.stream !== -1 && entry.stream === stream)
}
