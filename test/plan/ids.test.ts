/** Ids: the fast check against the grammar. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ID, isId, isReserved } from '../../src/plan/ids.js'

it('the fast check agrees with the grammar, and refuses what every object has', () => {
  const characters = fc.constantFrom(...'azAZ09._-/@[`{:^~ \n\u0000é'.split(''))
  const text = fc.oneof(
    fc.string({ unit: characters, maxLength: 12 }),
    fc.nat({ max: 130 }).map((length) => 'x'.repeat(length)),
    fc.constantFrom('valueOf', 'toString', 'constructor', 'prototype', '__proto__', 'hasOwnProperty'),
  )
  fc.assert(
    fc.property(text, (id) => {
      expect(isId(id)).toBe(ID.test(id) && !isReserved(id))
    }),
    { numRuns: 2000 },
  )
})
