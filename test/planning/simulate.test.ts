import { expect, it } from 'vitest'
import type { JsonValue } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'
import { simulate } from '../../src/planning/simulate.js'
import { summarize } from '../../src/summarize.js'

const POOLS = { p: { slots: 2 } }

/** `at type what` for each event of a task, gate or run. */
function play(document: object, pools: Parameters<typeof simulate>[1]['pools'] = POOLS, result: null | true = null) {
  const { plan, compiled, diagnostics } = checkPlan(document)
  if (plan === undefined || compiled === undefined) throw new Error(JSON.stringify(diagnostics))
  const events = simulate(compiled, {
    pools,
    durationOf: (task) => compiled.estimateMs[task]!,
    resultOf: () => result,
    plan: plan as unknown as JsonValue,
  })
  const story = events.map((event) => {
    const what = 'task' in event ? ` ${event.task}` : 'gate' in event ? ` ${event.gate}` : ''
    return `${event.at} ${event.type}${what}`
  })
  return { events, story: story.filter((line) => /attempt\.(?:started|succeeded)|milestone|gate|closed/.test(line)) }
}

it('starts what may start, keeps claims apart, and ends when the last task does', () => {
  const { story } = play({
    pools: POOLS,
    tasks: {
      a: { estimate: 10, claims: { write: ['x'] } },
      b: { estimate: 20, claims: { write: ['x'] } },
      c: { estimate: 5, dependsOn: ['a'] },
    },
  })
  // b is longer, so it goes first.
  expect(story).toEqual([
    '0 attempt.started b',
    '20 attempt.succeeded b',
    '20 attempt.started a',
    '30 attempt.succeeded a',
    '30 attempt.started c',
    '35 attempt.succeeded c',
    '35 run.closed',
  ])
})

it('spreads milestones over their task, waits for lags, verifies, and approves at once', () => {
  const { story } = play({
    pools: POOLS,
    tasks: {
      a: { estimate: 30, milestones: ['half', 'most'], verify: ['check'] },
      b: { estimate: 1, dependsOn: ['a#half'] },
      c: { estimate: 1, dependsOn: [{ on: 'b', lag: 100 }] },
    },
    gates: { go: { kind: 'approval', dependsOn: ['c'] } },
  })
  expect(story).toEqual([
    '0 attempt.started a',
    '10 milestone.reached a',
    '10 attempt.started b',
    '11 attempt.succeeded b',
    '20 milestone.reached a',
    '30 attempt.succeeded a',
    '111 attempt.started c',
    '112 attempt.succeeded c',
    '112 gate.passed go',
    '112 run.closed',
  ])
})

it('skips what its result does not ask for', () => {
  const document = {
    pools: POOLS,
    tasks: { a: { estimate: 1 }, b: { estimate: 1, if: { $from: 'a' } } },
  }
  expect(play(document).story).not.toContain('1 attempt.started b')
  expect(play(document, POOLS, true).story).toContain('1 attempt.started b')
})

it('ends although a task finds no worker, with the run open', () => {
  const { events } = play({ tasks: { a: { estimate: 1 } } }, {})
  expect(events.map(({ type }) => type)).toEqual(['run.opened'])
})

it('gives events that can be summed up like those of a journal', () => {
  const { events } = play({ pools: POOLS, tasks: { a: { estimate: 10 }, b: { estimate: 10 }, c: { estimate: 10 } } })
  expect(summarize(events)).toMatchObject({
    verdict: 'succeeded',
    makespanMs: 20,
    pools: [{ pool: 'p', slots: 2, attempts: 3, busyShare: 0.75 }],
  })
})
