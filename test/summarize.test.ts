import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../src/core/types.js'
import { formatSummary } from '../src/reporters/summary.js'
import { summarize } from '../src/summarize.js'
import { attempt, event, opening } from './reporters/events.js'

const HOUR = 3_600_000

/** By time, as in a journal; equal ones as given. */
function journal(...events: readonly RunEvent[]): readonly RunEvent[] {
  return events.toSorted((a, b) => a.at - b.at)
}

function closed(at: number, verdict = 'succeeded'): RunEvent {
  return event('run.closed', at, { verdict })
}

describe('summarize', () => {
  it('says how busy each pool was', () => {
    const plan = opening({ pools: { a: { slots: 2 }, idle: { slots: 1 } }, tasks: { x: {}, y: {} } })
    const events = journal(
      plan,
      ...attempt('x', 'a', 0, 4 * HOUR),
      ...attempt('y', 'a', 0, 2 * HOUR, 2),
      closed(4 * HOUR),
    )
    expect(summarize(events)).toMatchObject({
      run: 'r1',
      verdict: 'succeeded',
      makespanMs: 4 * HOUR,
      tasks: { total: 2, succeeded: 2, failed: 0, cancelled: 0, skipped: 0 },
      attempts: 2,
      retries: 0,
      pools: [
        { pool: 'a', slots: 2, attempts: 2, busyMs: 6 * HOUR, busyShare: 0.75 },
        { pool: 'idle', slots: 1, attempts: 0, busyMs: 0, busyShare: 0 },
      ],
      waits: [],
      failures: [],
    })
  })

  it('counts the waits behind gates, however they are answered; waiting for approval is none', () => {
    const plan = opening({
      pools: { p: { slots: 1 } },
      tasks: {
        a: { dependsOn: ['go'], if: { $from: 'go', path: ['by'] } },
        b: { dependsOn: ['go', 'probe'] },
        c: { dependsOn: [{ on: 'never', when: 'failure' }] },
      },
      gates: { go: { kind: 'approval' }, never: { kind: 'approval' }, probe: { kind: 'check', handler: 'probe' } },
    })
    const failure = { kind: 'verify', message: 'no' }
    const events = journal(
      plan,
      ...attempt('probe', 'p', 0, HOUR),
      event('gate.passed', HOUR, { gate: 'probe', by: null, note: null }),
      event('gate.passed', HOUR, { gate: 'go', by: 'ann', note: null, run: 'other' }),
      event('gate.passed', 2 * HOUR, { gate: 'go', by: 'ann', note: null }),
      event('gate.passed', 2 * HOUR, { gate: 'unknown', by: 'ann', note: null }),
      event('gate.failed', 3 * HOUR, { gate: 'never', by: 'bob', note: null, failure }),
      ...attempt('a', 'p', 2 * HOUR, 4 * HOUR),
      ...attempt('b', 'p', 4 * HOUR, 5 * HOUR),
      ...attempt('c', 'p', 5 * HOUR, 6 * HOUR),
      closed(6 * HOUR),
    )
    const busy = { kind: 'capacity', pools: ['p'], slots: 1, ms: 2 * HOUR }
    expect(summarize(events).waits).toEqual([
      { task: 'b', waitedMs: 2 * HOUR, reasons: [busy] },
      { task: 'c', waitedMs: 2 * HOUR, reasons: [busy] },
    ])
  })

  it('takes the workers that join in the events for the pools, where they do', () => {
    const plan = opening({ pools: { a: { slots: 9 } }, tasks: { x: {} } })
    const joined = event('worker.joined', 0, { worker: 'w7', pool: 'a', slots: 3, capabilities: [] })
    const events = [joined, plan, ...attempt('x', 'w7', 0, HOUR), closed(HOUR)]
    expect(summarize(events).pools).toEqual([{ pool: 'a', slots: 3, attempts: 1, busyMs: HOUR, busyShare: 1 / 3 }])
  })

  it('counts the slots that were seen at work where nothing else is known, or is told of the host', () => {
    const plan = opening({ tasks: { x: {}, y: {} } })
    const events = journal(
      plan,
      ...attempt('x', 'local', 0, HOUR, 1),
      ...attempt('y', 'local', 0, HOUR, 4),
      closed(HOUR),
    )
    expect(summarize(events).pools).toMatchObject([{ pool: 'local', slots: 4 }])
    expect(summarize(events, { pools: { local: { slots: 8 } } }).pools).toMatchObject([
      { pool: 'local', slots: 8, busyShare: 0.25 },
    ])
  })

  it('names who held the path a task waited for, and for how long', () => {
    // a and b write one file; c only reads it; d waits for nobody.
    const shared = { claims: { write: ['src/app.ts'] } }
    const plan = opening({
      pools: { p: { slots: 9 } },
      tasks: { a: shared, b: shared, c: { claims: { read: ['src/**'] } }, d: { claims: { write: ['docs/'] } } },
    })
    const events = journal(
      plan,
      ...attempt('a', 'p', 0, 2 * HOUR),
      ...attempt('d', 'p', 0, HOUR),
      ...attempt('b', 'p', 2 * HOUR, 3 * HOUR),
      ...attempt('c', 'p', 3 * HOUR, 4 * HOUR),
      closed(4 * HOUR),
    )
    expect(summarize(events).waits).toEqual([
      {
        task: 'c',
        waitedMs: 3 * HOUR,
        reasons: [{ kind: 'claim', path: 'src/app.ts', heldBy: ['a', 'b'], ms: 3 * HOUR }],
      },
      { task: 'b', waitedMs: 2 * HOUR, reasons: [{ kind: 'claim', path: 'src/app.ts', heldBy: ['a'], ms: 2 * HOUR }] },
    ])
  })

  it('counts the wait from the moment the last dependency held, streams included', () => {
    const plan = opening({
      pools: { p: { slots: 1 } },
      streams: { s: { tasks: { one: {}, two: { dependsOn: ['one'] } } }, empty: { dependsOn: ['s'] } },
      tasks: { after: { dependsOn: ['empty'] } },
    })
    const events = journal(
      plan,
      ...attempt('s/one', 'p', 0, HOUR),
      ...attempt('s/two', 'p', HOUR, 3 * HOUR),
      ...attempt('after', 'p', 5 * HOUR, 6 * HOUR),
      closed(6 * HOUR),
    )
    expect(summarize(events).waits).toEqual([
      { task: 'after', waitedMs: 2 * HOUR, reasons: [{ kind: 'other', ms: 2 * HOUR }] },
    ])
  })

  it('counts the wait from the moment a choice was made, a milestone reported, a lag was over', () => {
    const plan = opening({
      pools: { p: { slots: 9 } },
      tasks: {
        a: { milestones: ['m'] },
        b: {},
        any: { dependsOn: [{ anyOf: ['a', 'b'] }] },
        early: { dependsOn: ['a#m'] },
        later: { dependsOn: [{ on: 'b', lag: '2h' }] },
      },
    })
    const [started, ended] = attempt('a', 'p', 0, 9 * HOUR)
    const events = journal(
      plan,
      started,
      event('milestone.reached', HOUR, { ...started, milestone: 'm' }),
      ...attempt('b', 'p', 0, 2 * HOUR, 2),
      ...attempt('any', 'p', 5 * HOUR, 6 * HOUR, 3),
      ...attempt('early', 'p', 5 * HOUR, 6 * HOUR, 4),
      ...attempt('later', 'p', 5 * HOUR, 6 * HOUR, 5),
      ended,
      closed(9 * HOUR),
    )
    expect(summarize(events).waits.map(({ task, waitedMs }) => [task, waitedMs / HOUR])).toEqual([
      ['early', 4],
      ['any', 3],
      ['later', 1],
    ])
  })

  it('tells a lack of slots from a pause, and a retry that is not due from both', () => {
    const plan = opening({
      pools: { p: { slots: 1 }, other: { slots: 1, capabilities: ['x'] } },
      defaults: { retry: { maxAttempts: 2 } },
      tasks: { a: { pool: 'p' }, b: { pool: 'p' }, c: { requires: ['x'] } },
    })
    const [started] = attempt('a', 'p', 0, 0)
    const failure = { kind: 'error', message: 'no' }
    const [again, done] = attempt('a', 'p', 6 * HOUR, 7 * HOUR)
    const events = journal(
      plan,
      started,
      event('attempt.failed', HOUR, { ...started, failure, retryAt: 2 * HOUR }),
      ...attempt('c', 'other', 0, HOUR),
      ...attempt('b', 'p', HOUR, 3 * HOUR),
      event('run.paused', 3 * HOUR, { reason: 'lunch' }),
      event('run.resumed', 5 * HOUR),
      again,
      done,
      closed(7 * HOUR),
    )
    const { waits, retries, attempts } = summarize(events)
    expect({ retries, attempts }).toEqual({ retries: 1, attempts: 4 })
    expect(waits).toEqual([
      {
        task: 'a',
        waitedMs: 4 * HOUR,
        reasons: [
          { kind: 'paused', ms: 2 * HOUR },
          { kind: 'capacity', pools: ['p'], slots: 1, ms: HOUR },
          { kind: 'other', ms: HOUR },
        ],
      },
      { task: 'b', waitedMs: HOUR, reasons: [{ kind: 'capacity', pools: ['p'], slots: 1, ms: HOUR }] },
    ])
  })

  it('lets an attempt that was told to stop hold its paths until it is known to have stopped', () => {
    const shared = { claims: { write: ['a'] } }
    const plan = opening({ pools: { p: { slots: 2 } }, tasks: { x: shared, y: shared } })
    const [started] = attempt('x', 'p', 0, 0)
    const failure = { kind: 'timeout', message: 'slow' }
    const events = [
      plan,
      started,
      event('attempt.closing', HOUR, { ...started, reason: 'timeout', closeBy: null }),
      event('attempt.failed', HOUR, { ...started, failure, retryAt: null }),
      event('attempt.closed', 3 * HOUR, { ...started, by: 'executor' }),
      ...attempt('y', 'p', 3 * HOUR, 4 * HOUR, 2),
      closed(4 * HOUR, 'failed'),
    ]
    const summary = summarize(events)
    expect(summary.waits).toMatchObject([{ task: 'y', reasons: [{ kind: 'claim', heldBy: ['x'], ms: 3 * HOUR }] }])
    expect(summary.failures).toEqual([{ task: 'x', attempts: 1, failure: { kind: 'timeout', message: 'slow' } }])
    expect(summary.pools).toMatchObject([{ busyMs: 4 * HOUR }])
  })

  it('counts what never started as a wait up to its end', () => {
    const plan = opening({ pools: { p: { slots: 1 } }, tasks: { a: {}, b: {}, c: {}, d: { dependsOn: ['c'] } } })
    const [started] = attempt('a', 'p', 0, 0)
    const events = [
      plan,
      started,
      event('task.cancelled', HOUR, { task: 'b', reason: 'no' }),
      event('task.failed', 2 * HOUR, { task: 'c', failure: { kind: 'timeout', message: 'waited' } }),
      event('task.skipped', 2 * HOUR, { task: 'd', reason: { kind: 'dependency', because: 'c', status: 'failed' } }),
      event('run.paused', 3 * HOUR, { reason: 'no' }),
    ]
    const summary = summarize(events, { longestWaits: 1 })
    expect(summary).toMatchObject({
      verdict: null,
      makespanMs: 3 * HOUR,
      tasks: { total: 4, succeeded: 0, failed: 1, cancelled: 1, skipped: 1 },
      failures: [{ task: 'c', attempts: 0 }],
    })
    expect(summary.waits).toMatchObject([{ task: 'c', waitedMs: 2 * HOUR }])
  })

  it('passes over other runs, and finds the one it is asked for', () => {
    const plan = opening({ tasks: { x: {} } })
    const other = { ...plan, run: 'r0' } as RunEvent
    const events = [other, plan, ...attempt('x', 'local', 0, HOUR), closed(HOUR)]
    expect(summarize(events, { run: 'r1' })).toMatchObject({ run: 'r1', attempts: 1 })
    expect(summarize(events)).toMatchObject({ run: 'r0', attempts: 0, verdict: null })
  })

  it.each([
    [[], {}, 'The events do not hold the opening of a run.'],
    [[], { run: 'r9' }, 'The events do not hold the opening of run "r9".'],
    [
      [event('run.opened', 0, { plan: { tasks: [{ id: 'a', dependsOn: ['b'] }] } })],
      {},
      'The stored plan of run "r1" cannot be read: ',
    ],
  ])('refuses events it cannot use', (events, options, message) => {
    expect(() => summarize(events, options)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID', message: expect.stringContaining(message) }),
    )
  })
})

it('counts results that were used again as successes without an attempt', () => {
  const plan = opening({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
  const reused = event('task.reused', HOUR, { task: 'a', from: { run: 'r0', task: 'a' }, result: 1 })
  const { tasks } = summarize([plan, reused, ...attempt('b', 'local', 2 * HOUR, HOUR), closed(3 * HOUR, 'succeeded')])
  expect(tasks).toMatchObject({ total: 2, succeeded: 2 })
})

describe('formatSummary', () => {
  it('says it for people', () => {
    const shared = { claims: { write: ['src/app.ts'] } }
    const plan = opening({
      pools: { p: { slots: 2 } },
      tasks: { a: shared, b: shared, c: shared, d: shared, e: shared, f: { dependsOn: ['a'] } },
    })
    const names = ['a', 'b', 'c', 'd', 'e']
    const failure = { kind: 'error', message: 'red\u001b[31m' }
    const events = [
      plan,
      ...names.flatMap((name, hour) => {
        const [started] = attempt(name, 'p', hour * HOUR, 0)
        return [started, event('attempt.failed', (hour + 1) * HOUR, { ...started, failure, retryAt: null })]
      }),
      event('task.skipped', 5 * HOUR, { task: 'f', reason: { kind: 'dependency', because: 'a', status: 'failed' } }),
      closed(5 * HOUR, 'failed'),
    ]
    expect(formatSummary(summarize(events)).split('\n')).toEqual([
      'failed in 5h',
      '0 of 6 tasks succeeded, 5 failed, 1 skipped (5 attempts, 0 retries)',
      '',
      'Pools',
      '  p  2 slots  50 % busy  5 attempts',
      '',
      'Waited longest',
      '  4h  e  src/app.ts held by a, b, c and 1 more for 4h',
      '  3h  d  src/app.ts held by a, b, c for 3h',
      '  2h  c  src/app.ts held by a, b for 2h',
      '  1h  b  src/app.ts held by a for 1h',
      '',
      'Failed',
      ...names.map((name) => `  ${name}  attempt 1  error: red\\u{1b}[31m`),
    ])
  })

  it('says every kind of reason, and counts what is too much', () => {
    const failure = { task: 't', attempts: 0, failure: { kind: 'timeout', message: 'slow' } } as never
    const text = formatSummary({
      run: 'r1',
      name: 'plan',
      verdict: null,
      makespanMs: 0,
      tasks: { total: 1, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 },
      attempts: 1,
      retries: 1,
      pools: [],
      waits: [
        {
          task: 'a' as never,
          waitedMs: 10,
          reasons: [
            { kind: 'capacity', pools: ['p'], slots: 1, ms: 4 },
            { kind: 'capacity', pools: ['p', 'q'], slots: 2, ms: 3 },
            { kind: 'paused', ms: 2 },
            { kind: 'other', ms: 1 },
          ],
        },
        { task: 'b' as never, waitedMs: 1, reasons: [{ kind: 'other', ms: 1 }] },
        { task: 'c' as never, waitedMs: 1, reasons: [{ kind: 'capacity', pools: ['p'], slots: 1200, ms: 1 }] },
      ],
      failures: Array.from({ length: 12 }, () => failure),
    })
    expect(text).toContain('still open after 0ms\n0 of 1 task succeeded (1 attempt, 1 retry)')
    expect(text).toContain(
      'the one slot of p busy for 4ms; both slots of p, q busy for 3ms; run paused for 2ms; 1 more',
    )
    expect(text).toContain('other reasons for 1ms')
    expect(text).toContain('all 1,200 slots of p busy')
    expect(text).toContain('  t  never started  timeout: slow')
    expect(text).toMatch(/… 2 more$/)
  })
})
