/** Faulty dependencies, gates, phases and verification. */
import { bug, type PlantedBug } from './bug.js'

export const WAIT_BUGS: readonly PlantedBug[] = [
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
    'return condition === undefined || holds(run, condition)',
    'return condition === undefined || holds !== undefined',
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
  bug('a stream does not wait for the phase before its own', 'plan/phases.ts', 'phaseBefore.set(stream, before)', ';'),
  bug('a phase does not wait for the gate before it', 'plan/phases.ts', 'before = gate ?? point', 'before = point'),
  bug(
    'the gate of a phase does not wait for its streams',
    'plan/resolve.ts',
    'if (phase !== undefined) edges.add(phase)',
    '',
  ),
  bug('phases may be passed over', 'plan/phases.ts', 'before === null ? own : [...own, before]', 'own'),
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
]
