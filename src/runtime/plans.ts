/** Plans as a scheduler takes them: refused with all their errors, read back from the journal, and whether it has their handlers. */
import type { RunState } from '../core/state.js'
import { isFinal } from '../core/state.js'
import type { CompiledPlan, JsonValue, RunId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { checkPlan } from '../plan/check.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import { CODE_LIMITS } from '../plan/limits.js'
import { schedulerError } from './errors.js'

export function invalidPlan(diagnostics: readonly Diagnostic[]): Error {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const lines = errors.map(({ at, message }) => `\n  ${at || '/'}: ${message}`)
  const message = `The plan has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}.${lines.join('')}`
  const hint = 'Each of the `diagnostics` has a hint; `checkPlan` gives the same list without starting anything.'
  return Object.assign(schedulerError('PLAN_INVALID', message, hint), { diagnostics })
}

/** A plan as it is stored. @throws Error where it cannot be read. */
export function storedPlanOf(plan: JsonValue, run: RunId): AmendablePlan {
  const { compiled, plan: frame, diagnostics } = checkPlan(plan, { limits: CODE_LIMITS })
  if (compiled !== undefined) return { compiled, frame }
  throw new Error(`The stored plan of run "${run}" cannot be read: ${diagnostics[0]?.message}`)
}

/** Whether a task that has not ended names a handler that this host does not know. */
export function lacksHandlers({ plan, status }: RunState, isKnown: (name: string) => boolean): boolean {
  const isMissing = plan.handlers.map((name) => !isKnown(name))
  return (
    isMissing.includes(true) &&
    plan.handler.some((handler, task) => isMissing[handler] === true && !isFinal(status[task]!))
  )
}

/** Every task must have a handler that this host knows. */
export function checkHandlers(plan: CompiledPlan, isKnown: (name: string) => boolean): void {
  const problems = plan.handlers.filter((name) => !isKnown(name)).map((name) => `Handler "${name}" is not registered.`)
  const isWork = (task: number): boolean => plan.gates.get(task) !== 'approval'
  const nameless = plan.taskIds.filter((_, task) => plan.handler[task] === -1 && isWork(task))
  if (nameless.length > 0) {
    const more = nameless.length > 5 ? ` and ${nameless.length - 5} more` : ''
    problems.push(
      `No handler is named by ${nameless
        .slice(0, 5)
        .map((id) => `"${id}"`)
        .join(', ')}${more}.`,
    )
  }
  if (problems.length === 0) return
  const hint =
    'Register it with `defineHandlers`, or name one in the task, its stream or the plan (`defaults.handler`).'
  throw schedulerError('HANDLER_UNKNOWN', problems.join(' '), hint)
}
