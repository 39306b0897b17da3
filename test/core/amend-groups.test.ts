/** Gates, phases, conditions on streams and sequences of a plan that is changed while it runs. */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

/** `a`, then `b`, with one worker of two slots. */
function chain(): World {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({ tasks: { a: {}, b: { dependsOn: ['a'] } } })
  return w
}

function approve(w: World, gate: string): void {
  w.send({ type: 'approve', run: 'r', gate, by: null, note: null })
}

describe('gates', () => {
  it('that are added are answered, and held up, as all others', () => {
    const w = chain()
    w.amend({ add: { gates: { go: { kind: 'approval', dependsOn: ['a'] } }, tasks: { d: { dependsOn: ['go'] } } } })
    expect(w.explain('d')).toEqual([{ kind: 'dependency', on: 'go', status: 'waiting' }])
    w.complete('a')
    expect(w.explain('go')).toEqual([{ kind: 'gate', sinceMs: 0 }])
    w.reload()
    approve(w, 'go')
    expect(w.running()).toEqual(['b', 'd'])
  })

  it('a check that is added is run, and its result is the answer', () => {
    const w = chain()
    w.amend({ add: { gates: { tests: { kind: 'check', handler: 'h' } }, tasks: { d: { dependsOn: ['tests'] } } } })
    expect(w.running()).toEqual(['a', 'tests'])
    w.complete('tests', false)
    expect([w.status('tests'), w.status('d')]).toEqual(['failed', 'skipped'])
    expect(w.events('gate.failed')).toMatchObject([{ gate: 'tests' }])
  })

  it('that await an answer can still be changed, and removed; those that were answered cannot', () => {
    const w = world()
    w.worker('w', { slots: 2 })
    const approval = { kind: 'approval' } as const
    w.open({
      tasks: { a: {}, b: { dependsOn: ['one'] } },
      gates: { one: { ...approval, timeout: 10 }, two: approval, three: approval },
    })
    w.amend({ change: { one: { timeout: 1000, dependsOn: ['a'] } }, remove: ['two'] })
    expect([w.status('one'), w.status('two')]).toEqual(['waiting', 'skipped'])
    w.wait(100)
    w.complete('a')
    w.wait(999)
    expect(w.explain('one')).toEqual([{ kind: 'gate', sinceMs: 999 }])
    approve(w, 'one')
    expect(w.amend({ remove: ['one'] }).rejection).toMatchObject({
      code: 'TASK_STARTED',
      message: 'Gate "one" runs or has ended: it can be neither removed nor changed.',
    })
    w.amend({ change: { three: { kind: 'check', handler: 'h' } } })
    expect(w.running()).toEqual(['b', 'three'])
  })

  it('of phases: new streams wait for them, and a phase that is added begins when the one before is passed', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({
      phases: [{ id: 'one', gate: 'go' }],
      streams: { s: { phase: 'one', tasks: { a: {} } } },
      gates: { go: { kind: 'approval' } },
    })
    const streams = { t: { phase: 'two', tasks: { b: {} } } }
    w.amend({ add: { phases: [{ id: 'two' }], streams } })
    w.complete('s/a')
    expect(w.running()).toEqual([])
    expect(w.amend({ add: { streams: { u: { phase: 'one', tasks: { x: {} } } } } }).rejection).toMatchObject({
      code: 'STREAM_FINISHED',
      message: 'The phase "one" has ended: others may have gone on because of it.',
    })
    approve(w, 'go')
    expect(w.running()).toEqual(['t/b'])
  })
})

describe('conditions on a stream', () => {
  const half = { dependsOn: [{ stream: 's', progress: 0.5 }] }

  it('that have not come about speak of the tasks it gets', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({
      streams: { s: { tasks: { a: {}, b: {} } } },
      tasks: { half, after: { dependsOn: [{ on: 's', when: 'finish' }] } },
    })
    w.amend({ add: { streams: { s: { tasks: { c: {}, d: {} } } } } })
    expect(w.explain('half')).toEqual([{ kind: 'point', point: 'progress', on: '50% of s', lacks: 50, of: 50 }])
    w.complete('s/a')
    expect([w.status('half'), w.status('after')]).toEqual(['waiting', 'waiting'])
    w.complete('s/b')
    expect(w.status('half')).toBe('running')
    w.complete('s/c')
    w.complete('s/d')
    expect(w.status('after')).toBe('running')
  })

  it('that have come about stay so, whatever the stream gets; when a task is done again, they are looked at anew', () => {
    const w = world()
    w.worker('w', { slots: 1 })
    w.open({ streams: { s: { tasks: { a: { priority: 2 }, b: {} } } }, tasks: { half: { ...half, priority: -1 } } })
    w.complete('s/a')
    expect(w.status('half')).toBe('ready')
    w.amend({ add: { streams: { s: { tasks: { c: {}, d: {} } } } } })
    expect(w.status('half')).toBe('ready')
    w.reload()
    expect(w.status('half')).toBe('ready')
    w.reopen('s/a')
    expect(w.status('half')).toBe('waiting')
    expect(w.explain('half')).toEqual([{ kind: 'point', point: 'progress', on: '50% of s', lacks: 50, of: 50 }])
  })

  it('may come about by the amendment: half of what is left is done', () => {
    const w = world()
    w.worker('w', { slots: 1 })
    w.open({
      streams: { s: { tasks: { a: { estimate: 1, priority: 2 }, b: { estimate: 9, dependsOn: ['x'] } } } },
      tasks: { x: { priority: 1 }, half: { ...half, priority: 5 } },
    })
    w.complete('s/a')
    expect(w.status('half')).toBe('waiting')
    w.amend({ change: { 's/b': { estimate: 1 } } })
    expect(w.status('half')).toBe('ready')
  })

  it('may be out of reach by the amendment, with what waits for them', () => {
    const w = world()
    w.worker('w', { slots: 1 })
    w.open({
      streams: { s: { tasks: { a: { estimate: 1, priority: 2 }, b: { estimate: 9, dependsOn: ['x'] } } } },
      tasks: { x: { priority: 1 }, half },
    })
    w.fail('s/a')
    expect(w.status('half')).toBe('waiting')
    w.amend({ change: { 's/b': { estimate: 0 } } })
    expect(w.status('half')).toBe('skipped')
    expect(w.events('task.skipped').map(({ task, reason }) => [task, reason])).toEqual([
      ['half', { kind: 'dependency', because: 's/a', status: 'failed', through: '50% of s' }],
    ])
  })
})

describe('sequences', () => {
  const claims = { write: ['m'] }
  const sequences = [{ path: 'm', order: ['A', 'B'] }]

  it('hold up the next entry for claimants that are added before its turn has come', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ streams: { A: { tasks: { m: { claims } } }, B: { tasks: { m: { claims } } } }, sequences })
    w.amend({ add: { streams: { A: { tasks: { n: { claims } } } } } })
    w.complete('A/m')
    expect(w.running()).toEqual(['A/n'])
    expect(w.explain('B/m')).toEqual([{ kind: 'point', point: 'sequence', on: 'm after A', lacks: 1, of: 2 }])
    w.complete('A/n')
    expect(w.running()).toEqual(['B/m'])
  })

  it('have an added claimant wait for its turn, though its path is free', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({
      streams: { A: { tasks: { m: { claims, dependsOn: ['x'] } } }, B: { tasks: { m: { claims } } } },
      tasks: { x: {} },
      sequences,
    })
    w.amend({ add: { streams: { B: { tasks: { n: { claims } } } } } })
    expect([w.running(), w.status('B/n')]).toEqual([['x'], 'waiting'])
    w.complete('x')
    w.complete('A/m')
    expect(w.running()).toEqual(['B/m'])
  })

  it('a turn that has come is not taken back: the claim alone keeps the two apart', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    const more = { open: {} }
    w.open({ streams: { A: { tasks: { m: { claims }, ...more } }, B: { tasks: { m: { claims } } } }, sequences })
    w.complete('A/m')
    expect(w.running()).toEqual(['A/open', 'B/m'])
    w.amend({ add: { streams: { A: { tasks: { n: { claims } } } } } })
    w.reload()
    expect(w.running()).toEqual(['A/open', 'B/m'])
    expect(w.explain('A/n')).toMatchObject([{ kind: 'claim', path: 'm', heldBy: 'r/B/m#1' }])
    w.complete('B/m')
    w.complete('A/open')
    w.complete('A/n')
    expect(w.events('run.closed')).toMatchObject([{ verdict: 'succeeded' }])
  })

  it('let the next go on when the claimant they waited for claims something else now', () => {
    const w = world()
    w.worker('w', { slots: 1 })
    w.open({
      streams: { A: { tasks: { m: { claims, dependsOn: ['x'] } } }, B: { tasks: { m: { claims } } } },
      tasks: { x: {} },
      sequences,
    })
    expect(w.status('B/m')).toBe('waiting')
    w.amend({ change: { 'A/m': { claims: {} } } })
    expect(w.status('B/m')).toBe('ready')
  })
})
