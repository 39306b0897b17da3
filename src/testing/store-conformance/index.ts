/**
 * The law of the `Store` port as a list of cases, for any store and any test runner. What no case tries is not promised.
 */
import type { Store } from '../../runtime/ports.js'
import { appendChecks } from './append.js'
import {
  must,
  runCheck,
  type StoreCase,
  type StoreCheck,
  type StorePlace,
  type StoreTrait,
  storeCheck,
} from './bench.js'
import { lifetimeChecks } from './lifetime.js'
import { nameAndValueChecks } from './names-and-values.js'
import { readChecks } from './read.js'
import { repeatChecks } from './repeat.js'
import { scopeAndHintChecks } from './scopes-and-hints.js'
import { snapshotChecks } from './snapshots.js'
import { writerChecks } from './writers.js'

export type { StoreCase, StorePlace, StoreTrait } from './bench.js'

export interface StoreConformanceOptions {
  /** What the store does not offer; cases about it are left out. Default: nothing, so that nothing is left out by mistake. */
  readonly without?: readonly StoreTrait[]
}

/** The methods by which a trait shows. */
const METHODS: Readonly<Record<StoreTrait, readonly (keyof Store)[]>> = {
  watch: ['watch'],
  snapshots: ['saveSnapshot', 'loadSnapshot'],
  scopes: ['scopes'],
  close: ['close'],
  sharing: [],
  crash: [],
}

/**
 * The cases that a store must pass, in no particular order; each opens a place of its own, so they may run side by side.
 *
 * @param make - Makes an empty place for data, once for each case.
 * @example
 * for (const { name, run } of storeConformance(() => placeOf(myStore))) test(name, run)
 */
export function storeConformance(
  make: () => StorePlace | Promise<StorePlace>,
  options: StoreConformanceOptions = {},
): readonly StoreCase[] {
  const without = new Set(options.without ?? [])
  const checks = [
    traitCheck(without),
    ...appendChecks,
    ...repeatChecks,
    ...readChecks,
    ...writerChecks,
    ...nameAndValueChecks,
    ...lifetimeChecks,
    ...snapshotChecks,
    ...scopeAndHintChecks,
  ]
  return checks
    .filter(({ needs }) => !needs.some((trait) => without.has(trait)))
    .map((check) => ({ name: check.name, run: () => runCheck(make, check) }))
}

function traitCheck(without: ReadonlySet<StoreTrait>): StoreCheck {
  return storeCheck('the store has what it is said to have, and nothing else', async ({ store }) => {
    for (const [trait, methods] of Object.entries(METHODS) as [StoreTrait, readonly (keyof Store)[]][]) {
      for (const method of methods) {
        const has = typeof store[method] === 'function'
        const lacks = without.has(trait)
        must(
          has !== lacks,
          `The store ${has ? 'has' : 'lacks'} "${method}", but "${trait}" is ${lacks ? '' : 'not '}named in \`without\`.`,
        )
      }
    }
  })
}
