/** What the kit has an executor's workers do: a list of steps as JSON, so that a worker in any language can play it. */
import type { JsonValue } from '../../core/types.js'
import { taskFailure } from '../../runtime/failure.js'
import type { AttemptContext, ClaimAnswer, ClaimRequest } from '../../runtime/ports.js'

/** Done one after the other. A script without `result`, `echo`, `answers` or `fail` ends with null. */
export type Step =
  | { readonly do: 'heartbeat' }
  | { readonly do: 'progress'; readonly value: JsonValue }
  | { readonly do: 'milestone'; readonly name: string }
  /** Asks for paths and waits for the answer, which is kept. */
  | { readonly do: 'claim'; readonly paths: ClaimRequest }
  /** Waits until it may integrate; that, or the refusal, is kept as an answer. */
  | { readonly do: 'integrate' }
  | { readonly do: 'log'; readonly text: string }
  /** Logs that many lines of a hundred characters. */
  | { readonly do: 'chatter'; readonly lines: number }
  /** Waits until it is told to stop, and ends. */
  | { readonly do: 'wait' }
  /** Never ends by itself, whatever it is told. */
  | { readonly do: 'deaf' }
  /** The worker is gone from one moment to the next, without a word. */
  | { readonly do: 'die' }
  | { readonly do: 'result'; readonly value: JsonValue }
  /** Its result is a text of that many characters. */
  | { readonly do: 'large'; readonly characters: number }
  /** Its result is what claims and integrations were answered: true, or false. */
  | { readonly do: 'answers' }
  /** Ends with an error that says so. */
  | { readonly do: 'throw'; readonly message: string }
  /** Ends with a failure that the worker knows more about. */
  | { readonly do: 'fail'; readonly message: string; readonly retryable: boolean; readonly retryAfterMs: number }

/**
 * Plays a script: for workers that run JavaScript.
 *
 * @param die - Ends the worker from one moment to the next. Needed by the cases about `death`.
 */
export async function playScript(
  steps: readonly Step[],
  context: Pick<AttemptContext, 'heartbeat' | 'milestone' | 'claim' | 'integrate' | 'log'> & {
    readonly signal: AbortSignal
  },
  die: () => void = () => undefined,
): Promise<JsonValue> {
  const answers: boolean[] = []
  for (const step of steps) {
    switch (step.do) {
      case 'heartbeat':
        context.heartbeat()
        break
      case 'progress':
        context.heartbeat(step.value)
        break
      case 'milestone':
        await context.milestone(step.name).catch(() => undefined)
        break
      case 'claim':
        answers.push(await context.claim(step.paths).then(isGranted, () => false))
        break
      case 'integrate':
        answers.push(
          await context.integrate().then(
            () => true,
            () => false,
          ),
        )
        break
      case 'log':
        context.log(step.text)
        break
      case 'chatter':
        for (let line = 0; line < step.lines; line += 1) context.log('x'.repeat(100))
        break
      case 'wait':
        await untilAborted(context.signal)
        return null
      case 'deaf':
        await new Promise(() => undefined)
        break
      case 'die':
        die()
        await new Promise(() => undefined)
        break
      case 'result':
        return step.value
      case 'large':
        return 'x'.repeat(step.characters)
      case 'answers':
        return answers
      case 'throw':
        throw new Error(step.message)
      case 'fail':
        throw taskFailure(step.message, {
          kind: 'rate-limited',
          retryable: step.retryable,
          retryAfterMs: step.retryAfterMs,
        })
      default:
        step satisfies never
    }
  }
  return null
}

function isGranted({ granted }: ClaimAnswer): boolean {
  return granted
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
