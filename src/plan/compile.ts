/** From a parsed plan to arrays: indexes, edges, waves, ranks, claims, policies. */
import type { Adjacency, CompiledPlan, Point } from '../core/types.js'
import { degrees, topologicalOrder, transpose } from './adjacency.js'
import { type ClaimSets, compileClaims, spellOut } from './claim-sets.js'
import { createReporter, type Diagnostic, place, type Reporter } from './diagnostic.js'
import { compileDispatchClasses } from './dispatch-class.js'
import { reportMetIntegrates } from './integrate-claims.js'
import { type Layout, layOut } from './layout.js'
import { CODE_LIMITS, type PlanLimits, withLimits } from './limits.js'
import { compileMergeOrder } from './merge-order.js'
import { compileHandlers, compileNeeds, reportUnknownHandlers, reportUnservedNeeds } from './needs.js'
import { createOrigin, type Origin } from './origin.js'
import { guardedPatterns, reportForeignClaims } from './ownership.js'
import { compilePolicies } from './policies.js'
import { rankTasks, weigh } from './rank.js'
import { createResolver, resolveEdges } from './resolve.js'
import { refuseUnsupported } from './supported.js'
import { reportCycles } from './trail.js'
import type { Plan, Stream, Task } from './types.js'
import { compileUses, type PlanUses } from './uses.js'

/** How a plan is compiled. */
export interface CompileOptions {
  /** Single limits. Default: `CODE_LIMITS`. */
  readonly limits?: Partial<PlanLimits> | undefined
  /** Names of the handlers there are: others are reported. Absent: not looked at. */
  readonly handlers?: ReadonlySet<string> | undefined
}

/** The compiled plan, or all errors. */
export type CompileResult =
  | { readonly ok: true; readonly compiled: CompiledPlan }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/** What `checkPlan` goes on with. */
export interface Compilation {
  readonly compiled: CompiledPlan
  readonly layout: Layout
  readonly claims: ClaimSets
  readonly uses: PlanUses
  /** Topological. */
  readonly order: Int32Array
}

/**
 * Compiles a parsed plan. Meant for plans that were checked before (from a journal); its diagnostics have no warnings.
 * O(tasks + edges + claims), plus comparing different patterns with each other.
 */
export function compile(plan: Plan, options: CompileOptions = {}): CompileResult {
  const limits = withLimits(CODE_LIMITS, options.limits)
  const reporter = createReporter(limits.diagnostics)
  const compilation = compileReporting(plan, createOrigin(plan), limits, options.handlers, reporter)
  if (compilation === null) return { ok: false, diagnostics: place(reporter.list(), undefined, undefined) }
  return { ok: true, compiled: compilation.compiled }
}

/** Compiles what was read and reports all errors; null if there are any, also from before. */
export function compileReporting(
  plan: Plan,
  origin: Origin,
  limits: PlanLimits,
  handlers: ReadonlySet<string> | undefined,
  reporter: Reporter,
): Compilation | null {
  refuseUnsupported(plan, origin, reporter)
  const layout = layOut(plan, origin, reporter)
  const mergeOrder = compileMergeOrder(layout, reporter)
  const needs = compileNeeds(layout)
  reportUnservedNeeds(layout, needs, reporter)
  const handlerNames = compileHandlers(layout)
  if (handlers !== undefined) reportUnknownHandlers(layout, handlerNames, handlers, reporter)
  const claims = compileClaims(layout, limits, reporter)
  reportForeignClaims(layout, claims, reporter)
  const uses = compileUses(layout, reporter)
  reportMetIntegrates(layout, claims, reporter)
  const predecessors = resolveEdges(createResolver(layout, reporter), limits)
  if (predecessors === null) return null
  const successors = transpose(predecessors)
  const order = topologicalOrder(predecessors, successors)
  if (order.length < layout.nodeCount) reportCycles(layout, predecessors, reporter)
  if (reporter.errorCount() > 0) return null
  const { tasks, taskIds, taskIndex, streamIds, streamIndex, streamOf } = layout
  const { estimateMs, isEstimated, priority, hasInput } = compileNumbers(layout)
  const dependencyCount = degrees(predecessors)
  const rank = rankTasks(weigh(estimateMs, isEstimated), successors, order, claims)
  const compiled: CompiledPlan = {
    name: plan.name ?? 'plan',
    taskCount: tasks.length,
    taskIds,
    taskIndex,
    sources: tasks,
    hasInput,
    streamIds,
    streamIndex,
    streamOf,
    points: streamIds.map((id, stream): Point => {
      const needed = dependencyCount[tasks.length + stream] as number
      return { kind: 'stream', id, hit: 'done', needed, spare: 0 }
    }),
    successors,
    predecessors,
    dependencyCount,
    priority,
    rank,
    ...compileDispatchClasses(needs.need, priority, rank),
    ...needs,
    claimSet: claims.claimSet,
    claimSets: spellOut(claims),
    ...uses,
    guarded: guardedPatterns(claims),
    ...compilePolicies(layout),
    ...handlerNames,
    estimateMs,
    ...compileWaves(tasks.length, predecessors, order),
    mergeOrder,
    onFailure: plan.onFailure ?? 'continue',
    optional: new Uint8Array(tasks.length),
    conditions: new Map(),
  }
  return { compiled, layout, claims, uses, order }
}

/** What single fields of a task become: read in one go, as a large plan's tasks do not fit into a processor's cache. */
interface TaskNumbers {
  readonly estimateMs: Float64Array
  readonly isEstimated: Uint8Array
  readonly priority: Float64Array
  readonly hasInput: Uint8Array
}

function compileNumbers({ tasks, streams, streamOf }: Layout): TaskNumbers {
  const estimateMs = new Float64Array(tasks.length)
  const isEstimated = new Uint8Array(tasks.length)
  const priority = new Float64Array(tasks.length)
  const hasInput = new Uint8Array(tasks.length)
  for (let task = 0; task < tasks.length; task++) {
    const { estimate, priority: own, input } = tasks[task] as Task
    const stream = streamOf[task] as number
    priority[task] = own ?? (stream === -1 ? 0 : ((streams[stream] as Stream).priority ?? 0))
    if (input !== undefined) hasInput[task] = 1
    if (estimate === undefined) continue
    isEstimated[task] = 1
    estimateMs[task] = typeof estimate === 'number' ? estimate : (estimate.min + estimate.max) / 2
  }
  return { estimateMs, isEstimated, priority, hasInput }
}

/** The wave of a task is one more than that of the latest task it waits for; streams take no wave of their own. */
function compileWaves(
  taskCount: number,
  { start, targets }: Adjacency,
  order: Int32Array,
): { wave: Int32Array; waveCount: number } {
  /** By node: the first wave that what waits for it may be in. */
  const after = new Int32Array(order.length)
  const wave = new Int32Array(taskCount)
  let waveCount = 0
  for (const node of order) {
    let earliest = 0
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      earliest = Math.max(earliest, after[targets[edge] as number] as number)
    }
    if (node < taskCount) wave[node] = earliest++
    after[node] = earliest
    if (node < taskCount) waveCount = Math.max(waveCount, earliest)
  }
  return { wave, waveCount }
}
