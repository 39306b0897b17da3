/** Who does what tasks name: the handlers of the host, and functions that came with the plan of a run. */
import type { RunId } from '../core/types.js'
import type { PlanFunction, TypedPlan } from '../plan/typed-plan.js'
import type { Handlers, RegisteredHandler } from './handlers.js'

export class KnownHandlers {
  private readonly handlers: Handlers | undefined
  private readonly functions: Map<RunId, ReadonlyMap<string, PlanFunction>> = new Map()

  constructor(handlers: Handlers | undefined) {
    this.handlers = handlers
  }

  /** Takes the functions of a plan; null: it is data. */
  adopt(run: RunId, typed: TypedPlan | null): void {
    if (typed !== null) this.functions.set(run, typed.functions)
  }

  forget(run: RunId): void {
    this.functions.delete(run)
  }

  of(run: RunId, name: string): RegisteredHandler | undefined {
    const own = this.functions.get(run)?.get(name)
    return own === undefined ? this.handlers?.get(name) : { run: own as RegisteredHandler['run'] }
  }

  /** Names that the tasks of an amendment may go to. */
  namesFor(run: RunId): ReadonlySet<string> {
    return new Set([...(this.functions.get(run)?.keys() ?? []), ...(this.handlers?.names() ?? [])])
  }

  /** Whether a plan may name it. */
  isKnown(name: string, typed: TypedPlan | null): boolean {
    return typed?.functions.has(name) === true || this.handlers?.get(name) !== undefined
  }
}
