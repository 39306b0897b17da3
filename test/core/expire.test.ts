/** What time does: every timeout, the lease, and the difference between stalled and lost. */
import { describe, expect, it } from 'vitest'
import type { TaskDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

const retry = { maxAttempts: 3, initialDelay: 1000, jitter: 0 }

function worldWith(task: TaskDocument): World {
  const w = world()
  w.worker()
  w.open({ tasks: { a: task } })
  return w
}

function types(w: World): readonly string[] {
  return w.last.events.map(({ type }) => type)
}

describe('startToClose', () => {
  it('stops an attempt that takes longer, at the moment itself and not before', () => {
    const w = worldWith({ timeouts: { startToClose: 500 } })
    expect(w.last.wakeAt).toBe(START + 500)
    expect(w.wait(499).events).toEqual([])
    expect(w.wait(1).instructions).toMatchObject([{ type: 'stopAttempt', task: 'a', fence: 1, reason: 'timeout' }])
    expect(w.failure('a')).toEqual({
      kind: 'timeout',
      message: 'The attempt took longer than 500 ms (timeouts.startToClose).',
    })
    expect(w.status('a')).toBe('failed')
  })

  it('is counted anew for each attempt', () => {
    const w = worldWith({ retry, timeouts: { startToClose: 500 } })
    w.wait(500)
    w.confirm('a')
    w.wait(1000)
    expect(w.live('a').startedAt).toBe(START + 1500)
    w.wait(499)
    expect(w.status('a')).toBe('running')
    w.wait(1)
    expect(w.events('attempt.failed')).toHaveLength(2)
  })

  it('means nothing to an attempt that ended in time', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { timeouts: { startToClose: 500 } }, b: { dependsOn: ['a'] } } })
    w.complete('a')
    expect(w.wait(500).events).toEqual([])
  })
})

describe('scheduleToStart', () => {
  const plan = { tasks: { a: { priority: 1 }, b: { timeouts: { scheduleToStart: 500 } } } }

  it('fails a task that is ready and cannot start in this time', () => {
    const w = world()
    w.worker()
    w.open(plan)
    expect(w.wait(499).events).toEqual([])
    w.wait(1)
    expect(types(w)).toEqual(['task.failed'])
    expect(w.failure('b')).toEqual({
      kind: 'timeout',
      message: 'It was ready for 500 ms and could not start (timeouts.scheduleToStart).',
    })
    expect(w.attempts('b')).toBe(0)
  })

  it('means nothing to a task that started in time', () => {
    const w = world()
    w.worker()
    w.open(plan)
    w.complete('a')
    expect(w.wait(500).events).toEqual([])
    expect(w.status('b')).toBe('running')
  })

  it('fails a task that waits for a claim, and whoever waits behind it in the line goes on', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    const write = ['x']
    w.open({
      tasks: {
        a: { claims: { write }, priority: 2 },
        b: { claims: { write }, priority: 1, timeouts: { scheduleToStart: 500 } },
        c: { claims: { write } },
      },
    })
    w.wait(500)
    expect(w.status('b')).toBe('failed')
    w.complete('a')
    expect(w.running()).toEqual(['c'])
  })

  it('is not counted while the delay of a retry runs, and counted anew after it', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry, timeouts: { scheduleToStart: 500 } }, b: {}, c: {} } })
    w.fail('a')
    // b runs on; a is ready again at 1000, and has until 1500 to start.
    w.wait(1000)
    expect(w.status('a')).toBe('ready')
    expect(w.wait(499).events).toEqual([])
    w.wait(1)
    expect(w.status('a')).toBe('failed')
  })

  it('rests while the run is paused, and begins anew when it is resumed', () => {
    const w = world()
    w.open({ tasks: { b: { timeouts: { scheduleToStart: 500 } } } })
    w.wait(400)
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    expect(w.wait(10_000).events).toEqual([])
    w.send({ type: 'resume', run: 'r' })
    expect(w.wait(499).events).toEqual([])
    w.wait(1)
    expect(w.status('b')).toBe('failed')
  })

  it('a pause that is over before its end begins it anew, too', () => {
    const w = world()
    w.open({ tasks: { b: { timeouts: { scheduleToStart: 500 } } } })
    w.wait(300)
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.wait(100)
    w.send({ type: 'resume', run: 'r' })
    w.pass(499)
    expect(w.status('b')).toBe('ready')
    w.pass(1)
    expect(w.status('b')).toBe('failed')
  })

  it('after a pause it still waits for the delay of a retry that is not over', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { retry: { ...retry, initialDelay: 5000 }, timeouts: { scheduleToStart: 500 } }, b: {} } })
    w.fail('a')
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.wait(1000)
    w.send({ type: 'resume', run: 'r' })
    w.pass(4499)
    expect(w.status('a')).toBe('ready')
    w.pass(1)
    expect(w.status('a')).toBe('failed')
  })

  it('resuming a run looks only at its ready tasks that have such a limit', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: {}, c: { dependsOn: ['b'], timeouts: { scheduleToStart: 500 } } } })
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    expect(w.send({ type: 'resume', run: 'r' }).wakeAt).toBeNull()
  })
})

describe('scheduleToClose', () => {
  it('counts from when the task was first ready, over all its attempts', () => {
    const w = worldWith({ retry, timeouts: { scheduleToClose: 2500 } })
    w.wait(500)
    w.fail('a')
    w.wait(1000)
    expect(w.attempts('a')).toBe(2)
    expect(w.wait(999).events).toEqual([])
    w.wait(1)
    expect(types(w)).toEqual(['attempt.closing', 'attempt.failed'])
    expect(w.last.instructions).toMatchObject([{ type: 'stopAttempt', reason: 'timeout' }])
    expect(w.failure('a')).toEqual({
      kind: 'timeout',
      message: 'All its attempts together took longer than 2500 ms (timeouts.scheduleToClose).',
      retryable: false,
    })
    expect(w.events('attempt.failed').at(-1)).toMatchObject({ retryAt: null })
  })

  it('fails a task that never started', () => {
    const w = world()
    w.open({ tasks: { a: { timeouts: { scheduleToClose: 2500 } } } })
    w.wait(2500)
    expect(types(w)).toEqual(['task.failed', 'run.closed'])
    expect(w.failure('a')?.kind).toBe('timeout')
  })

  it('is not counted while the task waits for its dependencies', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'], timeouts: { scheduleToClose: 100 } } } })
    w.wait(5000)
    w.complete('a')
    w.wait(99)
    expect(w.status('b')).toBe('running')
    w.wait(1)
    expect(w.status('b')).toBe('failed')
  })

  it('goes on while the run is paused', () => {
    const w = world()
    w.open({ tasks: { a: { timeouts: { scheduleToClose: 100 } } } })
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.wait(100)
    expect(w.status('a')).toBe('failed')
  })

  it('means nothing to a task that has ended', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { timeouts: { scheduleToClose: 100 } }, b: {} } })
    w.complete('a')
    expect(w.wait(100).events).toEqual([])
  })
})

describe('the lease of an attempt', () => {
  // A beat is recorded only if the one before it is a tenth of a lease old, so so much longer is waited.
  const TENTH = 91

  it('ends after silence: the attempt is fenced, told to stop, and its task tried again at once', () => {
    const w = worldWith({ timeouts: { heartbeat: 900 } })
    w.worker('w2')
    w.wait(900 + TENTH)
    expect(types(w)).toEqual(['attempt.closing', 'attempt.failed', 'attempt.started'])
    expect(w.last.instructions).toMatchObject([
      { type: 'stopAttempt', fence: 1, reason: 'lost' },
      { type: 'startAttempt', fence: 2, worker: 'w2' },
    ])
    expect(w.failure('a')).toEqual({ kind: 'lost', message: 'No sign of life for 900 ms (timeouts.heartbeat).' })
  })

  it('is three times the heartbeat where the plan gives only that', () => {
    const w = worldWith({ heartbeat: '1s' })
    expect(w.live('a').run.plan.policies[0]).toMatchObject({ heartbeatMs: 3000 })
  })

  it('is never cut short, however the beats fall: silence lasts a full lease before an attempt counts as lost', () => {
    for (const beatAt of [0, 1, 40, 89, 90, 91, 450, 899]) {
      const w = worldWith({ timeouts: { heartbeat: 900 } })
      w.wait(beatAt)
      w.beat('a')
      w.pass(899)
      expect(w.status('a'), `beat at ${beatAt}`).toBe('running')
      w.pass(91)
      expect(w.events('attempt.failed'), `beat at ${beatAt}`).toMatchObject([{ failure: { kind: 'lost' } }])
    }
  })

  it('goes on as long as somebody beats', () => {
    const w = worldWith({ timeouts: { heartbeat: 900 } })
    for (let n = 0; n < 100; n += 1) {
      w.pass(300)
      w.beat('a')
    }
    expect(w.attempts('a')).toBe(1)
    expect(w.events('attempt.failed')).toEqual([])
  })

  it('is renewed in the journal at most ten times per lease', () => {
    const w = worldWith({ timeouts: { heartbeat: 1000 } })
    for (let n = 0; n < 10_000; n += 1) {
      w.now += 1
      w.beat('a')
    }
    expect(w.events('attempt.renewed')).toHaveLength(100)
    expect(w.events('attempt.renewed')[0]).toMatchObject({ at: START + 100, fence: 1, attempt: 1 })
  })

  it('starts anew with each attempt: a beat of the one before does not count', () => {
    const w = worldWith({ retry, timeouts: { heartbeat: 900 } })
    w.wait(500)
    w.beat('a')
    w.fail('a')
    w.wait(1000)
    const { beatAt, progressAt, startedAt } = w.live('a')
    expect([beatAt, progressAt, startedAt]).toEqual([w.now, w.now, w.now])
    w.wait(899)
    expect(w.status('a')).toBe('running')
  })

  it('does not exist where the plan asks for no heartbeat: beats are welcome and change nothing', () => {
    const w = worldWith({})
    expect(w.last.wakeAt).toBeNull()
    expect(w.beat('a')).toMatchObject({ events: [], rejection: null })
  })

  it('a dead worker’s claims are free within one and a half leases after its last recorded beat (L3)', () => {
    for (const beatAt of [null, 450]) {
      const w = worldWith({ claims: { write: ['x'] }, timeouts: { heartbeat: 900 } })
      w.worker('w2')
      if (beatAt !== null) {
        w.wait(beatAt)
        w.beat('a')
      }
      w.pass(1.5 * 900)
      expect(w.live('a')).toMatchObject({ number: 2 })
    }
  })
})

describe('stall', () => {
  it('stops an attempt that beats and does not get on: stalled is not lost', () => {
    const w = worldWith({ retry: { ...retry, maxAttempts: 2 }, timeouts: { heartbeat: 300, stall: 2000 } })
    for (let n = 0; n < 23; n += 1) {
      w.pass(100)
      if (w.status('a') === 'running') w.beat('a')
    }
    expect(w.events('attempt.closing')).toMatchObject([{ reason: 'stalled' }])
    expect(w.events('attempt.closing')[0]!.at - START).toBeCloseTo(2200)
    expect(w.failure('a')).toEqual({
      kind: 'stalled',
      message: 'No progress for 2000 ms, though it is alive (timeouts.stall).',
    })
    // It costs a try of the work, and waits for its retry as any failure does.
    expect(w.status('a')).toBe('ready')
    expect(w.run().lost.size).toBe(0)
  })

  it('never stops an attempt that gets on in time, however short the limit and however the reports fall', () => {
    for (const stall of [100, 500, 999, 1000, 5000]) {
      for (const every of [0.3, 0.5, 0.95]) {
        const w = worldWith({ timeouts: { stall } })
        for (let n = 1; n <= 40; n += 1) {
          w.pass(stall * every)
          expect(w.status('a'), `stall ${stall}, progress every ${stall * every}`).toBe('running')
          w.beat('a', n)
        }
      }
    }
  })

  it('is never cut short: a full limit passes without progress first, even after progress that was not recorded', () => {
    for (const stall of [100, 500, 5000]) {
      for (const gap of [1, 50, 400, 900]) {
        const w = worldWith({ timeouts: { stall } })
        w.pass(10)
        w.beat('a', 1)
        w.pass(Math.min(gap, stall - 1))
        w.beat('a', 2)
        w.pass(stall - 1)
        expect(w.status('a'), `stall ${stall}, gap ${gap}`).toBe('running')
        w.pass(stall * 0.1 + 1)
        expect(w.status('a'), `stall ${stall}, gap ${gap}`).toBe('failed')
      }
    }
  })

  it('progress is also a sign of life', () => {
    const w = worldWith({ timeouts: { heartbeat: 900 } })
    w.pass(800)
    w.beat('a', { done: 1 })
    expect(types(w)).toEqual(['attempt.progressed'])
    w.pass(800)
    expect(w.status('a')).toBe('running')
  })

  it('progress is recorded at most once a second; what comes in between still counts as a beat', () => {
    const w = worldWith({ timeouts: { heartbeat: 1000 } })
    for (let n = 1; n <= 300; n += 1) {
      w.now += 10
      w.beat('a', n)
    }
    expect(w.events('attempt.progressed').map(({ progress, at }) => [progress, at - START])).toEqual([
      [1, 10],
      [101, 1010],
      [201, 2010],
    ])
    expect(w.events('attempt.renewed').length).toBeGreaterThan(20)
  })
})

it('nothing is due for an attempt that was fenced before: its deadlines mean nothing', () => {
  const w = worldWith({ retry, timeouts: { startToClose: 5000, heartbeat: 5000, stall: 5000 } })
  w.fail('a')
  w.wait(1000)
  expect(w.attempts('a')).toBe(2)
  w.wait(4000)
  expect(w.last.events).toEqual([])
})

it('what is due for a run that has closed means nothing', () => {
  const w = worldWith({ timeouts: { startToClose: 5000 } })
  w.complete('a')
  expect(w.wait(5000)).toMatchObject({ events: [], wakeAt: null })
})

it('what falls due at the same time is done in the order in which it was armed', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ tasks: { a: { timeouts: { startToClose: 10 } }, b: { timeouts: { startToClose: 10 } }, c: {} } })
  w.wait(10)
  expect(w.events('attempt.failed').map(({ task }) => task)).toEqual(['a', 'b'])
})

it('a timer that comes far too late does everything that was due, the earliest first', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: { timeouts: { startToClose: 200 } }, b: { timeouts: { startToClose: 100 } } } })
  w.wait(3_600_000)
  expect(w.events('attempt.failed').map(({ task }) => task)).toEqual(['b', 'a'])
})
