/** Attempts that were told to stop: what they keep, and until when. */
import { describe, expect, it } from 'vitest'
import type { TaskDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

/** `a` holds `x`; `b` wants it. */
function worldWith(task: TaskDocument = {}): World {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ tasks: { a: { priority: 1, claims: { write: ['x'] }, ...task }, b: { claims: { write: ['x'] } } } })
  return w
}

describe('an attempt that was told to stop', () => {
  it('keeps its claims until the executor confirms that it has stopped', () => {
    const w = worldWith()
    w.cancel('a')
    expect(w.status('a')).toBe('cancelled')
    expect(w.wait(10 ** 9).events).toEqual([])
    expect(w.explain('b')).toEqual([
      { kind: 'claim', path: 'x', heldBy: 'r/a#1', sinceMs: 10 ** 9, closing: 'cancelled' },
    ])
    expect(w.confirm('a').events.map(({ type }) => type)).toEqual(['attempt.closed', 'attempt.started'])
    expect(w.events('attempt.closed')).toMatchObject([{ by: 'executor', fence: 1, attempt: 1 }])
  })

  it('keeps them until its worker leaves', () => {
    const w = worldWith()
    w.cancel('a')
    w.worker('w2')
    const { events } = w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    expect(events.map(({ type }) => type)).toEqual(['worker.left', 'attempt.closed', 'attempt.started'])
    expect(w.events('attempt.closed')).toMatchObject([{ by: 'worker' }])
  })

  it('is presumed stopped after the time the plan gives, and not before', () => {
    const w = worldWith({ timeouts: { close: 500 } })
    w.cancel('a')
    expect(w.events('attempt.closing')).toMatchObject([{ reason: 'cancelled', closeBy: START + 500 }])
    expect(w.wait(499).events).toEqual([])
    w.wait(1)
    expect(w.events('attempt.closed')).toMatchObject([{ by: 'time' }])
    expect(w.running()).toEqual(['b'])
  })

  it('does not close twice: a confirmation after its time is stale', () => {
    const w = worldWith({ timeouts: { close: 500 } })
    w.cancel('a')
    w.wait(500)
    expect(w.send({ type: 'confirmStop', run: 'r', task: 'a', fence: 1 }).rejection?.code).toBe('ATTEMPT_STALE')
    const early = worldWith({ timeouts: { close: 500 } })
    early.cancel('a')
    early.confirm('a')
    expect(early.wait(500).events).toEqual([])
  })

  it('cannot complete, fail or beat any more', () => {
    const w = worldWith()
    const ref = w.ref('a')
    w.cancel('a')
    for (const report of [{ type: 'complete', result: 1 }, { type: 'fail', failure: {} }, { type: 'beat' }]) {
      expect(w.send({ ...report, ...ref }).rejection?.code).toBe('ATTEMPT_STALE')
    }
  })

  it('does not keep its task from being tried again, but its claims do', () => {
    const w = worldWith({ retry: { maxAttempts: 2, initialDelay: 10, jitter: 0 }, timeouts: { startToClose: 100 } })
    w.wait(100)
    w.wait(10)
    expect([w.status('a'), w.status('b')]).toEqual(['ready', 'ready'])
    w.confirm('a')
    expect(w.live('a')).toMatchObject({ number: 2, fence: 2 })
  })

  it('does not hold up a task without claims: the next attempt starts beside it, in another slot', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({
      tasks: { a: { retry: { maxAttempts: 2, initialDelay: 10, jitter: 0 }, timeouts: { startToClose: 100 } } },
    })
    w.wait(100)
    w.wait(10)
    expect(w.live('a')).toMatchObject({ number: 2, slot: 2 })
    expect(w.closing()).toEqual(['a'])
    w.wait(100)
    expect(w.closing()).toEqual(['a', 'a'])
    w.confirm('a')
    w.confirm('a')
    expect(w.events('run.closed')).toHaveLength(1)
  })

  it('keeps its run open until it has stopped', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {} } })
    w.cancel()
    expect(w.state.runs.size).toBe(1)
    expect(w.confirm('a').events.map(({ type }) => type)).toEqual(['attempt.closed', 'run.closed'])
  })

  it('the reason says why', () => {
    const reasons = (make: (w: World) => void, task: TaskDocument): readonly string[] => {
      const w = worldWith(task)
      make(w)
      return w.last.instructions
        .filter(({ type }) => type === 'stopAttempt')
        .map((each) => ('reason' in each ? each.reason : ''))
    }
    expect(reasons((w) => w.wait(100), { timeouts: { startToClose: 100 } })).toEqual(['timeout'])
    expect(reasons((w) => w.wait(100), { timeouts: { scheduleToClose: 100 } })).toEqual(['timeout'])
    expect(reasons((w) => w.wait(111), { timeouts: { stall: 100 } })).toEqual(['stalled'])
    expect(reasons((w) => w.wait(111), { timeouts: { heartbeat: 100 } })).toEqual(['lost'])
    expect(reasons((w) => w.cancel('a'), {})).toEqual(['cancelled'])
  })
})

describe('a lost attempt', () => {
  it('has the rest of one and a half leases to stop, whatever the plan says of closing', () => {
    for (const close of [undefined, 10, 10 ** 6]) {
      const w = worldWith({ timeouts: { heartbeat: 1000, close } })
      w.pass(1101)
      expect(w.closing()).toEqual(['a'])
      const { at, closeBy } = w.events('attempt.closing')[0]!
      expect(closeBy! - START).toBeLessThanOrEqual(1500.000001)
      expect(closeBy! - at).toBeGreaterThanOrEqual(399)
      w.pass(500)
      expect(w.events('attempt.closed')).toMatchObject([{ by: 'time' }])
    }
  })

  it('only a lost one: any other has the time the plan gives, lease or no lease', () => {
    for (const close of [undefined, 700]) {
      const w = worldWith({ timeouts: { heartbeat: 1000, close } })
      w.cancel('a')
      expect(w.events('attempt.closing')).toMatchObject([{ closeBy: close === undefined ? null : START + close }])
    }
  })

  it('of a worker that left is over at once: nothing of it runs any more', () => {
    const w = worldWith()
    w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    expect(w.events('attempt.closing')).toEqual([])
    expect(w.last.instructions).toEqual([])
    expect(w.state.closing.size).toBe(0)
  })
})

describe('a worker that leaves', () => {
  it('takes back what it ran in all runs, and nothing of the others', () => {
    const w = world()
    w.worker('w1', { slots: 2 })
    w.open({ tasks: { a: {} } }, 'r1')
    w.open({ tasks: { b: {} } }, 'r2')
    w.worker('w2', { slots: 2 })
    w.open({ tasks: { c: {} } }, 'r3')
    w.send({ type: 'leave', worker: 'w1', reason: 'gone' })
    expect(w.events('attempt.failed').map(({ task }) => task)).toEqual(['a', 'b'])
    expect(w.live('a', 'r1').worker.id).toBe('w2')
    expect(w.attempts('c', 'r3')).toBe(1)
  })

  it('closes what was closing on it, and not what closes elsewhere', () => {
    const w = world()
    w.worker('w1')
    w.worker('w2')
    w.open({ tasks: { a: {}, b: {} } })
    w.cancel('a')
    w.cancel('b')
    w.send({ type: 'leave', worker: 'w1', reason: 'gone' })
    expect(w.closing()).toEqual(['b'])
  })

  it('may join again under its id, with all its slots free', () => {
    const w = worldWith()
    w.cancel('a')
    w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    w.worker('w', { slots: 1 })
    expect(w.live('b')).toMatchObject({ slot: 1 })
  })

  it('a draining worker may leave; what it ran is taken back', () => {
    const w = worldWith()
    w.send({ type: 'drain', worker: 'w' })
    w.send({ type: 'leave', worker: 'w', reason: 'done' })
    expect(w.status('a')).toBe('ready')
  })
})

describe('a restart', () => {
  it('has no path of its own: the old workers leave, and what they ran is tried again', () => {
    const w = worldWith()
    w.open({ tasks: { c: {} } }, 'r2')
    w.cancel('a')
    w.reload()
    expect(w.closing()).toEqual(['a'])
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.worker('w')
    expect(w.closing()).toEqual([])
    expect(w.running()).toEqual(['b'])
    expect(w.status('c', 'r2')).toBe('ready')
    expect(w.failure('c', 'r2')?.kind).toBe('lost')
  })

  it('in the middle of the events of a worker’s leaving loses nothing: the next decision goes on from there', () => {
    const w = worldWith({ retry: { maxLost: 0 } })
    w.complete('a')
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.reload()
    w.worker('w')
    expect(w.running()).toEqual(['b'])
  })
})
