/** The inline executor: handlers are functions of this process. */
import pLimit from 'p-limit'
import type { JsonValue } from '../core/types.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor, HandlerContext } from '../runtime/ports.js'

export type InlineFunction = (input: JsonValue, context: HandlerContext) => unknown

export interface InlineOptions {
  /** The function of an attempt's handler; undefined fails the attempt. */
  readonly functionOf: (attempt: AttemptRequest) => InlineFunction | undefined
  /** Most functions at a time in this process, over all pools. Default: as many as the pools have slots. */
  readonly concurrency?: number
}

/**
 * Runs handlers as functions in this process. A function cannot be made to stop: it must look at `context.signal`.
 */
export function inlineExecutor(options: InlineOptions): Executor {
  const { functionOf, concurrency } = options
  const limit = concurrency === undefined ? null : pLimit(concurrency)

  // Not `async`: one promise less for each attempt.
  function run(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    const work = functionOf(attempt)
    if (work === undefined) {
      const message = `Handler "${attempt.handler}" has no function to run.`
      return Promise.resolve({ ok: false, failure: { kind: 'error', message, retryable: false } })
    }
    try {
      return Promise.resolve(work(attempt.input, context as HandlerContext)).then(succeeded)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** It may have been told to stop while it waited for its turn. */
  async function runUnlessStopped(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    if (!context.signal.aborted) return run(attempt, context)
    return { ok: false, failure: { kind: 'cancelled', message: 'It was told to stop before it began.' } }
  }

  return {
    inProcess: true,
    execute: limit === null ? run : (attempt, context) => limit(runUnlessStopped, attempt, context),
  }
}

function succeeded(result: unknown): AttemptOutcome {
  return { ok: true, result }
}
