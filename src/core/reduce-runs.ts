/** What the events of a run change; those of its tasks and attempts are in `reduce.ts`. */
import { createRun } from './create.js'
import { grow } from './grow.js'
import { NOTHING_SHARED } from './handed-over.js'
import { tellRoots } from './points.js'
import { indexOf, openRun } from './spoken-of.js'
import type { ScopeState } from './state.js'
import { STATUS } from './state.js'
import type { Plans, RunEvent, RunEventMap, TaskId } from './types.js'
import { closeUses, openUses } from './uses.js'
import { refreshWorkers } from './workers.js'

type RunLevelEvent = Extract<RunEvent, { type: `run.${string}` }>

export function reduceRun(plans: Plans, state: ScopeState, event: RunLevelEvent): void {
  switch (event.type) {
    case 'run.opened':
      return runOpened(plans, state, event)
    case 'run.amended':
      return runAmended(plans, state, event)
    case 'run.paused':
      openRun(state, event.run).paused = { at: event.at, reason: event.reason }
      return state.claims.refresh()
    case 'run.resumed':
      return runResumed(state, event)
    case 'run.cancelled':
      openRun(state, event.run).cancelled = { at: event.at, reason: event.reason }
      return
    case 'run.closed':
      return runClosed(state, event)
    default:
      // Another version wrote it: going on without it would be another history.
      throw new Error(`The journal has an event of unknown type "${(event satisfies never as RunEvent).type}".`)
  }
}

function runOpened(plans: Plans, state: ScopeState, event: RunEventMap['run.opened']): void {
  const plan = plans.get(event.run)
  if (plan === undefined)
    throw new Error(`The plan of run "${event.run}" was not compiled before its journal was folded.`)
  const run = createRun(state, event, plan)
  state.runs.set(event.run, run)
  if (run.idempotencyKey !== null) state.runKeys.set(run.idempotencyKey, run.id)
  openUses(state, run, event.at)
  refreshWorkers(state)
  tellRoots(state, run, event.at)
}

function runAmended(plans: Plans, state: ScopeState, event: RunEventMap['run.amended']): void {
  const run = openRun(state, event.run)
  const plan = plans.get(event.run)
  if (plan === undefined || plan === run.plan) throw new Error(`The plan of run "${event.run}" was not amended.`)
  const { change = {} } = event.amendment as { readonly change?: object }
  grow(
    state,
    run,
    plan,
    Object.keys(change).map((id) => indexOf(run, id as TaskId)),
    event.at,
  )
}

function runResumed(state: ScopeState, event: RunEventMap['run.resumed']): void {
  const run = openRun(state, event.run)
  run.paused = null
  run.resumedAt = event.at
  state.claims.refresh()
  if (!run.plan.policies.some((policy) => policy.scheduleToStartMs !== null)) return
  for (let task = 0; task < run.plan.taskCount; task += 1) {
    const limit = run.plan.policies[run.plan.policy[task]!]!.scheduleToStartMs
    if (run.status[task] !== STATUS.ready || limit === null) continue
    const at = Math.max(event.at, run.readyAt[task]!) + limit
    state.deadlines.add({ at, kind: 'scheduleToStart', run: run.id, task, fence: 0 })
  }
}

function runClosed(state: ScopeState, event: RunEventMap['run.closed']): void {
  const run = openRun(state, event.run)
  run.closed = { at: event.at, verdict: event.verdict }
  for (const set of run.claimSets) state.claims.forget(set)
  closeUses(state, run, event.at)
  state.runs.delete(run.id)
  const { openedAt, openedAfter, plan } = run
  const { at: closedAt, verdict } = event
  state.closedRuns.set(run.id, { name: plan.name, openedAt, openedAfter, closedAt, verdict })
  run.shared = NOTHING_SHARED
  run.messages.length = 0
  state.ended.set(run.id, run)
  refreshWorkers(state)
}
