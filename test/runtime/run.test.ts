/** The handle of a run: its events, its listeners, and what it can be asked. */
import { describe, expect, it, vi } from 'vitest'
import type { RunEvent } from '../../src/core/types.js'
import type { Run } from '../../src/runtime/run.js'
import { hosted, plan, testStore, turns, watchUnhandled } from './world.js'

watchUnhandled()

describe('on()', () => {
  it('tells every event from the opening on, in the order of the journal, whenever the listener was added after start', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }), { id: 'r1' })
    const seen: string[] = []
    const started: string[] = []
    run.on('*', ({ type }) => seen.push(type))
    run.on('attempt.started', ({ task, attempt }) => started.push(`${task}#${attempt}`))
    await turns()
    work.of('a').finish()
    await turns()
    work.of('b').finish()
    await run.outcome
    expect(started).toEqual(['a#1', 'b#1'])
    expect(seen).toEqual([
      'run.opened',
      'attempt.started',
      'attempt.succeeded',
      'attempt.started',
      'attempt.succeeded',
      'run.closed',
    ])
    await scheduler.close()
  })

  it('tells even the events of a run that was over before its starter could listen', async () => {
    const { scheduler } = hosted({ more: { now: { run: () => 1 } } })
    const run = await scheduler.start({ tasks: {} }, { id: 'r1' })
    const seen: string[] = []
    run.on('*', ({ type }) => seen.push(type))
    await run.outcome
    expect(seen).toEqual(['run.opened', 'run.closed'])
    await scheduler.close()
  })

  it('tells no event before it is durable (S15)', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    const seen: string[] = []
    run.on('*', ({ type }) => seen.push(type))
    store.isHolding = true
    work.of('a').finish(1)
    let isOver = false
    void run.outcome.then(() => (isOver = true))
    await turns(20)
    expect([seen, isOver]).toEqual([[], false])
    store.release()
    await run.outcome
    expect(seen).toEqual(['attempt.succeeded', 'run.closed'])
    await scheduler.close()
  })

  it('no function is called before its attempt.started is durable', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    store.isHolding = true
    const starting = scheduler.start(plan({ a: {} }))
    await turns(20)
    expect(work.called).toEqual([])
    store.release()
    await starting
    await turns()
    expect(work.called).toEqual(['a'])
    await scheduler.close({ graceMs: 0 })
  })

  it('gives back what takes the listener back', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const seen: string[] = []
    const off = run.on('*', ({ type }) => seen.push(type))
    await turns()
    off()
    work.of('a').finish()
    await run.outcome
    expect(seen).toEqual(['run.opened', 'attempt.started'])
    await scheduler.close()
  })

  it('events of another run are not told', async () => {
    const { scheduler, work } = hosted()
    const one = await scheduler.start(plan({ a: {} }), { id: 'one' })
    const two = await scheduler.start(plan({ b: {} }), { id: 'two' })
    const seen: string[] = []
    two.on('*', (event) => 'run' in event && seen.push(`${event.run} ${event.type}`))
    await turns()
    work.of('a').finish()
    await one.outcome
    expect(seen).toEqual(['two run.opened', 'two attempt.started'])
    await scheduler.close({ graceMs: 0 })
  })
})

describe('a listener that fails changes nothing', () => {
  async function play(listen: (run: Run<unknown>) => void, isSilent = false): Promise<readonly [unknown, RunEvent][]> {
    const errors: [unknown, RunEvent][] = []
    const onListenerError = (error: unknown, event: RunEvent): void => void errors.push([error, event])
    const { scheduler, work } = hosted(isSilent ? {} : { onListenerError })
    const run = await scheduler.start(plan({ a: {} }))
    listen(run)
    const seen: string[] = []
    run.on('*', ({ type }) => seen.push(type))
    await turns()
    work.of('a').finish(1)
    expect((await run.outcome).verdict).toBe('succeeded')
    expect(seen).toHaveLength(4)
    await turns()
    await scheduler.close()
    return errors
  }

  it('when it throws: the others hear the event, the run goes on, and the error is handed over', async () => {
    const errors = await play((run) => {
      run.on('attempt.started', () => {
        throw new Error('mine')
      })
      run.on('attempt.started', () => undefined)
    })
    expect(errors).toMatchObject([[{ message: 'mine' }, { type: 'attempt.started' }]])
  })

  it('when it rejects later, or throws something that is no error', async () => {
    const errors = await play((run) => {
      run.on('run.closed', async () => {
        await turns(1)
        throw new Error('later')
      })
      run.on('run.opened', () => {
        // biome-ignore lint/style/useThrowOnlyError: what strange code throws is what is tested.
        throw 'a string'
      })
    })
    expect(errors).toMatchObject([
      ['a string', { type: 'run.opened' }],
      [{ message: 'later' }, { type: 'run.closed' }],
    ])
  })

  it('when it returns a promise of another make that rejects', async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library is what is tested.
      then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('foreign')),
    }
    const errors = await play((run) => {
      run.on('run.closed', () => thenable as never)
    })
    expect(errors).toMatchObject([[{ message: 'foreign' }, { type: 'run.closed' }]])
  })

  it('and neither does an onListenerError that throws itself', async () => {
    const { scheduler, work } = hosted({
      onListenerError: () => {
        throw new Error('worse')
      },
    })
    const run = await scheduler.start(plan({ a: {} }))
    run.on('attempt.started', () => {
      throw new Error('mine')
    })
    run.on('run.closed', () => Promise.reject(new Error('mine')))
    await turns()
    work.of('a').finish(1)
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it('it is printed where nobody asked for it', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await play((run) => {
      run.on('run.closed', () => {
        throw new Error('mine')
      })
    }, true)
    expect(print.mock.calls).toEqual([
      ['signalbox: a listener of "run.closed" threw; the run goes on.', expect.objectContaining({ message: 'mine' })],
    ])
    print.mockRestore()
  })
})

describe('events()', () => {
  it('begins with the opening, whenever it is called, goes on live, and ends with the run', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    await turns()
    work.of('a').finish()
    await turns()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type } of run.events()) seen.push(type)
    })()
    await turns()
    expect(seen).toEqual(['run.opened', 'attempt.started', 'attempt.succeeded', 'attempt.started'])
    work.of('b').finish()
    await reading
    expect(seen.slice(4)).toEqual(['attempt.succeeded', 'run.closed'])
    await scheduler.close()
  })

  it('may be iterated by several at once, and after the end', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const read = async (): Promise<number> => {
      let count = 0
      for await (const _ of run.events()) count += 1
      return count
    }
    const early = [read(), read()]
    await turns()
    work.of('a').finish()
    expect(await Promise.all([...early, run.outcome.then(read)])).toEqual([4, 4, 4])
    await scheduler.close()
  })

  it('an iteration that is left early leaves nothing behind', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    for await (const { type } of run.events()) if (type === 'attempt.started') break
    work.of('a').finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    await scheduler.close()
  })

  it('ends when the handle is closed: the run goes on', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const seen: string[] = []
    run.on('attempt.succeeded', ({ type }) => seen.push(type))
    const reading = (async () => {
      for await (const { type } of run.events()) seen.push(type)
    })()
    await turns()
    run.close()
    await reading
    work.of('a').finish()
    expect((await run.outcome).verdict).toBe('succeeded')
    expect(seen).toEqual(['run.opened', 'attempt.started'])
    await scheduler.close()
  })

  it('ends when the scheduler is closed', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    const reading = (async () => {
      for await (const _ of run.events());
    })()
    await turns()
    await scheduler.close({ graceMs: 0 })
    await reading
  })

  it('shows a slow reader what was stored before the scheduler was closed', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: {} }))
    await turns()
    const seen: string[] = []
    for await (const { type } of run.events()) {
      if (seen.length === 0) await scheduler.close({ graceMs: 0 })
      seen.push(type)
    }
    expect(seen.slice(0, 3)).toEqual(['run.opened', 'attempt.started', 'attempt.started'])
    // What closing itself has stored.
    expect(seen.slice(3)).toEqual(['attempt.failed', 'attempt.failed'])
  })

  it('ends without an error when the store is closed after the scheduler', async () => {
    let isOpen = true
    const inner = testStore()
    const read: typeof inner.read = (scope, after) => {
      if (!isOpen) throw new Error('The store is closed.')
      return inner.read(scope, after)
    }
    const store = { ...inner, read }
    const { scheduler } = hosted({ store })
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    let count = 0
    for await (const _ of run.events()) {
      count += 1
      if (count > 1) continue
      await scheduler.close({ graceMs: 0 })
      isOpen = false
    }
    expect(count).toBeGreaterThan(1)
  })

  it('shows only the events of its run', async () => {
    const { scheduler, work } = hosted()
    const one = await scheduler.start(plan({ a: {} }), { id: 'one' })
    const two = await scheduler.start(plan({ b: {} }), { id: 'two' })
    await turns()
    work.of('a').finish()
    work.of('b').finish()
    await Promise.all([one.outcome, two.outcome])
    const tasks: string[] = []
    for await (const event of two.events()) if ('task' in event) tasks.push(event.task)
    expect(tasks).toEqual(['b', 'b'])
    await scheduler.close()
  })
})

describe('what a handle can be asked', () => {
  it('explain and unblocks, by full id; unknown tasks are refused', async () => {
    const { scheduler } = hosted()
    const run = await scheduler.start({
      defaults: { handler: 'work' },
      streams: { s: { tasks: { a: {}, b: { dependsOn: ['a'] } } } },
    })
    expect(run.explain('s/b')).toEqual([{ kind: 'dependency', on: 's/a', status: 'running' }])
    expect(run.unblocks('s/a')).toEqual(['s/b'])
    const unknown = {
      code: 'TASK_UNKNOWN',
      message: `Run "${run.id}" has no task "a".`,
      hint: 'Use the full id, "stream/task".',
    }
    for (const ask of [() => run.explain('a'), () => run.unblocks('a')]) {
      expect(ask).toThrow(expect.objectContaining(unknown))
    }
    await scheduler.close({ graceMs: 0 })
  })

  it('still works after the run has ended', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {} }))
    await turns()
    work.of('a').finish()
    await run.outcome
    expect(run.explain('a')).toEqual([{ kind: 'succeeded' }])
    expect(run.unblocks('a')).toEqual([])
    expect(run.progress()).toMatchObject({ done: 1, percent: 100, etaMs: 0 })
    await expect(run.cancel()).rejects.toMatchObject({ code: 'RUN_CLOSED', message: `Run "${run.id}" has ended.` })
    await scheduler.close()
  })

  it('cancel: a task, a stream, or the run; each durable when it resolves', async () => {
    const store = testStore()
    const { scheduler, work } = hosted({ store })
    const run = await scheduler.start({
      defaults: { handler: 'work' },
      streams: { s: { tasks: { a: {}, b: {} } } },
      tasks: { c: {}, d: {} },
    })
    await turns()
    store.isHolding = true
    let isDone = false
    const cancelling = run.cancel('c').then(() => (isDone = true))
    await turns()
    expect([isDone, work.of('c').context.signal.aborted]).toEqual([false, false])
    store.release()
    await cancelling
    expect(work.of('c').context.signal.aborted).toBe(true)
    await run.cancel({ stream: 's', reason: 'no money' })
    expect(run.explain('s/a')).toMatchObject([{ kind: 'cancelled', reason: 'no money' }, { kind: 'closing' }])
    expect(run.explain('c')).toMatchObject([{ kind: 'cancelled', reason: 'cancelled by request' }])
    await expect(run.cancel('x')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    await expect(run.cancel('c')).rejects.toMatchObject({ code: 'TASK_FINISHED' })
    await expect(run.cancel({ stream: 'x' })).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' })
    await run.cancel()
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ verdict: 'cancelled', results: {} })
    expect(outcome.tasks.get('d')).toMatchObject({ status: 'cancelled', cancelled: 'cancelled by request' })
    await scheduler.close()
  })

  it('pause and resume', async () => {
    const { scheduler, work } = hosted()
    const run = await scheduler.start(plan({ a: {}, b: { dependsOn: ['a'] } }))
    await turns()
    await run.pause('lunch')
    await run.pause()
    work.of('a').finish()
    await turns()
    expect(work.called).toEqual(['a'])
    expect(run.explain('b')).toMatchObject([{ kind: 'paused', reason: 'lunch' }])
    await run.resume()
    await turns()
    expect(work.called).toEqual(['a', 'b'])
    await scheduler.close({ graceMs: 0 })
  })

  it('the outcome that nobody awaits may reject without ending the process', async () => {
    const { scheduler } = hosted()
    await scheduler.start(plan({ a: {} }))
    await scheduler.close({ graceMs: 0 })
  })
})
