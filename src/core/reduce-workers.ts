/** What the events of workers change. */
import type { ScopeState, Worker } from './state.js'
import type { RunEvent, RunEventMap, WorkerId } from './types.js'
import { refreshWorkers } from './workers.js'

type WorkerEvent = Extract<RunEvent, { type: `worker.${string}` }>

export function reduceWorker(state: ScopeState, event: WorkerEvent): void {
  switch (event.type) {
    case 'worker.joined':
      joined(state, event)
      return refreshWorkers(state)
    case 'worker.draining':
      joinedWorker(state, event.worker).isDraining = true
      return refreshWorkers(state)
    case 'worker.left':
      state.workers.delete(event.worker)
      return refreshWorkers(state)
    case 'worker.resized':
      return resize(state, joinedWorker(state, event.worker), event.slots)
    case 'worker.quarantined':
      joinedWorker(state, event.worker).restsUntil = event.until
      return state.deadlines.add({ at: event.until, kind: 'worker', worker: event.worker })
    default:
      event satisfies never
  }
}

function joined(state: ScopeState, event: RunEventMap['worker.joined']): void {
  const { worker: id, pool, slots, at: joinedAt, leaseMs = null } = event
  const capabilities = new Set(event.capabilities)
  const freeSlots: number[] = []
  for (let slot = slots; slot > 0; slot -= 1) freeSlots.push(slot)
  const rest = { excess: 0, joinedAt, isDraining: false, restsUntil: null, leaseMs, offers: [] }
  state.workers.set(id, { id, pool, slots, capabilities, freeSlots, ...rest })
}

function joinedWorker(state: ScopeState, id: WorkerId): Worker {
  const worker = state.workers.get(id)
  if (worker === undefined) throw new Error(`The journal speaks of worker "${id}", which has not joined.`)
  return worker
}

/** New slots are taken last. What runs in slots above the new number goes on: as many others are not taken instead. */
function resize(state: ScopeState, worker: Worker, slots: number): void {
  const occupied = new Set<number>()
  for (const attempt of state.attempts.values()) if (attempt.worker === worker) occupied.add(attempt.slot)
  const added: number[] = []
  for (let slot = slots; slot > worker.slots; slot -= 1) if (!occupied.has(slot)) added.push(slot)
  worker.freeSlots.splice(0, worker.freeSlots.length, ...added, ...worker.freeSlots.filter((slot) => slot <= slots))
  worker.excess = [...occupied].filter((slot) => slot > slots).length
  worker.slots = slots
}

export function takeSlot(worker: Worker, slot: number): void {
  worker.offers.shift()
  if (worker.freeSlots.at(-1) === slot) {
    worker.freeSlots.pop()
    return
  }
  throw new Error(`Slot ${slot} of worker "${worker.id}" is not the next free one.`)
}

export function giveSlot(worker: Worker, slot: number): void {
  if (slot <= worker.slots) worker.freeSlots.push(slot)
  else worker.excess -= 1
}
