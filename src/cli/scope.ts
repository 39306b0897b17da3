/** The scope of a store that the program works on: folded to be looked at, or changed while nobody leads it. */
import { createState } from '../core/create.js'
import type { RunState, ScopeState } from '../core/state.js'
import type { EpochMs, HostId, Input, RunId, ScopeId, TaskIndex } from '../core/types.js'
import { quote } from '../plan/text.js'
import { readEndedRun } from '../runtime/ended-run.js'
import { schedulerError } from '../runtime/errors.js'
import { Journal } from '../runtime/fold.js'
import { Host } from '../runtime/host.js'
import { storedPlanOf } from '../runtime/plans.js'
import type { Store } from '../runtime/ports.js'
import { throwIfRefused } from '../runtime/refused.js'
import { warner } from '../runtime/warnings.js'

/** That of a scheduler that is told of none. */
export const SCOPE = 'default' as ScopeId

/** A program that ends soon saves no snapshots. */
const READING = { compile: storedPlanOf, snapshotEvery: null, warn: warner(undefined) }

/** The scope as its journal has it; nothing is written. @throws SchedulerError as the store, and JOURNAL_INVALID */
export async function readScope(store: Store): Promise<ScopeState> {
  const journal = new Journal({ scope: SCOPE, store, ...READING })
  await journal.load()
  return journal.state
}

/**
 * Does one thing in a scope that no process leads: what was under way is lost with its host, as after any restart, and
 * nothing is started. `inputFor` says what is to be done, and throws where that is nothing: then nothing is written.
 *
 * @throws SchedulerError with the code of a rejection, and as the store
 */
export async function changeScope(
  store: Store,
  now: () => EpochMs,
  inputFor: (state: ScopeState) => Input,
): Promise<ScopeState> {
  const host = hostOf(store, now)
  await host.load()
  const input = inputFor(host.state)
  await host.takePart()
  const rejection = await host.ask(input)
  await host.stop()
  throwIfRefused(rejection)
  return host.state
}

function hostOf(store: Store, now: () => EpochMs): Host {
  const host: Host = new Host({
    host: 'command' as HostId,
    hostName: null,
    leaseMs: null,
    scope: SCOPE,
    store,
    // Nobody waits for what is due: whoever leads the scope next will.
    clock: { now, arm: () => () => undefined },
    ...READING,
    handlersOf: () => new Set(),
    onEvents: () => undefined,
    perform: (instruction) => {
      // Without workers nothing is started, and nothing of it runs here.
      if (instruction.type !== 'stopAttempt') return
      const { run, task, fence } = instruction
      host.post({ type: 'confirmStop', run, task, fence })
    },
    onFrozen: () => undefined,
    onWake: () => null,
    onLead: () => {
      for (const worker of host.state.workers.keys()) {
        host.post({ type: 'leave', worker, reason: 'its host is gone' })
      }
    },
    onElected: () => undefined,
    onDeposed: () => undefined,
    onRefolded: () => undefined,
  })
  return host
}

/** A run, open or closed. @throws SchedulerError RUN_UNKNOWN */
export async function findRun(store: Store, state: ScopeState, id: string): Promise<RunState> {
  const open = state.runs.get(id as RunId)
  if (open !== undefined) return open
  const closed = state.closedRuns.get(id as RunId)
  if (closed === undefined) throw unknownRun(id)
  return readEndedRun(id as RunId, { store, scope: SCOPE, openedAfter: closed.openedAfter })
}

/** @throws SchedulerError RUN_UNKNOWN, RUN_CLOSED */
export function openRun(state: ScopeState, id: string): RunState {
  const run = state.runs.get(id as RunId)
  if (run !== undefined) return run
  const closed = state.closedRuns.get(id as RunId)
  if (closed === undefined) throw unknownRun(id)
  throw schedulerError('RUN_CLOSED', `Run ${quote(id)} has ended: ${closed.verdict}.`, 'Start a new one.')
}

/** @throws SchedulerError TASK_UNKNOWN */
export function taskOf(run: RunState, id: string): TaskIndex {
  const task = run.plan.taskIndex.get(id)
  if (task !== undefined) return task
  const hint = 'Use the full id, "stream/task"; signalbox status lists them.'
  throw schedulerError('TASK_UNKNOWN', `Run ${quote(run.id)} has no task ${quote(id)}.`, hint)
}

/** What to ask about a run that has ended: it shares nothing with the runs that are open now. */
export function surroundings(state: ScopeState, run: RunState): ScopeState {
  return run.closed === null ? state : createState()
}

function unknownRun(id: string): Error {
  const hint = 'signalbox list shows those there are; --store says where to look.'
  return schedulerError('RUN_UNKNOWN', `There is no run ${quote(id)} in this store.`, hint)
}
