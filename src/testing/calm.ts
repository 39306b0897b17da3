/** What happens in a simulated world when nothing goes wrong any more: everything that was begun comes to its end. */
import { isFinal, PLACE } from '../core/state.js'
import type { WorkerId } from '../core/types.js'
import { canServe } from '../core/workers.js'
import { checkExplained } from './explained.js'
import { type Machine, specNow } from './machine-state.js'
import type { Step } from './steps.js'

/** Transitions that are enough for one task, its attempts and their ends included (L5). */
const CALM_STEPS_PER_TASK = 40

/**
 * Faults stop: every run is opened and resumed, all workers are there, every attempt succeeds and every stop is confirmed.
 * Then every run must end (L1), within a bounded number of steps (L5), and nothing may be held (S12).
 */
export function* calmSteps(machine: Machine): Generator<Step, void, undefined> {
  const { world } = machine
  const tasks = world.runs.reduce((sum, { id }) => sum + specNow(machine, id).tasks.length, 0)
  // What has gathered is decided upon and stored first, as a worker may be about to leave; and the clock may have been set.
  yield { kind: 'wait', ms: 0 }
  checkExplained(machine)
  for (const { id } of world.workers) {
    const worker = machine.state.workers.get(id as WorkerId)
    if (worker?.isDraining === true) yield { kind: 'leave', worker: id }
    if (worker === undefined || worker.isDraining) yield { kind: 'join', worker: id }
  }
  // Rates and breakers let everything pass some time; a capacity need not.
  for (const [name, { capacity }] of [...machine.history.limits()]) {
    if (capacity !== null) yield { kind: 'limit', name, limit: null }
  }
  for (const { id } of world.runs) if (machine.history.run(id) === null) yield { kind: 'open', run: id }
  for (const { id } of world.runs) if (machine.history.run(id)?.isPaused === true) yield { kind: 'resume', run: id }
  for (let left = 100 + tasks * CALM_STEPS_PER_TASK; left > 0; left -= 1) {
    const isStored = machine.events.length === 0 && machine.mailbox.length === 0
    if (machine.state.closedRuns.size === world.runs.length && isStored) return checkEnd(machine)
    const next = calmStep(machine)
    if (next === null) throw new Error(standing(machine))
    yield next
  }
  throw new Error(`It does not end (L5). ${standing(machine)}`)
}

function calmStep(machine: Machine): Step | null {
  const { running, stopping, wakeAt } = machine
  const stopped = stopping[0]
  if (stopped !== undefined) return { kind: 'report', report: 'confirm', run: stopped.run, task: stopped.task }
  const work = running[0]
  if (work !== undefined) return { kind: 'report', report: 'complete', run: work.run, task: work.task }
  if (machine.events.length > 0 || machine.mailbox.length > 0) return { kind: 'wait', ms: 0 }
  const gate = gatesAwaiting(machine)[0]
  if (gate !== undefined) return { kind: 'approve', ...gate }
  return wakeAt === null ? null : { kind: 'wake' }
}

function checkEnd({ state }: Machine): void {
  const { claims } = state
  const occupied = [...state.workers.values()].find((worker) => worker.freeSlots.length !== worker.slots)
  if (claims.held.size > 0) throw new Error(`All runs are closed, and ${claims.held.size} claims are held (S12).`)
  if (occupied !== undefined) throw new Error(`All runs are closed, and a slot of "${occupied.id}" is taken (S12).`)
  if (claims.index.size > 0) throw new Error(`All runs are closed, and ${claims.index.size} patterns are known.`)
  for (const { name, host, holders, openUntil, starts } of state.limiters.values()) {
    const isKept = host !== null || starts.length > 0
    if (holders.size > 0 || !isKept) throw new Error(`All runs are closed, and "${name}" is held or kept (S12).`)
    if (host === null && openUntil !== null) throw new Error(`Nobody gives "${name}" a breaker, and it is open.`)
  }
  if (state.parked.size > 0) throw new Error(`All runs are closed, and ${state.parked.size} lines are kept.`)
}

/** What has not ended, for the story. */
function standing({ state }: Machine): string {
  const workers = [...state.workers.values()]
  const isServed = [...state.runs.values()].every(({ plan }) =>
    plan.needs.every((need) => workers.some((worker) => !worker.isDraining && canServe(worker, need))),
  )
  const open = [...state.runs.values()].flatMap((run) =>
    run.plan.taskIds.filter((_, task) => !isFinal(run.status[task]!)).map((task) => `"${run.id}/${task}"`),
  )
  const what = isServed
    ? 'Nothing runs, nothing is due, and yet not all has ended (L1)'
    : 'No worker is left for some tasks'
  return `${what}: ${open.slice(0, 8).join(', ')}.`
}

/** The gates that somebody may answer now. */
export function gatesAwaiting({ state }: Machine): readonly { readonly run: string; readonly gate: string }[] {
  const found: { run: string; gate: string }[] = []
  for (const run of state.runs.values()) {
    for (const task of run.plan.gates.keys()) {
      if (run.place[task] === PLACE.gate) found.push({ run: run.id, gate: run.plan.taskIds[task]! })
    }
  }
  return found
}
