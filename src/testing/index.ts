/** `signalbox/testing`: time that is moved by hand, simulation by seed, and scenario files. Needs no test runner. */
export type { SimulatedCore } from './machine-state.js'
export type { ScenarioOptions } from './scenario.js'
export { runScenario } from './scenario.js'
export type { SimulationFailure, SimulationOptions, SimulationResult } from './simulate.js'
export { simulate } from './simulate.js'
export type { VirtualClock } from './virtual-clock.js'
export { virtualClock } from './virtual-clock.js'
