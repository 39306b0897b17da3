/** The memory store's list of events against a plain list. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RunEvent } from '../../../src/core/types.js'
import { createEventLog } from '../../../src/stores/memory/log.js'

const name = fc.constantFrom('r1', 'r2', 'w1', 'w2', 'w3', '__proto__')
const head = { at: fc.double({ noNaN: true }), run: name, task: fc.string(), attempt: fc.nat(), fence: fc.nat() }
const event = fc.oneof(
  fc.record({ type: fc.constant('attempt.started'), ...head, worker: name, slot: fc.integer({ min: 1, max: 1e6 }) }),
  fc.record({ type: fc.constant('attempt.succeeded'), ...head, result: fc.constant(null) }),
  fc.record({ type: fc.constant('attempt.succeeded'), ...head, result: fc.jsonValue() }),
  fc.record({ type: fc.constant('run.paused'), at: fc.nat(), run: name, reason: fc.string() }),
) as fc.Arbitrary<RunEvent>

it('gives back every event as it was, whatever its kind', () => {
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const log = createEventLog()
      for (const each of events) log.push(each)
      expect(log.size).toBe(events.length)
      expect(events.map((_, place) => log.at(place))).toEqual(events)
    }),
  )
})

it('goes on over the ends of its blocks', () => {
  const log = createEventLog()
  const started = (fence: number): RunEvent => {
    const [run, task, worker] = ['r', `t${fence}`, 'w'] as never[]
    return { type: 'attempt.started', at: fence, run: run!, task: task!, attempt: 1, fence, worker: worker!, slot: 1 }
  }
  for (let i = 0; i < 10_000; i += 1) log.push(started(i))
  for (const place of [0, 4095, 4096, 8191, 8192, 9999]) expect(log.at(place)).toEqual(started(place))
})
