/** A scheduler whose workers ask for work, for tests. */
import { expect } from 'vitest'
import type { Lease } from '../../src/runtime/lease.js'
import type { LeaseRequest } from '../../src/runtime/lease-request.js'
import { allPauses, type HostedOptions, hosted, plan, turns } from './world.js'

export const AGENTS = { agents: { pull: true } } as const

/** A scheduler whose only workers ask for work. */
export function pulled(options: HostedOptions = {}) {
  const world = hosted({ pools: AGENTS, ...options, more: { code: {}, ...options.more } })
  const { scheduler, clock } = world
  /** Asks, and gives what there is without time passing; `undefined` while it still waits. */
  const ask = async (worker: string, more: Partial<LeaseRequest> = {}) => {
    const asked = waiting(scheduler.lease({ worker, waitMs: 60_000, ...more }))
    await turns()
    return asked
  }
  /** A lease that is there at once. */
  const take = async (worker: string, more: Partial<LeaseRequest> = {}): Promise<Lease> => {
    const { lease } = await ask(worker, more)
    if (!lease) throw new Error(`There is nothing for "${worker}".`)
    return lease
  }
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms)
    await turns()
  }
  const end = (): Promise<unknown> => Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
  return { ...world, ask, take, pass, end }
}

export interface Waiting {
  /** Undefined while it waits. */
  lease: Lease | null | undefined
  error: unknown
}

function waiting(asked: Promise<Lease | null>): Waiting {
  const state: Waiting = { lease: undefined, error: undefined }
  asked.then(
    (lease) => {
      state.lease = lease
    },
    (error: unknown) => {
      state.error = error
    },
  )
  return state
}

export const code = (tasks: object, more: object = {}) => plan(tasks, { defaults: { handler: 'code' }, ...more })
export const stale = (text: RegExp) => ({ code: 'ATTEMPT_STALE', message: expect.stringMatching(text) })
