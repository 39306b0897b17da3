/** Folding a journal: what is not a journal of ours is refused, loudly, instead of being made sense of. */
import { describe, expect, it } from 'vitest'
import { createState } from '../../src/core/create.js'
import { reduce } from '../../src/core/reduce.js'
import type { CompiledPlan, RunEvent, RunId } from '../../src/core/types.js'
import { compilePlan, world } from './world.js'

const plans = new Map([['r' as RunId, compilePlan({ tasks: { a: {}, b: {} } })]])

/** A journal in which `a` runs on `w`, which has two slots. */
const start = [
  { type: 'worker.joined', at: 1, worker: 'w', pool: 'p', slots: 2, capabilities: [] },
  { type: 'run.opened', at: 1, run: 'r', plan: {} },
  { type: 'attempt.started', at: 1, run: 'r', task: 'a', attempt: 1, fence: 1, worker: 'w', slot: 1 },
]

function fold(events: readonly unknown[], of: ReadonlyMap<RunId, CompiledPlan> = plans): void {
  const state = createState()
  for (const event of events) reduce(of, state, event as RunEvent)
}

const head = { at: 2, run: 'r', task: 'a', attempt: 1, fence: 1 }

describe('a damaged journal is refused', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'an attempt that was never started succeeds',
      { ...head, type: 'attempt.succeeded', task: 'b', fence: 7, result: 1 },
      'The journal speaks of attempt 7 of "b", which is not live.',
    ],
    [
      'an attempt succeeds under another fence',
      { ...head, type: 'attempt.succeeded', fence: 2, result: 1 },
      'The journal speaks of attempt 2 of "a", which is not live.',
    ],
    [
      'an attempt that is not live is renewed',
      { ...head, type: 'attempt.renewed', fence: 2 },
      'The journal speaks of attempt 2 of "a", which is not live.',
    ],
    [
      'an attempt that is not live gets on',
      { ...head, type: 'attempt.progressed', fence: 2, progress: 1 },
      'The journal speaks of attempt 2 of "a", which is not live.',
    ],
    [
      'an attempt that is not live closes',
      { ...head, type: 'attempt.closing', fence: 2, reason: 'lost', closeBy: null },
      'The journal speaks of attempt 2 of "a", which is not live.',
    ],
    [
      'an attempt has closed that was not closing',
      { ...head, type: 'attempt.closed', by: 'time' },
      'Attempt a#1 closed, but was not closing.',
    ],
    [
      'an attempt starts on a worker that has not joined',
      { ...head, type: 'attempt.started', task: 'b', worker: 'x', slot: 1 },
      'Attempt b#1 started on unknown worker "x".',
    ],
    [
      'an attempt starts in a slot that is taken',
      { ...head, type: 'attempt.started', task: 'b', fence: 2, worker: 'w', slot: 1 },
      'Slot 1 of worker "w" is not the next free one.',
    ],
    [
      'a worker that has not joined drains',
      { type: 'worker.draining', at: 2, worker: 'x' },
      'The journal speaks of worker "x", which has not joined.',
    ],
    [
      'a task is skipped that the plan does not have',
      { type: 'task.skipped', at: 2, run: 'r', task: 'x', reason: {} },
      'The journal speaks of task "x", which run "r" does not have.',
    ],
    [
      'a run is paused that is not open',
      { type: 'run.paused', at: 2, run: 'x', reason: '' },
      'The journal speaks of run "x", which is not open.',
    ],
    [
      'an event of a type that another version wrote',
      { type: 'task.dreamt', at: 2, run: 'r', task: 'a' },
      'The journal has an event of unknown type "task.dreamt".',
    ],
    [
      'a run is opened whose plan nobody compiled',
      { type: 'run.opened', at: 2, run: 'x', plan: {} },
      'The plan of run "x" was not compiled before its journal was folded.',
    ],
  ]

  for (const [what, event, message] of cases) {
    it(what, () => {
      expect(() => fold([...start, event])).toThrow(message)
    })
  }
})

it('events that were folded are not kept: changing them afterwards changes nothing', () => {
  const w = world()
  w.worker('w', { capabilities: ['ts'] })
  w.open({ tasks: { a: { requires: ['ts'] } } })
  const joined = w.events('worker.joined')[0] as unknown as { capabilities: string[] }
  joined.capabilities.length = 0
  expect([...w.live('a').worker.capabilities]).toEqual(['ts'])
  joined.capabilities.push('ts')
})

it('a result of null is not kept, as it says nothing', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ tasks: { a: {}, b: {}, c: {} } })
  w.complete('a', null)
  w.complete('b', 0)
  expect([...w.run().results]).toEqual([[1, 0]])
})

it('an older time in the journal does not set the clock back', () => {
  const state = createState()
  for (const at of [5, 9, 7]) {
    reduce(plans, state, {
      type: 'worker.joined',
      at,
      worker: `w${at}`,
      pool: 'p',
      slots: 1,
      capabilities: [],
    } as never)
  }
  expect(state.clock).toBe(9)
})
