/** What a plan may say already and is refused until the core does it. */
import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { problems } from './problems.js'

const ok = { tasks: { a: {}, b: {} } }

it.each([
  [{ ...ok, gates: { g: { kind: 'approval' } } }, '/gates', 'gates'],
  [{ ...ok, phases: [{ id: 'p' }] }, '/phases', 'phases'],
  [{ ...ok, sequences: [{ path: 'x', order: ['a'] }] }, '/sequences', 'sequences'],
  [{ streams: { s: { phase: 'p' } } }, '/streams/s/phase', 'phase'],
  [{ streams: [{ id: 's', tasks: [{ id: 'a', optional: true }] }] }, '/streams/0/tasks/0/optional', 'optional'],
  [{ tasks: { a: { verify: ['h'] } } }, '/tasks/a/verify', 'verify'],
  [{ tasks: { a: { milestones: ['m'] } } }, '/tasks/a/milestones', 'milestones'],
  [{ tasks: { a: {}, b: { dependsOn: [{ on: 'a', when: 'failure' }] } } }, '/tasks/b/dependsOn/0/when', 'when'],
  [{ tasks: { a: {}, b: { dependsOn: [{ on: 'a', lag: '1s' }] } } }, '/tasks/b/dependsOn/0/lag', 'lag'],
  [{ tasks: { a: {}, b: { dependsOn: [{ on: 'a', soft: true }] } } }, '/tasks/b/dependsOn/0/soft', 'soft'],
  [{ tasks: { a: {}, b: { dependsOn: [{ anyOf: ['a'] }] } } }, '/tasks/b/dependsOn/0/anyOf', 'anyOf'],
  [{ tasks: { a: {}, b: { dependsOn: [{ quorum: 1, of: ['a'] }] } } }, '/tasks/b/dependsOn/0/quorum', 'quorum'],
  [{ streams: { s: { dependsOn: [{ stream: 't', progress: 0.5 }] } } }, '/streams/s/dependsOn/0/progress', 'progress'],
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

it('milestones as the target of a dependency', () => {
  const message = 'NOT_YET_SUPPORTED /tasks/b/dependsOn/0 Milestones such as "a#half" are not yet supported.'
  expect(problems({ tasks: { a: {}, b: { dependsOn: ['a#half'] } } })).toEqual([message])
  expect(problems({ tasks: { a: {}, b: { dependsOn: [{ on: 'a#half' }] } } })).toEqual([message])
})

it('what only says what would hold without it is let through', () => {
  const plan = {
    gates: [],
    phases: {},
    resources: {},
    sequences: [],
    tasks: {
      a: {
        optional: false,
        verify: [],
        milestones: [],
        uses: {},
        deliverables: ['x'],
      },
      b: { dependsOn: [{ on: 'a', when: 'success', lag: 0, soft: false }] },
    },
  }
  expect(problems(plan)).toEqual([])
})
