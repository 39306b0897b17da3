/** Where the package is missing, the attempt says which line installs it. */
import { expect, it, vi } from 'vitest'
import { threadExecutor } from '../../../src/executors/thread/index.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor } from '../command/world.js'

vi.mock('tinypool', () => {
  throw new Error("Cannot find package 'tinypool'")
})

it('an attempt without the package fails for good, with the line that installs it', async () => {
  const message = 'Threads need the package "tinypool". Run `npm install tinypool`.'
  const failure = { kind: 'error', message, retryable: false }
  const executor = threadExecutor({ module: 'x.mjs' })
  expect(await executor.execute(requestFor(null), new Line().context)).toEqual({ ok: false, failure })
})
