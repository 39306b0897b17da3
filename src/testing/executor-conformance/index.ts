/**
 * The law of the `Executor` port as a list of cases, for any executor and any test runner. What no case tries is not promised.
 */

import { must } from '../must.js'
import { attachingChecks } from './attaching.js'
import {
  type ExecutorCase,
  type ExecutorCheck,
  type ExecutorPlace,
  type ExecutorTrait,
  executorCheck,
  runCheck,
} from './bench.js'
import { endingChecks } from './ending.js'
import { reportingChecks } from './reporting.js'
import { stoppingChecks } from './stopping.js'

export type { ExecutorCase, ExecutorPlace, ExecutorTrait } from './bench.js'
export { playScript, type Step } from './script.js'

export interface ExecutorConformanceOptions {
  /** What the executor does not offer; cases about it are left out. Default: nothing, so that nothing is left out by mistake. */
  readonly without?: readonly ExecutorTrait[]
}

/**
 * The cases that an executor must pass, in no particular order; each opens a place of its own, so they may run side by side.
 *
 * @param make - Makes an executor whose work plays the script it gets as its input, once for each case: see `playScript`.
 * @example
 * for (const { name, run } of executorConformance(() => ({ open: () => myExecutor(playScript) }))) test(name, run)
 */
export function executorConformance(
  make: () => ExecutorPlace | Promise<ExecutorPlace>,
  options: ExecutorConformanceOptions = {},
): readonly ExecutorCase[] {
  const without = new Set(options.without ?? [])
  return [traitCheck(without), ...endingChecks, ...stoppingChecks, ...reportingChecks, ...attachingChecks]
    .filter(({ needs }) => !needs.some((trait) => without.has(trait)))
    .map((check) => ({ name: check.name, run: () => runCheck(make, check) }))
}

function traitCheck(without: ReadonlySet<ExecutorTrait>): ExecutorCheck {
  return executorCheck('the executor has what it is said to have, and nothing else', async ({ executor }) => {
    must(typeof executor.inProcess === 'boolean', 'The executor does not say whether it works in this process.')
    const has = typeof executor.attach === 'function'
    const story = `The executor ${has ? 'has' : 'lacks'} "attach", but "attach" is ${has ? '' : 'not '}named in \`without\`.`
    must(has !== without.has('attach'), story)
    const beats = !without.has('beats')
    must(!(executor.inProcess && beats), 'The work runs in this process, whose host beats: name "beats" in `without`.')
  })
}
