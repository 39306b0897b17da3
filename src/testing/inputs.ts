/** From a step of a simulated world to the input it gives the core. */
import type {
  CancelTarget,
  Failure,
  Input,
  JsonValue,
  MessageTarget,
  PoolId,
  RunId,
  TaskId,
  WorkerId,
} from '../core/types.js'
import type { Machine, Work } from './machine-state.js'
import { endWork, factsIn, workOn } from './machine-state.js'
import type { ClaimSpec, FailureSpec, ReportKind, Step } from './steps.js'
import type { WorkerSpec } from './world-spec.js'

type StepOf<Kind extends Step['kind']> = Extract<Step, { readonly kind: Kind }>

/** The input of a step, null where the step makes no sense (any more). Whoever reports an end has stopped working. */
export function inputOf(machine: Machine, step: Exclude<Step, StepOf<'jump' | 'read' | 'amend'>>): Input | null {
  switch (step.kind) {
    case 'open':
      return { type: 'open', run: step.run as RunId, plan: { run: step.run }, ...keyOf(step.run) }
    case 'again':
      if (machine.history.run(step.run) === null || keyOf(step.run).idempotencyKey === undefined) return null
      return { type: 'open', run: `${step.run}-again` as RunId, plan: {}, ...keyOf(step.run) }
    case 'join': {
      const spec = machine.facts.workers.get(step.worker)
      return spec === undefined ? null : joinOf(spec)
    }
    case 'drain':
      return { type: 'drain', worker: step.worker as WorkerId }
    case 'leave':
      return leaveOf(machine, step.worker)
    case 'report':
      return report(machine, step)
    case 'lie': {
      const work = workOfLie(machine, step)
      return work === null
        ? null
        : say(machine, step, { run: step.run, task: step.task, fence: work.fence, step: work.step })
    }
    case 'send':
      return { type: 'send', run: step.run as RunId, from: null, to: step.to, body: thing(machine) }
    case 'cancel':
      return { type: 'cancel', run: step.run as RunId, target: targetOf(step), reason: 'no longer wanted' }
    case 'approve':
    case 'refuse':
      return { type: step.kind, run: step.run as RunId, gate: step.gate, by: 'ann', note: null }
    case 'reopen':
      return {
        type: 'reopen',
        run: step.run as RunId,
        task: step.task,
        downstream: step.downstream,
        reason: 'it was wrong',
      }
    case 'pause':
      return { type: 'pause', run: step.run as RunId, reason: 'lunch' }
    case 'resume':
      return { type: 'resume', run: step.run as RunId }
    case 'limit':
      return { type: 'setLimit', name: step.name, limit: step.limit }
    case 'wait':
    case 'wake':
      return { type: 'tick' }
    default:
      return step satisfies never
  }
}

/** All runs but one are opened under a key. */
function keyOf(run: string): { readonly idempotencyKey?: string } {
  return run === 'r2' ? {} : { idempotencyKey: `key of ${run}` }
}

/** A value that is told apart from every other. */
function thing(machine: Machine): JsonValue {
  return { at: machine.now, after: machine.decisions }
}

export function joinOf({ id, pool, slots, capabilities }: WorkerSpec): Input {
  return { type: 'join', worker: id as WorkerId, pool: pool as PoolId, slots, capabilities }
}

/** Whatever the worker was doing goes on behind the host's back. */
function leaveOf(machine: Machine, worker: string): Input {
  for (const list of [machine.running, machine.stopping]) {
    for (const work of list.filter((each) => each.worker === worker)) endWork(machine, work)
  }
  return { type: 'leave', worker: worker as WorkerId, reason: 'it was told to' }
}

const ENDS: ReadonlySet<ReportKind> = new Set(['complete', 'fail', 'confirm'])

function report(machine: Machine, step: StepOf<'report'>): Input | null {
  const list = step.report === 'confirm' ? machine.stopping : machine.running
  const work = workOn(list, step.run, step.task)
  if (work === null) return null
  if (ENDS.has(step.report)) endWork(machine, work)
  return say(machine, step, work)
}

const RESULTS: readonly JsonValue[] = ['done', null, { sha: 'abc' }, { sha: 'def' }, { sha: false }]
/** What checks say: two that pass, two that do not. */
const VERDICTS: readonly JsonValue[] = [true, null, false, { passed: false, note: 'too slow' }]
const ANYTHING: ClaimSpec = { write: ['**'], read: [] }
const BOOM: FailureSpec = { kind: 'error' }

interface Saying {
  readonly report: ReportKind
  readonly failure?: FailureSpec
  readonly claim?: ClaimSpec
  readonly to?: MessageTarget
}

function say(
  machine: Machine,
  { report: kind, failure = BOOM, claim = ANYTHING, to }: Saying,
  work: Omit<Work, 'worker'>,
): Input {
  const ref = { run: work.run as RunId, task: work.task as TaskId, fence: work.fence }
  switch (kind) {
    case 'complete':
      if (work.step !== null) return { type: 'verify', ...ref, step: work.step, result: verdictOf(machine, work) }
      return { type: 'complete', ...ref, result: resultOf(machine, work) }
    case 'fail':
      return {
        type: 'fail',
        ...ref,
        failure: { message: 'boom', ...failure } satisfies Failure,
        ...(work.step === null ? {} : { step: work.step }),
      }
    case 'beat':
      return { type: 'beat', ...ref }
    case 'progress':
      return { type: 'beat', ...ref, progress: work.fence }
    case 'share':
      return { type: 'share', ...ref, key: `k${work.fence % 3}`, value: thing(machine) }
    case 'send': {
      const { run, ...from } = ref
      return { type: 'send', run, from, to: to ?? { task: ref.task }, body: thing(machine) }
    }
    case 'milestone': {
      const names = factsIn(machine, work.run, work.task)?.spec.milestones ?? []
      return { type: 'milestone', ...ref, name: names[work.fence % names.length] ?? 'unknown' }
    }
    case 'confirm':
      return { type: 'confirmStop', ...ref }
    case 'integrate':
      return { type: 'integrate', ...ref }
    case 'claim':
      return { type: 'claim', ...ref, ...claim }
    default:
      return kind satisfies never
  }
}

function resultOf(machine: Machine, { run, task, fence }: Omit<Work, 'worker'>): JsonValue {
  const isCheck = factsIn(machine, run, task)?.spec.gate?.kind === 'check'
  if (isCheck && machine.world.rates.fail === 0) return true
  const results = isCheck ? VERDICTS : RESULTS
  return results[fence % results.length]!
}

/** What a verification step says: most pass, where anything may go wrong. */
function verdictOf({ world }: Machine, { fence, step }: Omit<Work, 'worker'>): JsonValue {
  const at = fence * 7 + (step ?? 0)
  return world.rates.fail > 0 && at % 5 === 0 ? VERDICTS[2 + (at % 2)]! : 'fine'
}

/** Farther ahead than any fence will be. */
const NEVER_GIVEN = 1_000_000

function workOfLie(machine: Machine, step: StepOf<'lie'>): Pick<Work, 'fence' | 'step'> | null {
  const { run, task } = step
  switch (step.lie) {
    case 'old': {
      return workOn(machine.past, run, task) ?? workOn(machine.stopping, run, task)
    }
    case 'other':
      return machine.running.find((work) => work.task !== task || work.run !== run) ?? null
    case 'none':
      return { fence: NEVER_GIVEN, step: null }
    default:
      return step.lie satisfies never
  }
}

function targetOf({ target, id }: StepOf<'cancel'>): CancelTarget {
  switch (target) {
    case 'run':
      return { kind: 'run' }
    case 'stream':
      return { kind: 'stream', stream: id }
    case 'task':
      return { kind: 'task', task: id }
    default:
      return target satisfies never
  }
}
