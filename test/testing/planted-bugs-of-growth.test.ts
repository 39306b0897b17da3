import { findBugs } from './planted/find-bugs.js'
import { GROWTH_BUGS } from './planted/growth.js'

// A third of the worlds grows.
findBugs(GROWTH_BUGS, 4000)
