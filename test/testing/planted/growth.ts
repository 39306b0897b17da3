/** Plans that change wrongly while they run, and tasks that are done again wrongly. */
import { bug, type PlantedBug } from './bug.js'

export const GROWTH_BUGS: readonly PlantedBug[] = [
  // Amendments.
  bug('nobody looks for circles in an amended plan', 'plan/splice.ts', 'if (!isWhole) {', 'if (large === null) {'),
  bug(
    'what is added claims nothing',
    'core/grow.ts',
    'plan.claimSets.slice(before.claimSets.length).map(state.claims.intern)',
    'plan.claimSets.slice(before.claimSets.length).map(() => ({ write: [], read: [], integrate: [], advisory: [] }))',
  ),
  bug(
    'what is removed stays in the ready queue',
    'core/points.ts',
    'if (run.status[task] === STATUS.ready) leaveReady(state, run, task)',
    "if (run.status[task] === STATUS.ready && run.skips.get(task)?.kind !== 'removed') leaveReady(state, run, task)",
  ),
  bug(
    'what is removed is not skipped',
    'core/amend.ts',
    'for (const task of removed) {',
    'for (const task of removed.slice(1)) {',
  ),
  bug(
    'what is changed waits for what it waited for',
    'core/grow.ts',
    'const waiting = [...changed]',
    'const waiting = changed.filter((task) => run.status[task] === STATUS.ready)',
  ),
  bug(
    'what runs can be changed',
    'core/amend.ts',
    'const begun = [...removed, ...changed].find(',
    'const begun = [...removed].find(',
  ),
  bug(
    'what still stops can be changed',
    'core/amend.ts',
    'if (attempt.run === run && attempt.task === task) return false',
    'if (attempt.run === run && attempt.task === -1) return false',
  ),
  bug(
    'a stream that has ended gets more',
    'core/amend.ts',
    'if (finished === undefined) return null',
    'if (draft !== null) return null',
  ),
  bug(
    'who waits for a stream does not wait for what it gets',
    'plan/members.ts',
    '  rows.set(index, row)\n  points[index] = { ...points[index]!, needed: row.length }',
    '',
  ),
  bug(
    'what is added has no turn in a sequence',
    'plan/turns.ts',
    'if (turn !== null) turns.set(at, [...(turns.get(at) ?? []), turn])',
    '',
  ),
  bug(
    'whoever is next in a sequence does not wait for what is added',
    'plan/turns.ts',
    'if (next !== null) watchedBy(next).add(at)',
    '',
  ),
  bug(
    'a condition that came about is taken back by an amendment',
    'core/grow.ts',
    'const isOpen = !isFinal(run.status[node]!)\n',
    'run.status[node] = STATUS.waiting\n  const isOpen = true\n',
  ),
  bug('a lag on what has ended counts from the amendment', 'core/grow.ts', 'run.endedAt[by]!', 'at'),
  // Extensions.
  bug(
    'an attempt that was superseded extends the plan',
    'core/decide.ts',
    'const attempt = liveAttempt(draft, input, null)\n  if (attempt === null) return\n',
    'const attempt = liveAttempt(draft, input, null)\n  const late = attempt === null ? draft.state.runs.get(input.run) : undefined\n  if (late !== undefined && input.amending !== undefined) amend(draft, late, input.amending)\n  if (attempt === null) return\n',
  ),
  bug('work succeeds whose extension was refused', 'core/decide.ts', 'return refused === null\n', 'return true\n'),
  // Done again.
  bug(
    'the generation is not raised',
    'core/reopen.ts',
    '(run.generations.get(each)?.generation ?? 1) + 1',
    'run.generations.get(each)?.generation ?? 2',
  ),
  bug(
    'what is done again has the budget that is left',
    'core/retract.ts',
    '[run.lost, run.unverified, run.scheduledAt, run.retries]',
    '[run.scheduledAt, run.retries]',
  ),
  bug(
    'what is ready starts although what it depends on is done again',
    'core/retract.ts',
    'if (run.status[dependent] === STATUS.ready) takeBack(state, run, dependent)',
    '',
  ),
  bug(
    'a retry does not wait for its time if it waited for something else before',
    'core/points.ts',
    'Math.max(from, run.retries.get(task) ?? from)',
    'from',
  ),
  bug(
    'what has to be tried again does not hear that its dependency failed meanwhile',
    'core/reduce.ts',
    '  waitAnew(state, run, task, at)\n}',
    '}',
  ),
  bug(
    'what was skipped because of a task is not done again with it',
    'core/reopen.ts',
    'if (!downstream && (isLeft || run.status[task] !== STATUS.skipped)) return',
    'if (!downstream) return',
  ),
  bug(
    'what a failure kept from starting is not done again with it',
    'core/reopen.ts',
    "if (kind === 'on-failure' && because",
    "if (kind === 'removed' && because",
  ),
  bug(
    'a run drains on after its failure was taken back',
    'core/retract.ts',
    'if (run.drainedBy === task) run.drainedBy = nextFailed(run)',
    '',
  ),
  {
    name: 'who has been told that it can never start is not told otherwise',
    edits: [
      {
        file: 'core/retract.ts',
        find: 'if (dependent < taskCount && run.doomed.has(dependent)) doomAnew(run, dependent)',
        replace: '',
      },
      {
        file: 'core/retract.ts',
        find: 'if (because === task) doomAnew(run, doomed)',
        replace: 'if (because === -1) doomAnew(run, doomed)',
      },
    ],
  },
  bug(
    'an old limit ends what began anew',
    'core/expire.ts',
    'if (since + policy.scheduleToCloseMs > draft.at) return',
    '',
  ),
]
