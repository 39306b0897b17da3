/** Gates as the tasks that they are. */
import type { GateKind, TaskIndex } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import type { Origin } from './origin.js'
import { quote } from './text.js'
import type { Gate, Task } from './types.js'

/** A gate as a task: it claims nothing, and waiting for an approval is no work. */
export function taskOfGate({ id, title, dependsOn, kind, handler, input, timeout }: Gate): Task {
  const common = { id, title, dependsOn, claims: {} }
  const limits =
    timeout === undefined ? {} : kind === 'check' ? { startToClose: timeout } : { scheduleToStart: timeout }
  if (kind === 'check') return { ...common, handler, input, timeouts: limits }
  return { ...common, estimate: 0, timeouts: limits }
}

/** Reports gates that nobody could answer, or that two could. */
export function reportGates(gates: readonly Gate[], origin: Origin, reporter: Reporter): void {
  for (const [position, { id, kind, handler, input }] of gates.entries()) {
    const at = origin.gate(position)
    if (kind === 'check' && handler === undefined) {
      const message = `The check ${quote(id)} has no handler that could answer it.`
      reporter.error('MISSING_FIELD', at, message, 'Add "handler", or make it a gate of kind "approval".')
    }
    if (kind === 'approval' && (handler !== undefined || input !== undefined)) {
      const field = handler === undefined ? 'input' : 'handler'
      const message = `The gate ${quote(id)} awaits approval, so its ${quote(field)} would never be used.`
      reporter.error('UNKNOWN_FIELD', `${at}/${field}`, message, 'Remove it, or make it a gate of kind "check".')
    }
  }
}

const NO_GATES: ReadonlyMap<TaskIndex, GateKind> = new Map()

/** The kind of each task that is a gate. */
export function compileGates(gates: readonly Gate[], firstGate: TaskIndex): ReadonlyMap<TaskIndex, GateKind> {
  if (gates.length === 0) return NO_GATES
  return new Map(gates.map(({ kind }, position) => [firstGate + position, kind]))
}
