/**
 * Faulty cores: each is the real source with a few exact snippets replaced. The simulation must find every one of them;
 * a change to the simulation is unfinished until it does.
 */

export interface Edit {
  /** Under `src/`. */
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

export interface PlantedBug {
  readonly name: string
  readonly edits: readonly Edit[]
}

const bug = (name: string, file: string, find: string, replace: string): PlantedBug => ({
  name,
  edits: [{ file, find, replace }],
})

export const PLANTED_BUGS: readonly PlantedBug[] = [
  // The four checks without which there is no scheduler.
  bug('the claim check is deleted', 'core/dispatch.ts', 'state.claims.blocker(waiter)', 'null'),
  bug(
    'the dependency check is deleted',
    'core/points.ts',
    'if (run.remaining[task] === 0 && run.status[task] === STATUS.waiting) becomeReady',
    'if (run.status[task] === STATUS.waiting) becomeReady',
  ),
  bug(
    'the fence check is deleted',
    'core/decide.ts',
    'const attempt = draft.state.attempts.get(ref.fence)\n  if (attempt !== undefined && attempt.closing === null) {',
    'const known = draft.state.runs.get(ref.run)\n  const attempt = known?.live.get(known.plan.taskIndex.get(ref.task)!)\n  if (attempt !== undefined) {',
  ),
  bug('the retry bound is deleted', 'core/retry.ts', 'if (spent >= most) return null', ''),
  // Claims and slots.
  bug('readers do not hold up a writer', 'claims/table.ts', "(mode === 'write' && known.readers.length > 0)", 'false'),
  bug(
    'a closing attempt lets go of its claims',
    'core/reduce.ts',
    'state.closing.set(fence, attempt)',
    'state.closing.set(fence, attempt); state.claims.release(attempt)',
  ),
  bug('claims are never released', 'core/reduce.ts', 'state.claims.release(attempt)', ''),
  bug(
    'a slot is given back twice',
    'core/reduce.ts',
    'attempt.worker.freeSlots.push(attempt.slot)',
    'attempt.worker.freeSlots.push(attempt.slot, attempt.slot)',
  ),
  bug(
    'the slots of a worker are not looked at',
    'core/workers.ts',
    'if (worker.freeSlots.length > 0) return worker',
    'return worker',
  ),
  bug(
    'pools are not looked at',
    'core/workers.ts',
    'if (need.pool !== null && need.pool !== worker.pool) return false',
    '',
  ),
  bug('a draining worker gets more work', 'core/workers.ts', 'if (worker.isDraining) continue', ''),
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
  bug('no claims are ever reserved', 'claims/table.ts', 'waiter.bypasses === bypassLimit', 'false'),
  bug(
    'a reservation holds nobody up',
    'claims/table.ts',
    'reserved === null || reserved === waiter ||',
    'reserved !== undefined ||',
  ),
  bug(
    'whoever claims are reserved for is not woken behind others',
    'core/parking.ts',
    'return wakeReserved(state, pattern, line)',
    'return',
  ),
  bug(
    'a line that a reservation blocks is not looked at again',
    'core/ready.ts',
    'park(state, waiter, blocker)\n  wakeNext(state, waiter)',
    'const from = waiter.wokenFrom\n  park(state, waiter, blocker)\n  if (from?.pattern === blocker.pattern && from.mode === blocker.mode) waiter.wokenFrom = null\n  else wakeNext(state, waiter)',
  ),
  bug('a paused run goes on', 'core/dispatch.ts', 'if (run.paused !== null) continue', ''),
  bug('a pause uses up the patience of what waits', 'core/expire.ts', 'run.paused !== null || ', ''),
  bug(
    'after a pause nobody is impatient',
    'core/reduce.ts',
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
    'Math.floor(heartbeatMs * (0.5 - BEAT_SHARE))',
    'heartbeatMs / 2',
  ),
  // Retries and ends.
  bug(
    'a lost attempt burns the budget of the work',
    'core/retry.ts',
    'number - lost - unverified',
    'number - unverified',
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
  bug('an end state can be left', 'core/decide.ts', 'if (!isFinal(run.status[task]!)) return [task]', 'return [task]'),
  bug(
    'a run is closed while attempts still stop',
    'core/settle.ts',
    'unfinished(run) === 0 && run.closing === 0',
    'unfinished(run) === 0',
  ),
  bug(
    'a cancelled task goes on running',
    'core/decide.ts',
    "if (attempt !== undefined) stopAttempt(draft, attempt, 'cancelled')",
    '',
  ),
  bug(
    'a worker that leaves takes its closing attempts nowhere',
    'core/decide.ts',
    'if (attempt.worker === worker) record(draft,',
    'if (attempt === null) record(draft,',
  ),
  // What tasks wait for besides success.
  bug(
    'nobody waits for a lag',
    'core/points.ts',
    'const from = run.notBefore.size === 0 ? at : postpone(run, task, by, at)',
    'const from = at',
  ),
  bug(
    'what is cancelled has not ended',
    'core/points.ts',
    "case 'end':\n      return true",
    "case 'end':\n      return end !== 'missed'",
  ),
  bug(
    'a stream is held up by what was not needed',
    'core/points.ts',
    "return end === 'reached' || end === 'unneeded'",
    "return end === 'reached'",
  ),
  bug(
    'the condition of a task is not looked at',
    'core/points.ts',
    'if (condition === undefined || holds(run, condition))',
    'if (condition === undefined || holds !== undefined)',
  ),
  bug('a result that says no asks for work', 'core/points.ts', ' && value !== false', ''),
  bug(
    'what was not needed counts against the run',
    'core/points.ts',
    'if (!isUnneeded && run.plan.optional[task] === 0) run.shortfall += 1',
    'if (run.plan.optional[task] === 0) run.shortfall += 1',
  ),
  bug(
    'the failure of an optional task drains the run',
    'core/reduce.ts',
    ' && run.plan.optional[task] === 0) run.drainedBy ??= task',
    ') run.drainedBy ??= task',
  ),
  bug('a reported milestone lets nobody go on', 'core/reduce.ts', 'reach(state, run, point, event.at)', ''),
  bug('a milestone is told again', 'core/decide.ts', 'if (run.status[point] !== STATUS.waiting) return\n', ''),
  bug(
    'a choice waits for all of its members',
    'plan/points.ts',
    "hit: 'success', needed, spare: members.length - needed, watches, at } as const",
    "hit: 'success', needed: members.length, spare: 0, watches, at } as const",
  ),
  bug(
    'a share counts tasks and not their work',
    'plan/points.ts',
    'Math.max(1, Math.round((weight[task] as number) * scale))',
    'Math.max(1, Math.round(scale))',
  ),
  bug(
    'a sequence lets the third pass the first where the second was skipped',
    'plan/sequences.ts',
    'turn === null ? since : [...since, turn]',
    'since',
  ),
  bug(
    'a stream waits for its optional tasks',
    'plan/points.ts',
    'if ((tasks[at] as Task).optional !== true) own.push(at)',
    'own.push(at)',
  ),
  // Gates.
  bug('a gate is answered before it is ready', 'core/gates.ts', 'run.status[task] !== STATUS.ready', 'false'),
  bug(
    'a gate that awaits approval is given to a worker',
    'core/ready.ts',
    "run.plan.gates.size > 0 && run.plan.gates.get(task) === 'approval'",
    'false',
  ),
  bug('a check that says no passes', 'core/gates.ts', 'if (!isPassed) {', "if (result === 'no') {"),
  bug(
    'nobody hears of a check that failed',
    'core/record.ts',
    'if (next === null && run.plan.gates.size > 0 &&',
    'if (next !== null &&',
  ),
  bug(
    'an approval lets nobody go on',
    'core/reduce.ts',
    "tell(state, run, task, 'reached', at)",
    "if (run.plan.gates.get(task) !== 'approval') tell(state, run, task, 'reached', at)",
  ),
  // Phases.
  bug('a phase does not wait for the gate before it', 'plan/phases.ts', 'before = gate ?? point', 'before = point'),
  bug(
    'the gate of a phase does not wait for its streams',
    'plan/resolve.ts',
    'if (phase !== undefined) edges.add(phase)',
    '',
  ),
  bug(
    'phases may be passed over',
    'plan/phases.ts',
    'before === null ? own : [...own, before]',
    'own.length > 0 ? own : before === null ? own : [...own, before]',
  ),
  // Verification.
  bug('a step that says no passes', 'core/verify.ts', 'if (!isPassed) {', "if (result === 'no') {"),
  bug('the last step is left out', 'core/verify.ts', 'if (step === of) record', 'if (step >= of - 1) record'),
  bug(
    'a late report on the work is taken for that on a step',
    'core/decide.ts',
    'const isDue = step === undefined || step === (attempt.verifying?.step ?? null)',
    'const isDue = true',
  ),
  bug(
    'a step may take as long as it likes',
    'core/expire.ts',
    'if (attempt?.fence === due.fence) stepTookTooLong(draft, attempt)',
    '',
  ),
  bug('verification burns the budget of the work', 'core/retry.ts', 'number - lost - unverified', 'number - lost'),
  bug(
    'what was verified is not what counts',
    'core/verify.ts',
    "record(draft, { type: 'attempt.succeeded', ...head, result: work })",
    "record(draft, { type: 'attempt.succeeded', ...head, result })",
  ),
  // The journal.
  bug('fences start again', 'core/reduce.ts', 'state.fence = fence', ''),
  bug('a result is forgotten', 'core/reduce.ts', 'if (result !== null) run.results.set(task, result)', ''),
  {
    name: 'lost attempts are counted in memory only',
    edits: [
      {
        file: 'core/reduce.ts',
        find: "if (event.failure.kind === 'lost') run.lost.set(task, (run.lost.get(task) ?? 0) + 1)",
        replace: '',
      },
      {
        file: 'core/record.ts',
        find: "record(draft, { type: 'attempt.failed', ...headOf(draft, attempt), failure, retryAt: next })",
        replace:
          "if (failure.kind === 'lost') attempt.run.lost.set(attempt.task, (attempt.run.lost.get(attempt.task) ?? 0) + 1)\n  record(draft, { type: 'attempt.failed', ...headOf(draft, attempt), failure, retryAt: next })",
      },
    ],
  },
  {
    name: 'a pause is forgotten by a restart',
    edits: [
      {
        file: 'core/reduce.ts',
        find: 'openRun(state, event.run).paused = { at: event.at, reason: event.reason }',
        replace: '',
      },
      {
        file: 'core/decide.ts',
        find: "record(draft, { type: 'run.paused',",
        replace: "run.paused = { at: draft.at, reason: input.reason }\n  record(draft, { type: 'run.paused',",
      },
    ],
  },
]
