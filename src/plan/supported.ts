/**
 * What a plan may say already and the core does not do yet. It parses, it is in the JSON Schema, and it is refused here
 * and nowhere else: to support a field, delete its line.
 */
import type { Reporter } from './diagnostic.js'
import type { Origin } from './origin.js'
import { quote } from './text.js'
import type { Plan, Task } from './types.js'

const PLAN_FIELDS = ['resources'] as const satisfies readonly (keyof Plan)[]

const TASK_FIELDS = ['uses', 'idempotencyKey'] as const satisfies readonly (keyof Task)[]

const CLAIM_FIELDS = ['integrate'] as const

/** Reports each use of what is not supported yet. */
export function refuseUnsupported(plan: Plan, origin: Origin, reporter: Reporter): void {
  refuseFields(plan, PLAN_FIELDS, '', reporter)
  const { streams = [], tasks = [] } = plan
  for (const [index, stream] of streams.entries()) {
    refuseTasks(stream.tasks ?? [], (task) => origin.streamTask(index, task), reporter)
  }
  refuseTasks(tasks, origin.task, reporter)
}

const HINT = 'Remove it, or wait for a version that supports it.'

type Fields = Readonly<Record<string, unknown>>

function refuseTasks(tasks: readonly Task[], at: (task: number) => string, reporter: Reporter): void {
  for (let index = 0; index < tasks.length; index++) {
    const task = tasks[index] as Task
    if (TASK_FIELDS.some((field) => task[field] !== undefined)) {
      refuseFields(task, TASK_FIELDS, () => at(index), reporter)
    }
    if (task.claims !== undefined) refuseFields(task.claims, CLAIM_FIELDS, () => `${at(index)}/claims`, reporter)
  }
}

function refuseFields(
  record: object,
  fields: readonly string[],
  at: string | (() => string),
  reporter: Reporter,
): void {
  for (const field of fields) {
    if (!isUsed((record as Fields)[field])) continue
    const base = typeof at === 'string' ? at : at()
    reporter.error('NOT_YET_SUPPORTED', `${base}/${field}`, `The field ${quote(field)} is not yet supported.`, HINT)
  }
}

/** Whether a field asks for something; one that says what would hold without it does not. */
function isUsed(value: unknown): boolean {
  if (value === undefined || value === false) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return true
}
