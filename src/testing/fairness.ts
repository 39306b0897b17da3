/** L4: nobody passes the task for which claims are reserved, and somebody is, once a task was passed too often. */
import { isHeldBack } from '../core/parking.js'
import type { ScopeState, Waiter } from '../core/state.js'
import type { Input, RunEvent, RunEventMap } from '../core/types.js'
import { exclude, numberOf } from './claimed.js'
import type { TaskPast } from './history-past.js'
import type { Machine } from './machine-state.js'

/** The task for which claims are reserved, null if there is none, or if it may not start now for another reason. */
export function reservedFor(state: ScopeState): Waiter | null {
  const reserved = state.claims.reservation()
  if (reserved === null || isHeldBack(reserved)) return null
  return reserved
}

/** Whether an input may make a reservation rest for a moment, in which another task has its turn. */
export function mayMakeWay({ type }: Input): boolean {
  return type === 'leave' || type === 'drain' || type === 'pause'
}

/** Looks at the starts of a decision; `before` was reserved for before it. */
export function checkFairness(machine: Machine, before: Waiter | null, events: readonly RunEvent[]): void {
  const now = reservedFor(machine.state)
  if (before !== null && before === now) checkPassed(machine, pastOf(machine, before), events)
  if (now !== null) return
  for (const run of machine.history.runs()) {
    if (run.isPaused || run.isClosed) continue
    for (const task of run.tasks.values()) {
      if (task.status !== 'idle' || task.passes <= machine.world.bypassLimit || !machine.history.isServed(task))
        continue
      throw new Error(`Task "${task.facts.id}" was passed ${task.passes} times, and nothing is reserved for it (L4).`)
    }
  }
}

function checkPassed(machine: Machine, mine: TaskPast, events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.type === 'claim.extended') checkExtension(mine, event)
    if (event.type !== 'attempt.started') continue
    const other = machine.history.run(event.run)?.tasks.get(event.task)
    if (other === undefined) continue
    if (!exclude(mine.facts.spec, other.facts.spec) && !machine.history.isLeftWithout(other, mine)) continue
    throw new Error(`Task "${other.facts.id}" starts although what it takes is reserved for "${mine.facts.id}" (L4).`)
  }
}

function checkExtension(mine: TaskPast, { task, write, read }: RunEventMap['claim.extended']): void {
  if (!exclude(mine.facts.spec, { write: write.map(numberOf), read: read.map(numberOf), integrate: [] })) return
  throw new Error(`Task "${task}" gets claims that are reserved for "${mine.facts.id}" (L4).`)
}

/** Advice is followed, as long as nothing is reserved: whoever claims are reserved for goes first. */
export function checkSteered({ history, state }: Machine, before: Waiter | null, events: readonly RunEvent[]): void {
  const [story] = history.takeSteered()
  // Claims that are extended may lead to a reservation that is used in the same decision.
  if (story === undefined || events.some(({ type }) => type === 'claim.extended')) return
  if (before !== null || state.claims.reservation() !== null) return
  throw new Error(`Attempt ${story}, and could have had its worker (advisory claims).`)
}

function pastOf(machine: Machine, { run, task }: Waiter): TaskPast {
  return machine.history.run(run.id)!.tasks.get(run.plan.taskIds[task]!)!
}
