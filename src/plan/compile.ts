/** From a parsed plan to arrays: indexes, edges, waves, ranks, claims, policies. */
import type { Adjacency, CompiledPlan, Point } from '../core/types.js'
import { degrees, topologicalOrder, transpose } from './adjacency.js'
import { type ClaimSets, compileClaims, spellOut } from './claim-sets.js'
import { createReporter, type Diagnostic, place, type Reporter } from './diagnostic.js'
import { compileDispatchClasses } from './dispatch-class.js'
import { compileGates, reportGates } from './gates.js'
import { reportMetIntegrates } from './integrate-claims.js'
import { type Layout, layOut } from './layout.js'
import { CODE_LIMITS, type PlanLimits, withLimits } from './limits.js'
import { compileMergeOrder } from './merge-order.js'
import { createResolver } from './names.js'
import { compileHandlers, compileNeeds, reportUnknownHandlers, reportUnservedNeeds } from './needs.js'
import { createOrigin, type Origin } from './origin.js'
import { guardedPatterns, reportForeignClaims } from './ownership.js'
import { addPhases, gatesOfPhases } from './phases.js'
import { compilePoints, createPoints } from './points.js'
import { compilePolicies } from './policies.js'
import { rankTasks, weigh } from './rank.js'
import { resolveEdges } from './resolve.js'
import { resolveSequences } from './sequences.js'
import { keepSoftEdges, raiseRanks } from './soft.js'
import { reportCycles } from './trail.js'
import type { Plan, Stream, Task } from './types.js'
import { compileUses, type PlanUses } from './uses.js'
import { compileVerify, reportUnknownSteps } from './verify.js'
import { compileWaves } from './waves.js'

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
  if (compilation === null) {
    const errors = reporter.list().filter(({ severity }) => severity === 'error')
    return { ok: false, diagnostics: place(errors, undefined, undefined) }
  }
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
  const layout = layOut(plan, origin, reporter)
  const mergeOrder = compileMergeOrder(layout, reporter)
  reportGates(layout.gates, origin, reporter)
  const needs = compileNeeds(layout)
  reportUnservedNeeds(layout, needs, reporter)
  const handlerNames = compileHandlers(layout)
  if (handlers !== undefined) reportUnknownHandlers(layout, handlerNames, handlers, reporter)
  const verify = compileVerify(layout.tasks)
  if (handlers !== undefined) reportUnknownSteps(layout, verify, handlers, reporter)
  const claims = compileClaims(layout, limits, reporter)
  reportForeignClaims(layout, claims, reporter)
  const { estimateMs, isEstimated, priority, hasInput, optional } = compileNumbers(layout)
  const weight = weigh(estimateMs, isEstimated)
  const uses = compileUses(layout, reporter)
  reportMetIntegrates(layout, claims, reporter)
  const table = createPoints(layout, weight)
  const phases = addPhases(table, reporter)
  const resolver = createResolver(layout, table, reporter)
  const sequences = resolveSequences(resolver, claims, limits)
  const edges = resolveEdges(resolver, sequences.edges, gatesOfPhases(phases), limits)
  if (edges === null) return null
  const { predecessors, conditions } = edges
  const successors = transpose(predecessors)
  const order = topologicalOrder(predecessors, successors)
  if (order.length < predecessors.start.length - 1) reportCycles(table, predecessors, reporter)
  if (reporter.errorCount() > 0) return null
  const { tasks, taskIds, taskIndex, streamIds, streamIndex, streamOf } = layout
  const points = compilePoints(table, predecessors)
  const rank = rankTasks(weight, points, successors, order, claims)
  raiseRanks(rank, keepSoftEdges(edges.soft, predecessors, table, reporter), predecessors)
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
    points,
    successors,
    predecessors,
    dependencyCount: countDependencies(predecessors, points),
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
    ...compileWaves(points, predecessors, order),
    mergeOrder,
    onFailure: plan.onFailure ?? 'continue',
    optional,
    milestones: table.milestones,
    conditions,
    gates: compileGates(layout.gates, layout.firstGate),
    verify,
    phases,
    sequences: sequences.compiled,
  }
  return { compiled, layout, claims, uses, order }
}

/** Predecessors of a task, what a point needs. */
function countDependencies(predecessors: Adjacency, points: readonly Point[]): Int32Array {
  const counts = degrees(predecessors)
  const taskCount = counts.length - points.length
  for (const [index, { needed }] of points.entries()) counts[taskCount + index] = needed
  return counts
}

/** What single fields of a task become: read in one go, as a large plan's tasks do not fit into a processor's cache. */
interface TaskNumbers {
  readonly estimateMs: Float64Array
  readonly isEstimated: Uint8Array
  readonly priority: Float64Array
  readonly hasInput: Uint8Array
  readonly optional: Uint8Array
}

function compileNumbers({ tasks, streams, streamOf }: Layout): TaskNumbers {
  const estimateMs = new Float64Array(tasks.length)
  const isEstimated = new Uint8Array(tasks.length)
  const priority = new Float64Array(tasks.length)
  const hasInput = new Uint8Array(tasks.length)
  const optional = new Uint8Array(tasks.length)
  for (let task = 0; task < tasks.length; task++) {
    const { estimate, priority: own, input, optional: isOptional } = tasks[task] as Task
    const stream = streamOf[task] as number
    priority[task] = own ?? (stream === -1 ? 0 : ((streams[stream] as Stream).priority ?? 0))
    if (input !== undefined) hasInput[task] = 1
    if (isOptional === true) optional[task] = 1
    if (estimate === undefined) continue
    isEstimated[task] = 1
    estimateMs[task] = typeof estimate === 'number' ? estimate : (estimate.min + estimate.max) / 2
  }
  return { estimateMs, isEstimated, priority, hasInput, optional }
}
