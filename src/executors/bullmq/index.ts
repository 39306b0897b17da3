/** Attempts as jobs of a BullMQ queue: carried out on any number of machines. */
export type { BullmqQueue } from './connect.js'
export { type BullmqExecutor, type BullmqExecutorOptions, bullmqExecutor } from './executor.js'
export type { BullmqContext, BullmqFunction, BullmqHandler, BullmqHandlers } from './handlers.js'
export { type BullmqTick, type BullmqTickOptions, bullmqTick } from './tick.js'
export { type BullmqWorker, type BullmqWorkerOptions, bullmqWorker } from './worker.js'
