/** Several schedulers that share a store, and stores that cut one of them off. */
import type { RunEvent, RunEventMap, RunEventType, ScopeId } from '../../src/core/types.js'
import type { HostRole } from '../../src/runtime/leadership.js'
import type { Store } from '../../src/runtime/ports.js'
import { memoryStore } from '../../src/stores/memory.js'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js'
import { allPauses, type Hosted, type HostedOptions, hosted, START } from './world.js'

export const LEASE = 1000

export interface Member extends Hosted {
  readonly roles: HostRole[]
  readonly clock: VirtualClock
}

/** A scheduler that shares its store with others; their clocks are one, if none is given. */
export function member(options: HostedOptions & { readonly store: Store }): Member {
  const roles: HostRole[] = []
  const made = hosted({ leaseMs: LEASE, onRoleChange: (role) => roles.push(role), ...options })
  return { ...made, roles }
}

/** Two members on one store and one clock. */
export function pair(store: Store = memoryStore()): { store: Store; clock: VirtualClock; one: Member; two: Member } {
  const clock = virtualClock(START)
  return { store, clock, one: member({ store, clock, host: 'one' }), two: member({ store, clock, host: 'two' }) }
}

export async function eventsIn(store: Store): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  for await (const { event } of store.read('default' as ScopeId, 0)) events.push(event)
  return events
}

export async function allOf<Type extends RunEventType>(
  store: Store,
  type: Type,
): Promise<readonly RunEventMap[Type][]> {
  return (await eventsIn(store)).filter((event): event is RunEventMap[Type] => event.type === type)
}

/** A process that is killed: nothing that it does reaches the store, and nothing is told to it. */
export function mortal(inner: Store): Store & { kill(): void } {
  let isDead = false
  const never = new Promise<never>(() => undefined)
  return {
    append: (...args) => (isDead ? never : inner.append(...args)),
    read: (...args) => (isDead ? unreadable(never) : inner.read(...args)),
    kill() {
      isDead = true
    },
  }
}

// biome-ignore lint/correctness/useYield: it waits for ever.
async function* unreadable(never: Promise<never>): AsyncGenerator<never> {
  await never
}

export async function closeAll(...members: readonly Hosted[]): Promise<void> {
  const closing = Promise.all(members.map(({ scheduler }) => scheduler.close({ graceMs: 0 })))
  await allPauses()
  await closing
}
