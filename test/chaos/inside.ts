/** What scripts/chaos.mjs and the figures need of the sources. */
export { ownRedis } from '../executors/bullmq/server.js'
export { ownServer } from '../stores/postgres/server.js'
export { accountOf, linesOf } from './account.js'
export { OVERTAKEN } from './marks.js'
export { storeIn } from './stores.js'
