import { expect, it } from 'vitest'
import { instruct } from '../../src/core/instruct.js'
import { attemptId, type RunEvent, type RunId, type TaskId } from '../../src/core/types.js'
import { world } from './world.js'

it('each instruction has exactly one stored event as its cause, in the same order', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ tasks: { a: {}, b: { timeouts: { startToClose: 10 } } } })
  expect(w.last.instructions).toEqual([
    { type: 'startAttempt', run: 'r', task: 'a', attempt: 1, fence: 1, worker: 'w' },
    { type: 'startAttempt', run: 'r', task: 'b', attempt: 1, fence: 2, worker: 'w' },
  ])
  w.wait(10)
  expect(w.last.instructions).toEqual([
    { type: 'stopAttempt', run: 'r', task: 'b', attempt: 1, fence: 2, reason: 'timeout' },
  ])
  w.open({ tasks: { c: { claims: { integrate: ['x'] } } } }, 'r2')
  w.send({ type: 'integrate', ...w.ref('c', 'r2') })
  expect(w.last.instructions).toEqual([{ type: 'grantIntegration', run: 'r2', task: 'c', attempt: 1, fence: 3 }])
  const fromJournal = w.journal.map((event) => instruct(JSON.parse(JSON.stringify(event)) as RunEvent))
  expect(fromJournal.filter((instruction) => instruction !== null)).toHaveLength(5)
})

it('the id of an attempt is run, task and number: the idempotency key', () => {
  expect(attemptId('r1' as RunId, 'db/schema' as TaskId, 2)).toBe('r1/db/schema#2')
})
