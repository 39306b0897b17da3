/** The ready queue beside a dumb one: a list that is searched. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createReadyQueue } from '../../src/core/ready-queue.js'
import { compilePlan } from './world.js'

const TASKS = 12
/** Two needs, three priorities in each. */
const plan = compilePlan({
  tasks: Object.fromEntries(
    Array.from({ length: TASKS }, (_, n) => [`t${n}`, { priority: n % 3, requires: n % 2 === 0 ? [] : ['x'] }]),
  ),
})

const step = fc.record({
  task: fc.integer({ min: 0, max: TASKS - 1 }),
  way: fc.constantFrom('push', 'pushFront'),
})

it('gives the first of each need, whatever was added, put back or taken out before', () => {
  expect(plan.needs).toHaveLength(2)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = createReadyQueue(plan)
      let model: number[] = []
      for (const { task, way } of steps) {
        if (model.includes(task)) {
          queue.remove(task)
          model = model.filter((each) => each !== task)
        } else if (way === 'push') {
          queue.push(task)
          model.push(task)
        } else {
          queue.pushFront(task)
          model.unshift(task)
        }
        for (const need of [0, 1]) {
          const expected = model
            .filter((each) => plan.need[each] === need)
            .sort((a, b) => plan.dispatchClass[a]! - plan.dispatchClass[b]!)[0]
          expect(queue.first(need)).toBe(expected ?? -1)
          if (expected !== undefined) expect(queue.needs).toContain(need)
        }
      }
    }),
  )
})
