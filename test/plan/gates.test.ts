/** Gates in a plan: where they may be named, and what is wrong with some. */
import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'

function problems(plan: unknown): readonly string[] {
  return checkPlan(plan).diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)
}

it('a gate may be named wherever a task may: by tasks, streams, gates, and in inputs', () => {
  const { compiled } = checkPlan({
    streams: { s: { dependsOn: ['go'], tasks: { a: {}, b: { dependsOn: ['review'] } } } },
    tasks: { c: { input: { who: { $from: 'review', path: ['by'] } } } },
    gates: {
      go: { kind: 'approval' },
      review: { kind: 'approval', dependsOn: ['go', { on: 's/a' }] },
      tests: { kind: 'check', handler: 'h', input: { sha: { $from: 's/a' } } },
    },
  })
  const { taskIds, predecessors, gates } = compiled!
  expect(taskIds).toEqual(['s/a', 's/b', 'c', 'go', 'review', 'tests'])
  const before = (task: number) =>
    [...predecessors.targets.slice(predecessors.start[task], predecessors.start[task + 1])].map((node) => taskIds[node])
  expect(taskIds.map((_, task) => before(task))).toEqual([
    ['go'],
    ['go', 'review'],
    ['review'],
    [],
    ['s/a', 'go'],
    ['s/a'],
  ])
  expect([...gates]).toEqual([
    [3, 'approval'],
    [4, 'approval'],
    [5, 'check'],
  ])
})

it('an approval has no work to do: no handler, no estimate, no claims, no limits but its own', () => {
  const { compiled } = checkPlan({
    defaults: { handler: 'agent', timeouts: { startToClose: 1000, scheduleToClose: 9000 } },
    tasks: { a: { estimate: 50 } },
    gates: { review: { kind: 'approval', timeout: '1h' }, tests: { kind: 'check', handler: 'h' } },
  })
  const { handler, handlers, policies, policy, claimSet, estimateMs } = compiled!
  expect([...handler].map((each) => handlers[each] ?? null)).toEqual(['agent', null, 'h'])
  expect(policies[policy[1]!]).toMatchObject({
    startToCloseMs: null,
    scheduleToStartMs: 3_600_000,
    scheduleToCloseMs: null,
  })
  expect(policies[policy[2]!]).toMatchObject({ startToCloseMs: 1000, scheduleToCloseMs: 9000 })
  expect([...claimSet]).toEqual([-1, -1, -1])
  expect([...estimateMs]).toEqual([50, 0, 0])
})

it('a check without a handler, and an approval with one or with an input, are errors', () => {
  expect(
    problems({
      defaults: { handler: 'agent' },
      gates: {
        tests: { kind: 'check' },
        review: { kind: 'approval', handler: 'h' },
        go: { kind: 'approval', input: 1 },
      },
    }),
  ).toEqual([
    'UNKNOWN_FIELD /gates/go/input The gate "go" awaits approval, so its "input" would never be used.',
    'UNKNOWN_FIELD /gates/review/handler The gate "review" awaits approval, so its "handler" would never be used.',
    'MISSING_FIELD /gates/tests The check "tests" has no handler that could answer it.',
  ])
})

it('what is wrong with a gate is told with its place and name', () => {
  expect(
    problems({
      tasks: { a: {} },
      gates: { review: { kind: 'approval', dependsOn: ['a', 'ghost'] }, tests: { kind: 'check', handler: 'h' } },
    }),
  ).toEqual(['UNKNOWN_ID /gates/review/dependsOn/1 "ghost" in gate "review" is no task, stream or gate of this plan.'])
  expect(
    problems({ tasks: { a: { dependsOn: ['g'] } }, gates: { g: { kind: 'approval', dependsOn: ['a'] } } }),
  ).toEqual(['CYCLE /tasks/a/dependsOn/0 These wait for each other: "a" → "g" → "a".'])
})
