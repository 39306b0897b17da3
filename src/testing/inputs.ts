/** From a step of a simulated world to the input it gives the core. */
import type { CancelTarget, Failure, Input, JsonValue, PoolId, RunId, TaskId, WorkerId } from '../core/types.js'
import type { Machine, Work } from './machine-state.js'
import { endWork, workOn } from './machine-state.js'
import type { FailureSpec, ReportKind, Step } from './steps.js'
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
      const work = workOfLie(machine, step)
      return work === null
        ? null
        : say(machine, step.report, { run: step.run, task: step.task, fence: work.fence, step: work.step })
    }
    case 'cancel':
      return { type: 'cancel', run: step.run as RunId, target: targetOf(step), reason: 'no longer wanted' }
    case 'approve':
    case 'refuse':
      return { type: step.kind, run: step.run as RunId, gate: step.gate, by: 'ann', note: null }
    case 'pause':
      return { type: 'pause', run: step.run as RunId, reason: 'lunch' }
    case 'resume':
      return { type: 'resume', run: step.run as RunId }
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
  if (isEnd(step.report)) endWork(machine, work)
  return say(machine, step.report, work, step.failure)
}

function isEnd(report: ReportKind): boolean {
  return report !== 'beat' && report !== 'progress' && report !== 'milestone'
}

const RESULTS: readonly JsonValue[] = ['done', null, { sha: 'abc' }, { sha: 'def' }, { sha: false }]
/** What checks say: two that pass, two that do not. */
const VERDICTS: readonly JsonValue[] = [true, null, false, { passed: false, note: 'too slow' }]
const BOOM: FailureSpec = { kind: 'error' }

function say(machine: Machine, kind: ReportKind, work: Omit<Work, 'worker'>, failure: FailureSpec = BOOM): Input {
  const { facts } = machine
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
    case 'milestone': {
      const names = facts.runs.get(work.run)?.tasks.get(work.task)?.spec.milestones ?? []
      return { type: 'milestone', ...ref, name: names[work.fence % names.length] ?? 'unknown' }
    }
    case 'confirm':
      return { type: 'confirmStop', ...ref }
    default:
      return kind satisfies never
  }
}

function resultOf({ facts, world }: Machine, { run, task, fence }: Omit<Work, 'worker'>): JsonValue {
  const isCheck = facts.runs.get(run)?.tasks.get(task)?.spec.gate?.kind === 'check'
  if (isCheck && world.rates.fail === 0) return true
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
