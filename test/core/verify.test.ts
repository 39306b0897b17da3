/** Verification: the plan's own steps between the end of the work and its success. */
import { describe, expect, it } from 'vitest'
import { reduce } from '../../src/core/reduce.js'
import type { RunEvent } from '../../src/core/types.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

/** `t` is verified by lint and tests, and writes `src`; `u` waits for it, `v` wants to write `src` too. */
function verified(task: TaskDocument = {}, plan: Partial<PlanDocument> = {}): World {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    tasks: {
      t: { verify: ['lint', { handler: 'tests', timeout: '10m' }], claims: { write: ['src'] }, priority: 1, ...task },
      u: { dependsOn: ['t'] },
      v: { claims: { write: ['src/a.ts'] } },
    },
    ...plan,
  })
  return w
}

const verify = (w: World, step: number, result: unknown = null) =>
  w.send({ type: 'verify', ...w.ref('t'), step, result })
const typesOf = (w: World) => w.last.events.map(({ type }) => type)

describe('an attempt with verification steps', () => {
  it('goes on when its work is done: same slot, same claims, and nobody who waits for it starts', () => {
    const w = verified()
    w.complete('t', { sha: 'abc' })
    expect(w.last.events).toMatchObject([{ type: 'attempt.completed', result: { sha: 'abc' }, of: 2 }])
    expect(w.last.instructions).toEqual([{ type: 'verifyAttempt', run: 'r', task: 't', attempt: 1, fence: 1, step: 1 }])
    expect(w.running()).toEqual(['t'])
    expect(w.explain('v')).toMatchObject([{ kind: 'claim', path: 'src', heldBy: 'r/t#1' }])
    expect(w.explain('u')).toMatchObject([{ kind: 'dependency', on: 't', status: 'running' }])
  })

  it('succeeds with the result of the work once all steps have passed, in the decision on the last', () => {
    const w = verified()
    w.complete('t', { sha: 'abc' })
    verify(w, 1, 'no complaints')
    expect(w.last.events).toMatchObject([{ type: 'attempt.verified', step: 1, of: 2 }])
    expect(w.last.instructions).toMatchObject([{ type: 'verifyAttempt', step: 2 }])
    verify(w, 2, { passed: true })
    expect(typesOf(w)).toEqual(['attempt.verified', 'attempt.succeeded', 'attempt.started', 'attempt.started'])
    expect(w.events('attempt.succeeded')).toMatchObject([{ task: 't', result: { sha: 'abc' } }])
    expect(w.last.instructions.map(({ type }) => type)).toEqual(['startAttempt', 'startAttempt'])
  })

  it('is said to run in the step that is under way', () => {
    const w = verified()
    w.beat('t', 'half')
    w.complete('t')
    w.now += 5
    const common = { kind: 'running', attempt: 'r/t#1', worker: 'w', sinceMs: 5 }
    expect(w.explain('t')).toEqual([{ ...common, verifying: { step: 1, of: 2, handler: 'lint' } }])
    verify(w, 1)
    expect(w.explain('t')).toEqual([{ ...common, verifying: { step: 2, of: 2, handler: 'tests' } }])
  })

  it('of a plain task still has two events', () => {
    const w = verified()
    w.complete('t')
    verify(w, 1)
    verify(w, 2)
    w.complete('u')
    expect(w.journal.filter((event) => 'task' in event && event.task === 'u')).toHaveLength(2)
  })

  it.each([
    [false, 'did not pass.'],
    [{ passed: false, note: '3 complaints' }, 'did not pass: 3 complaints.'],
  ])('fails where a step says %j, with kind verify', (result, text) => {
    const w = verified()
    w.complete('t')
    verify(w, 1, result)
    const message = `Verification step 1 of 2 ("lint") ${text}`
    expect(w.last.events.slice(0, 2)).toMatchObject([
      { type: 'attempt.failed', failure: { kind: 'verify', message }, retryAt: null },
      { type: 'task.skipped', task: 'u' },
    ])
    expect(w.running()).toEqual(['v'])
  })

  it('fails where a step throws, whatever kind it says; its wish for a later or no retry is kept', () => {
    const w = verified({ retry: { maxAttempts: 3, initialDelay: 10, jitter: 0 } })
    w.complete('t')
    const failure = { kind: 'rate-limited', message: 'come back', retryAfterMs: 700 }
    w.send({ type: 'fail', ...w.ref('t'), step: 1, failure })
    expect(w.failure('t')).toEqual({
      kind: 'verify',
      message: 'Verification step 1 of 2 ("lint") failed: come back',
      retryAfterMs: 700,
    })
    expect(w.events('attempt.failed')[0]?.retryAt).toBe(w.now + 700)
  })

  it('is tried again from the work on', () => {
    const w = verified({ retry: { maxAttempts: 2, initialDelay: 0 } })
    w.complete('t', 1)
    verify(w, 1)
    verify(w, 2, false)
    expect(w.attempts('t')).toBe(2)
    expect(w.live('t').verifying).toBeNull()
    w.complete('t', 2)
    verify(w, 1)
    verify(w, 2)
    expect(w.events('attempt.succeeded').find(({ task }) => task === 't')).toMatchObject({ attempt: 2, result: 2 })
  })

  it('is lost with its worker, wherever its verification stands', () => {
    const w = verified()
    w.complete('t')
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'restart' })
    expect(w.events('attempt.failed')).toMatchObject([{ failure: { kind: 'lost' } }])
    w.worker('w2')
    expect(w.attempts('t')).toBe(2)
  })

  it('can be cancelled: the step is told to stop, and the claims are kept until it has', () => {
    const w = verified()
    w.complete('t')
    w.cancel('t')
    expect(w.last.instructions).toMatchObject([{ type: 'stopAttempt', task: 't', reason: 'cancelled' }])
    expect(w.status('v')).toBe('ready')
    w.confirm('t')
    expect(w.status('v')).toBe('running')
  })
})

describe('reports while an attempt is verified', () => {
  it('on its work are stale: they come late, or twice', () => {
    const w = verified()
    const ref = w.ref('t')
    w.complete('t')
    expect(w.send({ type: 'complete', ...ref, result: 2 }).rejection?.code).toBe('ATTEMPT_STALE')
    const failure = { kind: 'error', message: 'x' }
    expect(w.send({ type: 'fail', ...ref, failure }).rejection).toMatchObject({
      code: 'ATTEMPT_STALE',
      message: 'The report on "t" of run "r" is about work that is not under way.',
    })
    expect(w.status('t')).toBe('running')
  })

  it('on another step than that under way are stale, as are those on steps while it works', () => {
    const w = verified()
    expect(verify(w, 1).rejection?.code).toBe('ATTEMPT_STALE')
    w.complete('t')
    expect(verify(w, 2).rejection?.code).toBe('ATTEMPT_STALE')
    verify(w, 1)
    expect(verify(w, 1).rejection?.code).toBe('ATTEMPT_STALE')
    expect(
      w.send({ type: 'fail', ...w.ref('t'), step: 1, failure: { kind: 'error', message: 'x' } }).rejection,
    ).not.toBeNull()
    expect(w.live('t').verifying?.step).toBe(2)
  })

  it('on a task without steps mean nothing', () => {
    const w = verified({ verify: [] })
    expect(verify(w, 1).rejection?.code).toBe('ATTEMPT_STALE')
    w.complete('t')
    expect(w.status('t')).toBe('succeeded')
  })

  it('are signs of life and of progress', () => {
    const w = verified({ timeouts: { heartbeat: 1000, stall: 2000 } })
    w.wait(900)
    w.complete('t')
    w.wait(900)
    verify(w, 1)
    w.wait(1099)
    expect(w.status('t')).toBe('running')
    w.wait(1)
    expect(w.events('attempt.closing')).toMatchObject([{ reason: 'lost' }])
  })
})

describe('the time of a step', () => {
  it('begins with the step; when it is over the attempt is stopped and fails with kind verify', () => {
    const w = verified()
    w.complete('t')
    w.wait(3_600_000)
    verify(w, 1)
    w.wait(599_999)
    expect(w.status('t')).toBe('running')
    w.wait(1)
    expect(w.events('attempt.closing')).toMatchObject([{ task: 't', reason: 'timeout' }])
    expect(w.failure('t')).toMatchObject({
      kind: 'verify',
      message: 'Verification step 2 of 2 ("tests") took longer than 600000 ms (verify.timeout).',
    })
    w.confirm('t')
  })

  it('of an earlier step says nothing about the next', () => {
    const w = verified({ verify: [{ handler: 'lint', timeout: 100 }, 'tests', { handler: 'e2e', timeout: 100 }] })
    w.complete('t')
    w.wait(50)
    verify(w, 1)
    w.wait(60)
    verify(w, 2)
    w.wait(60)
    verify(w, 3)
    expect(w.status('t')).toBe('succeeded')
  })

  it('is part of that of the attempt: startToClose is about work and verification together', () => {
    const w = verified({ timeouts: { startToClose: 1000 } })
    w.wait(600)
    w.complete('t')
    w.wait(400)
    expect(w.failure('t')).toMatchObject({ kind: 'timeout' })
    w.confirm('t')
  })
})

describe('retry.maxVerify', () => {
  const failOnce = (w: World) => {
    w.complete('t')
    verify(w, 1, false)
    w.pass(60_000)
  }
  const alone = (retry: object) => {
    const w = world()
    w.worker()
    w.open({ tasks: { t: { verify: ['lint'], retry: { initialDelay: 1000, jitter: 0, ...retry } } } })
    return w
  }

  it('absent: what failed verification is counted as a try like others', () => {
    const w = alone({ maxAttempts: 2 })
    failOnce(w)
    failOnce(w)
    expect(w.status('t')).toBe('failed')
    expect(w.attempts('t')).toBe(2)
  })

  it('counts them apart: so many may fail, and no try is spent by it', () => {
    const w = alone({ maxAttempts: 2, maxVerify: 2 })
    failOnce(w)
    w.fail('t')
    w.pass(60_000)
    failOnce(w)
    expect(w.attempts('t')).toBe(4)
    failOnce(w)
    expect(w.status('t')).toBe('failed')
    expect(w.events('attempt.failed').map(({ failure }) => failure.kind)).toEqual([
      'verify',
      'error',
      'verify',
      'verify',
    ])
  })

  it('leaves the tries of the work as they are', () => {
    const w = alone({ maxAttempts: 2, maxVerify: 9 })
    failOnce(w)
    w.fail('t')
    w.pass(60_000)
    w.fail('t')
    expect(w.status('t')).toBe('failed')
  })

  it('0: the first attempt that fails verification is the last', () => {
    const w = alone({ maxAttempts: 9, maxVerify: 0 })
    failOnce(w)
    expect(w.status('t')).toBe('failed')
  })

  it('waits as long as the plan says, growing with each', () => {
    const w = alone({ maxAttempts: 1, maxVerify: 3 })
    failOnce(w)
    failOnce(w)
    const delays = w.events('attempt.failed').map(({ at, retryAt }) => (retryAt ?? 0) - at)
    expect(delays).toEqual([1000, 2000])
  })

  it('does not retry where "on" leaves verify out', () => {
    const w = alone({ maxAttempts: 5, maxVerify: 5, on: ['error'] })
    failOnce(w)
    expect(w.status('t')).toBe('failed')
  })
})

it('a journal in which a step passes that was not under way is refused', () => {
  const w = verified()
  w.complete('t')
  const event = { ...w.last.events[0], type: 'attempt.verified', step: 2, of: 2 } as unknown as RunEvent
  expect(() => reduce(new Map(), w.state, event)).toThrow('Attempt 1 was verified, but not by this step.')
})
