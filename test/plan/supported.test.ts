/** What a plan may say already and is refused until the core does it. */
import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { parsePlan } from '../../src/plan/parse.js'
import { problems } from './problems.js'

const ok = { tasks: { a: {}, b: {} } }

it.each([
  [{ ...ok, gates: { g: { kind: 'approval' } } }, '/gates', 'gates'],
  [{ ...ok, phases: [{ id: 'p' }] }, '/phases', 'phases'],
  [{ streams: { s: { phase: 'p' } } }, '/streams/s/phase', 'phase'],
  [{ tasks: { a: { verify: ['h'] } } }, '/tasks/a/verify', 'verify'],
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
        deliverables: ['x'],
      },
    },
  }
  expect(problems(plan)).toEqual([])
})

it('an alternative may be a share of a stream', () => {
  const half = (stream: string) => ({ stream, progress: 0.5 })
  const streams = {
    a: { tasks: { t: {} } },
    b: { tasks: { t: {} } },
    c: { dependsOn: [{ anyOf: [half('a'), half('b')] }] },
  }
  expect(parsePlan({ streams }).ok).toBe(true)
})
