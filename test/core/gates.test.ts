/** Gates: answered by people, by a check, or by time; and what follows from it. */
import { describe, expect, it } from 'vitest'
import type { PlanDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

/** build → review (approval) → ship; and `docs`, of which the gate knows nothing. */
function approval(gate: object = {}, more: Partial<PlanDocument> = {}): World {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({
    tasks: { build: {}, docs: {}, ship: { dependsOn: ['review'] } },
    gates: { review: { kind: 'approval', dependsOn: ['build'], ...gate } },
    ...more,
  })
  return w
}

const answer = (w: World, type: 'approve' | 'refuse', gate = 'review', note: string | null = null, by = 'ann') =>
  w.send({ type, run: 'r', gate, by, note })

describe('a gate that awaits approval', () => {
  it('is ready when what it depends on is done, and is given to nobody', () => {
    const w = approval()
    expect(w.status('review')).toBe('waiting')
    w.complete('build')
    w.now += 500
    expect(w.status('review')).toBe('ready')
    expect(w.running()).toEqual(['docs'])
    expect(w.attempts('review')).toBe(0)
    expect(w.explain('review')).toEqual([{ kind: 'gate', sinceMs: 500 }])
    expect(w.explain('ship')).toEqual([{ kind: 'dependency', on: 'review', status: 'ready' }])
  })

  it('passes when somebody approves: who waits for it starts in the same decision, and who said so is its result', () => {
    const w = approval()
    w.complete('build')
    const { events } = answer(w, 'approve', 'review', 'go ahead')
    expect(events).toMatchObject([
      { type: 'gate.passed', gate: 'review', by: 'ann', note: 'go ahead' },
      { type: 'attempt.started', task: 'ship' },
    ])
    expect(w.run().results.get(w.run().plan.taskIndex.get('review')!)).toEqual({ by: 'ann', note: 'go ahead' })
    expect(w.status('review')).toBe('succeeded')
  })

  it('fails when somebody refuses: who waits for it is skipped', () => {
    const w = approval()
    w.complete('build')
    const { events } = answer(w, 'refuse', 'review', 'not yet')
    expect(events).toMatchObject([
      { type: 'gate.failed', gate: 'review', by: 'ann', note: 'not yet', failure: { kind: 'verify' } },
      { type: 'task.skipped', task: 'ship', reason: { because: 'review', status: 'failed' } },
    ])
    expect(w.failure('review')?.message).toBe('It was refused by ann: not yet.')
    w.complete('docs')
    expect(w.run().closed?.verdict).toBe('failed')
  })

  it('fails when nobody answers in time, which begins when it is ready', () => {
    const w = approval({ timeout: '1m' })
    w.wait(90_000)
    w.complete('build')
    w.wait(59_999)
    expect(w.status('review')).toBe('ready')
    w.wait(1)
    expect(w.events('gate.failed')).toMatchObject([{ by: null, note: null, failure: { kind: 'timeout' } }])
    expect(w.failure('review')?.message).toBe('Nobody answered for 60000 ms (timeout).')
    expect(w.status('ship')).toBe('skipped')
  })

  it('cannot be answered before a lag is over, and then at once', () => {
    const w = approval({ dependsOn: [{ on: 'build', lag: '1m' }] })
    w.complete('build')
    expect(w.explain('review')).toEqual([{ kind: 'lag', at: w.now + 60_000, inMs: 60_000 }])
    expect(answer(w, 'approve').rejection?.code).toBe('GATE_NOT_READY')
    w.now += 60_000
    expect(answer(w, 'approve').rejection).toBeNull()
    expect(w.status('ship')).toBe('running')
  })

  it('may be answered while the run is paused, and its time stands still', () => {
    const w = approval({ timeout: '1m' })
    w.complete('build')
    w.send({ type: 'pause', run: 'r', reason: 'lunch' })
    w.wait(90_000)
    expect(w.explain('review')).toEqual([{ kind: 'gate', sinceMs: 90_000 }])
    expect(answer(w, 'approve').rejection).toBeNull()
    expect(w.status('ship')).toBe('ready')
  })

  it('takes no limits from the defaults of the plan: those are about attempts', () => {
    const w = approval({}, { defaults: { timeouts: { scheduleToStart: 1000, scheduleToClose: 5000 } } })
    w.complete('build')
    w.complete('docs')
    w.wait(60_000)
    expect(w.status('review')).toBe('ready')
  })

  it('that is first in the plan awaits its answer at once; a run of it alone needs no worker', () => {
    const w = world()
    w.open({ gates: { go: { kind: 'approval' } } })
    answer(w, 'approve', 'go')
    expect(w.run().closed?.verdict).toBe('succeeded')
  })

  it('can be cancelled, and skipped with what it waits for', () => {
    const w = approval()
    w.fail('build')
    expect(w.status('review')).toBe('skipped')
    const other = approval()
    other.complete('build')
    other.cancel('review')
    expect(other.status('review')).toBe('cancelled')
    expect(other.status('ship')).toBe('skipped')
    expect(other.events('gate.failed')).toEqual([])
  })

  it('is skipped by a run that drains', () => {
    const w = approval({}, { onFailure: 'drain' })
    w.complete('build')
    w.fail('docs')
    expect(w.status('review')).toBe('skipped')
  })

  it('keeps its answer over a restart', () => {
    const w = approval()
    w.complete('build')
    w.reload()
    answer(w, 'approve')
    w.reload()
    expect(w.status('review')).toBe('succeeded')
    expect(w.running()).toEqual(['docs', 'ship'])
  })
})

describe('an answer is refused', () => {
  const codes = (w: World, gate: string) => {
    const both = (['approve', 'refuse'] as const).map((type) => answer(w, type, gate).rejection)
    expect(both[0]).toEqual(both[1])
    return both[0]
  }

  it('while the gate waits for something', () => {
    const w = approval()
    expect(codes(w, 'review')).toMatchObject({
      code: 'GATE_NOT_READY',
      message: 'Gate "review" does not await an answer yet: it is waiting.',
    })
  })

  it('once the gate has ended', () => {
    const w = approval()
    w.complete('build')
    answer(w, 'approve')
    expect(codes(w, 'review')).toMatchObject({
      code: 'GATE_ANSWERED',
      message: 'Gate "review" has ended already: it succeeded.',
    })
    const skipped = approval()
    skipped.fail('build')
    expect(codes(skipped, 'review')?.message).toBe('Gate "review" has ended already: it was skipped.')
  })

  it('where there is no such gate, where it is a task, and where it is a check', () => {
    const w = approval({}, { gates: { review: { kind: 'approval' }, tests: { kind: 'check', handler: 'h' } } })
    expect(codes(w, 'ghost')?.message).toBe('Run "r": "ghost" is no gate of it.')
    expect(codes(w, 'build')?.message).toBe('Run "r": "build" is no gate of it.')
    expect(codes(w, 'tests')).toMatchObject({
      code: 'GATE_UNKNOWN',
      message: 'Run "r": "tests" is a check: its handler answers it.',
    })
  })

  it('where there is no such run, or it has ended', () => {
    const w = approval()
    expect(w.send({ type: 'approve', run: 'x', gate: 'review', by: null, note: null }).rejection).toMatchObject({
      code: 'RUN_UNKNOWN',
    })
    w.fail('build')
    w.complete('docs')
    expect(answer(w, 'approve').rejection).toMatchObject({ code: 'RUN_CLOSED' })
  })

  it('where another in the same batch came first', () => {
    const w = approval()
    w.complete('build')
    const inputs = ['approve', 'refuse'].map((type) => ({ type, run: 'r', gate: 'review', by: null, note: null }))
    const { rejections } = w.sendAll(inputs)
    expect([...rejections.keys()]).toEqual([1])
    expect(w.status('review')).toBe('succeeded')
  })
})

describe('a check', () => {
  function check(gate: object = {}, more: Partial<PlanDocument> = {}): World {
    const w = world()
    w.worker()
    w.open({
      tasks: { ship: { dependsOn: ['tests'] } },
      gates: { tests: { kind: 'check', handler: 'npm.test', ...gate } },
      ...more,
    })
    return w
  }

  it.each([true, null, 'no', 0, '', [false], {}, { passed: true }, { passed: null }])('passes with %j', (result) => {
    const w = check()
    w.complete('tests', result)
    expect(w.events('gate.passed')).toMatchObject([{ gate: 'tests', by: null, note: null }])
    expect(w.running()).toEqual(['ship'])
  })

  it('that passes hands its note on, after the end of its attempt', () => {
    const w = check()
    const { events } = w.complete('tests', { passed: true, note: '212 of 212' })
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'attempt.succeeded', result: { passed: true, note: '212 of 212' } },
      { type: 'gate.passed', note: '212 of 212' },
    ])
  })

  it.each([
    [false, 'The check did not pass.'],
    [{ passed: false }, 'The check did not pass.'],
    [{ passed: false, note: '3 are red' }, 'The check did not pass: 3 are red.'],
  ])('that says %j fails, and is not tried again', (result, message) => {
    const w = check({}, { defaults: { retry: { maxAttempts: 5 } } })
    const { events } = w.complete('tests', result)
    const failure = { kind: 'verify', message, retryable: false }
    expect(events).toMatchObject([
      { type: 'attempt.failed', failure, retryAt: null },
      { type: 'gate.failed', gate: 'tests', by: null, failure },
      { type: 'task.skipped', task: 'ship' },
      { type: 'run.closed', verdict: 'failed' },
    ])
  })

  it('that throws is tried again as the defaults of the plan say; nobody hears of the gate before the last try', () => {
    const w = check({}, { defaults: { retry: { maxAttempts: 2, initialDelay: 0 } } })
    w.fail('tests')
    expect(w.events('gate.failed')).toEqual([])
    w.fail('tests')
    expect(w.events('gate.failed')).toMatchObject([{ failure: { kind: 'error' } }])
  })

  it('that takes longer than its timeout is stopped and fails', () => {
    const w = check({ timeout: '1m' })
    w.wait(60_000)
    expect(w.events('gate.failed')).toMatchObject([{ failure: { kind: 'timeout' } }])
    w.confirm('tests')
  })

  it('that could not start in time fails as a gate too', () => {
    const w = check({}, { defaults: { timeouts: { scheduleToStart: 1000 } } })
    const other = world()
    other.open({ gates: { tests: { kind: 'check', handler: 'h' } }, defaults: { timeouts: { scheduleToStart: 1000 } } })
    other.wait(1000)
    expect(other.events('gate.failed')).toMatchObject([{ gate: 'tests', failure: { kind: 'timeout' } }])
    w.complete('tests')
  })
})
