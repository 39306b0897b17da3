/** What is refused, and what is no error although nothing changes. */
import { describe, expect, it } from 'vitest'
import { START, type World, world } from './world.js'

describe('what is refused, and in which words', () => {
  const running = (): World => {
    const w = world()
    w.worker()
    w.open({ streams: { s: { tasks: { t: {} } } } })
    return w
  }

  const cases: readonly (readonly [string, unknown, string, string])[] = [
    ['a run that is open', { type: 'open', run: 'r', plan: {} }, 'RUN_EXISTS', 'Run "r" exists already.'],
    [
      'a worker that has joined',
      { type: 'join', worker: 'w', pool: 'local', slots: 1, capabilities: [] },
      'WORKER_EXISTS',
      'Worker "w" has joined already.',
    ],
    ['a worker nobody knows, draining', { type: 'drain', worker: 'x' }, 'WORKER_UNKNOWN', 'No worker "x" has joined.'],
    [
      'a worker nobody knows, leaving',
      { type: 'leave', worker: 'x', reason: '' },
      'WORKER_UNKNOWN',
      'No worker "x" has joined.',
    ],
    ['a run nobody knows', { type: 'pause', run: 'x', reason: '' }, 'RUN_UNKNOWN', 'There is no run "x".'],
    ['resuming a run nobody knows', { type: 'resume', run: 'x' }, 'RUN_UNKNOWN', 'There is no run "x".'],
    [
      'cancelling a run nobody knows',
      { type: 'cancel', run: 'x', target: { kind: 'run' }, reason: '' },
      'RUN_UNKNOWN',
      'There is no run "x".',
    ],
    [
      'cancelling a task nobody knows',
      { type: 'cancel', run: 'r', target: { kind: 'task', task: 't' }, reason: '' },
      'TASK_UNKNOWN',
      'Run "r" has no task "t".',
    ],
    [
      'cancelling a stream nobody knows',
      { type: 'cancel', run: 'r', target: { kind: 'stream', stream: 'x' }, reason: '' },
      'STREAM_UNKNOWN',
      'Run "r" has no stream "x".',
    ],
    [
      'a report on a run nobody knows',
      { type: 'complete', run: 'x', task: 's/t', fence: 1, result: null },
      'ATTEMPT_STALE',
      'The report on "s/t" of run "x" has fence 1, which is not the current one.',
    ],
    [
      'a report on a task nobody knows',
      { type: 'complete', run: 'r', task: 'x', fence: 1, result: null },
      'ATTEMPT_STALE',
      'The report on "x" of run "r" has fence 1, which is not the current one.',
    ],
    [
      'a confirmation from another run',
      { type: 'confirmStop', run: 'x', task: 's/t', fence: 1 },
      'ATTEMPT_STALE',
      'The report on "s/t" of run "x" has fence 1, which is not the current one.',
    ],
  ]

  for (const [what, input, code, message] of cases) {
    it(`${what} is refused with ${code}`, () => {
      const w = running()
      const { revision } = w.state
      expect(w.send(input).rejection).toMatchObject({ code, message, hint: expect.stringMatching(/\.$/) })
      expect(w.last).toMatchObject({ events: [], instructions: [] })
      expect(w.state.revision).toBe(revision)
    })
  }

  it('a run that has ended is neither steered nor opened again', () => {
    const w = running()
    w.complete('s/t')
    expect(w.send({ type: 'pause', run: 'r', reason: '' }).rejection).toMatchObject({
      code: 'RUN_CLOSED',
      message: 'Run "r" has ended.',
    })
    expect(w.send({ type: 'open', run: 'r', plan: {} }).rejection).toMatchObject({ code: 'RUN_EXISTS' })
    expect(w.send({ type: 'complete', run: 'r', task: 's/t', fence: 1, result: 2 }).rejection?.code).toBe(
      'ATTEMPT_STALE',
    )
  })

  it('a confirmation with the fence of a closing attempt, but for another run, is refused', () => {
    const w = running()
    w.cancel('s/t')
    expect(w.send({ type: 'confirmStop', run: 'x', task: 's/t', fence: 1 }).rejection?.code).toBe('ATTEMPT_STALE')
    expect(w.closing()).toEqual(['s/t'])
  })

  it('what changes nothing is no error and stores nothing: pausing twice, resuming what runs, draining or cancelling twice', () => {
    const w = running()
    w.send({ type: 'pause', run: 'r', reason: 'first' })
    expect(w.send({ type: 'pause', run: 'r', reason: 'second' })).toMatchObject({ events: [], rejection: null })
    w.send({ type: 'resume', run: 'r' })
    expect(w.send({ type: 'resume', run: 'r' })).toMatchObject({ events: [], rejection: null })
    w.send({ type: 'drain', worker: 'w' })
    expect(w.send({ type: 'drain', worker: 'w' })).toMatchObject({ events: [], rejection: null })
    w.cancel()
    expect(w.cancel()).toMatchObject({ events: [], rejection: null })
  })
})

it('a decision names when it wants to be woken, null if nothing is ever due', () => {
  const w = world()
  w.worker()
  expect(w.open({ tasks: { a: {} } }, 'calm').wakeAt).toBeNull()
  w.complete('a')
  expect(w.open({ tasks: { a: { timeouts: { startToClose: 50 } } } }, 'timed').wakeAt).toBe(START + 50)
})
