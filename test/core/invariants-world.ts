// A healthy state in which everything occurs: tasks that wait, are queued, parked, delayed, running, and ended in each way;
// a closing attempt.
import { createState } from '../../src/core/create.js'
import { decide } from '../../src/core/decide.js'
import { checkInvariants } from '../../src/core/invariants.js'
import type { Attempt, RunState, ScopeState, Waiter, Worker } from '../../src/core/state.js'
import type { CompiledPlan, Input, PoolId, RunEvent, RunId, TaskId, WorkerId } from '../../src/core/types.js'
import { compile } from '../../src/plan/compile.js'
import type { Plan } from '../../src/plan/types.js'

export const RUN: RunId = 'r1' as RunId
export const WORKER: WorkerId = 'w1' as WorkerId
export const START = 1_000_000

const timeouts = { startToClose: 1000, scheduleToStart: 5000, scheduleToClose: 9000, heartbeat: 100, stall: 200 }
const retry = { maxAttempts: 3, initialDelay: 1000, jitter: 0 }

/**
 * `a` runs · `b` waits for it · `c` is parked behind it · `d` is delayed · `e` waits for stream `s` · `f` was cancelled, `g`
 * skipped for it, `v` through stream `t` · `h` succeeded · `i` was cancelled while it ran · `j` failed · `k` was cancelled and
 * its attempt is closing · `l` and `m` are queued: nobody is free.
 */
const plan: Plan = {
  name: 'all',
  streams: [
    {
      id: 's',
      tasks: [
        { id: 'a', priority: 9, claims: { write: ['src/**'] }, timeouts },
        { id: 'b', dependsOn: ['a'] },
      ],
    },
    { id: 't', tasks: [{ id: 'u' }] },
    { id: 'empty', tasks: [] },
    { id: 'z', tasks: [{ id: 'y', dependsOn: ['s/a'] }] },
  ],
  tasks: [
    { id: 'c', priority: 8, claims: { write: ['src/x.ts', 'lib/y'] }, timeouts },
    { id: 'd', priority: 7, retry, timeouts },
    { id: 'e', dependsOn: ['s'] },
    { id: 'f', priority: -5 },
    { id: 'g', dependsOn: ['f'] },
    { id: 'h', priority: 6 },
    { id: 'i', priority: 5, claims: { read: ['docs'] } },
    { id: 'j', priority: 4 },
    { id: 'k', priority: -1, claims: { read: ['docs'] } },
    { id: 'l', priority: -2, claims: { write: ['lib'] } },
    { id: 'm', priority: -3, timeouts: { scheduleToStart: 800 } },
    { id: 'v', dependsOn: ['t'] },
  ],
}

export interface Healthy {
  readonly state: ScopeState
  readonly journal: readonly RunEvent[]
  readonly run: RunState
  readonly worker: Worker
  readonly task: (id: string) => number
  readonly live: Attempt
  readonly closing: Attempt
  readonly parked: Waiter
}

export function compiled(source: Plan): CompiledPlan {
  const result = compile(source)
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics))
  return result.compiled
}

export const everything: CompiledPlan = compiled(plan)

export function healthy(): Healthy {
  const source = everything
  const state = createState()
  const journal: RunEvent[] = []
  const plans = new Map([[RUN, source]])
  const step = (input: Input): void => {
    journal.push(...decide(plans, state, input, START).events)
    checkInvariants(state, START)
  }
  const fenceOf = (task: string): number => {
    return [...state.attempts.values()].find((each) => each.run.plan.taskIds[each.task] === task)!.fence
  }
  const ref = (task: string) => ({ run: RUN, task: task as TaskId, fence: fenceOf(task) })
  step({ type: 'join', worker: WORKER, pool: 'local' as PoolId, slots: 2, capabilities: [] })
  step({ type: 'open', run: RUN, plan: 'all' })
  const cancel = (task: string): void =>
    step({ type: 'cancel', run: RUN, target: { kind: 'task', task }, reason: 'not wanted' })
  step({ type: 'fail', ...ref('d'), failure: { kind: 'error', message: 'flaky' } })
  step({ type: 'complete', ...ref('h'), result: 'done' })
  cancel('i')
  cancel('f')
  cancel('t/u')
  step({ type: 'confirmStop', ...ref('i') })
  step({ type: 'fail', ...ref('j'), failure: { kind: 'error', message: 'broken' } })
  cancel('k')
  const run = state.runs.get(RUN)!
  return {
    state,
    journal,
    run,
    worker: state.workers.get(WORKER)!,
    task: (id) => source.taskIndex.get(id)!,
    live: run.live.get(source.taskIndex.get('s/a')!)!,
    closing: [...state.closing.values()][0]!,
    parked: run.waiters.get(source.taskIndex.get('c')!)!,
  }
}

/** What the types forbid, and a bug may do all the same. */
export function force<T extends object>(target: T, fields: Partial<{ -readonly [K in keyof T]: unknown }>): void {
  Object.assign(target, fields)
}
