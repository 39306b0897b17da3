/** The plan that is run under kills: layers of twenty, each task after two of the layer before, some on a shared file. */
import type { PlanDocument } from 'signalbox'

export const WORKERS = 8
const LAYER = 20
/** How long a task works, in ms: 5 to 20. */
const LEAST_MS = 5
const MORE_MS = 16
const SHARED_FILES = 5

export function planOf(tasks: number): PlanDocument {
  return {
    name: 'chaos',
    // Kills are nobody's failure, however many they are.
    defaults: { handler: 'work', retry: { maxAttempts: 1, maxLost: 1000 } },
    tasks: Array.from({ length: tasks }, (_, task) => {
      const before = task - (task % LAYER) - LAYER
      const dependsOn = before < 0 ? [] : [...new Set([task * 7, task * 11])].map((n) => idOf(before + (n % LAYER)))
      const claims = task % 4 === 0 ? { write: [`shared/${task % SHARED_FILES}.txt`] } : { write: [`own/${task}.txt`] }
      const input = { ms: LEAST_MS + ((task * 13) % MORE_MS) }
      return { id: idOf(task), dependsOn: [...new Set(dependsOn)], claims, input }
    }),
  }
}

export function idOf(task: number): string {
  return `task-${task}`
}
