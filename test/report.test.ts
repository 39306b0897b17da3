import { describe, expect, it } from 'vitest'
import type { JsonValue, RunEvent } from '../src/core/types.js'
import { checkPlan } from '../src/plan/check.js'
import { simulate } from '../src/planning/simulate.js'
import { reportRun } from '../src/report.js'
import { attempt, event, opening } from './reporters/events.js'

const HOUR = 3_600_000

function played(document: object): readonly RunEvent[] {
  const { plan, compiled, diagnostics } = checkPlan(document)
  if (plan === undefined || compiled === undefined) throw new Error(JSON.stringify(diagnostics))
  const durationOf = (task: number): number => compiled.estimateMs[task]!
  return simulate(compiled, { pools: plan.pools ?? {}, durationOf, plan: plan as unknown as JsonValue })
}

/** `task because` for each link. */
function chainOf(events: readonly RunEvent[]): readonly string[] {
  const { chain, attempts, tasks } = reportRun(events)
  return chain.map(({ attempt: place, because }) => `${tasks[attempts[place]!.task]!.id} ${because}`)
}

describe('a report', () => {
  it('has a lane for each slot that was used, with its attempts, and who waited for what', () => {
    const shared = { estimate: 2 * HOUR, pool: 'p', claims: { write: ['src/app.ts'] } }
    const report = reportRun(
      played({
        name: 'n',
        pools: { p: { slots: 2 }, idle: { slots: 1 } },
        streams: { s: { tasks: { a: { ...shared, title: 'A' }, b: shared } } },
        tasks: {
          c: { estimate: HOUR, pool: 'p', claims: {} },
          d: { estimate: HOUR, pool: 'idle', claims: { read: ['src/**'] } },
        },
      }),
    )
    expect(report).toMatchObject({
      run: 'simulated',
      name: 'n',
      verdict: 'succeeded',
      makespanMs: 5 * HOUR,
      retries: 0,
    })
    expect(report.pools.map(({ pool, attempts }) => [pool, attempts])).toEqual([
      ['p', 3],
      ['idle', 1],
    ])
    expect(report.lanes.map(({ worker, slot, pool }) => `${worker}/${slot} ${pool}`)).toEqual([
      'p/1 p',
      'p/2 p',
      'idle/1 idle',
    ])
    const [a, b, c, d] = report.tasks
    expect(a).toMatchObject({
      id: 's/a',
      title: 'A',
      stream: 's',
      status: 'succeeded',
      waits: [],
      reasons: [],
      writes: ['src/app.ts'],
    })
    expect(b).toMatchObject({ waits: [{ from: 0, to: 2 * HOUR }], reasons: ['src/app.ts held by s/a for 2h'] })
    expect(c).toMatchObject({ stream: null, waitedMs: 0 })
    expect(d).toMatchObject({ reads: ['src/**'], waitedMs: 4 * HOUR })
    expect(report.paths).toEqual([
      {
        path: 'src/app.ts',
        waitedMs: 6 * HOUR,
        holds: [
          { attempt: 0, mode: 'write', from: 0, to: 2 * HOUR },
          { attempt: expect.any(Number), mode: 'write', from: 2 * HOUR, to: 4 * HOUR },
        ],
      },
    ])
    expect(
      report.attempts.map(({ task, lane, from, to, end }) => [
        report.tasks[task]!.id,
        lane,
        from / HOUR,
        to / HOUR,
        end,
      ]),
    ).toEqual([
      ['s/a', 0, 0, 2, 'succeeded'],
      ['c', 1, 0, 1, 'succeeded'],
      ['s/b', expect.any(Number), 2, 4, 'succeeded'],
      ['d', 2, 4, 5, 'succeeded'],
    ])
  })

  it('says how attempts ended, and what has not ended yet', () => {
    const head = { task: 'a', worker: 'p', slot: 1 }
    const failure = { kind: 'error', message: 'red' }
    const events = [
      opening({ pools: { p: { slots: 2 } }, tasks: { a: {}, b: {}, c: { dependsOn: ['b'] } } }),
      event('attempt.started', 0, { ...head, attempt: 1, fence: 901 }),
      event('attempt.started', 0, { ...head, task: 'b', slot: 2, attempt: 1, fence: 902 }),
      event('attempt.failed', 10, { ...head, attempt: 1, fence: 901, failure, retryAt: 15 }),
      event('run.paused', 11, { reason: 'lunch' }),
      event('run.resumed', 13, {}),
      event('attempt.started', 15, { ...head, attempt: 2, fence: 903 }),
      event('attempt.closing', 20, { task: 'b', attempt: 1, fence: 902, reason: 'cancelled', closeBy: null }),
      event('attempt.closed', 21, { task: 'b', attempt: 1, fence: 902, by: 'executor' }),
      event('task.cancelled', 21, { task: 'b', reason: 'no' }),
      event('attempt.progressed', 30, { task: 'a', attempt: 2, fence: 903, progress: 1 }),
    ]
    const { attempts, tasks, verdict, pauses, makespanMs } = reportRun(events)
    expect({ verdict, pauses, makespanMs }).toEqual({ verdict: null, pauses: [{ from: 11, to: 13 }], makespanMs: 30 })
    expect(attempts.map(({ end, failure: why, from, to }) => [end, why, from, to])).toEqual([
      ['failed', 'error: red', 0, 10],
      ['stopped', null, 0, 21],
      ['running', null, 15, 30],
    ])
    expect(tasks.map(({ status }) => status)).toEqual(['running', 'cancelled', 'waiting'])
  })

  it('names what the end hung on: dependencies, held paths, taken slots, tries', () => {
    const writes = { claims: { write: ['x'] } }
    expect(
      chainOf(
        played({
          pools: { p: { slots: 5 }, q: { slots: 1 } },
          tasks: {
            a: { estimate: 3, pool: 'p', ...writes },
            b: { estimate: 2, pool: 'p', ...writes },
            c: { estimate: 9, pool: 'q', dependsOn: ['b'] },
            d: { estimate: 5, pool: 'q', dependsOn: ['b'] },
            beside: { estimate: 1, pool: 'p' },
          },
        }),
      ),
    ).toEqual(['b opening', 'c dependency', 'd slot'])
    const failure = { kind: 'error', message: 'red' }
    const again = { task: 'b', worker: 'p', slot: 1 }
    expect(
      chainOf([
        opening({ pools: { p: { slots: 2 } }, tasks: { a: writes, b: writes } }),
        ...attempt('a', 'p', 0, 5),
        event('attempt.started', 5, { ...again, slot: 2, attempt: 1, fence: 801 }),
        event('attempt.failed', 6, { ...again, attempt: 1, fence: 801, failure, retryAt: 9 }),
        event('attempt.started', 9, { ...again, attempt: 2, fence: 802 }),
        event('attempt.succeeded', 12, { ...again, attempt: 2, fence: 802, result: null }),
        event('run.closed', 12, { verdict: 'succeeded' }),
      ]),
    ).toEqual(['a opening', 'b claim', 'b retry'])
    expect(chainOf([opening({ tasks: {} })])).toEqual([])
  })

  it('finds dependencies behind gates that somebody approves', () => {
    const document = {
      pools: { p: { slots: 9 } },
      tasks: { a: { estimate: 4 }, z: { estimate: 1, dependsOn: ['go'] } },
      gates: { go: { kind: 'approval', dependsOn: ['a'] } },
    }
    expect(chainOf(played(document))).toEqual(['a opening', 'z dependency'])
  })

  it('finds dependencies behind streams', () => {
    const document = {
      pools: { p: { slots: 9 } },
      streams: { s: { tasks: { a: { estimate: 4 } } } },
      tasks: { z: { estimate: 1, dependsOn: ['s'] } },
    }
    expect(chainOf(played(document))).toEqual(['s/a opening', 'z dependency'])
  })
})
