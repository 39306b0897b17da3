// What attempts hand over: who may, how much, and who sees it. The scenario `handing-over.txt` tells the rest as a story.
import { describe, expect, it } from 'vitest'
import { inboxOf, MESSAGES_LIMIT, SHARED_KEYS_LIMIT } from '../../src/core/handed-over.js'
import { checkInvariants } from '../../src/core/invariants.js'
import type { ScopeState } from '../../src/core/state.js'
import type { MessageTarget, StreamId } from '../../src/core/types.js'
import { type World, world } from './world.js'

const plan = {
  streams: { api: { tasks: { build: {}, ship: { dependsOn: ['build'] } } } },
  tasks: { watch: {} },
}

function begun(): World {
  const w = world()
  w.worker('w', { slots: 4 })
  w.open(plan)
  return w
}

function share(w: World, task: string, key: string, value: unknown): void {
  w.send({ type: 'share', ...w.ref(task), key, value })
}

function send(w: World, to: unknown, body: unknown = 'hello'): void {
  w.send({ type: 'send', run: 'r', from: null, to, body })
}

describe('a shared context', () => {
  it('is seen by whoever starts later, as it was then: the last value of each key', () => {
    const w = begun()
    share(w, 'api/build', 'schema', { version: 1 })
    share(w, 'api/build', 'schema', { version: 2 })
    share(w, 'watch', 'note', null)
    expect(w.live('watch').shared.size).toBe(0)
    w.complete('api/build')
    share(w, 'watch', 'note', 'too late')
    const seen = [...w.live('api/ship').shared].map(([stream, values]) => [stream, [...values]])
    expect(seen).toEqual([
      ['api', [['schema', { version: 2 }]]],
      [null, [['note', null]]],
    ])
  })

  it('holds a limited number of keys for each stream; a key that is there may be shared again', () => {
    const w = begun()
    for (let n = 0; n < SHARED_KEYS_LIMIT; n += 1) share(w, 'api/build', `k${n}`, n)
    share(w, 'api/build', 'k0', 'again')
    expect(w.last.rejection).toBeNull()
    share(w, 'api/build', 'more', 1)
    expect(w.last).toMatchObject({
      events: [],
      rejection: {
        code: 'LIMIT_EXCEEDED',
        message: 'Stream "api" of run "r" shared 256 keys already; "more" would be one more.',
      },
    })
    share(w, 'watch', 'more', 1)
    expect(w.last.rejection).toBeNull()
  })

  it('of the tasks of no stream has the same limit', () => {
    const w = begun()
    for (let n = 0; n <= SHARED_KEYS_LIMIT; n += 1) share(w, 'watch', `k${n}`, n)
    expect(w.last.rejection?.message).toMatch(/^The tasks of no stream of run "r" shared 256 keys already; /)
  })
})

describe('messages', () => {
  const inbox = (w: World, task: string, after = 0, upTo = w.state.revision): readonly number[] =>
    inboxOf(w.live(task), after, upTo).map(({ seq }) => seq)

  it('are read by the task, the stream or the worker they are for, in order, after any number', () => {
    const w = begun()
    w.worker('v')
    const targets = [{ task: 'watch' }, { stream: 'api' }, { worker: 'w' }, { task: 'api/build' }, { worker: 'v' }]
    for (const to of targets) send(w, to)
    expect(inbox(w, 'watch')).toEqual([1, 3])
    expect(inbox(w, 'api/build')).toEqual([2, 3, 4])
    expect(inbox(w, 'api/build', 3)).toEqual([4])
    expect(inbox(w, 'api/build', 4)).toEqual([])
  })

  it('are read up to what is stored', () => {
    const w = begun()
    send(w, { task: 'watch' })
    const { revision } = w.state
    send(w, { task: 'watch' })
    expect(inbox(w, 'watch', 0, revision)).toEqual([1])
  })

  it('may be for a task that has ended: whoever sends cannot know', () => {
    const w = begun()
    w.complete('api/build')
    send(w, { task: 'api/build' })
    expect(w.last.rejection).toBeNull()
  })

  it('are limited in number', () => {
    const w = world({ isChecked: false })
    w.worker('w', { slots: 4 })
    w.open(plan)
    for (let n = 0; n < MESSAGES_LIMIT; n += 1) send(w, { task: 'watch' })
    expect(w.last.events).toMatchObject([{ seq: MESSAGES_LIMIT }])
    send(w, { task: 'watch' })
    expect(w.last.rejection).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'Run "r" has 4096 messages already.',
    })
  })

  it('out of their order are a damaged journal', () => {
    const w = begun()
    send(w, { task: 'watch' })
    w.journal.push(w.journal.at(-1)!)
    expect(() => w.reload()).toThrow('Message 1 of run "r" is not the next one.')
    w.journal.pop()
    w.reload()
  })
})

it('what was handed over is gone with its run', () => {
  const w = begun()
  const run = w.run()
  share(w, 'watch', 'note', 1)
  send(w, { task: 'watch' })
  expect([run.shared.size, run.messages.length]).toEqual([1, 1])
  w.cancel()
  for (const task of ['api/build', 'watch']) w.confirm(task)
  expect(w.state.runs.size).toBe(0)
  expect([run.shared.size, run.messages.length]).toEqual([0, 0])
})

describe('a sentence that is false is told', () => {
  const cases: readonly (readonly [sentence: string, change: (state: ScopeState, w: World) => void])[] = [
    ['"runKeys" names runs; key "k" names "gone"', (state) => void state.runKeys.set('k', 'gone' as never)],
    ['"runKeys" has the key of every run', (_, w) => void Object.assign(w.run(), { idempotencyKey: 'k' })],
    ['An attempt sees only what was shared', (_, w) => void Object.assign(w.run(), { shared: new Map() })],
    [
      '"shared" has streams of the plan',
      (_, w) => void Object.assign(w.run(), { shared: new Map(w.run().shared).set('x' as StreamId, new Map()) }),
    ],
    [
      '"shared" has its limits',
      (_, w) => void Object.assign(w.run(), { shared: new Map(w.run().shared).set('api' as StreamId, new Map()) }),
    ],
    ['"messages" are numbered from 1', (_, w) => void w.run().messages.shift()],
    ['"messages" are in the order of the journal', (_, w) => void Object.assign(w.run().messages[1]!, { revision: 1 })],
    [
      'A message is from an attempt that was started',
      (_, w) => void Object.assign(w.run().messages[0]!, { from: { task: 'watch', attempt: 1, fence: 99 } }),
    ],
    [
      'A message is for a task or stream of its run',
      (_, w) => void Object.assign(w.run().messages[0]!, { to: { stream: 'x' } as unknown as MessageTarget }),
    ],
  ]

  it.each(cases)('%s', (sentence, change) => {
    const w = begun()
    share(w, 'api/build', 'k', 1)
    send(w, { task: 'watch' })
    send(w, { worker: 'w' })
    w.complete('api/build')
    checkInvariants(w.state)
    change(w.state, w)
    expect(() => checkInvariants(w.state)).toThrow(sentence)
    // Every world is checked at the end of its test.
    w.reload()
  })
})
