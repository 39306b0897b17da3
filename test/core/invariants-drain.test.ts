// The sentences about a run that a failure or its end has stopped, each made false.
import { describe, expect, it } from 'vitest'
import { createState } from '../../src/core/create.js'
import { decide } from '../../src/core/decide.js'
import { checkInvariants } from '../../src/core/invariants.js'
import type { RunState, ScopeState } from '../../src/core/state.js'
import { STATUS } from '../../src/core/state.js'
import type { PoolId, TaskId } from '../../src/core/types.js'
import type { Plan } from '../../src/plan/types.js'
import { compiled, force, RUN, START, WORKER } from './invariants-world.js'

describe('after a failure under drain or abort', () => {
  const drained: Plan = { onFailure: 'drain', tasks: [{ id: 'a' }, { id: 'bad' }, { id: 'after', dependsOn: ['a'] }] }

  function afterFailure(change: (state: ScopeState, run: RunState) => void): string {
    const state = createState()
    const plans = new Map([[RUN, compiled(drained)]])
    const worker = { worker: WORKER, pool: 'local' as PoolId, slots: 2, capabilities: [] }
    decide(plans, state, { type: 'join', ...worker }, START)
    decide(plans, state, { type: 'open', run: RUN, plan: null }, START)
    const bad = [...state.attempts.values()].find((attempt) => attempt.run.plan.taskIds[attempt.task] === 'bad')!
    const ref = { run: RUN, task: 'bad' as TaskId, fence: bad.fence }
    decide(plans, state, { type: 'fail', ...ref, failure: { kind: 'error', message: 'no' } }, START)
    checkInvariants(state)
    change(state, state.runs.get(RUN)!)
    try {
      checkInvariants(state)
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing is wrong'
  }

  it('the state passes', () => {
    expect(afterFailure(() => {})).toBe('nothing is wrong')
  })

  it('"drainedBy" must have failed', () => {
    expect(afterFailure((_, run) => force(run, { drainedBy: 0 }))).toContain('"drainedBy" has failed')
  })

  it('nothing may be left to start', () => {
    const message = afterFailure((_, run) => {
      const [task] = run.skips.keys()
      run.skips.clear()
      run.counts[STATUS.skipped]! -= 1
      run.counts[STATUS.waiting]! += 1
      run.status[task!] = STATUS.waiting
      run.endedAt[task!] = Number.NaN
    })
    expect(message).toContain('A run that drains starts nothing more')
  })

  it('an aborted run has no live attempt', () => {
    expect(afterFailure((_, run) => force(run.plan, { onFailure: 'abort' }))).toContain(
      'An aborted run has no live attempt',
    )
  })

  it('a run with nothing left to do must be closed', () => {
    const message = afterFailure((_, run) => {
      const [task] = run.live.keys()
      run.counts[STATUS.running]! -= 1
      run.counts[STATUS.succeeded]! += 1
      run.status[task!] = STATUS.succeeded
      run.endedAt[task!] = START
      run.remaining[run.plan.taskIndex.get('after')!] = 0
    })
    expect(message).toContain('A run with nothing left to do is closed (L1)')
  })
})
