// What attempts hand over to each other through their context, and what the host hands over to them.
import { describe, expect, it } from 'vitest'
import type { HandlerContext } from '../../src/runtime/handlers.js'
import { memoryStore } from '../../src/stores/memory.js'
import {
  allPauses,
  type Hosted,
  type HostedOptions,
  hosted,
  plan,
  START,
  takeTimers,
  testStore,
  turns,
  watchUnhandled,
} from './world.js'

watchUnhandled()
takeTimers()

const streams = {
  streams: { api: { tasks: { build: {}, ship: { dependsOn: ['build'] } } }, web: { tasks: { build: {} } } },
}
const twoStreams = plan({ watch: {} }, streams)

async function begun(options: HostedOptions = {}): Promise<Hosted & { context(task: string): HandlerContext }> {
  const made = hosted(options)
  await made.scheduler.start(twoStreams, { id: 'r1' })
  await turns()
  return { ...made, context: (task) => made.work.of(task).context }
}

async function end({ scheduler }: Hosted): Promise<void> {
  await Promise.all([scheduler.close({ graceMs: 0 }), allPauses()])
}

describe('context.share', () => {
  it('hands a copy of the value over to whoever starts later, and resolves when it is stored', async () => {
    const store = testStore()
    const w = await begun({ store })
    const value = { version: 1 }
    store.isHolding = true
    let isStored = false
    const sharing = w
      .context('api/build')
      .share('schema', value)
      .then(() => {
        isStored = true
      })
    value.version = 2
    await turns()
    expect(isStored).toBe(false)
    store.release()
    await sharing
    expect(w.context('api/build').shared()).toEqual({})
    w.work.of('api/build').finish()
    await turns()
    const { shared } = w.context('api/ship')
    expect(shared()).toEqual({ schema: { version: 1 } })
    expect(shared('api')).toEqual(shared())
    expect([shared('web'), shared(null)]).toEqual([{}, {}])
    await end(w)
  })

  it('of a task of no stream is read by null', async () => {
    const w = await begun()
    await w.context('watch').share('note', 'quiet')
    w.work.of('api/build').finish()
    await turns()
    expect(w.context('api/ship').shared(null)).toEqual({ note: 'quiet' })
    expect(w.context('api/ship').shared()).toEqual({})
    await end(w)
  })

  it('gives each reader a record of its own: no reader changes what another sees', async () => {
    const w = await begun()
    await w.context('api/build').share('list', [1])
    w.work.of('api/build').finish()
    await turns()
    const first = w.context('api/ship').shared()
    ;(first.list as number[]).push(2)
    expect(() => Object.assign(first, { list: [] })).toThrow(TypeError)
    expect(w.context('api/ship').shared()).toEqual({ list: [1] })
    expect('constructor' in first).toBe(false)
    await end(w)
  })

  it.each([
    ['a key with other characters', 'a/b', 1, 'ID_INVALID', '"a/b" cannot be the key of a shared value.'],
    ['no key', undefined, 1, 'ID_INVALID', 'undefined cannot be the key of a shared value.'],
    ['a function', 'k', () => 1, 'VALUE_INVALID', 'The value of "k" is not JSON: a function at the top.'],
    [
      'too much',
      'k',
      'é'.repeat(32_768),
      'LIMIT_EXCEEDED',
      'The value of "k" has 65538 bytes as JSON, more than 65536.',
    ],
  ])('refuses %s', async (_, key, value, code, message) => {
    const w = await begun()
    await expect(w.context('watch').share(key as string, value)).rejects.toMatchObject({ code, message })
    await w.context('watch').share('k', 'é'.repeat(32_767))
    await end(w)
  })

  it('of a stream nobody knows is not read', async () => {
    const w = await begun()
    expect(() => w.context('watch').shared('nobody')).toThrow('Run "r1" has no stream "nobody".')
    await end(w)
  })

  it('by an attempt that has ended is refused, and harms nobody who does not look', async () => {
    const w = await begun()
    const { share, send, shared, inbox, receive } = w.context('watch')
    w.work.of('watch').finish()
    await turns()
    for (const asked of [share('k', 1), send({ to: { task: 'watch' }, body: 1 }), receive()]) {
      await expect(asked).rejects.toMatchObject({ code: 'ATTEMPT_STALE' })
    }
    void share('k', 1)
    void receive()
    expect(() => shared()).toThrow('Attempt r1/watch#1 has ended.')
    expect(() => inbox()).toThrow('Attempt r1/watch#1 has ended.')
    await end(w)
  })
})

describe('messages', () => {
  it('go to a task, a stream or a worker, and stay there for whoever comes later', async () => {
    const w = await begun()
    const run = await w.scheduler.resume('r1')
    await w.context('watch').send({ to: { stream: 'api' }, body: { hurry: true } })
    await w.context('watch').send({ to: { task: 'web/build' }, body: 'the schema has changed' })
    await run.send({ to: { worker: 'local' }, body: null })
    const [first, second] = w.context('api/build').inbox()
    expect(first).toEqual({
      seq: 1,
      at: START,
      from: { task: 'watch', attempt: 1, fence: w.context('watch').attempt.fence },
      to: { stream: 'api' },
      body: { hurry: true },
    })
    expect(second).toEqual({ seq: 3, at: START, from: null, to: { worker: 'local' }, body: null })
    expect(w.context('api/build').inbox({ after: 1 })).toEqual([second])
    expect(w.context('web/build').inbox()).toHaveLength(2)
    w.work.of('api/build').finish()
    await turns()
    expect(w.context('api/ship').inbox()).toEqual([first, second])
    expect((await run.messages()).map(({ seq }) => seq)).toEqual([1, 2, 3])
    await end(w)
  })

  it('are read when they are stored, not before', async () => {
    const store = testStore()
    const w = await begun({ store })
    store.isHolding = true
    const sending = w.context('watch').send({ to: { task: 'watch' }, body: 1 })
    await turns()
    expect(w.context('watch').inbox()).toEqual([])
    store.release()
    await sending
    expect(w.context('watch').inbox()).toHaveLength(1)
    await end(w)
  })

  it('are copies: neither sender nor reader changes them afterwards', async () => {
    const w = await begun()
    const body = { list: [1] }
    const sending = w.context('watch').send({ to: { task: 'watch' }, body })
    body.list.push(2)
    await sending
    ;(w.context('watch').inbox()[0]!.body as { list: number[] }).list.push(3)
    expect(w.context('watch').inbox()[0]!.body).toEqual({ list: [1] })
    await end(w)
  })

  it('can be waited for, one after the other', async () => {
    const w = await begun()
    const run = await w.scheduler.resume('r1')
    const { receive, send } = w.context('watch')
    const bodies: unknown[] = []
    const listening = (async () => {
      for (let n = 0; n < 3; n += 1) bodies.push((await receive()).body)
    })()
    await send({ to: { task: 'web/build' }, body: 'for another' })
    await turns()
    expect(bodies).toEqual([])
    await run.send({ to: { task: 'watch' }, body: 'first' })
    await turns()
    expect(bodies).toEqual(['first'])
    await run.send({ to: { task: 'watch' }, body: 'second' })
    await run.send({ to: { task: 'watch' }, body: 'third' })
    await listening
    expect(bodies).toEqual(['first', 'second', 'third'])
    expect((await receive({ after: 0 })).body).toBe('first')
    expect((await receive({ after: 2 })).body).toBe('second')
    await end(w)
  })

  it('are of one run: nobody of another hears of them', async () => {
    const w = await begun()
    const { receive, inbox } = w.context('watch')
    const other = await w.scheduler.start(twoStreams, { id: 'r2' })
    let isHeard = false
    const hear = (): void => {
      isHeard = true
    }
    const heard = receive().then(hear, hear)
    await other.send({ to: { task: 'watch' }, body: 1 })
    await turns()
    expect([isHeard, inbox()]).toEqual([false, []])
    await end(w)
    await heard
  })

  it('are not waited for by an attempt that is told to stop, or has ended', async () => {
    const w = await begun()
    const run = await w.scheduler.resume('r1')
    const stopped = w.context('watch').receive()
    const ended = w.context('web/build').receive()
    const { receive } = w.context('watch')
    w.work.of('web/build').finish()
    await expect(ended).rejects.toMatchObject({ code: 'ATTEMPT_STALE' })
    await run.cancel('watch')
    await expect(stopped).rejects.toThrow('The attempt was told to stop (cancelled).')
    await expect(receive()).rejects.toThrow('The attempt was told to stop (cancelled).')
    await end(w)
  })

  it.each([
    [undefined, 'not for undefined.'],
    [{ body: 1 }, 'not for undefined.'],
    [{ to: 'api', body: 1 }, 'not for "api".'],
    [{ to: { task: 'a', stream: 'b' }, body: 1 }, 'not for {"task":"a","stream":"b"}.'],
    [{ to: { tasks: 'a' }, body: 1 }, 'not for {"tasks":"a"}.'],
    [{ to: { task: 7 }, body: 1 }, 'not for {"task":7}.'],
    [{ to: { task: 'x'.repeat(300) }, body: 1 }, 'not for {"task":"xxx'],
  ])('for %j are refused', async (message, story) => {
    const w = await begun()
    const sending = w.context('watch').send(message as never)
    await expect(sending).rejects.toMatchObject({ code: 'VALUE_INVALID' })
    await expect(sending).rejects.toThrow(`A message is for one task, stream or worker, ${story}`.slice(0, 80))
    await end(w)
  })

  it('to nobody there, too large, or asked for in a wrong way are refused', async () => {
    const w = await begun()
    const { send, inbox, receive } = w.context('watch')
    await expect(send({ to: { worker: 'w9' }, body: 1 })).rejects.toMatchObject({ code: 'WORKER_UNKNOWN' })
    await expect(send({ to: { stream: 'x' }, body: 1 })).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' })
    await expect(send({ to: { task: 'x' }, body: 1 })).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    await expect(send({ to: { task: 'watch' }, body: 'x'.repeat(65_535) })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The body of a message has 65537 bytes as JSON, more than 65536.',
    })
    for (const after of [-1, 1.5, '1' as never]) {
      expect(() => inbox({ after })).toThrow(/^"after" is .*, not the number of a message\.$/)
      await expect(receive({ after })).rejects.toMatchObject({ code: 'VALUE_INVALID' })
    }
    await end(w)
  })

  it('survive the host, and are read from the journal when the run has ended', async () => {
    const store = memoryStore()
    const dead = await begun({ store })
    await dead.context('watch').send({ to: { task: 'watch' }, body: 'note to self' })
    await dead.context('watch').share('note', 'kept')
    const next = hosted({ store })
    const run = await next.scheduler.resume('r1')
    await turns()
    const { context } = next.work.of('watch')
    expect(context.attempt.attempt).toBe(2)
    expect([context.inbox()[0]?.body, context.shared()]).toEqual(['note to self', { note: 'kept' }])
    await run.cancel()
    await turns()
    expect((await run.outcome).verdict).toBe('cancelled')
    expect((await run.messages()).map(({ body }) => body)).toEqual(['note to self'])
    await expect(run.send({ to: { task: 'watch' }, body: 1 })).rejects.toMatchObject({ code: 'RUN_CLOSED' })
    await next.scheduler.close()
  })
})
