import fc from 'fast-check'
import { expect, it } from 'vitest'
import { heapPop, heapPush } from '../../src/core/heap.js'

const ascending = (a: number, b: number): boolean => a < b

it('what is pushed in any order comes out in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      const heap: number[] = []
      for (const item of items) heapPush(heap, item, ascending)
      const out = items.map(() => heapPop(heap, ascending))
      expect(out).toEqual([...items].sort((a, b) => a - b))
      expect(heap).toEqual([])
    }),
  )
})

it('pushes and pops may be mixed: what comes out is always the first of what is in', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }))), (steps) => {
      const heap: number[] = []
      const model: number[] = []
      for (const step of steps) {
        if (step !== null) {
          heapPush(heap, step, ascending)
          model.push(step)
          model.sort((a, b) => a - b)
        } else if (model.length > 0) expect(heapPop(heap, ascending)).toBe(model.shift())
      }
      expect(heap).toHaveLength(model.length)
    }),
  )
})
