/** A world for tests of the runtime: a virtual clock, handlers whose work is ended by hand, and stores that misbehave. */
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createScheduler, type SchedulerOptions } from '../../src/embedded.js'
import { defineHandlers, type HandlerContext, type RegisteredHandler } from '../../src/runtime/handlers.js'
import type { Store } from '../../src/runtime/ports.js'
import type { Run } from '../../src/runtime/run.js'
import type { Scheduler } from '../../src/runtime/scheduler-types.js'
import { memoryStore } from '../../src/stores/memory.js'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js'

export const START = 1_000_000

/** Nothing in a file of tests may end the process: what nobody handles fails the test in which it happened. */
export function watchUnhandled(): void {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => {
    unhandled.push(error)
  }
  beforeEach(() => {
    unhandled.length = 0
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    await turns()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
}

/** Takes the real clock away: the pauses between the tries of an append, and the waits of `close`, pass by `allPauses`. */
export function takeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Lets the pauses between tries pass, all of them. */
export async function allPauses(): Promise<void> {
  for (let n = 0; n < 12; n += 1) {
    await turns()
    vi.advanceTimersByTime(60_000)
  }
  await turns()
}

/** Lets everything happen that can happen without time passing. */
export async function turns(count = 4): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve))
}

export interface Work {
  readonly input: unknown
  readonly context: HandlerContext
  finish(result?: unknown): void
  fail(error?: unknown): void
}

/** A handler whose attempts are ended by hand. */
export interface Scripted {
  readonly handler: RegisteredHandler
  /** Task ids, in the order in which their functions were called. */
  readonly called: string[]
  /** The newest attempt of a task. */
  of(task: string): Work
}

export function scripted(definition: RegisteredHandler = {}): Scripted {
  const called: string[] = []
  const works = new Map<string, Work>()
  const run = (input: unknown, context: HandlerContext): Promise<unknown> =>
    new Promise((finish, fail) => {
      called.push(context.attempt.task)
      works.set(context.attempt.task, {
        input,
        context,
        finish,
        fail: (error = new Error('it broke')) => fail(error),
      })
    })
  return {
    handler: { ...definition, run },
    called,
    of(task) {
      const work = works.get(task)
      if (work === undefined) throw new Error(`Nobody has called the function of "${task}".`)
      return work
    },
  }
}

export interface Hosted {
  readonly clock: VirtualClock
  readonly store: Store
  readonly scheduler: Scheduler
  readonly work: Scripted
}

export type HostedOptions = Omit<SchedulerOptions, 'handlers' | 'clock'> & {
  readonly clock?: VirtualClock
  readonly more?: Readonly<Record<string, RegisteredHandler>>
}

/** A scheduler with one handler `work`, ended by hand, and whatever else is given. */
export function hosted(options: HostedOptions = {}): Hosted {
  const { more = {}, clock = virtualClock(START), store = memoryStore(), ...rest } = options
  const work = scripted()
  const handlers = defineHandlers({ work: work.handler, ...more })
  const pools = { local: { slots: 8 } }
  const scheduler = createScheduler({ pools, ...rest, store, clock, handlers })
  return { clock, store, scheduler, work }
}

/** A plan in which `work` carries out every task. */
export function plan<Tasks>(tasks: Tasks, more: object = {}): { readonly tasks: Tasks; readonly defaults: object } {
  return { defaults: { handler: 'work' }, tasks, ...more }
}

/** The events of a run so far, from its journal. */
export async function typesOf(run: Run<unknown>, until: string): Promise<readonly string[]> {
  const types: string[] = []
  for await (const event of run.events()) {
    types.push(event.type)
    if (event.type === until) break
  }
  return types
}

/** A store whose appends wait, or fail, as told. */
export interface TestStore extends Store {
  readonly batches: { readonly id: string; readonly expected: number; readonly size: number }[]
  /** While set, appends wait for `release`. */
  isHolding: boolean
  release(): void
  /** How many of the next appends throw; `after`: the batch was stored, only the answer is lost. */
  failing: { count: number; readonly when: 'before' | 'after' }
}

export function testStore(inner: Store = memoryStore()): TestStore {
  let waiting: (() => void)[] = []
  const store: TestStore = {
    batches: [],
    isHolding: false,
    failing: { count: 0, when: 'before' },
    release() {
      store.isHolding = false
      const now = waiting
      waiting = []
      for (const go of now) go()
    },
    async append(scope, expected, batch) {
      store.batches.push({ id: batch.id, expected, size: batch.events.length })
      if (store.isHolding) await new Promise<void>((resolve) => waiting.push(resolve))
      const isFailing = store.failing.count > 0
      if (isFailing) store.failing.count -= 1
      if (isFailing && store.failing.when === 'before') throw new Error('the disk is full')
      const answer = await inner.append(scope, expected, batch)
      if (isFailing) throw new Error('the line was cut')
      return answer
    },
    read: (scope, after) => inner.read(scope, after),
  }
  return store
}
