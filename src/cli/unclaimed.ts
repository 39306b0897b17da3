/** Paths that are to be delivered, and that nobody who delivers them may write. */
import { matches, parsePath } from '../claims/match.js'
import type { CompiledPlan, TaskId, TaskIndex } from '../core/types.js'
import type { Task } from '../plan/types.js'

export interface UnclaimedPath {
  readonly path: string
  /** Who lists it as a deliverable, in the order of the plan. */
  readonly tasks: readonly TaskId[]
}

/**
 * Deliverables that are paths and that no task which lists them claims for writing, now or at its end. Sentences are no
 * paths. In the order of the plan.
 */
export function unclaimedPaths({ claimSet, claimSets, taskIds, sources }: CompiledPlan): readonly UnclaimedPath[] {
  const listedBy = new Map<string, TaskIndex[]>()
  for (const [task, source] of sources.entries()) {
    const { deliverables = [] } = source as Pick<Task, 'deliverables'>
    for (const path of new Set(deliverables.map(pathIn))) {
      if (path === null) continue
      const tasks = listedBy.get(path) ?? []
      if (tasks.push(task) === 1) listedBy.set(path, tasks)
    }
  }
  const claims = (task: TaskIndex, path: string): boolean => {
    const set = claimSets[claimSet[task]!]
    return [...(set?.write ?? []), ...(set?.integrate ?? [])].some((pattern) => matches(pattern, path))
  }
  return [...listedBy]
    .filter(([path, tasks]) => !tasks.some((task) => claims(task, path)))
    .map(([path, tasks]) => ({ path, tasks: tasks.map((task) => taskIds[task]!) }))
}

/** One word with a folder or an ending, such as `src/app.ts`, `docs/` or `Makefile.in`; also in backquotes, before a text. */
const PATH = /^(?:`([^`\s]+)`.*|(\S+))$/
const LOOKS_LIKE_PATH = /\/|\.[A-Za-z][\w-]*$/

function pathIn(text: string): string | null {
  const [, quoted, bare] = PATH.exec(text.trim()) ?? []
  const word = quoted ?? bare
  if (word === undefined || !LOOKS_LIKE_PATH.test(word) || word.includes('://')) return null
  const path = parsePath(word)
  return path.ok ? path.text : null
}
