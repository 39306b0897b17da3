/** What threads run in the tests. */
import { type ThreadContext, threadHandlers } from 'signalbox/executors/thread'
import { playScript, type Step } from 'signalbox/testing'

export const attempts = threadHandlers({
  script: (steps: readonly Step[], context) =>
    playScript(blocking(steps), { ...context, signal: new AbortController().signal }, () => process.exit(1)),
  echo: (input, { data, attempt }: ThreadContext) => [
    input,
    attempt.id,
    data instanceof ArrayBuffer ? data.byteLength : data,
  ],
  loop: () => {
    for (;;);
  },
  throwLater: () =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error('too late to be caught')
      })
    }),
  hoard: () => {
    const kept: unknown[] = []
    for (;;) kept.push(new Array(100_000).fill(0))
  },
  unclonable: () => () => 1,
  fields: () => {
    throw Object.assign(new Error('busy'), { name: 'TaskFailure', kind: 'rate-limited', retryAfterMs: 5, bad: () => 1 })
  },
  noError: () => {
    // biome-ignore lint/style/useThrowOnlyError: others do.
    throw 'just words'
  },
  handOver: async (_: unknown, context) => {
    await context.share('key', { from: context.attempt.id })
    await context.send({ to: { task: 'r' }, body: 'hi' })
    const refused = await context.share('', 1).catch((error: unknown) => (error as { code: string }).code)
    return { shared: await context.shared(null), inbox: await context.inbox(), next: await context.receive(), refused }
  },
})

/** Deaf work keeps its thread busy. */
function blocking(steps: readonly Step[]): readonly Step[] {
  return {
    *[Symbol.iterator]() {
      for (const step of steps) {
        if (step.do === 'deaf') for (;;);
        yield step
      }
    },
  } as unknown as readonly Step[]
}
