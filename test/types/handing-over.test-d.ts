import { expectTypeOf } from 'vitest'
import { defineHandlers, type HandlerContext } from '../../src/runtime/handlers.js'
import type { Scheduler } from '../../src/runtime/scheduler-types.js'

declare const scheduler: Scheduler
declare const context: HandlerContext

const typed = defineHandlers({}).plan('p', (p) => ({ sum: p.task('add', () => ({ of: 3 })).out.of }))

const { outcome } = await scheduler.resume('r1', typed)
const ended = await outcome
if (ended.verdict === 'succeeded') expectTypeOf(ended.results).toEqualTypeOf<{ readonly sum: number }>()

const other = await (await scheduler.resume('r1')).outcome
if (other.verdict === 'succeeded') expectTypeOf(other.results).toBeObject()

const { shared, send, inbox, receive, share } = context
expectTypeOf(share('key', { any: [1] })).toEqualTypeOf<Promise<void>>()
expectTypeOf(receive({ after: 1 })).resolves.toHaveProperty('body')
expectTypeOf(inbox()).toExtend<readonly { readonly seq: number }[]>()
void send({ to: { stream: 'api' }, body: null })
// @ts-expect-error a message is for a task, a stream or a worker
void send({ to: { run: 'r2' }, body: null })
// @ts-expect-error what was shared is read only
shared().key = 1
