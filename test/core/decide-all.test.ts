/** Inputs that came together, and inputs that no version of ours would give. */
import { describe, expect, it } from 'vitest'
import { explain } from '../../src/core/explain.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

describe('inputs that came together', () => {
  const started = (tasks: PlanDocument['tasks'], slots = 9): World => {
    const w = world()
    w.worker('w', { slots })
    w.open({ tasks })
    return w
  }
  const complete = (w: World, task: string) => ({ type: 'complete', ...w.ref(task), result: task })
  const types = (w: World): readonly string[] =>
    w.last.events.map((event) => ('task' in event ? `${event.task} ${event.type}` : event.type))

  it('are applied in their order; then consequences and starts follow once, and instructions in the order of events', () => {
    const w = started({ a: {}, b: {}, c: { dependsOn: ['a', 'b'] }, d: { dependsOn: ['a'] } })
    w.sendAll([complete(w, 'b'), complete(w, 'a')])
    expect(types(w)).toEqual(['b attempt.succeeded', 'a attempt.succeeded', 'c attempt.started', 'd attempt.started'])
    expect(w.last.instructions.map(({ task }) => task)).toEqual(['c', 'd'])
  })

  it('each has its own rejection, by its place', () => {
    const w = started({ a: {}, b: {} })
    const first = complete(w, 'a')
    const { rejections } = w.sendAll([first, first, { type: 'resume', run: 'x' }, { type: 'tick' }, complete(w, 'b')])
    expect([...rejections].map(([place, { code }]) => [place, code])).toEqual([
      [1, 'ATTEMPT_STALE'],
      [2, 'RUN_UNKNOWN'],
    ])
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('none at all: time alone passes', () => {
    const w = started({ a: { timeouts: { startToClose: 10 } } })
    w.now += 10
    w.sendAll([])
    expect(types(w)).toContain('a attempt.failed')
  })

  it('a task that becomes ready and is cancelled never starts', () => {
    const w = started({ a: {}, b: { dependsOn: ['a'] } })
    w.sendAll([complete(w, 'a'), { type: 'cancel', run: 'r', target: { kind: 'task', task: 'b' }, reason: '' }])
    expect(types(w)).toEqual(['a attempt.succeeded', 'b task.cancelled', 'run.closed'])
  })

  it('a task whose dependency failed may still be cancelled before it is skipped', () => {
    const w = started({ a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['b'] } })
    const fail = { type: 'fail', ...w.ref('a'), failure: { kind: 'error', message: '' } }
    w.sendAll([fail, { type: 'cancel', run: 'r', target: { kind: 'task', task: 'b' }, reason: '' }])
    expect(types(w)).toEqual(['a attempt.failed', 'b task.cancelled', 'c task.skipped', 'run.closed'])
  })

  it('a run that ended by itself is not cancelled by what came a moment later', () => {
    for (const [end, verdict] of [
      ['complete', 'succeeded'],
      ['fail', 'failed'],
    ]) {
      const w = started({ a: {} })
      const report = { type: end, ...w.ref('a'), result: 1, failure: { kind: 'error', message: '' } }
      w.sendAll([report, { type: 'cancel', run: 'r', target: { kind: 'run' }, reason: '' }])
      expect(w.events('run.closed')).toMatchObject([{ verdict }])
    }
  })

  it('a worker may leave and join again at once: what it ran starts anew', () => {
    const w = started({ a: {} }, 1)
    w.sendAll([
      { type: 'leave', worker: 'w', reason: 'gone' },
      { type: 'join', worker: 'w', pool: 'local', slots: 1, capabilities: [] },
    ])
    expect(w.live('a').number).toBe(2)
  })

  it('a failure that aborts meets a success of the same moment: the success counts if it came first', () => {
    const w = world()
    w.worker('w', { slots: 9 })
    w.open({ onFailure: 'abort', tasks: { a: {}, b: {}, c: {} } })
    const [a, b, c] = [
      complete(w, 'a'),
      { type: 'fail', ...w.ref('b'), failure: { kind: 'error', message: '' } },
      complete(w, 'c'),
    ]
    w.sendAll([a, b, c])
    expect(['a', 'b', 'c'].map((task) => w.status(task))).toEqual(['succeeded', 'failed', 'succeeded'])
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })
})

describe('what no version of ours would say', () => {
  const started = (): World => {
    const w = world()
    w.worker()
    w.open({ tasks: { a: {} } })
    return w
  }

  it('an input of an unknown type changes nothing', () => {
    const w = started()
    expect(w.send({ type: 'dance' })).toMatchObject({ events: [], instructions: [], rejection: null })
  })

  it('a deadline of an unknown kind is let go', () => {
    const w = started()
    w.state.deadlines.add({ at: START, kind: 'teatime' as never, run: 'r' as never, task: 0, fence: 0 })
    expect(w.send({ type: 'tick' })).toMatchObject({ events: [], wakeAt: null })
  })

  it('a task in an unknown status has no explanation', () => {
    const w = started()
    expect(explain(w.state, { ...w.run(), status: new Uint8Array([99]) }, 0, START)).toEqual([])
  })
})
