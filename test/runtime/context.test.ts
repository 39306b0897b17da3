/** What a handler's function may do with its context. */
import { expect, it } from 'vitest'
import { runPlan } from '../../src/embedded.js'
import { defineHandlers, definePlan, handler } from '../../src/runtime/handlers.js'

it('heartbeat and signal may be taken out of the context', async () => {
  const beating = definePlan({
    tasks: {
      a: {
        handler: (_, { heartbeat, signal }) => {
          heartbeat({ step: 1 })
          return signal.aborted
        },
      },
    },
  })
  const outcome = await runPlan(beating)
  expect([outcome.verdict, outcome.results]).toMatchObject(['succeeded', { a: false }])
})

it('a milestone resolves when it is stored, and lets others start beside the task; it may be taken out of the context', async () => {
  const order: string[] = []
  const plan = definePlan({
    tasks: {
      e: {
        milestones: ['half'],
        handler: async (_, { milestone }) => {
          await milestone('half')
          order.push('stored')
          await milestone('half')
          await started
          order.push('e ends')
        },
      },
      f: {
        dependsOn: ['e#half'],
        handler: () => {
          order.push('f runs')
          start()
        },
      },
    },
  })
  let start!: () => void
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  const { verdict } = await runPlan(plan)
  expect(verdict).toBe('succeeded')
  expect(order.toSorted()).toEqual(['e ends', 'f runs', 'stored'])
  expect(order.indexOf('f runs')).toBeLessThan(order.indexOf('e ends'))
})

it('a milestone that the task does not declare, or that comes too late, is an error; not waiting for it harms nobody', async () => {
  const errors: unknown[] = []
  let late!: (name: string) => Promise<void>
  const plan = definePlan({
    tasks: {
      a: {
        milestones: ['m'],
        handler: async (_, { milestone }) => {
          late = milestone
          void milestone('unknown')
          await milestone('n').catch((error: unknown) => errors.push(error))
        },
      },
      b: { dependsOn: ['a'], handler: () => late('m').catch((error: unknown) => void errors.push(error)) },
    },
  })
  expect((await runPlan(plan)).verdict).toBe('succeeded')
  expect(errors).toMatchObject([
    { name: 'SchedulerError', code: 'MILESTONE_UNKNOWN', hint: 'It declares "m".' },
    { name: 'SchedulerError', code: 'ATTEMPT_STALE' },
  ])
})

it('a plan made by code looks at a part of a result before it starts a task', async () => {
  const handlers = defineHandlers({
    scan: handler({ run: (changed: boolean) => ({ changed }) }),
    fix: handler({ run: () => 'fixed' }),
  })
  const planFor = (changed: boolean) =>
    handlers.plan('conditional', (p) => {
      const scan = p.task('scan', 'scan', changed)
      return { fix: p.task('fix', 'fix', undefined, { if: scan.out.changed }) }
    })
  const yes = await runPlan(planFor(true), handlers)
  const no = await runPlan(planFor(false), handlers)
  expect([yes.verdict, yes.tasks.get('fix')?.status]).toEqual(['succeeded', 'succeeded'])
  expect([no.verdict, no.tasks.get('fix')?.status]).toEqual(['succeeded', 'skipped'])
})
