/** Runs the published store kit under the test runner, each case as a test of its own. */
import { it } from 'vitest'
import {
  type StoreConformanceOptions,
  type StorePlace,
  storeConformance,
} from '../../src/testing/store-conformance/index.js'

const LIMIT_MS = 60_000

/** @param groups - Which cases, by the beginning of their names. Default: all. */
export function conforms(
  make: () => StorePlace | Promise<StorePlace>,
  options?: StoreConformanceOptions,
  groups: RegExp = /^/,
): void {
  const cases = storeConformance(make, options).filter(({ name }) => groups.test(name))
  for (const { name, run } of cases) it(name, { timeout: LIMIT_MS }, run)
}
