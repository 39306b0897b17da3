/**
 * Faulty cores: each is the real source with a few exact snippets replaced. The simulation must find every one of them;
 * a change to the simulation is unfinished until it does.
 */
import type { PlantedBug } from './planted/bug.js'
import { CLAIM_BUGS } from './planted/claims.js'
import { GROWTH_BUGS } from './planted/growth.js'
import { JOURNAL_BUGS } from './planted/journal.js'
import { LIMIT_BUGS } from './planted/limits.js'
import { TASK_BUGS } from './planted/tasks.js'
import { WAIT_BUGS } from './planted/waits.js'

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...CLAIM_BUGS,
  ...TASK_BUGS,
  ...LIMIT_BUGS,
  ...WAIT_BUGS,
  ...JOURNAL_BUGS,
  ...GROWTH_BUGS,
]
