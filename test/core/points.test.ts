/** What tasks wait for besides each other, as it comes about and as it becomes impossible. */
import { describe, expect, it } from 'vitest'
import { unblocks } from '../../src/core/explain.js'
import type { DependencyOf, Duration, PlanDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

const streams = { s: { tasks: { x: {}, y: {}, z: { optional: true } } } }

function begin(plan: PlanDocument): World {
  const w = world()
  w.worker('w', { slots: 20 })
  w.open(plan)
  return w
}

/** A run in which `t` waits for the dependency, and the others run. */
function waiting(dependency: DependencyOf<Duration>): World {
  return begin({ streams, tasks: { a: {}, b: {}, c: {}, t: { dependsOn: [dependency] } } })
}

const end = (w: World, ends: string): void => {
  for (const each of ends.split(' ')) {
    const task = each.slice(1)
    const id = 'xyz'.includes(task) ? `s/${task}` : task
    if (each[0] === '+') w.complete(id)
    else if (each[0] === '-') w.fail(id)
    else w.cancel(id)
  }
}

/** `+a` succeeds, `-a` fails, `!a` is cancelled; before the last of them nothing is decided. */
describe('t waits for', () => {
  it.each<[DependencyOf<Duration>, string, string]>([
    [{ on: 'a', when: 'failure' }, '-a', 'running'],
    [{ on: 'a', when: 'failure' }, '+a', 'unneeded'],
    [{ on: 'a', when: 'failure' }, '!a', 'skipped'],
    [{ on: 'a', when: 'finish' }, '+a', 'running'],
    [{ on: 'a', when: 'finish' }, '-a', 'running'],
    [{ on: 'a', when: 'finish' }, '!a', 'running'],
    ['s', '+x +y', 'running'],
    ['s', '-z +x +y', 'running'],
    ['s', '+x -y', 'skipped'],
    [{ on: 's', when: 'failure' }, '+x -y', 'running'],
    [{ on: 's', when: 'failure' }, '-z +x +y', 'unneeded'],
    [{ on: 's', when: 'failure' }, '+x !y', 'skipped'],
    [{ on: 's', when: 'finish' }, '-x !y', 'running'],
    [{ stream: 's', progress: 0.5 }, '+y', 'running'],
    [{ stream: 's', progress: 0.5 }, '-x +y', 'running'],
    [{ stream: 's', progress: 0.5 }, '-x -y', 'skipped'],
    [{ stream: 's', progress: 0.6 }, '-x', 'skipped'],
    [{ anyOf: ['a', 'b'] }, '-a +b', 'running'],
    [{ anyOf: ['a', 'b'] }, '+b', 'running'],
    [{ anyOf: ['a', 'b'] }, '-a -b', 'skipped'],
    [{ quorum: 2, of: ['a', 'b', 'c'] }, '-a +b +c', 'running'],
    [{ quorum: 2, of: ['a', 'b', 'c'] }, '+b -a -c', 'skipped'],
    [
      {
        anyOf: [
          { on: 'a', when: 'failure' },
          { on: 'b', when: 'failure' },
        ],
      },
      '+a +b',
      'unneeded',
    ],
    [{ anyOf: [{ on: 'a', when: 'failure' }, 'b'] }, '+a -b', 'skipped'],
    [
      {
        anyOf: [
          { stream: 's', progress: 1 },
          { on: 'a', when: 'finish' },
        ],
      },
      '-x -a',
      'running',
    ],
  ])('%j: after %s it is %s', (dependency, ends, status) => {
    const w = waiting(dependency)
    const steps = ends.split(' ')
    for (const [at, step] of steps.entries()) {
      expect(w.status('t')).toBe('waiting')
      end(w, step)
      if (at === steps.length - 1) break
    }
    const skip = w.events('task.skipped').find(({ task }) => task === 't')?.reason
    expect(skip !== undefined && 'unneeded' in skip ? 'unneeded' : w.status('t')).toBe(status)
  })
})

describe('what is not needed', () => {
  const plan: PlanDocument = {
    streams: { s: { tasks: { scan: {}, fix: { if: { $from: 'scan', path: ['n'] } }, check: { dependsOn: ['fix'] } } } },
    tasks: { ship: { dependsOn: ['s'] }, undo: { dependsOn: [{ on: 'ship', when: 'failure' }] } },
  }

  it('is skipped with whoever waits for its success, while its stream is done and the run succeeds', () => {
    const w = begin(plan)
    w.complete('s/scan', { n: 0, m: 1 })
    // 0 is a value: only false, null and nothing say no.
    expect(w.running()).toEqual(['s/fix'])
    const other = begin(plan)
    other.complete('s/scan', { m: 1 })
    expect(other.events('task.skipped').map(({ task, reason }) => [task, reason])).toEqual([
      ['s/fix', { kind: 'condition', because: 's/scan', unneeded: true }],
      ['s/check', { kind: 'dependency', because: 's/fix', status: 'skipped', unneeded: true }],
    ])
    other.complete('ship')
    expect(other.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it.each([false, null])('a part that is %j says no', (n) => {
    const w = begin(plan)
    w.complete('s/scan', { n })
    expect(w.status('s/fix')).toBe('skipped')
  })
})

describe('optional tasks', () => {
  it('that fail leave stream and run as they are, whatever onFailure says', () => {
    const w = begin({ streams, onFailure: 'abort', tasks: { t: { dependsOn: ['s'] } } })
    end(w, '-z +x +y +t')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })
})

describe('a lag', () => {
  it('begins when what it follows holds, and the latest of several counts', () => {
    const w = begin({
      tasks: { a: {}, b: {}, t: { dependsOn: [{ on: 'a', lag: '10s' }, { on: 'b', lag: '1s' }, 'b'] } },
    })
    w.complete('a')
    w.wait(2_000)
    w.complete('b')
    expect(w.explain('t')).toMatchObject([{ kind: 'lag', inMs: 8_000 }])
    w.pass(7_999)
    expect(w.status('t')).toBe('ready')
    w.pass(1)
    expect(w.running()).toEqual(['t'])
  })

  it('is handed on by a stream without tasks, the latest of what it waited for', () => {
    const w = begin({
      streams: {
        empty: {
          dependsOn: [
            { on: 'a', lag: '10s' },
            { on: 'b', lag: '1s' },
          ],
        },
      },
      tasks: { a: {}, b: {}, t: { dependsOn: ['empty'] } },
    })
    w.complete('a')
    w.wait(1_000)
    w.complete('b')
    expect(w.explain('t')).toMatchObject([{ kind: 'lag', inMs: 9_000 }])
  })

  it('of a task that was cancelled while it waited for it holds nobody up', () => {
    const w = begin({
      tasks: { a: {}, b: { dependsOn: [{ on: 'a', lag: '1h' }] }, t: { dependsOn: [{ on: 'b', when: 'finish' }] } },
    })
    w.complete('a')
    w.cancel('b')
    expect(w.running()).toEqual(['t'])
  })

  it('survives a restart', () => {
    const w = begin({ tasks: { a: {}, t: { dependsOn: [{ on: 'a', lag: '10s' }] } } })
    w.complete('a')
    w.reload()
    w.pass(9_999)
    expect(w.running()).toEqual([])
    w.pass(1)
    expect(w.running()).toEqual(['t'])
  })
})

describe('a sequence', () => {
  const claims = { write: ['m.py'] }
  const plan: PlanDocument = {
    tasks: { gone: {}, A: { claims }, B: { claims, dependsOn: ['gone'] }, C: { claims } },
    sequences: [{ path: 'm.py', order: ['A', 'B', 'C'] }],
  }

  it('is kept although one is skipped early: the third does not pass the first', () => {
    const w = begin(plan)
    w.fail('gone')
    expect(w.status('B')).toBe('skipped')
    expect(w.running()).toEqual(['A'])
    w.fail('A')
    expect(w.running()).toEqual(['C'])
  })
})

describe('who is helped by whom', () => {
  it('leads through milestones, choices and lags, as long as they are open', () => {
    const w = begin({
      tasks: {
        a: { milestones: ['m'] },
        b: {},
        any: { dependsOn: [{ anyOf: ['a', 'b'] }] },
        early: { dependsOn: ['a#m'] },
        later: { dependsOn: [{ on: 'any', lag: '1h' }] },
      },
    })
    expect(unblocks(w.run(), 0)).toEqual(['any', 'early', 'later'])
    w.complete('b')
    expect(unblocks(w.run(), 0)).toEqual(['early'])
  })
})

describe('why a task waits', () => {
  it.each<[DependencyOf<Duration>, object]>([
    [
      { on: 'a', when: 'failure' },
      { point: 'outcome', on: 'failure of a', lacks: 1, of: 1 },
    ],
    [
      { quorum: 2, of: ['a', 'b', 'c'] },
      { point: 'choice', on: '2 of a, b, c', lacks: 2, of: 2 },
    ],
    [
      { stream: 's', progress: 0.75 },
      { point: 'progress', on: '75% of s', lacks: 75, of: 75 },
    ],
    [
      { on: 'a', lag: '1m' },
      { point: 'lag', on: '1m after a', lacks: 1, of: 1 },
    ],
  ])('%j', (dependency, reason) => {
    expect(waiting(dependency).explain('t')).toEqual([{ kind: 'point', ...reason }])
  })

  it('says how far a share is, and who would be helped by whom', () => {
    const w = waiting({ stream: 's', progress: 0.75 })
    w.complete('s/x')
    expect(w.explain('t')).toMatchObject([{ lacks: 25, of: 75 }])
  })
})
