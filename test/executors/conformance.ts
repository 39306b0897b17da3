/** Runs the published executor kit under the test runner, each case as a test of its own. */
import { it } from 'vitest'
import {
  type ExecutorConformanceOptions,
  type ExecutorPlace,
  executorConformance,
} from '../../src/testing/executor-conformance/index.js'

const LIMIT_MS = 60_000

/** @param groups - Which cases, by the beginning of their names. Default: all. */
export function conforms(
  make: () => ExecutorPlace | Promise<ExecutorPlace>,
  options?: ExecutorConformanceOptions,
  groups: RegExp = /^/,
): void {
  const cases = executorConformance(make, options).filter(({ name }) => groups.test(name))
  for (const { name, run } of cases) it(name, { timeout: LIMIT_MS }, run)
}
