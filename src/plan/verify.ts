/** The verification steps of tasks. */
import type { TaskIndex, VerifyStep } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, nodeName, taskPointer } from './layout.js'
import { nearest } from './nearest.js'
import { quote } from './text.js'
import type { Task } from './types.js'

type Steps = ReadonlyMap<TaskIndex, readonly VerifyStep[]>

/** The steps of each task that has any. */
export function compileVerify(tasks: readonly Task[]): Steps {
  const steps = new Map<TaskIndex, readonly VerifyStep[]>()
  for (let task = 0; task < tasks.length; task++) {
    const { verify } = tasks[task] as Task
    if (verify === undefined || verify.length === 0) continue
    const compiled = verify.map((step): VerifyStep => {
      if (typeof step === 'string') return { handler: step, timeoutMs: null }
      const { handler, input, timeout } = step
      return { handler, input, timeoutMs: timeout ?? null }
    })
    steps.set(task, compiled)
  }
  return steps
}

/** Reports steps whose handlers `known` does not have. */
export function reportUnknownSteps(layout: Layout, steps: Steps, known: ReadonlySet<string>, reporter: Reporter): void {
  for (const [task, ofTask] of steps) {
    for (const [position, { handler }] of ofTask.entries()) {
      if (known.has(handler)) continue
      const near = nearest(handler, [...known])
      const message = `The handler ${quote(handler)}, which verifies ${nodeName(layout, task)}, is not registered.`
      const hint = near === null ? 'Register it with defineHandlers.' : `Did you mean ${quote(near)}?`
      reporter.error('UNKNOWN_HANDLER', `${taskPointer(layout, task)}/verify/${position}`, message, hint)
    }
  }
}
