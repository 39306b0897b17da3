/** What a handler's function may do with its context. */
import { expect, it } from 'vitest'
import { runPlan } from '../../src/embedded.js'
import { definePlan } from '../../src/runtime/handlers.js'

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
