import { expectTypeOf } from 'vitest'
import * as z from 'zod/mini'
import type { Approval } from '../../src/plan/define.js'
import type { Ref } from '../../src/plan/refs.js'
import type { TypedPlan } from '../../src/plan/typed-plan.js'
import { defineHandlers, definePlan, type HandlerContext, handler } from '../../src/runtime/handlers.js'
import type { Executor } from '../../src/runtime/ports.js'

declare const executor: Executor
declare function fetchSource(ref: string, signal: AbortSignal): Promise<{ sha: string }>
declare function build(input: { sha: string }, context: HandlerContext): Promise<{ bytes: number }>

const handlers = defineHandlers({
  'repo.fetch': handler({
    input: z.object({ ref: z.string() }),
    output: z.object({ sha: z.string() }),
    run: async ({ ref }, { signal }) => fetchSource(ref, signal),
  }),
  'repo.build': handler({
    input: z.object({ sha: z.string(), flags: z.optional(z.array(z.string())) }),
    output: z.object({ bytes: z.number() }),
    version: 2,
    run: build,
  }),
  'repo.measure': handler({
    input: z.object({ sha: z.string() }),
    run: ({ sha }) => ({ length: sha.length, files: [{ name: 'a' }] }),
  }),
  'agent.code': handler({ via: executor }),
  'typed.function': handler({ run: async (input: { count: number }) => input.count }),
  'agent.typed': handler({
    via: executor,
    input: z.object({ prompt: z.string() }),
    output: z.object({ ok: z.boolean() }),
  }),
  noop: handler({ run: () => {} }),
})

const release = handlers.plan('release', (p) => {
  const fetch = p.task(
    'fetch',
    'repo.fetch',
    { ref: 'main' },
    { retry: { maxAttempts: 4 }, timeouts: { startToClose: '5m' } },
  )
  const docs = p.task('docs', 'agent.code', { prompt: '…' }, { claims: { write: ['docs/**'] }, requires: ['writer'] })
  const build = p.task('build', 'repo.build', { sha: fetch.out.sha }, { dependsOn: [docs, 'fetch'], estimate: '4m' })
  const measure = p.task('measure', 'repo.measure', fetch.out)
  const inline = p.task(
    'inline',
    ({ name }: { name: string }, { signal }) => ({ upper: name.toUpperCase(), aborted: signal.aborted }),
    {
      name: measure.out.files[0]!.name,
    },
  )
  expectTypeOf(fetch.out.sha).toExtend<Ref<string>>()
  expectTypeOf(measure.out.length).toExtend<Ref<number>>()
  p.task('nothing', 'noop')
  p.task('nothing-2', () => 3)
  p.task('count', 'typed.function', { count: measure.out.length })
  const s = p.stream('db', { dependsOn: [fetch], owns: ['db/**'] }, (stream) => {
    const schema = stream.task('schema', 'repo.build', { sha: 'abc' })
    return { schema }
  })
  p.task('after', 'repo.build', { sha: 'x' }, { dependsOn: [s, s.tasks.schema] })
  const review = p.gate('review', {
    kind: 'approval',
    title: 'Somebody has read it',
    dependsOn: [s, measure],
    timeout: '2d',
  })
  expectTypeOf(review.out.by).toExtend<Ref<string | null>>()
  const checked = p.gate('checked', { kind: 'check', handler: 'agent.typed', input: { prompt: fetch.out.sha } })
  expectTypeOf(checked.out.ok).toExtend<Ref<boolean>>()
  p.gate('nothing', { kind: 'check', handler: 'noop', dependsOn: [review, 'checked'] })
  p.task('gated', ({ by }: { by: string | null }) => by, { by: review.out.by }, { dependsOn: [checked] })
  // @ts-expect-error nobody registered it
  p.gate('bad', { kind: 'check', handler: 'repo.ship' })
  // @ts-expect-error the check wants a prompt
  p.gate('bad', { kind: 'check', handler: 'agent.typed' })
  // @ts-expect-error the prompt is a text
  p.gate('bad', { kind: 'check', handler: 'agent.typed', input: { prompt: measure.out.length } })
  // @ts-expect-error nobody's hands do an approval
  p.gate('bad', { kind: 'approval', handler: 'noop' })
  // @ts-expect-error a gate is one of the two
  p.gate('bad', {})
  // @ts-expect-error gates are of no stream
  p.stream('bad', {}, (stream) => stream.gate('x', { kind: 'approval' }))
  // @ts-expect-error a number is no sha
  p.task('bad', 'repo.build', { sha: 3 })
  // @ts-expect-error the reference is a number
  p.task('bad', 'repo.build', { sha: s.tasks.schema.out.bytes })
  // @ts-expect-error the result has no such part
  p.task('bad', 'repo.build', { sha: fetch.out.hash })
  // @ts-expect-error nobody registered it
  p.task('bad', 'repo.ship', { sha: 'x' })
  // @ts-expect-error the input is missing
  p.task('bad', 'repo.build')
  // @ts-expect-error an untyped result is no text
  p.task('bad', 'repo.build', { sha: docs.out.sha })
  // @ts-expect-error no such unit
  p.task('bad', 'repo.build', { sha: 'x' }, { estimate: '4 parsecs' })
  p.task(
    'use',
    'repo.build',
    { sha: 'x' },
    { uses: { gpu: 2, db: 'shared', deploy: 'exclusive' }, idempotencyKey: 'k' },
  )
  // @ts-expect-error a use is a number, "shared" or "exclusive"
  p.task('bad', 'repo.build', { sha: 'x' }, { uses: { gpu: 'all' } })
  // @ts-expect-error no such option
  p.task('bad', 'repo.build', { sha: 'x' }, { timeout: '4m' })
  // @ts-expect-error the function wants a name
  p.task('bad', ({ name }: { name: string }) => name, { name: 3 })
  return { build, measure, inline, review, sha: fetch.out.sha, nested: measure.out.files[0]!.name }
})

expectTypeOf(release).toEqualTypeOf<
  TypedPlan<{
    readonly build: { bytes: number }
    readonly measure: { length: number; files: { name: string }[] }
    readonly inline: { upper: string; aborted: boolean }
    readonly review: Approval
    readonly sha: string
    readonly nested: string
  }>
>()

// @ts-expect-error the output schema wants a number
handler({ output: z.object({ bytes: z.number() }), run: () => ({ bytes: 'many' }) })
// @ts-expect-error the input has no such field
handler({ input: z.object({ ref: z.string() }), run: ({ sha }) => sha })
handler({
  run: () => 1,
  limit: { concurrency: 2, perMinute: 60 },
  breaker: { failures: 3, windowMs: 1, cooldownMs: 1 },
})
// @ts-expect-error a breaker has a window and a cooldown
handler({ run: () => 1, breaker: { failures: 3 } })
handler({ input: z.object({ ref: z.string() }), pull: true })
// @ts-expect-error neither run, via nor pull
handler({ version: 1 })

definePlan({
  tasks: {
    a: { handler: (input, { signal, attempt }) => [input, signal.aborted, attempt.id], estimate: '5m' },
    b: { handler: 'noop', dependsOn: ['a'] },
  },
})
// @ts-expect-error no such field
definePlan({ tasks: { a: { dependson: ['b'] } } })
// @ts-expect-error no such unit
definePlan({ tasks: [{ id: 'a', estimate: '5 parsecs' }] })
