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
  bug(
    'the claim check is deleted',
    'core/parking.ts',
    'state.claims.blocker(waiter)',
    'null as ReturnType<typeof state.claims.blocker>',
  ),
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
  bug('readers do not hold up a writer', 'claims/table.ts', "(mode !== 'read' && known.read.length > 0)", 'false'),
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
  // Claims during an attempt.
  bug(
    'writers start beside those who will integrate',
    'claims/table.ts',
    "if (mode !== 'integrate' && known.integrate.length > 0) return true",
    '',
  ),
  bug(
    'whoever asks to integrate is granted it',
    'core/integration.ts',
    '!patterns.some((pattern) => taken.has(pattern))',
    'patterns.length > 0',
  ),
  bug(
    'whoever waits to integrate is passed',
    'core/integration.ts',
    'for (const pattern of patterns) for (const other of',
    'if (!waitsToIntegrate(attempt) || next.includes(attempt)) for (const pattern of patterns) for (const other of',
  ),
  bug(
    'whoever was stopped before its turn stays in the line',
    'core/reduce.ts',
    'if (waitsToIntegrate(attempt)) state.integrations.delete(fence)',
    '',
  ),
  bug(
    'whoever was stopped while it integrates lets go',
    'core/reduce.ts',
    'if (waitsToIntegrate(attempt)) state.integrations.delete(fence)',
    'state.integrations.delete(fence)',
  ),
  bug('whoever waits to integrate stalls', 'core/expire.ts', 'if (!isLease && waitsToIntegrate(attempt)) return', ''),
  bug(
    'whoever had to wait to integrate never stalls again',
    'core/integration.ts',
    "if (stallMs !== null) state.deadlines.add({ at: at + stallMs, kind: 'stall', run: run.id, task, fence })",
    '',
  ),
  bug(
    'a claim during an attempt does not see readers',
    'claims/table.ts',
    "(mode === 'write' ? known.read.find(isOther) : undefined)",
    'undefined',
  ),
  bug(
    'a claim during an attempt does not see who will integrate',
    'claims/table.ts',
    'other ?? known.integrate[0]',
    'other',
  ),
  bug(
    'a claim during an attempt takes what is reserved',
    'claims/table.ts',
    'if (isReserved(table, pattern, mode, null)) return { pattern, holder: null }',
    '',
  ),
  bug(
    'a claim during an attempt passes nobody',
    'claims/table.ts',
    'seq: Number.POSITIVE_INFINITY, now',
    'seq: -1, now',
  ),
  bug(
    'what was claimed during an attempt is never forgotten',
    'core/reduce.ts',
    'for (const set of attempt.extensions ?? NONE) state.claims.forget(set)',
    '',
  ),
  bug('advice is not heard', 'core/advice.ts', '!state.claims.isAdvisedAgainst(set)', 'set !== null'),
  bug(
    'advice is stronger than nothing else to do',
    'core/advice.ts',
    'if (next === null) return true',
    'if (next === null) return false',
  ),
  bug(
    'whoever stands behind one that is passed over is not looked at',
    'core/advice.ts',
    'wakeNext(state, waiter)\n  return true',
    'return true',
  ),
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
    'core/reduce.ts',
    "state.deadlines.add({ at, kind: 'scheduleToStart', run: run.id, task, fence: 0 })",
    '',
  ),
  // Limits.
  bug('units are not given back', 'core/uses.ts', 'for (const { limiter } of uses) giveBack(limiter, attempt)', ''),
  bug(
    'units are given back while an attempt still stops',
    'core/reduce.ts',
    'state.closing.set(fence, attempt)',
    'state.closing.set(fence, attempt); if (attempt.uses !== null) letGoOfUses(state, attempt, attempt.uses)',
  ),
  bug(
    'one unit too many is had',
    'core/limiters.ts',
    'units + ask + (kept ?? 0) > capacity',
    'units + ask > capacity + 1',
  ),
  bug(
    'shared goes with units',
    'core/limiters.ts',
    'if (ask === SHARED) return exclusive > 0 || units > 0',
    'if (ask === SHARED) return exclusive > 0',
  ),
  bug(
    'a rate is off by one',
    'core/limiters.ts',
    'kept === null ? perMinute : perMinute - 1',
    'kept === null ? perMinute + 1 : perMinute',
  ),
  bug('a minute is too short', 'core/limit.ts', 'RATE_WINDOW_MS = 60_000', 'RATE_WINDOW_MS = 59_999'),
  bug(
    'the breaker lets two probes through',
    'core/limiters.ts',
    '(now < openUntil || probe !== null || kept !== null)',
    '(now < openUntil || kept !== null)',
  ),
  bug('a breaker never opens', 'core/limiters.ts', 'limiter.openUntil = at + rule.cooldownMs', ''),
  bug('a success of the probe is not heard', 'core/uses.ts', 'countSuccess(limiter, attempt)', ';'),
  bug(
    'a probe that was cancelled is waited for',
    'core/limiters.ts',
    'if (limiter.probe === holder) limiter.probe = null',
    '',
  ),
  bug('any failure opens a breaker again', 'core/limiters.ts', 'else if (limiter.probe !== holder) return', ''),
  bug(
    'nobody looks when a limiter may be free by time',
    'core/parking.ts',
    'if (!state.parked.has(limiter)) return',
    'return',
  ),
  bug('a limit that changes wakes nobody', 'core/uses.ts', 'state.claims.refresh()\n  wakeLimiter(state, limiter)', ''),
  bug('a limit holds for what starts later alone', 'core/uses.ts', 'else hold(limiter, attempt, 1)', ''),
  bug('what a closed run declares goes on to hold', 'core/uses.ts', 'limiter.declared.splice(place, 1)', ''),
  bug('nobody is passed at a limiter', 'core/uses.ts', 'addShort(limiter, waiter, at, isHeldBack, passed)', ''),
  bug(
    'a reservation keeps no units',
    'core/parking.ts',
    'return reserved.uses.find((each) => each.limiter === limiter)?.ask ?? null',
    'return null',
  ),
  bug(
    'a key does not keep tasks apart',
    'plan/uses.ts',
    'if (key !== undefined) used.push({ limiter: keyLimiter(key), ask: EXCLUSIVE })',
    '',
  ),
  bug(
    'who waits with a key does not hear of its result',
    'core/uses.ts',
    'if (waiter.waiting) waiter.run.reusable.add(waiter.task)',
    ';',
  ),
  bug(
    'a key whose result is known is ignored',
    'core/ready.ts',
    "if (state.keyed.size > 0 && state.keyed.has(run.plan.keys.get(task) ?? '')) run.reusable.add(task)",
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
  bug(
    'verification burns the budget of the work',
    'core/retry.ts',
    'number - before - lost - unverified',
    'number - before - lost',
  ),
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
  // What is handed over.
  bug(
    'an attempt sees what is shared after its start',
    'core/reduce.ts',
    'shared: run.shared,',
    'get shared() { return run.shared },',
  ),
  bug(
    'what is shared goes to another stream',
    'core/handed-over.ts',
    'new Map(run.shared).set(stream,',
    'new Map(run.shared).set(null,',
  ),
  bug(
    'the first value of a key is kept',
    'core/handed-over.ts',
    '.set(key, value))',
    '.set(key, run.shared.get(stream)?.get(key) ?? value))',
  ),
  bug('messages are not counted', 'core/share-and-send.ts', 'const seq = run.messages.length + 1', 'const seq = 1'),
  bug('messages may be for nobody', 'core/share-and-send.ts', 'if (!isKnown(draft, run, to)) return', ''),
  bug(
    'messages of fenced attempts count',
    'core/decide.ts',
    'const attempt = liveAttempt(draft, { run: input.run, ...input.from })',
    'const attempt = draft.state.attempts.get(input.from.fence) ?? null',
  ),
  bug('a message is read before it is stored', 'core/handed-over.ts', 'revision <= upTo && ', ''),
  bug('a message for a stream is read by others', 'core/handed-over.ts', 'to.stream === stream', 'true'),
  bug('a key opens two runs', 'core/decide.ts', 'if (known !== undefined) {', 'if (known === input.run) {'),
]
