/** What goes wrong while a task waits, runs and ends. */
import { bug, type PlantedBug } from './bug.js'

export const TASK_BUGS: readonly PlantedBug[] = [
  // Waiting.
  bug(
    'nobody parked is woken',
    'core/create.ts',
    'onFree: (pattern) => wakeParked(state, pattern)',
    'onFree: () => {}',
  ),
  bug(
    'only the first of a line is woken',
    'core/ready.ts',
    'if (waiter.waiting) state.claims.withdraw(waiter)\n  wakeNext(state, waiter)',
    'if (waiter.waiting) state.claims.withdraw(waiter)',
  ),
  bug('no claims are ever reserved', 'claims/reservations.ts', 'waiter.bypasses === bypassLimit', 'false'),
  bug(
    'a reservation holds nobody up',
    'claims/table.ts',
    'reserved === null || reserved === waiter ||',
    'reserved !== undefined ||',
  ),
  bug(
    'whoever claims are reserved for is not woken behind others',
    'core/parking.ts',
    'return wakeReserved(state, at, line)',
    'return',
  ),
  bug(
    'a line that a reservation blocks is not looked at again',
    'core/ready.ts',
    'park(state, waiter, obstacle)\n  wakeNext(state, waiter)',
    'const from = waiter.wokenFrom\n  park(state, waiter, obstacle)\n  if (from?.at === obstacle.at && from.how === obstacle.how) waiter.wokenFrom = null\n  else wakeNext(state, waiter)',
  ),
  bug('a paused run goes on', 'core/dispatch.ts', 'if (run.paused !== null) continue', ''),
  bug('a pause uses up the patience of what waits', 'core/expire.ts', 'run.paused !== null || ', ''),
  bug(
    'after a pause nobody is impatient',
    'core/reduce-runs.ts',
    "state.deadlines.add({ at, kind: 'scheduleToStart', run: run.id, task, fence: 0 })",
    '',
  ),
  // Time.
  bug('what is due this very moment is not', 'core/deadlines.ts', 'heap[0]!.at > now', 'heap[0]!.at >= now'),
  bug('a retry does not wait for its time', 'core/ready.ts', 'if (retryAt > at) {', 'if (retryAt > at + 1e9) {'),
  bug('the clock may take back a moment that has come', 'core/decide.ts', ', state.deadlines.reached()', ''),
  bug('events follow the clock back in time', 'core/decide.ts', ', state.clock, state.deadlines.reached())', ')'),
  bug(
    'a new attempt starts with an old heartbeat clock',
    'core/reduce.ts',
    'beatAt: at,',
    'beatAt: Number.isNaN(run.startedAt[task]) ? at : run.startedAt[task],',
  ),
  bug(
    'a sign of life is not remembered',
    'core/reduce.ts',
    'liveAttempt(state, event).beatAt = event.at',
    'liveAttempt(state, event)',
  ),
  bug(
    'a beat counts as progress',
    'core/reduce.ts',
    'liveAttempt(state, event).beatAt = event.at',
    'liveAttempt(state, event).beatAt = event.at; liveAttempt(state, event).progressAt = event.at',
  ),
  bug(
    'the first sign of life is not allowed for',
    'core/expire.ts',
    '+ Math.round(limit * (1 + BEAT_SHARE))',
    '+ limit * (attempt.beatAt === attempt.startedAt ? 1 : 1 + BEAT_SHARE)',
  ),
  bug(
    'progress is recorded too seldom for a short stall',
    'core/decide.ts',
    'draft.at - attempt.progressAt >= interval',
    'draft.at - attempt.progressAt >= PROGRESS_INTERVAL_MS',
  ),
  bug(
    'what a dead worker held is kept too long',
    'core/record.ts',
    'Math.floor(leaseMs * (0.5 - BEAT_SHARE))',
    'leaseMs / 2',
  ),
  // Retries and ends.
  bug(
    'a lost attempt burns the budget of the work',
    'core/retry.ts',
    'number - before - lost - unverified',
    'number - before - unverified',
  ),
  bug(
    'a failure that must not be retried is',
    'core/retry.ts',
    'if (!isLost && !mayRetry(policy, failure)) return null',
    '',
  ),
  bug('retry-after is ignored', 'core/retry.ts', 'Math.max(delay, failure.retryAfterMs ?? 0)', 'delay'),
  bug(
    'dependents of what failed wait for ever',
    'core/points.ts',
    'run.doomed.set(task, { because, through:',
    'void ({ because, through:',
  ),
  bug(
    'a stream that cannot be reached is waited for',
    'core/points.ts',
    'open.push({ node: dependent, end: ended })',
    "if (ended === 'reached') open.push({ node: dependent, end: ended })",
  ),
  bug('an abort leaves attempts running', 'core/settle.ts', "if (rule !== 'abort') return", 'return'),
  bug(
    'a drained run starts more',
    'core/settle.ts',
    'if (run.drainedBy !== null) drain(draft, run, run.drainedBy)',
    '',
  ),
  bug('an end state can be left', 'core/cancel.ts', 'if (!isFinal(run.status[task]!)) return [task]', 'return [task]'),
  bug(
    'a run is closed while attempts still stop',
    'core/settle.ts',
    'unfinished(run) === 0 && run.closing === 0',
    'unfinished(run) === 0',
  ),
  bug(
    'a cancelled task goes on running',
    'core/cancel.ts',
    "if (attempt !== undefined) stopAttempt(draft, attempt, 'cancelled')",
    '',
  ),
  bug(
    'a worker that leaves takes its closing attempts nowhere',
    'core/decide.ts',
    'if (attempt.worker === worker) record(draft,',
    'if (attempt === null) record(draft,',
  ),
]
