// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the places of templates are written so.
/** Plans that are changed while they run: by the holder of the run, and by the work itself. */
import { describe, expect, it } from 'vitest'
import { createScheduler, defineHandlers, definePlan, handler } from '../../src/index.js'
import type { HandlerContext } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import { hosted, plan, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()

/** A handler that extends the plan by `change` and returns at once. */
function extending(change: Parameters<HandlerContext['extend']>[0]) {
  return handler({ run: (_: unknown, { extend }: HandlerContext) => extend(change) })
}

describe('run.amend', () => {
  it('resolves when it is stored, and what may start has started', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    store.isHolding = true
    let isDone = false
    const amending = run.amend({ add: { tasks: { b: {}, c: { dependsOn: ['b'] } } } }).then(() => (isDone = true))
    await turns()
    expect([isDone, work.called]).toEqual([false, ['a']])
    store.release()
    await amending
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    expect(run.unblocks('b')).toEqual(['c'])
    for (const task of ['a', 'b', 'c']) {
      work.of(task).finish(task)
      await turns()
    }
    const { verdict, results } = await run.outcome
    expect([verdict, results]).toEqual(['succeeded', { a: 'a', b: 'b', c: 'c' }])
    await scheduler.close()
  })

  it('is refused as a whole, with every problem at once, and nothing has changed', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const wrong = { add: { tasks: { x: { dependsOn: ['nobody'] }, y: { handler: 'none' } } }, remove: ['q'] }
    await expect(run.amend(wrong)).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: [
        'The amendment has 3 errors.',
        '  /add/tasks/x/dependsOn/0: "nobody" in task "x" is no task, stream or gate of this plan.',
        '  /add/tasks/y: The handler "none" of task "y" is not registered.',
        '  /remove/0: "q" is no task of this plan.',
      ].join('\n'),
      diagnostics: [{ code: 'UNKNOWN_ID' }, { code: 'UNKNOWN_HANDLER' }, { code: 'UNKNOWN_ID' }],
    })
    await expect(run.amend({ remove: ['a'] })).rejects.toMatchObject({ code: 'TASK_STARTED' })
    expect(run.progress().total).toBe(1)
    await turns()
    work.of('a').finish()
    await run.outcome
    await expect(run.amend({})).rejects.toMatchObject({ code: 'RUN_CLOSED' })
    await scheduler.close()
  })

  it('several at once are taken in their order, each against the plan that the one before has left', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const answers = await Promise.allSettled([
      run.amend({ add: { tasks: { b: { dependsOn: ['a'] } } } }),
      run.amend({ add: { tasks: { b: {} } } }),
      run.amend({ add: { tasks: { c: { dependsOn: ['b'] } } } }),
      run.amend({ remove: ['b'], change: { c: { dependsOn: ['a'] } } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    work.of('a').finish()
    await turns()
    expect(work.called).toEqual(['a', 'c'])
    work.of('c').finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it('adds gates and phases to a run that has some', async () => {
    const { scheduler, work } = hosted()
    const first = { phases: [{ id: 'one', gate: 'go' }], gates: [{ id: 'go', kind: 'approval' as const }] }
    const run = await scheduler.start(plan({}, { ...first, streams: { s: { phase: 'one', tasks: { a: {} } } } }))
    await run.amend({
      add: {
        gates: { tests: { kind: 'check', handler: 'work', dependsOn: ['go'] }, sure: { kind: 'approval' } },
        phases: [{ id: 'two', gate: 'sure' }],
        streams: { t: { phase: 'two', dependsOn: ['tests'], tasks: { b: {} } } },
      },
    })
    await turns()
    work.of('s/a').finish()
    await turns()
    expect(run.progress().gates).toMatchObject([{ id: 'go' }])
    await run.approve('go')
    await turns()
    work.of('tests').finish(true)
    await turns()
    work.of('t/b').finish()
    await turns()
    expect(run.progress().phases).toMatchObject([
      { id: 'one', status: 'done' },
      { id: 'two', status: 'gate' },
    ])
    await run.approve('sure', { by: 'ann' })
    const { verdict, results } = await run.outcome
    expect([verdict, results.sure]).toEqual(['succeeded', { by: 'ann', note: null }])
    await scheduler.close()
  })

  it('stamps streams from the templates of the plan', async () => {
    const { scheduler, work } = hosted()
    const templates = { service: { tasks: { 'build-${name}': {} } } }
    const run = await scheduler.start(plan({ a: {} }, { templates }))
    await run.amend({
      add: { streams: { 'svc-${name}': { template: 'service', each: [{ name: 'x' }, { name: 'y' }] } } },
    })
    await turns()
    expect(work.called).toEqual(['a', 'svc-x/build-x', 'svc-y/build-y'])
    await scheduler.close({ graceMs: 0 })
  })

  it('is there after a restart', async () => {
    const store = memoryStore()
    const dead = hosted({ store })
    const run = await dead.scheduler.start(plan({ a: {} }), { id: 'r1' })
    await run.amend({ add: { tasks: { b: { dependsOn: ['a'] }, gone: { dependsOn: ['b'] } } } })
    await run.amend({ remove: ['gone'], change: { b: { title: 'B' } } })
    const next = hosted({ store })
    const again = await next.scheduler.resume('r1')
    await turns()
    next.work.of('a').finish()
    await turns()
    next.work.of('b').finish(1)
    const { verdict, tasks } = await again.outcome
    expect([verdict, tasks.get('gone')?.status]).toEqual(['succeeded', 'skipped'])
    await next.scheduler.close()
  })
})

describe('context.extend', () => {
  it('adds tasks to the stream of the task, streams, and joins, with the result in one append', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({
      store,
      more: {
        split: extending((p) => {
          const parts = p.split(['x', 'y', 'z'], (name) => p.task(name, 'work'))
          p.task('any', 'work', undefined, { dependsOn: [parts.any()] })
          p.task('two', 'work', undefined, { dependsOn: [parts.quorum(2)] })
          p.task('all', 'work', undefined, { dependsOn: parts.all })
          p.stream('more', { dependsOn: parts.all }, (s) => s.task('m', 'work'))
        }),
      },
    })
    const run = await scheduler.start(
      plan(
        {},
        { streams: { s: { tasks: { split: { handler: 'split' } } }, t: { dependsOn: ['s'], tasks: { last: {} } } } },
      ),
    )
    await turns()
    expect(work.called).toEqual(['s/x', 's/y', 's/z'])
    expect(store.batches.map(({ size }) => size)).toContain(5)
    const started = async (task: string): Promise<readonly string[]> => {
      const before = work.called.length
      work.of(task).finish()
      await turns()
      return work.called.slice(before)
    }
    expect(await started('s/z')).toEqual(['s/any'])
    expect(await started('s/x')).toEqual(['s/two'])
    expect(await started('s/y')).toEqual(['s/all', 'more/m'])
    for (const task of ['s/any', 's/two', 'more/m']) expect(await started(task)).toEqual([])
    expect(await started('s/all')).toEqual(['t/last'])
    await started('t/last')
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it('adds gates, and what waits for them', async () => {
    const { scheduler, work } = hosted({
      more: {
        split: extending((p) => {
          const part = p.task('part', 'work')
          const tests = p.gate('tests', { kind: 'check', handler: 'work', input: { part: part.out }, timeout: '1m' })
          const review = p.gate('review', { kind: 'approval', dependsOn: [tests] })
          p.task('last', 'work', { by: review.out }, { dependsOn: [review] })
        }),
      },
    })
    const run = await scheduler.start(plan({}, { streams: { s: { tasks: { split: { handler: 'split' } } } } }))
    await turns()
    work.of('s/part').finish('p')
    await turns()
    expect(work.of('tests').input).toEqual({ part: 'p' })
    work.of('tests').finish({ passed: true })
    await turns()
    await run.approve('review', { by: 'ann' })
    await turns()
    expect(work.of('s/last').input).toEqual({ by: { by: 'ann', note: null } })
    work.of('s/last').finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it.each([
    [
      'an id that is used',
      extending((p) => void p.task('a', 'work')),
      'It could not extend the plan: The amendment has 1 error.\n  /add/tasks/0: The id "a" is used before.',
    ],
    [
      'a handler that nobody registered',
      extending({ add: { tasks: { x: { handler: 'none' } } } }),
      'It could not extend the plan: The amendment has 1 error.\n  /add/tasks/x: The handler "none" of task "x" is not registered.',
    ],
    [
      'a task without a handler',
      extending({ add: { tasks: { x: {} } } }),
      'It could not extend the plan: The amendment has 1 error.\n  /add/tasks/x: No handler is named by task "x".',
    ],
    [
      'a function',
      extending((p) => void p.task('x', () => 1)),
      'The task "x" of an extension has a function: name a handler.',
    ],
    [
      'a second extension',
      handler({
        run: (_: unknown, { extend }: HandlerContext) => {
          extend({})
          extend({})
        },
      }),
      'An attempt extends the plan once: put it all into one call.',
    ],
  ])('%s fails the attempt, and nothing is added', async (_, grow, message) => {
    const scheduler = createScheduler({ handlers: defineHandlers({ grow, work: handler({ run: () => 1 }) }) })
    const run = await scheduler.start(definePlan({ tasks: { a: { handler: 'grow' } } }))
    const { verdict, tasks } = await run.outcome
    expect([verdict, tasks.size, tasks.get('a')?.failure?.message]).toEqual(['failed', 1, message])
    await scheduler.close()
  })

  it('of an attempt that fails, or is told to stop, comes to nothing', async () => {
    const failing = handler({
      run: (_: unknown, { extend }: HandlerContext) => {
        extend({ add: { tasks: { x: { handler: 'grow' } } } })
        throw new Error('no')
      },
    })
    const scheduler = createScheduler({ handlers: defineHandlers({ grow: failing }) })
    const run = await scheduler.start(definePlan({ tasks: { a: { handler: 'grow' } } }))
    expect((await run.outcome).tasks.size).toBe(1)
    await scheduler.close()
  })
})

describe('run.retry and run.reopen', () => {
  it('retry does what failed again, reopen what succeeded', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] }, side: {} }))
    await turns()
    work.of('a').fail()
    await turns()
    expect(run.explain('b')).toMatchObject([{ kind: 'skipped' }])
    await run.retry('a')
    await turns()
    work.of('a').finish(1)
    await turns()
    await expect(run.retry('a')).rejects.toMatchObject({ code: 'TASK_FINISHED', message: 'Task "a" has succeeded.' })
    await expect(run.reopen('side')).rejects.toMatchObject({ code: 'TASK_OPEN' })
    await expect(run.retry('x')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    work.of('b').finish()
    await turns()
    await run.reopen('a', { downstream: true, reason: 'new input' })
    await turns()
    expect(work.called).toEqual(['a', 'side', 'a', 'b', 'a'])
    for (const task of ['a', 'b', 'side']) {
      work.of(task).finish(2)
      await turns()
    }
    expect((await run.outcome).results).toEqual({ a: 2, b: 2, side: 2 })
    await scheduler.close()
  })
})
