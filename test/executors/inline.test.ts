/** The inline executor: functions of this process, some at a time. */
import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import { type InlineFunction, inlineExecutor } from '../../src/executors/inline.js'
import { defineHandlers } from '../../src/runtime/handlers.js'
import type { AttemptRequest, HandlerContext } from '../../src/runtime/ports.js'
import { playScript, type Step } from '../../src/testing/executor-conformance/index.js'
import { hosted, plan, turns } from '../runtime/world.js'
import { conforms } from './conformance.js'

const attempt = { id: 'r/a#1', handler: 'work', input: { n: 1 } } as unknown as AttemptRequest
const context = () =>
  ({ attempt, signal: new AbortController().signal, heartbeat: () => undefined }) as unknown as HandlerContext

describe('the inline executor', () => {
  it('calls the function of the attempt’s handler with input and context, and hands over what it returns', async () => {
    const seen: unknown[] = []
    const work: InlineFunction = (input, given) => {
      seen.push(input, given.attempt.id)
      return 'done'
    }
    const executor = inlineExecutor({ functionOf: ({ handler }) => (handler === 'work' ? work : undefined) })
    expect(executor.inProcess).toBe(true)
    expect(await executor.execute(attempt, context())).toEqual({ ok: true, result: 'done' })
    expect(seen).toEqual([{ n: 1 }, 'r/a#1'])
  })

  it('waits for promises, and lets errors through as rejections', async () => {
    const executorOf = (work: InlineFunction) => inlineExecutor({ functionOf: () => work })
    expect(await executorOf(async () => 5).execute(attempt, context())).toEqual({ ok: true, result: 5 })
    await expect(executorOf(() => Promise.reject(new Error('no'))).execute(attempt, context())).rejects.toThrow('no')
    const throwing = executorOf(() => {
      throw new Error('at once')
    })
    await expect(throwing.execute(attempt, context())).rejects.toThrow('at once')
  })

  it('fails an attempt without a function, for good', async () => {
    const executor = inlineExecutor({ functionOf: () => undefined })
    expect(await executor.execute(attempt, context())).toEqual({
      ok: false,
      failure: { kind: 'error', message: 'Handler "work" has no function to run.', retryable: false },
    })
  })

  it('refuses a concurrency that is none', () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      expect(() => inlineExecutor({ functionOf: () => undefined, concurrency })).toThrow(TypeError)
    }
  })
})

describe('with a concurrency', () => {
  interface Counted {
    readonly work: InlineFunction
    readonly started: string[]
    most: number
    end(task: string): void
  }

  function counted(): Counted {
    const ends = new Map<string, () => void>()
    let running = 0
    const counter: Counted = {
      started: [],
      most: 0,
      end: (task) => ends.get(task)?.(),
      async work(_, { attempt: { task } }) {
        counter.started.push(task)
        running += 1
        counter.most = Math.max(counter.most, running)
        await new Promise<void>((resolve) => ends.set(task, resolve))
        running -= 1
      },
    }
    return counter
  }

  const tasks = { a: {}, b: {}, c: {}, d: {} }

  it('no more functions run at a time, whatever the slots of the pools', async () => {
    const counter = counted()
    const { scheduler } = hosted({ executor: inlineExecutor({ functionOf: () => counter.work, concurrency: 2 }) })
    const run = await scheduler.start(plan(tasks))
    await turns()
    expect(run.progress().running).toBe(4)
    expect(counter.started).toEqual(['a', 'b'])
    for (const task of ['b', 'a', 'c', 'd']) {
      counter.end(task)
      await turns()
    }
    expect((await run.outcome).verdict).toBe('succeeded')
    expect(counter.most).toBe(2)
    await scheduler.close()
  })

  it('an attempt that was told to stop while it waited for its turn is never begun', async () => {
    const counter = counted()
    const { scheduler } = hosted({ executor: inlineExecutor({ functionOf: () => counter.work, concurrency: 1 }) })
    const run = await scheduler.start(plan({ a: {}, b: {}, c: { claims: { write: ['x'] } } }))
    await turns()
    await run.cancel('b')
    await run.cancel('c')
    counter.end('a')
    await turns()
    expect(counter.started).toEqual(['a'])
    expect((await run.outcome).verdict).toBe('cancelled')
    await scheduler.close()
  })
})

it('is what a scheduler uses without being told', async () => {
  const scheduler = createScheduler({ handlers: defineHandlers({ work: { run: (input) => [input] } }) })
  const run = await scheduler.start({ tasks: { a: { handler: 'work', input: 3 } } })
  expect((await run.outcome).results).toEqual({ a: [3] })
  await scheduler.close()
})

describe('the law of executors', () => {
  const functionOf = (): InlineFunction => (input, context) => playScript(input as unknown as Step[], context)
  conforms(() => ({ open: () => inlineExecutor({ functionOf }) }), {
    // A function ends when it likes, with its host, and the host beats for it.
    without: ['attach', 'stop', 'death', 'beats', 'once'],
  })
})
