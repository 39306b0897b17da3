/** How far a run has come, and how long the rest may take. */
import { describe, expect, it } from 'vitest'
import type { RunId } from '../../src/core/types.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { type Progress, progressOf } from '../../src/runtime/progress.js'
import { type World, world } from '../core/world.js'

function worldWith(plan: PlanDocument, slots = 1): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

function progress(w: World): Progress {
  return progressOf(w.state, w.state.runs.get('r' as RunId) ?? w.run(), w.now)
}

it('counts tasks by status', () => {
  const w = worldWith(
    {
      tasks: {
        a: {},
        b: {},
        c: { dependsOn: ['a'] },
        d: {},
        e: { dependsOn: ['d'] },
        f: {},
        g: {},
        h: { dependsOn: ['g'] },
      },
    },
    4,
  )
  w.complete('a')
  w.fail('d')
  w.cancel('f')
  expect(progress(w)).toMatchObject({
    total: 8,
    closing: 1,
    waiting: 1,
    ready: 0,
    running: 3,
    succeeded: 1,
    failed: 1,
    cancelled: 1,
    skipped: 1,
    done: 4,
    percent: 50,
    etaMs: 0,
  })
})

describe('percent', () => {
  it('is by tasks where the plan estimates nothing', () => {
    const w = worldWith({ tasks: { a: {}, b: {}, c: {} } })
    w.complete('a')
    expect(progress(w).percent).toBe(33.3)
  })

  it('is by estimates where it does', () => {
    const w = worldWith({ tasks: { a: { estimate: '9m' }, b: { estimate: '1m' } } })
    w.complete('a')
    expect(progress(w).percent).toBe(90)
  })

  it('is 100 of nothing', () => {
    const w = worldWith({ tasks: {} })
    expect(progress(w)).toMatchObject({ total: 0, done: 0, percent: 100, etaMs: 0 })
  })
})

describe('the time that is left', () => {
  it('is unknown before anything is known', () => {
    expect(progress(worldWith({ tasks: { a: {}, b: {} } })).etaMs).toBeNull()
  })

  it('is the longest chain, where workers abound', () => {
    const w = worldWith(
      { tasks: { a: { estimate: 100 }, b: { estimate: 200, dependsOn: ['a'] }, c: { estimate: 150 } } },
      9,
    )
    expect(progress(w).etaMs).toBe(300)
  })

  it('goes through streams', () => {
    const w = worldWith(
      { streams: { s: { tasks: { a: { estimate: 100 } } } }, tasks: { b: { estimate: 50, dependsOn: ['s'] } } },
      9,
    )
    expect(progress(w).etaMs).toBe(150)
  })

  it('is the work spread over the workers that can do it, where they are few', () => {
    const tasks = Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, { estimate: 100 }]))
    expect(progress(worldWith({ tasks }, 2)).etaMs).toBe(200)
  })

  it('counts workers of each need for themselves, and needs nobody can serve not at all', () => {
    const w = world()
    w.worker('one', { capabilities: ['x'] })
    w.worker('two', { slots: 9 })
    const tasks = {
      a: { requires: ['x'], estimate: 100 },
      b: { requires: ['x'], estimate: 100 },
      c: { pool: 'none', estimate: 150 },
    }
    w.open({ tasks })
    expect(progress(w).etaMs).toBe(200)
  })

  it('shrinks while tasks run, and not below nothing', () => {
    const w = worldWith({ tasks: { a: { estimate: 100 } } })
    w.now += 40
    expect(progress(w).etaMs).toBe(60)
    w.now += 400
    expect(progress(w).etaMs).toBe(0)
  })

  it('follows how the finished tasks went: twice the estimate so far is twice the rest', () => {
    const w = worldWith({ tasks: { a: { estimate: 100, priority: 1 }, b: { estimate: 300 } } })
    w.now += 200
    w.complete('a')
    expect(progress(w).etaMs).toBe(600)
  })

  it('takes the mean of the finished tasks, where the plan estimates nothing', () => {
    const w = worldWith({ tasks: { a: {}, b: {}, c: {}, d: {} } })
    w.now += 10
    w.complete('a')
    w.now += 30
    w.complete('b')
    expect(progress(w).etaMs).toBe(40)
  })

  it('takes the mean of the estimates for tasks without one', () => {
    const w = worldWith({ tasks: { a: { estimate: 100 }, b: { estimate: 300 }, c: {} } })
    expect(progress(w).etaMs).toBe(600)
  })

  it('is nothing when the run has ended', () => {
    const w = worldWith({ tasks: { a: {} } })
    w.complete('a')
    expect(progress(w)).toMatchObject({ done: 1, percent: 100, etaMs: 0 })
  })
})

it('takes no time from results that were used again', () => {
  const tasks = {
    a: { idempotencyKey: 'k', estimate: '1m' as const },
    b: { estimate: '1m' as const, dependsOn: ['a'] },
  }
  const w = worldWith({ tasks })
  w.complete('a')
  w.open({ tasks }, 'again')
  expect(progressOf(w.state, w.run('again'), w.now)).toMatchObject({ succeeded: 1, percent: 50, etaMs: 60_000 })
})
