/** How a broken invariant is told. */
import type { Attempt, RunState } from './state.js'
import { STATUS_NAMES } from './state.js'
import type { NodeIndex } from './types.js'

/** Throws the story of a sentence that should be true: which, and of what. */
export function broken(sentence: string, run?: RunState, node?: NodeIndex): never {
  throw new Error(`Broken: ${sentence}.${run === undefined ? '' : ` ${describeNode(run, node)}`}`)
}

/** The same for a sentence about an attempt. */
export function brokenBy(sentence: string, attempt: Attempt): never {
  throw new Error(`Broken: ${sentence}. ${describeAttempt(attempt)}`)
}

export function describeAttempt(attempt: Attempt): string {
  const { run, task, number, fence, worker, slot, closing } = attempt
  const phase = closing === null ? 'live' : `closing (${closing.reason})`
  return `Attempt "${run.id}/${run.plan.taskIds[task]}#${number}", fence ${fence}, on "${worker.id}" slot ${slot}, ${phase}.`
}

function describeNode(run: RunState, node: NodeIndex | undefined): string {
  const { plan } = run
  if (node === undefined) return `Run "${run.id}".`
  const point = plan.points[node - plan.taskCount]
  if (point !== undefined) return `Run "${run.id}", ${point.kind} "${point.id}".`
  const status = STATUS_NAMES[run.status[node]!]
  return `Run "${run.id}", task "${plan.taskIds[node]}" (${status}), attempts so far: ${run.attempts[node]}.`
}
