/** Ordered claims: the claimants of a path start in the order that the plan gives, and depend on nothing else by it. */
import type { CompiledSequence, NodeIndex, SequenceEntry, TaskIndex } from '../core/types.js'
import type { ClaimSets, PatternNumber } from './claim-sets.js'
import { nodeName } from './layout.js'
import type { PlanLimits } from './limits.js'
import { hintFor, lookUp, type Resolver } from './names.js'
import { streamOfNode, turnPoint } from './points.js'
import { count, quote } from './text.js'
import type { Sequence } from './types.js'

/** The turns that tasks wait for; tasks that are in no sequence are not in it. */
export type SequenceEdges = ReadonlyMap<TaskIndex, readonly NodeIndex[]>

/** The sequences of a plan, and who waits because of them. */
export interface ResolvedSequences {
  readonly edges: SequenceEdges
  readonly compiled: readonly CompiledSequence[]
}

/**
 * Makes the points that order the claimants of each sequence, and reports what is wrong with it. The claimants of an entry
 * start when those of all entries before it have ended, in whatever way; claimants of one entry are not ordered.
 */
export function resolveSequences(resolver: Resolver, claims: ClaimSets, limits: PlanLimits): ResolvedSequences {
  const edges = new Map<TaskIndex, NodeIndex[]>()
  const compiled: CompiledSequence[] = []
  let ordered = 0
  const { sequences = [] } = resolver.layout.plan
  if (sequences.length === 0) return { edges, compiled }
  const claimantsOf = findClaimants(resolver, claims)
  for (const [index, sequence] of sequences.entries()) {
    const pattern = claims.sequenced[index] ?? null
    if (pattern === null) continue
    const claimants = claimantsOf(pattern)
    ordered += claimants.size
    if (ordered > limits.edges) {
      reportTooMany(limits, resolver)
      break
    }
    const entries = resolveSequence(sequence, index, claimants, edges, resolver)
    compiled.push({ path: claims.index.pattern(pattern), entries })
  }
  return { edges, compiled }
}

/** Each entry but the first has its turn, also where nothing claims the path yet: tasks may be added. */

function resolveSequence(
  { path, order }: Sequence,
  index: number,
  claimants: ReadonlySet<TaskIndex>,
  edges: Map<TaskIndex, NodeIndex[]>,
  resolver: Resolver,
): readonly SequenceEntry[] {
  const { layout, points } = resolver
  const entries: SequenceEntry[] = []
  const open = new Set(claimants)
  let turn: NodeIndex | null = null
  /** The claimants since that turn. */
  let since: TaskIndex[] = []
  const before: string[] = []
  for (const [position, name] of order.entries()) {
    const at = `/sequences/${index}/order/${position}`
    const node = entryNode(name, at, resolver)
    if (node === NO_NODE) continue
    const own = entryTasks(node, resolver).filter((task) => claimants.has(task))
    if (own.length === 0) warnOfIdle(name, path, at, resolver)
    const fresh = own.filter((task) => open.delete(task))
    if (fresh.length < own.length) reportTwice(name, at, resolver)
    if (before.length > 0) {
      const id = `${path} after ${listBefore(before)}`
      turn = turnPoint(points, id, turn === null ? since : [...since, turn], at)
    }
    if (turn !== null) for (const task of fresh) edges.set(task, [...(edges.get(task) ?? []), turn])
    const stream = streamOfNode(points, node)
    entries.push({ task: stream === -1 && node < layout.tasks.length ? node : -1, stream, turn })
    since = fresh
    before.push(name)
  }
  if (open.size > 0) warnOfUnnamed(path, open, index, resolver)
  return entries
}

/** The task or stream of an entry; `NO_NODE`, and reported, where it means nothing. */
function entryNode(name: string, at: string, resolver: Resolver): NodeIndex {
  const node = lookUp(name, NO_NODE, resolver.layout)
  if (node >= 0) return node
  const message = `${quote(name)} in the sequence is no task or stream of this plan.`
  resolver.reporter.error('UNKNOWN_ID', at, message, hintFor(name, NO_NODE, resolver))
  return NO_NODE
}

function entryTasks(node: NodeIndex, { layout, points }: Resolver): readonly TaskIndex[] {
  const stream = streamOfNode(points, node)
  if (stream === -1) return [node]
  const from = layout.firstTask[stream] as number
  return Array.from({ length: (layout.firstTask[stream + 1] as number) - from }, (_, offset) => from + offset)
}

/** A sequence stands in no stream: it has no siblings. */
const NO_NODE = -1

/** Looks up the tasks that write or read what meets a pattern. */
function findClaimants(
  { layout }: Resolver,
  { sets, claimSet, index }: ClaimSets,
): (pattern: PatternNumber) => ReadonlySet<TaskIndex> {
  const setsAt = new Map<PatternNumber, number[]>()
  for (const [set, { write, read }] of sets.entries()) {
    for (const pattern of [...write, ...read]) {
      const list = setsAt.get(pattern) ?? []
      if (list.push(set) === 1) setsAt.set(pattern, list)
    }
  }
  const tasksOf: TaskIndex[][] = sets.map(() => [])
  for (let task = 0; task < layout.tasks.length; task++) tasksOf[claimSet[task] as number]?.push(task)
  const found = new Map<PatternNumber, ReadonlySet<TaskIndex>>()
  return (pattern) => {
    const known = found.get(pattern)
    if (known !== undefined) return known
    const met = new Set([...index.neighbours(pattern)].flatMap((other) => setsAt.get(other) ?? []))
    const claimants = new Set([...met].flatMap((set) => tasksOf[set] as TaskIndex[]).sort((a, b) => a - b))
    found.set(pattern, claimants)
    return claimants
  }
}

/** Names of earlier entries that are told. */
const MOST_TOLD = 5

function listBefore(names: readonly string[]): string {
  const more = names.length - MOST_TOLD
  return more > 0 ? `${names.slice(0, MOST_TOLD).join(', ')}, … (${more} more)` : names.join(', ')
}

function reportTooMany(limits: PlanLimits, { reporter }: Resolver): void {
  const message = `The sequences of the plan order more than ${count(limits.edges, 'task')}.`
  reporter.error('TOO_LARGE', '/sequences', message, 'Narrow their paths, or raise the limit "edges".')
}

function reportTwice(name: string, at: string, { reporter }: Resolver): void {
  const message = `The claims of ${quote(name)} come in an earlier entry of the sequence too.`
  reporter.error('BAD_SEQUENCE', at, message, 'Name each claimant once: a stream, or tasks of it one by one.')
}

function warnOfIdle(name: string, path: string, at: string, { reporter }: Resolver): void {
  reporter.report({
    code: 'LOOSE_SEQUENCE',
    severity: 'warning',
    message: `Nothing in ${quote(name)} claims ${quote(path)}: the sequence does not hold it up.`,
    at,
    hint: 'Claim the path there, as write or read, or leave the entry out.',
  })
}

function warnOfUnnamed(path: string, tasks: ReadonlySet<TaskIndex>, index: number, resolver: Resolver): void {
  const [first] = tasks as ReadonlySet<TaskIndex> & Iterable<TaskIndex>
  const others = tasks.size === 1 ? '' : ` and ${count(tasks.size - 1, 'more task')}`
  resolver.reporter.report({
    code: 'LOOSE_SEQUENCE',
    severity: 'warning',
    message: `${capitalized(nodeName(resolver.layout, first as number))}${others} may touch ${quote(path)} at any time: the sequence does not name it.`,
    at: `/sequences/${index}/order`,
    hint: 'Name it in the order, or narrow what it claims.',
  })
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
