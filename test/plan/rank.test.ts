/** In which order tasks should start. */
import { describe, expect, it } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import { byTask, compiled } from './compiled.js'

describe('numbers', () => {
  it('an estimate is the mean of min and max, 0 where there is none', () => {
    expect([
      ...compiled({ tasks: { a: { estimate: '4m' }, b: { estimate: { min: '1s', max: '2s' } }, c: {} } }).estimateMs,
    ]).toEqual([240_000, 1_500, 0])
  })

  it('the priority is that of the task, else of its stream, else 0', () => {
    const streams = { s: { priority: 5, tasks: { a: {}, b: { priority: -1 } } } }
    expect([...compiled({ streams, tasks: { c: {} } }).priority]).toEqual([5, -1, 0])
  })
})

describe('ranks', () => {
  const rank = (plan: CompiledPlan, task: number): number => plan.rank[task] as number

  it('without estimates each task counts 1 ms, so that the longest chain leads', () => {
    expect(byTask({ tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['b'] }, d: {} } }, rank)).toEqual({
      a: 3,
      b: 2,
      c: 1,
      d: 1,
    })
  })

  it('a missing estimate counts as the mean of the others', () => {
    expect(byTask({ tasks: { a: { estimate: 10 }, b: { dependsOn: ['a'] }, c: { estimate: 30 } } }, rank)).toEqual({
      a: 30,
      b: 20,
      c: 30,
    })
  })

  it('an estimate of 0 is one', () => {
    expect(byTask({ tasks: { a: { estimate: 0 }, b: { dependsOn: ['a'] }, c: { estimate: 30 } } }, rank)).toEqual({
      a: 15,
      b: 15,
      c: 30,
    })
  })

  it('a task is worth a fifth of the work that it excludes, each task counted once', () => {
    const tasks = {
      wide: { estimate: 10, claims: { write: ['src/**', 'src/a'] } },
      a: { estimate: 20, claims: { write: ['src/a'] } },
      b: { estimate: 30, claims: { read: ['src/b', 'src/a'] } },
      other: { estimate: 40, claims: { write: ['docs/**'] } },
      reader: { estimate: 50, claims: { read: ['src/**'] } },
      same: { estimate: 60, claims: { write: ['src/a'] } },
      free: { estimate: 70 },
    }
    expect(byTask({ tasks }, rank)).toEqual({
      wide: 10 + 0.2 * (20 + 30 + 50 + 60),
      a: 20 + 0.2 * (10 + 30 + 50 + 60),
      b: 30 + 0.2 * (10 + 20 + 60),
      other: 40,
      reader: 50 + 0.2 * (10 + 20 + 60),
      same: 60 + 0.2 * (10 + 20 + 30 + 50),
      free: 70,
    })
  })

  it('where a set meets more than 200 others, the work behind each pattern is summed', () => {
    const files = Array.from({ length: 201 }, (_, i) => ({ id: `f${i}`, estimate: 1, claims: { write: [`src/${i}`] } }))
    const wide = { id: 'wide', estimate: 1, claims: { write: ['src/**', 'src/*'] } }
    const { rank, taskIndex } = compiled({ tasks: [...files, wide] })
    // Each of its two patterns meets the 201 files and both patterns; its own work is taken off once.
    expect(rank[taskIndex.get('wide') as number]).toBe(1 + 0.2 * (2 * 203 - 1))
    expect(rank[0]).toBe(1 + 0.2)
  })
})

describe('dispatch classes', () => {
  it('are dense, by need, then priority, then rank; equal tasks share one', () => {
    const tasks = {
      a: { estimate: 1 },
      b: { estimate: 2 },
      c: { estimate: 2 },
      d: { estimate: 1, priority: 1 },
      e: { estimate: 9, requires: ['x'] },
      f: { estimate: 5, priority: 1 },
      g: { estimate: 1, requires: ['x'], priority: 1 },
      h: { estimate: 1, priority: -1 },
    }
    const plan = compiled({ tasks })
    expect(byTask({ tasks }, ({ dispatchClass }, task) => dispatchClass[task])).toEqual({
      f: 0,
      d: 1,
      b: 2,
      c: 2,
      a: 3,
      h: 4,
      g: 5,
      e: 6,
    })
    expect(plan.classCount).toBe(7)
  })

  it('there are none in an empty plan', () => {
    expect(compiled({})).toMatchObject({ classCount: 0, waveCount: 0, taskCount: 0 })
  })
})
