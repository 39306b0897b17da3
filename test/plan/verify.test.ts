/** Verification steps in a plan. */
import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { defineHandlers } from '../../src/runtime/handlers.js'

it('a step is a name, or a handler with input and timeout; plain tasks and empty lists have none', () => {
  const { compiled } = checkPlan({
    tasks: { a: {}, b: { verify: [] }, c: { verify: ['lint', { handler: 'tests', input: { n: 1 }, timeout: '2m' }] } },
  })
  expect([...compiled!.verify]).toEqual([
    [
      2,
      [
        { handler: 'lint', timeoutMs: null },
        { handler: 'tests', input: { n: 1 }, timeoutMs: 120_000 },
      ],
    ],
  ])
  expect(compiled!.handlers).toEqual(['lint', 'tests'])
})

it('references in the input of a step make edges; "$result" is the task itself and makes none', () => {
  const input = { base: { $from: 'base', path: ['sha'] }, own: { $from: '$result' } }
  const { ok, compiled } = checkPlan({ tasks: { base: {}, t: { verify: [{ handler: 'diff', input }] } } })
  expect(ok).toBe(true)
  const { start, targets } = compiled!.predecessors
  expect([...targets.slice(start[1], start[2])]).toEqual([0])
})

it('what is wrong with a step is told with its place', () => {
  const plan = {
    tasks: {
      t: {
        input: { $from: '$result' },
        verify: ['lnt', { handler: 'tests', input: [{ $from: 'ghost' }] }],
      },
    },
  }
  const { diagnostics } = checkPlan(plan, { handlers: ['lint', 'tests'] })
  expect(diagnostics.map(({ code, at, message, hint }) => [code, at, message, hint].join(' | '))).toEqual([
    'UNKNOWN_ID | /tasks/t/input | "$result" in task "t" is no task, stream or gate of this plan. | Name a task of the same stream, a stream, a gate, or any task as "stream/task".',
    'UNKNOWN_HANDLER | /tasks/t/verify/0 | The handler "lnt", which verifies task "t", is not registered. | Did you mean "lint"?',
    'UNKNOWN_ID | /tasks/t/verify/1/input/0 | "ghost" in task "t" is no task, stream or gate of this plan. | Name a task of the same stream, a stream, a gate, or any task as "stream/task".',
  ])
  const far = checkPlan({ tasks: { t: { verify: ['zzzzzzzz'] } } }, { handlers: ['lint'] })
  expect(far.diagnostics[0]?.hint).toBe('Register it with defineHandlers.')
})

it('a step that needs the result of its own task by name waits for itself', () => {
  const { diagnostics } = checkPlan({ tasks: { t: { verify: [{ handler: 'h', input: { $from: 't' } }] } } })
  expect(diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)).toEqual([
    'CYCLE /tasks/t/verify/0/input Task "t" depends on itself.',
  ])
})

it('a plan made by code may hand results to steps', () => {
  const handlers = defineHandlers({ work: { run: () => 1 }, lint: { run: () => true } })
  const made = handlers.plan('p', (p) => {
    const base = p.task('base', 'work')
    p.task('t', 'work', undefined, { verify: ['lint', { handler: 'lint', input: { base: base.out as never } }] })
  })
  const { plan } = checkPlan(made)
  expect(plan?.tasks?.[1]?.verify).toEqual(['lint', { handler: 'lint', input: { base: { $from: 'base' } } }])
})
