import { findBugs } from './planted/find-bugs.js'
import { WAIT_BUGS } from './planted/waits.js'

findBugs(WAIT_BUGS)
