/** Runs the published store kit under the test runner, each case as a test of its own. */
import { it } from 'vitest'
import {
  type StoreConformanceOptions,
  type StorePlace,
  storeConformance,
} from '../../src/testing/store-conformance/index.js'

const LIMIT_MS = 60_000

export function conforms(make: () => StorePlace | Promise<StorePlace>, options?: StoreConformanceOptions): void {
  for (const { name, run } of storeConformance(make, options)) it(name, { timeout: LIMIT_MS }, run)
}
