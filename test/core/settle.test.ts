/** What a failure means for the rest of the run: three ways to go on. */
import { describe, expect, it } from 'vitest'
import type { OnFailure } from '../../src/core/types.js'
import { type World, world } from './world.js'

/** `bad` fails while `slow` runs; `queued` is ready, `later` waits for `slow`, `hurt` depends on `bad`. */
function failing(onFailure: OnFailure): World {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    onFailure,
    tasks: {
      bad: { priority: 2 },
      slow: { priority: 1, retry: { maxAttempts: 3 } },
      queued: { claims: { write: ['x'] } },
      later: { dependsOn: ['slow'] },
      hurt: { dependsOn: ['bad'] },
    },
  })
  expect(w.running()).toEqual(['bad', 'slow'])
  w.fail('bad')
  return w
}

describe('onFailure: continue', () => {
  it('skips what depends on the failure, and does everything else', () => {
    const w = failing('continue')
    expect(w.status('hurt')).toBe('skipped')
    expect(w.running()).toEqual(['slow', 'queued'])
    w.complete('slow')
    w.complete('queued')
    w.complete('later')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })
})

describe('onFailure: drain', () => {
  it('starts nothing more, and lets what runs end', () => {
    const w = failing('drain')
    expect(w.running()).toEqual(['slow'])
    expect(w.events('task.skipped').map(({ task, reason }) => [task, reason.kind])).toEqual([
      ['hurt', 'dependency'],
      ['queued', 'on-failure'],
      ['later', 'on-failure'],
    ])
    expect(w.events('task.skipped')[1]!.reason).toEqual({ kind: 'on-failure', because: 'bad', rule: 'drain' })
    w.complete('slow', 'kept')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
    expect(w.run().results.get(1)).toBe('kept')
  })

  it('does not try again what fails meanwhile', () => {
    const w = failing('drain')
    w.fail('slow')
    expect(w.events('attempt.failed').at(-1)).toMatchObject({ retryAt: null })
    expect(w.events('run.closed')).toHaveLength(1)
  })

  it('names the first failure, not a later one', () => {
    const w = failing('drain')
    w.fail('slow')
    expect(w.run().drainedBy).toBe(0)
  })

  it('a retry that was waiting is skipped', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ onFailure: 'drain', tasks: { a: { retry: { maxAttempts: 2 } }, bad: {} } })
    w.fail('a')
    w.fail('bad')
    expect(w.status('a')).toBe('skipped')
  })

  it('a failure that will be tried again drains nothing', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ onFailure: 'drain', tasks: { a: { retry: { maxAttempts: 2 } }, b: {} } })
    w.fail('a')
    expect(w.run().drainedBy).toBeNull()
    expect(w.status('a')).toBe('ready')
  })

  it('also where a task fails because it waited too long', () => {
    const w = world()
    w.worker()
    w.open({ onFailure: 'drain', tasks: { a: { priority: 1 }, b: { timeouts: { scheduleToStart: 10 } }, c: {} } })
    w.wait(10)
    expect([w.status('a'), w.status('b'), w.status('c')]).toEqual(['running', 'failed', 'skipped'])
  })
})

describe('onFailure: abort', () => {
  it('stops what runs, too, and closes when it has stopped', () => {
    const w = failing('abort')
    expect(w.last.instructions).toMatchObject([{ type: 'stopAttempt', task: 'slow', reason: 'aborted' }])
    expect(w.status('slow')).toBe('failed')
    expect(w.failure('slow')).toEqual({
      kind: 'cancelled',
      message: 'The run was aborted because "bad" failed (onFailure).',
    })
    expect(w.events('task.skipped')[1]!.reason).toEqual({ kind: 'on-failure', because: 'bad', rule: 'abort' })
    expect(w.state.runs.size).toBe(1)
    w.confirm('slow')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })

  it('is done in one decision: two steps later nothing is left to do', () => {
    const w = failing('abort')
    const { revision } = w.state
    w.send({ type: 'tick' })
    w.send({ type: 'tick' })
    expect(w.state.revision).toBe(revision)
  })

  it('is not asked for by a cancelled task', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ onFailure: 'abort', tasks: { a: {}, b: {} } })
    w.cancel('a')
    expect(w.running()).toEqual(['b'])
  })
})
