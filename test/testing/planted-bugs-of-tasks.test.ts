import { findBugs } from './planted/find-bugs.js'
import { TASK_BUGS } from './planted/tasks.js'

findBugs(TASK_BUGS)
