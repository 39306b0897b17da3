/** One task with one handler, run to its end. */
import { expect } from 'vitest'
import type { Failure, JsonValue } from '../../src/core/types.js'
import type { PlanDocument } from '../../src/plan/types.js'
import type { RegisteredHandler } from '../../src/runtime/handlers.js'
import type { Outcome } from '../../src/runtime/outcome.js'
import { hosted } from './world.js'

/** Runs one task `a` with this handler to its end. */
export async function outcomeOf(
  one: RegisteredHandler,
  task: object = {},
): Promise<Outcome<Record<string, JsonValue>>> {
  const { scheduler } = hosted({ more: { one } })
  const run = await scheduler.start({ tasks: { a: { handler: 'one', ...task } } } as PlanDocument)
  const outcome = await run.outcome
  await scheduler.close()
  return outcome as Outcome<Record<string, JsonValue>>
}

export async function failureOf(one: RegisteredHandler, task: object = {}): Promise<Failure | undefined> {
  const outcome = await outcomeOf(one, task)
  expect(outcome.verdict).toBe('failed')
  return outcome.tasks.get('a')!.failure
}

export async function resultOf(work: () => unknown): Promise<unknown> {
  const outcome = await outcomeOf({ run: work })
  expect(outcome.tasks.get('a')!.failure).toBeUndefined()
  return outcome.results.a
}
