/** What a plan may say already and is refused until the core does it. */
import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { problems } from './problems.js'

const ok = { tasks: { a: {}, b: {} } }

it.each([
  [{ ...ok, resources: { gpu: 2 } }, '/resources', 'resources'],
  [{ tasks: [{ id: 'a', uses: { gpu: 1 } }] }, '/tasks/0/uses', 'uses'],
  [{ tasks: { a: { idempotencyKey: 'k' } } }, '/tasks/a/idempotencyKey', 'idempotencyKey'],
  [{ tasks: { a: { claims: { integrate: ['x'] } } } }, '/tasks/a/claims/integrate', 'integrate'],
])('%j', (plan, at, field) => {
  expect(checkPlan(plan).diagnostics).toEqual([
    {
      code: 'NOT_YET_SUPPORTED',
      severity: 'error',
      message: `The field "${field}" is not yet supported.`,
      at,
      hint: 'Remove it, or wait for a version that supports it.',
    },
  ])
})

it('what only says what would hold without it is let through', () => {
  const plan = {
    gates: [],
    phases: {},
    resources: {},
    tasks: {
      a: {
        verify: [],
        uses: {},
        claims: { integrate: [], advisory: ['x'] },
        deliverables: ['x'],
      },
    },
  }
  expect(problems(plan)).toEqual([])
})
