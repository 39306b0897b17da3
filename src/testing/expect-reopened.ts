/** Which tasks are to be reopened with one, by the plan and by why others were skipped. */
import type { Input, RunEvent } from '../core/types.js'
import type { History } from './history.js'
import { awaitedBy } from './history-facts.js'
import { accuse, isOver, type RunPast, type TaskPast } from './history-past.js'

type ReopenInput = Extract<Input, { readonly type: 'reopen' }>

/** Whether a task may be reopened: it has ended, and its run goes on. */
export function mayReopen(history: History, { run: id, task: taskId }: ReopenInput): boolean {
  const run = history.run(id)
  const task = run?.tasks.get(taskId)
  if (run?.isClosed !== false || run.isCancelled || task === undefined) return false
  return isOver(task.status) && !task.isRemoved
}

/** The tasks that must be reopened with one, and those that may be. */
export interface Reopening {
  readonly must: ReadonlySet<string>
  readonly may: ReadonlySet<string>
}

/** To be asked before the decision; null where nothing is to be reopened. */
export function expectReopened(history: History, input: ReopenInput): Reopening | null {
  const run = history.run(input.run)
  if (run === null || !mayReopen(history, input)) return null
  const isBehind = (task: TaskPast, found: ReadonlySet<string>): boolean =>
    awaitedBy(run.facts, task.facts.id).some((id) => found.has(id))
  const isBecause = (task: TaskPast, found: ReadonlySet<string>): boolean =>
    task.status === 'skipped' && !task.isRemoved && found.has(task.skippedFor ?? '')
  if (input.downstream) {
    const all = closure(run, input.task, (task, found) => isBehind(task, found) || isBecause(task, found))
    const ended = new Set([...all].filter((id) => isOver(run.tasks.get(id)!.status) && !run.tasks.get(id)!.isRemoved))
    return { must: ended, may: ended }
  }
  const may = (task: TaskPast, found: ReadonlySet<string>): boolean =>
    isBecause(task, found) || (task.status === 'skipped' && !task.isRemoved && isBehind(task, found))
  return { must: closure(run, input.task, isBecause), may: closure(run, input.task, may) }
}

/** Checks which tasks a decision on nothing but this input has reopened. */
export function checkReopened({ must, may }: Reopening, events: readonly RunEvent[]): void {
  const found = new Set<string>(events.flatMap((event) => (event.type === 'task.reopened' ? [event.task] : [])))
  const missing = [...must].find((id) => !found.has(id))
  if (missing !== undefined) accuse(`Task "${missing}" is not reopened, though it came after what is`)
  const foreign = [...found].find((id) => !may.has(id))
  if (foreign !== undefined) accuse(`Task "${foreign}" is reopened with others that it has nothing to do with`)
}

/** The first task and those that follow, directly or behind others that do. */
function closure(
  run: RunPast,
  first: string,
  follows: (task: TaskPast, found: ReadonlySet<string>) => boolean,
): ReadonlySet<string> {
  const found = new Set([first])
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const [id, task] of run.tasks) if (!found.has(id) && follows(task, found)) found.add(id)
  }
  return found
}
