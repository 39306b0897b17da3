/**
 * What the scheduler promises about attempts, S1 to S7, each by name. The world checks S2, S3, S5, S7, S9, S11
 * and S12 after every step of every test; here each is provoked.
 */
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import type { Input } from '../../src/core/types.js'
import { START, type World, world } from './world.js'

const diamond = {
  tasks: {
    top: {},
    left: { dependsOn: ['top'] },
    right: { dependsOn: ['top'] },
    bottom: { dependsOn: ['left', 'right'] },
  },
}

function worldWith(plan: Parameters<World['open']>[0], slots = 9): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

describe('S1: no attempt before its dependencies', () => {
  it('a task starts when the last of its dependencies has succeeded, in that very decision', () => {
    //      top
    //     /   \
    //   left  right
    //     \   /
    //     bottom
    const w = worldWith(diamond)
    expect(w.running()).toEqual(['top'])
    w.complete('top')
    expect(w.running()).toEqual(['left', 'right'])
    expect(w.complete('left').instructions).toEqual([])
    expect(w.complete('right').instructions).toMatchObject([{ type: 'startAttempt', task: 'bottom' }])
  })

  it('a stream that depends on a stream waits for all its tasks, and so does each of its own', () => {
    const w = worldWith({
      streams: {
        one: { tasks: { a: {}, b: {} } },
        two: { dependsOn: ['one'], tasks: { c: {}, d: { dependsOn: ['c'] } } },
      },
      tasks: { after: { dependsOn: ['two'] } },
    })
    w.complete('one/a')
    expect(w.running()).toEqual(['one/b'])
    w.complete('one/b')
    expect(w.running()).toEqual(['two/c'])
    w.complete('two/c')
    w.complete('two/d')
    expect(w.running()).toEqual(['after'])
  })

  it('a stream without tasks is passed at once, and holds its dependents until its own dependencies are met', () => {
    const w = worldWith({
      streams: { empty: { tasks: {} }, gap: { dependsOn: ['a'], tasks: {} } },
      tasks: { a: {}, b: { dependsOn: ['empty'] }, c: { dependsOn: ['gap'] } },
    })
    expect(w.running()).toEqual(['a', 'b'])
    w.complete('a')
    expect(w.running()).toEqual(['b', 'c'])
  })

  it('a failed attempt that will be tried again satisfies nobody', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 2 } }, b: { dependsOn: ['a'] } } })
    w.fail('a')
    expect([w.status('a'), w.status('b')]).toEqual(['ready', 'waiting'])
  })
})

describe('S2: no two live attempts with conflicting claims', () => {
  const claim = (write: readonly string[], read: readonly string[] = []) => ({ claims: { write, read } })

  it('a write excludes every other claim on an overlapping path, also through patterns that share no text', () => {
    const w = worldWith({
      tasks: {
        a: claim(['src/**/index.ts']),
        b: claim(['{src,lib}/core/*.ts']),
        c: claim([], ['src/core']),
        d: claim(['lib/x']),
      },
    })
    expect(w.running()).toEqual(['a', 'd'])
  })

  it('reads share', () => {
    const w = worldWith({ tasks: { a: claim([], ['src/**']), b: claim([], ['src/core']), c: claim([], ['**']) } })
    expect(w.running()).toEqual(['a', 'b', 'c'])
  })

  it('also between the runs of a scope', () => {
    const w = worldWith({ tasks: { a: claim(['src/**']) } })
    w.open({ tasks: { b: claim(['src/x.ts']), c: claim(['docs/**']) } }, 'r2')
    expect(w.running('r2')).toEqual(['c'])
    w.complete('a')
    expect(w.running('r2')).toEqual(['b', 'c'])
  })

  it('a task that writes and reads overlapping paths does not block itself', () => {
    const w = worldWith({ tasks: { a: claim(['src/a.ts'], ['src/**']) } })
    expect(w.running()).toEqual(['a'])
  })
})

describe('S3: at most one live attempt per task, and fences strictly grow', () => {
  it('over attempts, tasks, runs and restarts', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 3, initialDelay: 0 } }, b: {} } })
    w.fail('a')
    w.open({ tasks: { c: {} } }, 'r2')
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.worker('w', { slots: 9 })
    const fences = w.events('attempt.started').map(({ fence }) => fence)
    expect(fences).toEqual([1, 2, 3, 4, 5, 6, 7])
  })
})

describe('S4: a report with an old fence changes nothing', () => {
  it('whatever it says, and however late', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 9, initialDelay: 0 } } } })
    const old = w.ref('a')
    w.fail('a')
    const before = canonical(w.state)
    const reports: readonly Omit<Input, 'never'>[] = [
      { type: 'complete', ...old, result: 'late' },
      { type: 'fail', ...old, failure: { kind: 'error', message: 'late' } },
      { type: 'beat', ...old },
      { type: 'beat', ...old, progress: 1 },
      { type: 'confirmStop', ...old },
      { type: 'complete', ...old, fence: old.fence + 2, result: 'from the future' },
      { type: 'complete', ...old, fence: Number.NaN, result: 'from nowhere' },
    ] as never
    for (const report of reports) {
      expect(w.send(report)).toMatchObject({ events: [], instructions: [], rejection: { code: 'ATTEMPT_STALE' } })
    }
    expect(canonical(w.state)).toBe(before)
  })

  it('the same report twice counts once', () => {
    const w = worldWith({ tasks: { a: {}, b: {} } })
    const ref = w.ref('a')
    w.complete('a', 1)
    expect(w.send({ type: 'complete', ...ref, result: 2 }).rejection?.code).toBe('ATTEMPT_STALE')
    expect(w.run().results.get(0)).toBe(1)
  })
})

describe('S5: an end state is final', () => {
  it('nothing that is asked or reported moves a task that has ended', () => {
    const w = worldWith({
      tasks: { done: {}, broken: {}, gone: { dependsOn: ['keep'] }, skipped: { dependsOn: ['broken'] }, keep: {} },
    })
    const refs = [w.ref('done'), w.ref('broken')]
    w.complete('done')
    w.fail('broken')
    w.cancel('gone')
    const ended = ['done', 'broken', 'gone', 'skipped']
    const before = ended.map((task) => w.status(task))
    expect(before).toEqual(['succeeded', 'failed', 'cancelled', 'skipped'])
    for (const ref of refs) {
      w.send({ type: 'complete', ...ref, result: 2 })
      w.send({ type: 'fail', ...ref, failure: { kind: 'error', message: '' } })
    }
    for (const task of ended) expect(w.cancel(task).rejection?.code).toBe('TASK_FINISHED')
    w.send({ type: 'leave', worker: 'w', reason: 'gone' })
    w.worker()
    w.wait(10 ** 9)
    w.cancel()
    expect(ended.map((task) => w.status(task))).toEqual(before)
  })

  it('an id of a run is used once', () => {
    const w = worldWith({ tasks: { a: {} } })
    w.complete('a')
    expect(w.open({ tasks: { a: {} } }).rejection?.code).toBe('RUN_EXISTS')
    w.reload()
    expect(w.send({ type: 'open', run: 'r', plan: {} }).rejection?.code).toBe('RUN_EXISTS')
  })
})

describe('S6: attempts are bounded, and no retry comes before its journaled time', () => {
  it('not even after a restart', () => {
    const w = worldWith({ tasks: { a: { retry: { maxAttempts: 2, initialDelay: 1000, jitter: 0 } } } })
    w.fail('a')
    expect(w.events('attempt.failed')[0]!.retryAt).toBe(START + 1000)
    w.reload()
    w.send({ type: 'leave', worker: 'w', reason: 'its host was restarted' })
    w.worker()
    expect(w.wait(999).events).toEqual([])
    expect(w.wait(1).events).toMatchObject([{ type: 'attempt.started', attempt: 2 }])
    w.fail('a')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'failed' }])
  })
})

describe('S7: no limit is exceeded', () => {
  it('a worker never runs more attempts than it has slots, over all runs', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    for (const run of ['r', 'r2', 'r3']) w.open({ tasks: { a: {}, b: {} } }, run)
    expect(w.events('attempt.started').map(({ slot }) => slot)).toEqual([1, 2, 3])
  })

  it('a closing attempt keeps its slot', () => {
    const w = worldWith({ tasks: { a: {}, b: {} } }, 1)
    w.cancel('a')
    expect(w.running()).toEqual([])
    w.confirm('a')
    expect(w.running()).toEqual(['b'])
  })

  it('only workers with the capabilities, and of the pool, are used', () => {
    const w = world()
    w.worker('p1', { pool: 'p', capabilities: ['x'] })
    w.worker('q1', { pool: 'q', capabilities: ['x', 'y'] })
    w.open({ tasks: { a: { pool: 'p', requires: ['y'] }, b: { requires: ['y'] } } })
    expect(w.running()).toEqual(['b'])
    expect(w.live('b').worker.id).toBe('q1')
  })
})
