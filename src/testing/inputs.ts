/** From a step of a simulated world to the input it gives the core. */
import type { CancelTarget, Failure, Input, JsonValue, PoolId, RunId, TaskId, WorkerId } from '../core/types.js'
import type { Machine, Work } from './machine-state.js'
import { endWork, workOn } from './machine-state.js'
import type { ClaimSpec, FailureSpec, ReportKind, Step } from './steps.js'
import type { WorkerSpec } from './world-spec.js'

type StepOf<Kind extends Step['kind']> = Extract<Step, { readonly kind: Kind }>

/** The input of a step, null where the step makes no sense (any more). Whoever reports an end has stopped working. */
export function inputOf(machine: Machine, step: Exclude<Step, StepOf<'jump'>>): Input | null {
  switch (step.kind) {
    case 'open':
      return { type: 'open', run: step.run as RunId, plan: { run: step.run } }
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
      const fence = fenceOf(machine, step)
      return fence === null ? null : say(step.report, { ...step, fence })
    }
    case 'cancel':
      return { type: 'cancel', run: step.run as RunId, target: targetOf(step), reason: 'no longer wanted' }
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

function report(machine: Machine, step: StepOf<'report'>): Input | null {
  const list = step.report === 'confirm' ? machine.stopping : machine.running
  const work = workOn(list, step.run, step.task)
  if (work === null) return null
  if (step.report === 'complete' || step.report === 'fail' || step.report === 'confirm') endWork(machine, work)
  return say(step.report, work, step.failure, step.claim)
}

const RESULTS: readonly JsonValue[] = ['done', null, { sha: 'abc' }]
const ANYTHING: ClaimSpec = { write: ['**'], read: [] }
const BOOM: FailureSpec = { kind: 'error' }

function say(
  kind: ReportKind,
  work: Omit<Work, 'worker'>,
  failure: FailureSpec = BOOM,
  claim: ClaimSpec = ANYTHING,
): Input {
  const ref = { run: work.run as RunId, task: work.task as TaskId, fence: work.fence }
  switch (kind) {
    case 'complete':
      return { type: 'complete', ...ref, result: RESULTS[work.fence % RESULTS.length]! }
    case 'fail':
      return { type: 'fail', ...ref, failure: { message: 'boom', ...failure } satisfies Failure }
    case 'beat':
      return { type: 'beat', ...ref }
    case 'progress':
      return { type: 'beat', ...ref, progress: work.fence }
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

/** Farther ahead than any fence will be. */
const NEVER_GIVEN = 1_000_000

function fenceOf(machine: Machine, step: StepOf<'lie'>): number | null {
  const { run, task } = step
  switch (step.lie) {
    case 'old': {
      const known = workOn(machine.past, run, task) ?? workOn(machine.stopping, run, task)
      return known?.fence ?? null
    }
    case 'other':
      return machine.running.find((work) => work.task !== task || work.run !== run)?.fence ?? null
    case 'none':
      return NEVER_GIVEN
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
