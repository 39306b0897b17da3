/** Cancelling a task, a stream, a run, whatever state they are in. */
import { describe, expect, it } from 'vitest'
import type { PlanDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

/** In stream `s` one task of each status; outside, `keep` and the fillers keep the worker busy, and `after` waits for `s`. */
const plan: PlanDocument = {
  streams: {
    s: {
      tasks: {
        done: { priority: 9 },
        broken: { priority: 8 },
        skipped: { dependsOn: ['broken'] },
        running: { priority: 7 },
        delayed: { priority: 6, retry: { maxAttempts: 2 } },
        waiting: { dependsOn: ['running'] },
        gone: {},
        ready: {},
      },
    },
  },
  tasks: {
    keep: { priority: 9 },
    filler1: { priority: 5 },
    filler2: { priority: 5 },
    filler3: { priority: 5 },
    after: { dependsOn: ['s'] },
  },
}
const statuses = {
  done: 'succeeded',
  broken: 'failed',
  skipped: 'skipped',
  running: 'running',
  delayed: 'ready',
  waiting: 'waiting',
  gone: 'cancelled',
  ready: 'ready',
}

function everyStatus(): World {
  const w = world()
  w.worker('w', { slots: 5 })
  w.open(plan)
  w.complete('s/done')
  w.fail('s/broken')
  w.fail('s/delayed')
  w.cancel('s/gone')
  for (const [task, status] of Object.entries(statuses)) expect(w.status(`s/${task}`)).toBe(status)
  return w
}

describe('cancelling a task', () => {
  it('that runs stops its attempt; the task is cancelled at once', () => {
    const w = everyStatus()
    const { events, instructions } = w.cancel('s/running')
    expect(events.map(({ type }) => type)).toEqual(['attempt.closing', 'task.cancelled', 'task.skipped'])
    expect(instructions).toMatchObject([{ type: 'stopAttempt', task: 's/running', reason: 'cancelled' }])
    expect(w.events('task.cancelled').at(-1)).toMatchObject({ task: 's/running', reason: 'not needed' })
  })

  it('that waits, is ready, or waits for its retry needs no stopping', () => {
    for (const task of ['waiting', 'ready', 'delayed']) {
      const w = everyStatus()
      expect(w.cancel(`s/${task}`).instructions).toEqual([])
      expect(w.status(`s/${task}`)).toBe('cancelled')
    }
  })

  it('that has ended is refused', () => {
    const w = everyStatus()
    for (const task of ['done', 'broken', 'skipped', 'gone']) {
      expect(w.cancel(`s/${task}`).rejection).toMatchObject({
        code: 'TASK_FINISHED',
        message: `Task "s/${task}" has ended already.`,
      })
    }
  })

  it('whose retry is due later: the retry never comes', () => {
    const w = everyStatus()
    w.cancel('s/delayed')
    w.pass(10 ** 6)
    expect(w.attempts('s/delayed')).toBe(1)
  })

  it('that could have failed the run does not: cancelled is not failed', () => {
    const w = world()
    w.worker()
    w.open({ onFailure: 'abort', tasks: { a: {}, b: {} } })
    w.cancel('a')
    w.confirm('a')
    expect(w.running()).toEqual(['b'])
  })
})

describe('cancelling a stream', () => {
  it('cancels its unfinished tasks in the order of the plan, and nothing else', () => {
    const w = everyStatus()
    w.cancel({ kind: 'stream', stream: 's' })
    const cancelled = w.events('task.cancelled').slice(1)
    expect(cancelled.map(({ task }) => task)).toEqual(['s/running', 's/delayed', 's/waiting', 's/ready'])
    expect(w.status('keep')).toBe('running')
    expect(w.status('after')).toBe('skipped')
    expect(w.run().cancelled).toBeNull()
  })

  it('that has ended changes nothing and is no error', () => {
    const w = everyStatus()
    w.cancel({ kind: 'stream', stream: 's' })
    expect(w.cancel({ kind: 'stream', stream: 's' })).toMatchObject({ events: [], rejection: null })
  })
})

describe('cancelling a run', () => {
  it('cancels every unfinished task, waits for what has to stop, and closes as cancelled', () => {
    const w = everyStatus()
    w.cancel()
    expect(w.last.events[0]).toMatchObject({ type: 'run.cancelled', reason: 'not needed' })
    expect(w.running()).toEqual([])
    expect(w.run().counts.slice(0, 3)).toEqual(new Int32Array([0, 0, 0]))
    const closing = w.closing()
    expect([...closing].sort()).toEqual(['filler1', 'filler2', 'filler3', 'keep', 's/running'])
    for (const task of closing) w.confirm(task)
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'cancelled' }])
  })

  it('that is paused works as well', () => {
    const w = everyStatus()
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.cancel()
    expect(w.running()).toEqual([])
  })

  it('closes in the same decision where nothing runs', () => {
    const w = world()
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
    const types = w.cancel().events.map(({ type }) => type)
    expect(types).toEqual(['run.cancelled', 'task.cancelled', 'task.cancelled', 'run.closed'])
  })

  it('leaves the other runs of the scope alone', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ tasks: { a: {} } })
    w.open({ tasks: { b: {} } }, 'r2')
    w.cancel()
    expect(w.running('r2')).toEqual(['b'])
  })

  it('is cancelled although all its tasks had succeeded but one', () => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
    w.complete('a')
    w.cancel()
    w.confirm('b')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'cancelled' }])
  })
})

describe('the verdict', () => {
  const verdictOf = (play: (w: World) => void): string | undefined => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({ tasks: { a: {}, b: {}, c: { dependsOn: ['b'] } } })
    play(w)
    for (const task of w.running()) w.complete(task)
    for (const task of w.state.runs.size > 0 ? w.running() : []) w.complete(task)
    for (const task of w.closing()) w.confirm(task)
    return w.events('run.closed')[0]?.verdict
  }

  it('is succeeded if every task did', () => {
    expect(verdictOf(() => undefined)).toBe('succeeded')
  })

  it('is failed if one failed, also where another was cancelled', () => {
    expect(verdictOf((w) => w.fail('b'))).toBe('failed')
    expect(
      verdictOf((w) => {
        w.fail('b')
        w.cancel('a')
      }),
    ).toBe('failed')
  })

  it('is cancelled if tasks were cancelled and none failed', () => {
    expect(verdictOf((w) => w.cancel('b'))).toBe('cancelled')
  })
})
