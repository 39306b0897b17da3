/** The small map against a `Map`, in both of its forms. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSmallMap } from '../../src/core/small-map.js'

const key = fc.integer({ min: 0, max: 150 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ kind: fc.constant('delete' as const), key }),
)

it('does what a Map does, in the same order, whether it has few entries or many', () => {
  let sawMany = false
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const [small, map] = [createSmallMap<number, number>(), new Map<number, number>()]
      for (const each of steps) {
        if (each.kind === 'set') {
          small.set(each.key, each.value)
          map.set(each.key, each.value)
        } else {
          expect(small.delete(each.key)).toBe(map.delete(each.key))
        }
        sawMany ||= map.size > 64
        expect([small.size, small.get(each.key), small.has(each.key)]).toEqual([
          map.size,
          map.get(each.key),
          map.has(each.key),
        ])
      }
      expect([...small]).toEqual([...map])
      expect([...small.keys()]).toEqual([...map.keys()])
      expect([...small.values()]).toEqual([...map.values()])
    }),
    { numRuns: 200 },
  )
  expect(sawMany).toBe(true)
})
