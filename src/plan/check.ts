/** The one check that plans of all kinds go through: documents, data and code. */
import type { CompiledPlan } from '../core/types.js'
import { compileReporting } from './compile.js'
import type { Diagnostic } from './diagnostic.js'
import type { Origin } from './origin.js'
import { guard, type ParseOptions, readPlan } from './parse.js'
import { warnOfPairsApart } from './side-by-side.js'
import { isTypedPlan } from './typed-plan.js'
import type { Plan } from './types.js'
import { warnOfUndeclared } from './uses.js'

/** How a plan is checked. */
export interface CheckOptions extends ParseOptions {
  /** Names of the handlers there are (those of a plan's own functions are added). Absent: handlers are not looked at. */
  readonly handlers?: Iterable<string> | undefined
}

/** What a check found. `ok`: no errors; there may be warnings. */
export type PlanCheck =
  | {
      readonly ok: true
      readonly diagnostics: readonly Diagnostic[]
      readonly plan: Plan
      readonly compiled: CompiledPlan
      /** Where the plan's records stood in the document. */
      readonly origin: Origin
    }
  | {
      readonly ok: false
      readonly diagnostics: readonly Diagnostic[]
      /** What could be read, without the fields that have errors. */
      readonly plan?: Plan
      readonly origin?: Origin
      readonly compiled?: never
    }

/**
 * Checks a plan (any value: a document's, one that was made by code, or no plan at all) and compiles it. Never throws.
 * Reports all problems at once, sorted by their place (those that cost time first); the same value gives the same text. The result shares the
 * objects of `value`: change neither afterwards.
 *
 * @example
 * const { ok, diagnostics, compiled } = checkPlan({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
 */
export function checkPlan(value: unknown, options: CheckOptions = {}): PlanCheck {
  const { result, diagnostics } = guard(value, options, (limits, reporter) => {
    const read = readPlan(value, limits, reporter)
    if (read === null) return { read, compiled: null }
    const compilation = compileReporting(read.plan, read.origin, limits, knownHandlers(value, options), reporter)
    if (compilation === null) return { read, compiled: null }
    const { compiled, layout, claims, uses, order } = compilation
    warnOfPairsApart(layout, claims, compiled, order, reporter)
    warnOfUndeclared(layout, uses, reporter)
    if (compiled.taskCount === 0) reporter.report(EMPTY_PLAN)
    return { read, compiled }
  })
  const { read, compiled } = result ?? { read: null, compiled: null }
  if (read === null) return { ok: false, diagnostics: diagnostics() }
  if (compiled === null) return { ok: false, diagnostics: diagnostics(), ...read }
  return { ok: true, diagnostics: diagnostics(), ...read, compiled }
}

const EMPTY_PLAN: Diagnostic = {
  code: 'EMPTY_PLAN',
  severity: 'warning',
  message: 'The plan has no tasks.',
  at: '',
  hint: 'A run of it ends at once.',
}

function knownHandlers(value: unknown, { handlers }: CheckOptions): ReadonlySet<string> | undefined {
  if (handlers === undefined) return undefined
  return new Set([...handlers, ...(isTypedPlan(value) ? value.functions.keys() : [])])
}
