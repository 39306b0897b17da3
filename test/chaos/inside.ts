/** What scripts/chaos.mjs needs of the sources. */
export { ownServer } from '../stores/postgres/server.js'
export { accountOf, linesOf } from './account.js'
export { OVERTAKEN } from './marks.js'
export { storeIn } from './stores.js'
