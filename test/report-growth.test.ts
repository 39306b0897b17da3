/** Reports of runs that became others on the way: plans that grew, tasks that were done again, paths claimed while working. */
import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../src/core/types.js'
import { createScheduler } from '../src/embedded.js'
import { reportRun } from '../src/report.js'
import { defineHandlers, handler } from '../src/runtime/handlers.js'
import { summarize } from '../src/summarize.js'
import { attempt, event, opening } from './reporters/events.js'

const began = (task: string, at: number, fence: number, slot = 1): RunEvent =>
  event('attempt.started', at, { task, worker: 'p', slot, attempt: 1, fence })
const done = (task: string, at: number, fence: number): RunEvent =>
  event('attempt.succeeded', at, { task, attempt: 1, fence, result: null })

describe('a report of a run', () => {
  it('has the tasks that amendments added, with their waits', () => {
    const events = [
      opening({ pools: { p: { slots: 1 } }, tasks: { a: {}, b: { dependsOn: ['a'] } } }),
      began('a', 0, 1),
      event('run.amended', 5, {
        amendment: {
          add: { tasks: { c: { title: 'New' }, d: { dependsOn: ['c'] } } },
          change: { b: { dependsOn: ['c'] } },
        },
      }),
      done('a', 10, 1),
      ...attempt('c', 'p', 10, 20),
      ...attempt('b', 'p', 21, 30),
      ...attempt('d', 'p', 30, 40),
    ]
    const { tasks, attempts, chain } = reportRun(events)
    expect(tasks.map(({ id, title, status, waits }) => [id, title, status, waits])).toEqual([
      ['a', null, 'succeeded', []],
      ['b', null, 'succeeded', [{ from: 20, to: 21 }]],
      ['c', 'New', 'succeeded', [{ from: 5, to: 10 }]],
      ['d', null, 'succeeded', [{ from: 20, to: 30 }]],
    ])
    expect(attempts.map(({ task, lane }) => [tasks[task]?.id, lane])).toEqual([
      ['a', 0],
      ['c', 0],
      ['b', 0],
      ['d', 0],
    ])
    expect(chain.map(({ attempt: place }) => tasks[attempts[place]?.task ?? -1]?.id)).toEqual(['a', 'c', 'b', 'd'])
    expect(summarize(events).tasks).toMatchObject({ total: 4, succeeded: 4 })
  })

  it('refuses an amendment that does not fit its plan', () => {
    const events = [
      opening({ tasks: { a: {} } }),
      event('run.amended', 5, { amendment: { add: { tasks: { a: {} } } } }),
    ]
    expect(() => reportRun(events)).toThrow(/The stored amendment of run "r1" cannot be read/)
  })

  it('knows what a task that is done again waited for, and those after it', () => {
    const events = [
      opening({ pools: { p: { slots: 1 } }, tasks: { a: {}, b: { dependsOn: ['a'] }, c: {} } }),
      ...attempt('a', 'p', 0, 10),
      began('c', 10, 8),
      event('task.reopened', 15, { task: 'a', generation: 2, reason: 'wrong' }),
      done('c', 30, 8),
      ...attempt('a', 'p', 32, 40),
      ...attempt('b', 'p', 41, 50),
    ]
    const { tasks } = reportRun(events)
    expect(tasks.map(({ id, waits, reasons, attempts }) => [id, waits, reasons, attempts.length])).toEqual([
      ['a', [{ from: 15, to: 32 }], ['the one slot of p busy for 15ms', 'other reasons for 2ms'], 2],
      // It was ready at 10 and no more at 15.
      ['b', [{ from: 40, to: 41 }], ['other reasons for 1ms'], 1],
      ['c', [{ from: 0, to: 10 }], ['the one slot of p busy for 10ms'], 1],
    ])
  })

  it('shows paths from when they were claimed, and who waited for them', () => {
    const events = [
      opening({
        pools: { p: { slots: 2 } },
        tasks: {
          a: { claims: { write: ['src/**'], integrate: ['index.ts'] } },
          b: { dependsOn: ['c'], claims: { write: ['docs/a.md'], integrate: ['index.ts'] } },
          c: {},
        },
      }),
      began('a', 0, 1),
      began('c', 0, 2, 2),
      event('claim.extended', 4, { task: 'a', attempt: 1, fence: 1, write: ['docs/**'], read: ['plans/x.md'] }),
      done('c', 10, 2),
      event('integration.asked', 20, { task: 'a', attempt: 1, fence: 1 }),
      event('integration.granted', 21, { task: 'a', attempt: 1, fence: 1 }),
      done('a', 30, 1),
      began('b', 30, 3),
      event('integration.granted', 35, { task: 'b', attempt: 1, fence: 3 }),
      done('b', 40, 3),
    ]
    const { paths, tasks, chain, attempts } = reportRun(events)
    expect(paths).toEqual([
      { path: 'docs/**', waitedMs: 20, holds: [{ attempt: 0, mode: 'write', from: 4, to: 30 }] },
      {
        path: 'index.ts',
        waitedMs: 0,
        holds: [
          { attempt: 0, mode: 'integrate', from: 21, to: 30 },
          { attempt: 2, mode: 'integrate', from: 35, to: 40 },
        ],
      },
    ])
    const [a, b] = tasks
    expect(a).toMatchObject({ writes: ['src/**', 'docs/**'], reads: ['plans/x.md'] })
    expect(b).toMatchObject({ waits: [{ from: 10, to: 30 }], reasons: ['docs/** held by a for 20ms'] })
    expect(chain.map(({ attempt: place, because }) => [tasks[attempts[place]?.task ?? -1]?.id, because])).toEqual([
      ['a', 'opening'],
      ['b', 'claim'],
    ])
  })

  it('is made of what a scheduler stores of a handler that claims and extends', async () => {
    const handlers = defineHandlers({
      work: handler({ run: () => Promise.resolve(1) }),
      lead: handler({
        run: async (_, context) => {
          await context.claim({ write: ['out/**'] })
          context.extend({ add: { tasks: { more: { handler: 'work', claims: { write: ['more.txt'] } } } } })
          return 1
        },
      }),
    })
    const scheduler = createScheduler({ handlers })
    const run = await scheduler.start({ tasks: { first: { handler: 'lead' } } })
    const events: RunEvent[] = []
    const reading = (async () => {
      for await (const each of run.events()) events.push(each)
    })()
    await run.outcome
    await reading
    await scheduler.close()
    const { tasks, attempts } = reportRun(events)
    expect(tasks.map(({ id, status, writes }) => [id, status, writes])).toEqual([
      ['first', 'succeeded', ['out/**']],
      ['more', 'succeeded', ['more.txt']],
    ])
    expect(attempts).toHaveLength(2)
  })
})
