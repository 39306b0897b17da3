import { expect, it } from 'vitest'
import { createDeadlines, type TaskDeadline } from '../../src/core/deadlines.js'
import type { RunId } from '../../src/core/types.js'

const deadline = (at: number, task: number) => ({ at, kind: 'retry', run: 'r' as RunId, task, fence: 0 }) as const

it('moments come out in order, equal ones in the order of their adding, and none before it is due', () => {
  const deadlines = createDeadlines()
  expect([deadlines.next(), deadlines.takeDue(Number.MAX_VALUE), deadlines.size]).toEqual([null, null, 0])
  for (const [task, at] of [30, 10, 20, 10].entries()) deadlines.add(deadline(at, task))
  expect([deadlines.next(), deadlines.size]).toEqual([10, 4])
  expect(deadlines.takeDue(9)).toBeNull()
  const out = [1, 2, 3].map(() => (deadlines.takeDue(20) as TaskDeadline).task)
  expect(out).toEqual([1, 3, 2])
  expect(deadlines.takeDue(20)).toBeNull()
  expect([deadlines.next(), deadlines.size]).toEqual([30, 1])
})

it('remembers the latest moment that has come', () => {
  const deadlines = createDeadlines()
  expect(deadlines.reached()).toBe(0)
  deadlines.add(deadline(20, 0))
  deadlines.takeDue(50)
  expect(deadlines.reached()).toBe(20)
  deadlines.add(deadline(10, 1))
  deadlines.takeDue(50)
  expect(deadlines.reached()).toBe(20)
})
