/** What a worker does with the handlers it has: functions, executors, or what `defineHandlers` has collected. */
import type { JsonValue } from '../../core/types.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor, HandlerContext } from '../../runtime/ports.js'
import type { Asking } from '../shared/asked.js'

/** What a function on a worker is given beside its input. */
export interface BullmqContext extends Asking, Pick<AttemptContext, 'signal' | 'heartbeat' | 'log'> {
  readonly attempt: AttemptRequest
}

/** Carries out one attempt on a worker. Returns JSON; rejects or throws when the work failed. */
export type BullmqFunction<Input = never> = (input: Input, context: BullmqContext) => unknown

/** A handler as `handler` makes it: what has `pull` is not for a worker. */
export interface BullmqHandler {
  readonly input?: Schema | undefined
  readonly output?: Schema | undefined
  readonly run?: ((input: never, context: HandlerContext) => unknown) | undefined
  readonly via?: Executor | undefined
}

type Work = BullmqFunction | Executor | BullmqHandler

/** Handlers by name, or what `defineHandlers` gives. */
export type BullmqHandlers =
  | Readonly<Record<string, Work>>
  | { get(name: string): BullmqHandler | undefined; names(): IterableIterator<string> }

/** What is used of a schema of any library that speaks Standard Schema. */
export interface Schema {
  readonly '~standard': { validate(value: unknown): Checked | Promise<Checked> }
}

type Checked =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** Carries out an attempt. @throws whatever the work throws */
export async function carryOut(
  handlers: BullmqHandlers,
  attempt: AttemptRequest,
  context: BullmqContext,
): Promise<AttemptOutcome> {
  const { handler } = attempt
  const work = workOf(handlers, handler)
  if (work === undefined) return refused(`Its worker has no handler "${handler}".`)
  if (typeof work === 'function') return { ok: true, result: await work(attempt.input as never, context) }
  // The scheduler's own: their answers come from another machine, so that some are promises there.
  if ('execute' in work) return work.execute(attempt, context as unknown as AttemptContext)
  const { input, output, run, via } = work
  const given = await check(input, attempt.input)
  if (!given.ok)
    return refused(`The input of handler "${handler}" is not valid on its worker: ${given.problem}.`, false)
  const checkedAttempt = { ...attempt, input: given.value as JsonValue }
  let outcome: AttemptOutcome
  if (run !== undefined) {
    const whole = { ...context, attempt: checkedAttempt, extend: refuseExtend } as unknown as HandlerContext
    outcome = { ok: true, result: await run(given.value as never, whole) }
  } else if (via !== undefined) outcome = await via.execute(checkedAttempt, context as unknown as AttemptContext)
  else return refused(`Handler "${handler}" has neither "run" nor "via" on its worker.`)
  if (!outcome.ok) return outcome
  const gave = await check(output, outcome.result)
  if (gave.ok) return { ok: true, result: gave.value }
  return refused(`The result of handler "${handler}" is not valid: ${gave.problem}.`, false)
}

function workOf(handlers: BullmqHandlers, name: string): Work | undefined {
  const { get, names } = handlers as { readonly get?: unknown; readonly names?: unknown }
  if (typeof get === 'function' && typeof names === 'function') {
    return (handlers as Extract<BullmqHandlers, { get: unknown; names: unknown }>).get(name)
  }
  return Object.hasOwn(handlers, name) ? (handlers as Readonly<Record<string, Work>>)[name] : undefined
}

async function check(
  schema: Schema | undefined,
  value: unknown,
): Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }> {
  if (schema === undefined) return { ok: true, value }
  const checked = await schema['~standard'].validate(value)
  if (checked.issues === undefined) return { ok: true, value: checked.value }
  return { ok: false, problem: checked.issues.map(({ message }) => message).join('; ') }
}

function refuseExtend(): never {
  throw new TypeError('An attempt on another machine cannot extend the plan.')
}

/** Another worker may know better, unless trying again would not help. */
function refused(message: string, retryable = true): AttemptOutcome {
  return { ok: false, failure: { kind: 'error', message, retryable } }
}
