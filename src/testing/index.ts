/**
 * `signalbox/testing`: time that is moved by hand, simulation by seed, scenario files, and what stores and executors must pass.
 * Needs no test runner.
 */
export type {
  ExecutorCase,
  ExecutorConformanceOptions,
  ExecutorPlace,
  ExecutorTrait,
  Step,
} from './executor-conformance/index.js'
export { executorConformance, playScript } from './executor-conformance/index.js'
export type { FaultCounts, FaultyStore, StoreFaults } from './faulty-store.js'
export { faultyStore } from './faulty-store.js'
export type { SimulatedCore } from './machine-state.js'
export type { ScenarioOptions } from './scenario.js'
export { runScenario } from './scenario.js'
export type { SimulationFailure, SimulationOptions, SimulationResult } from './simulate.js'
export { simulate } from './simulate.js'
export type { StoreCase, StoreConformanceOptions, StorePlace, StoreTrait } from './store-conformance/index.js'
export { storeConformance } from './store-conformance/index.js'
export type { VirtualClock } from './virtual-clock.js'
export { virtualClock } from './virtual-clock.js'
