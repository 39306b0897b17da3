/** When failed work is tried again. */
import { describe, expect, it } from 'vitest'
import { backoffMs, hashFraction } from '../../src/core/retry.js'
import type { AttemptId, Failure, FailureKind, Policy } from '../../src/core/types.js'
import type { RetryFields, TaskDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

const exact = { initialDelay: 1000, factor: 2, maxDelay: '1h', jitter: 0 } as const

function worldWith(task: TaskDocument): World {
  const w = world()
  w.worker()
  w.open({ tasks: { a: task } })
  return w
}

/** How long after each failure the next attempt starts, in ms; goes on until the task has ended. */
function delays(w: World, failure: Partial<Failure> = {}): readonly number[] {
  const found: number[] = []
  while (w.status('a') === 'running') {
    w.fail('a', failure)
    const failedAt = w.now
    while (w.status('a') === 'ready') w.wait(w.last.wakeAt! - w.now)
    if (w.status('a') === 'running') found.push(w.now - failedAt)
  }
  return found
}

describe('the delay before the next attempt', () => {
  it('grows by the factor with each attempt', () => {
    expect(delays(worldWith({ retry: { ...exact, maxAttempts: 6 } }))).toEqual([1000, 2000, 4000, 8000, 16_000])
    expect(delays(worldWith({ retry: { ...exact, factor: 1, maxAttempts: 4 } }))).toEqual([1000, 1000, 1000])
    expect(delays(worldWith({ retry: { ...exact, factor: 1.5, maxAttempts: 4 } }))).toEqual([1000, 1500, 2250])
  })

  it('is never longer than maxDelay', () => {
    expect(delays(worldWith({ retry: { ...exact, maxDelay: 3000, maxAttempts: 5 } }))).toEqual([1000, 2000, 3000, 3000])
  })

  it('stays finite after a thousand attempts with the largest factor', () => {
    const policy = { initialDelayMs: 1000, factor: 100, maxDelayMs: 60_000, jitter: 0.2 } as Policy
    const delay = backoffMs(policy, 999, 'r/a#999' as AttemptId)
    expect(delay).toBeGreaterThanOrEqual(48_000)
    expect(delay).toBeLessThanOrEqual(60_000)
  })

  it('may be 0: the next attempt starts in the same decision', () => {
    const w = worldWith({ retry: { ...exact, initialDelay: 0, maxAttempts: 2 } })
    expect(w.fail('a').events.map(({ type }) => type)).toEqual(['attempt.failed', 'attempt.started'])
  })

  it('is shortened by jitter by at most its share, and not the same for all attempts', () => {
    const jitter = 0.5
    const found = delays(worldWith({ retry: { ...exact, factor: 1, jitter, maxAttempts: 200 } }))
    expect(found).toHaveLength(199)
    for (const delay of found) {
      expect(delay).toBeGreaterThanOrEqual(500)
      expect(delay).toBeLessThanOrEqual(1000)
    }
    expect(new Set(found).size).toBeGreaterThan(100)
    const mean = found.reduce((sum, delay) => sum + delay, 0) / found.length
    expect(Math.abs(mean - 750)).toBeLessThan(50)
  })

  it('is the same every time for the same attempt: jitter is a hash, not chance', () => {
    const retry: RetryFields<number> = { initialDelay: 1000, jitter: 1, maxAttempts: 20 }
    expect(delays(worldWith({ retry }))).toEqual(delays(worldWith({ retry })))
    const policy = { initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000, jitter: 1 } as Policy
    expect(backoffMs(policy, 1, 'r/a#1' as AttemptId)).toBe(backoffMs(policy, 1, 'r/a#1' as AttemptId))
    expect(backoffMs(policy, 1, 'r/a#1' as AttemptId)).not.toBe(backoffMs(policy, 1, 'r/a#2' as AttemptId))
  })

  it('spreads the hash of attempt ids evenly over its range', () => {
    const buckets = new Array<number>(10).fill(0)
    for (let n = 0; n < 10_000; n += 1) {
      const fraction = hashFraction(`run/stream/task-${n % 100}#${Math.floor(n / 100)}`)
      expect(fraction >= 0 && fraction < 1).toBe(true)
      buckets[Math.floor(fraction * 10)]! += 1
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150)
    expect(hashFraction('')).toBeLessThan(1)
  })
})

describe('retry-after', () => {
  it('lengthens the delay', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 2 } })
    expect(delays(w, { kind: 'rate-limited', retryAfterMs: 30_000 })).toEqual([30_000])
  })

  it('never shortens the plan’s own delay', () => {
    expect(delays(worldWith({ retry: { ...exact, maxAttempts: 2 } }), { retryAfterMs: 1 })).toEqual([1000])
  })

  it('may be longer than maxDelay: whoever said it knows better', () => {
    const w = worldWith({ retry: { ...exact, maxDelay: 2000, maxAttempts: 2 } })
    expect(delays(w, { retryAfterMs: 90_000 })).toEqual([90_000])
  })
})

describe('what is tried again', () => {
  const kinds: readonly (readonly [FailureKind, boolean])[] = [
    ['error', true],
    ['timeout', true],
    ['stalled', true],
    ['rate-limited', true],
    ['verify', true],
    ['claim-violation', false],
    ['cancelled', false],
  ]
  for (const [kind, isRetried] of kinds) {
    it(`by default a failure of kind "${kind}" ${isRetried ? 'is' : 'is not'}`, () => {
      const w = worldWith({ retry: { ...exact, maxAttempts: 2 } })
      w.fail('a', { kind })
      expect(w.status('a')).toBe(isRetried ? 'ready' : 'failed')
    })
  }

  it('only the kinds that the plan names', () => {
    const retry = { ...exact, maxAttempts: 3, on: ['rate-limited'] } as const
    const w = worldWith({ retry })
    w.fail('a', { kind: 'rate-limited' })
    w.wait(1000)
    w.fail('a', { kind: 'error' })
    expect(w.status('a')).toBe('failed')
    expect(w.attempts('a')).toBe(2)
  })

  it('not a failure that says it would not help', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 5 } })
    w.fail('a', { retryable: false })
    expect(w.events('attempt.failed')).toMatchObject([{ retryAt: null }])
    expect(w.status('a')).toBe('failed')
  })

  it('a failure that says it would help, still only if its kind is named', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 5, on: ['timeout'] } })
    w.fail('a', { kind: 'error', retryable: true })
    expect(w.status('a')).toBe('failed')
  })

  it('no kind that is unknown: an executor of another version cannot make it try for ever', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 1000 } })
    w.fail('a', { kind: 'tired' as FailureKind })
    expect(w.status('a')).toBe('failed')
  })

  it('at most maxAttempts times, the first try counted', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 3 } })
    expect(delays(w)).toHaveLength(2)
    expect(w.attempts('a')).toBe(3)
    expect(w.events('attempt.failed').map(({ retryAt }) => retryAt === null)).toEqual([false, false, true])
  })

  it('once by default', () => {
    const w = worldWith({})
    w.fail('a')
    expect(w.status('a')).toBe('failed')
  })
})

describe('a lost attempt', () => {
  function lose(w: World, worker = 'w'): void {
    w.send({ type: 'leave', worker, reason: 'gone' })
    w.worker(worker)
  }

  it('is tried again at once, and costs no try of the work itself', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 2 } })
    lose(w)
    lose(w)
    expect(w.now).toBe(START)
    expect(w.attempts('a')).toBe(3)
    expect(delays(w)).toEqual([1000])
    expect(w.attempts('a')).toBe(4)
    expect(w.status('a')).toBe('failed')
  })

  it('is not counted in the growth of the delay either', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 3 } })
    w.fail('a')
    w.wait(1000)
    lose(w)
    w.fail('a')
    expect(w.last.events[0]).toMatchObject({ type: 'attempt.failed', attempt: 3, retryAt: w.now + 2000 })
  })

  it('has a bound of its own: maxLost may be lost, the next one fails the task', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 5, maxLost: 2 } })
    lose(w)
    lose(w)
    expect(w.status('a')).toBe('running')
    lose(w)
    expect(w.status('a')).toBe('failed')
    expect(w.failure('a')).toEqual({ kind: 'lost', message: 'Worker "w" left: gone' })
    expect(w.attempts('a')).toBe(3)
  })

  it('fails the task at once where maxLost is 0', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 5, maxLost: 0 } })
    lose(w)
    expect(w.status('a')).toBe('failed')
  })

  it('three are allowed by default', () => {
    const w = worldWith({})
    for (let n = 0; n < 3; n += 1) lose(w)
    expect(w.status('a')).toBe('running')
    lose(w)
    expect(w.status('a')).toBe('failed')
  })
})

describe('scheduleToClose', () => {
  it('cuts retries that would start too late: the task fails at once', () => {
    const w = worldWith({ retry: { ...exact, maxAttempts: 9 }, timeouts: { scheduleToClose: 5000 } })
    w.fail('a')
    w.wait(1000)
    w.fail('a')
    expect(w.last.events[0]).toMatchObject({ retryAt: START + 3000 })
    w.wait(2000)
    w.fail('a')
    expect(w.last.events[0]).toMatchObject({ retryAt: null, failure: { kind: 'error' } })
    expect(w.status('a')).toBe('failed')
  })

  it('allows a retry one millisecond before it, and none at the moment itself', () => {
    const retry = { ...exact, maxAttempts: 2 }
    const late = worldWith({ retry, timeouts: { scheduleToClose: 1000 } })
    late.fail('a')
    expect(late.status('a')).toBe('failed')
    const early = worldWith({ retry, timeouts: { scheduleToClose: 1001 } })
    early.fail('a')
    expect(early.status('a')).toBe('ready')
  })

  it('begins anew when the task is reopened', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    w.open({ tasks: { a: { retry: { maxAttempts: 1 }, timeouts: { scheduleToClose: 1000 } }, b: {} } })
    w.now += 400
    w.fail('a')
    w.reopen('a')
    w.wait(999)
    expect(w.status('a')).toBe('running')
    w.wait(1)
    expect(w.failure('a')).toMatchObject({ kind: 'timeout' })
  })

  it('cuts a lost attempt too', () => {
    const w = worldWith({ timeouts: { scheduleToClose: 1000 } })
    w.now += 1000
    w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    expect(w.events('attempt.failed')).toMatchObject([{ retryAt: null }])
  })
})

it('a retry does not start before its time, even if a worker is free and time is asked for often', () => {
  const w = worldWith({ retry: { ...exact, maxAttempts: 2 } })
  w.fail('a')
  for (let n = 0; n < 9; n += 1) expect(w.wait(111).events).toEqual([])
  expect(w.wait(1).events).toMatchObject([{ type: 'attempt.started', attempt: 2, fence: 2 }])
})
