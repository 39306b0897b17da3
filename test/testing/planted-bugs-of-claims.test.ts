import { CLAIM_BUGS } from './planted/claims.js'
import { findBugs } from './planted/find-bugs.js'
import { JOURNAL_BUGS } from './planted/journal.js'
import { LIMIT_BUGS } from './planted/limits.js'

findBugs([...CLAIM_BUGS, ...LIMIT_BUGS, ...JOURNAL_BUGS])
