/**
 * Follows one run by its own events alone, without workers and claims: since when each task has been ready to start. For
 * reports, which know of the scope no more than that.
 */
import { createRun, createState } from './create.js'
import { grow } from './grow.js'
import { endWithout, reach, tell, tellRoots } from './points.js'
import { leaveReady, makeReady, setStatus } from './ready.js'
import { retract } from './retract.js'
import type { RunState } from './state.js'
import { STATUS } from './state.js'
import type { CompiledPlan, EpochMs, RunEvent, RunEventMap, RunId, TaskIndex } from './types.js'

export interface Follower {
  /** Takes the next event of the run; others change nothing. Of an amendment `amend` takes care. */
  apply(event: RunEvent): void
  /** Goes on with the plan as that event has amended it. */
  amend(plan: CompiledPlan, event: RunEventMap['run.amended']): void
  /** Since when the task has been ready, or when it may be tried again; NaN while it is not ready. */
  readySince(task: TaskIndex): EpochMs
}

/** Follows a run of the plan from its opening on. */
export function followRun(id: RunId, plan: CompiledPlan, openedAt: EpochMs): Follower {
  const state = createState()
  const run = createRun(state, { type: 'run.opened', run: id, at: openedAt, plan: null }, bareOf(plan))
  tellRoots(state, run, openedAt)

  function applyTo(task: TaskIndex, event: Extract<RunEvent, { readonly task: string }>): void {
    switch (event.type) {
      case 'attempt.started':
        leaveReady(state, run, task)
        return setStatus(run, task, STATUS.running)
      case 'task.reused':
        leaveReady(state, run, task)
        setStatus(run, task, STATUS.succeeded)
        if (event.result !== null) run.results.set(task, event.result)
        return tell(state, run, task, 'reached', event.at)
      case 'attempt.succeeded':
        setStatus(run, task, STATUS.succeeded)
        if (event.result !== null) run.results.set(task, event.result)
        return tell(state, run, task, 'reached', event.at)
      case 'attempt.failed':
        if (event.retryAt !== null) return makeReady(state, run, task, event.at, event.retryAt)
        return endWithout(state, run, task, STATUS.failed, event.at)
      case 'milestone.reached': {
        const point = run.plan.milestones.get(task)?.get(event.milestone)
        return point === undefined ? undefined : reach(state, run, point, event.at)
      }
      case 'task.failed':
        return endWithout(state, run, task, STATUS.failed, event.at)
      case 'task.cancelled':
        return endWithout(state, run, task, STATUS.cancelled, event.at)
      case 'task.skipped':
        if ('unneeded' in event.reason) run.unneeded.add(task)
        return endWithout(state, run, task, STATUS.skipped, event.at)
      case 'task.reopened':
        return retract(state, run, task, event.at)
      default:
        return
    }
  }

  /** A check has ended with its attempt. */
  function answer(event: RunEventMap['gate.passed' | 'gate.failed']): void {
    const gate = run.plan.taskIndex.get(event.gate)
    if (gate === undefined || run.plan.gates.get(gate) !== 'approval') return
    if (event.type === 'gate.failed') return endWithout(state, run, gate, STATUS.failed, event.at)
    leaveReady(state, run, gate)
    setStatus(run, gate, STATUS.succeeded)
    run.results.set(gate, { by: event.by, note: event.note })
    tell(state, run, gate, 'reached', event.at)
  }

  return {
    apply(event) {
      if (event.type === 'gate.passed' || event.type === 'gate.failed')
        return event.run === id ? answer(event) : undefined
      const task = 'task' in event && event.run === id ? run.plan.taskIndex.get(event.task) : undefined
      if (task !== undefined) applyTo(task, event as Extract<RunEvent, { readonly task: string }>)
    },
    amend(amended, { at, amendment }) {
      const { change = {} } = amendment as { readonly change?: object }
      const changed = Object.keys(change).map((task) => amended.taskIndex.get(task)!)
      grow(state, run, bareOf(amended), changed, at)
    },
    readySince: (task) => (isReady(run, task) ? run.readyAt[task]! : Number.NaN),
  }
}

/** Who holds which claim, or uses what, says nothing about who is ready. */
function bareOf(plan: CompiledPlan): CompiledPlan {
  const none = new Int32Array(plan.taskCount).fill(-1)
  return { ...plan, claimSet: none, claimSets: [], useSet: none, useSets: [] }
}

function isReady(run: RunState, task: TaskIndex): boolean {
  return run.status[task] === STATUS.ready
}
