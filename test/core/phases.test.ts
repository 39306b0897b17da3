/** Phases: streams that start when what comes before them is done and passed. */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

/** alpha (a, then gate go) → beta (b) → gamma (c); `x` is in no phase. */
function phased(): World {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open({
    phases: { alpha: { gate: 'go' }, beta: {}, gamma: {} },
    gates: { go: { kind: 'approval' } },
    streams: {
      a: { phase: 'alpha', tasks: { one: {}, two: {}, extra: { optional: true } } },
      b: { phase: 'beta', tasks: { t: {} } },
      c: { phase: 'gamma', tasks: { t: {} } },
      x: { tasks: { t: {} } },
    },
  })
  return w
}

const approve = (w: World) => w.send({ type: 'approve', run: 'r', gate: 'go', by: null, note: null })

describe('a phase', () => {
  it('begins when the streams before it are done and their gate is passed; a stream of no phase begins at once', () => {
    const w = phased()
    expect(w.running()).toEqual(['a/one', 'a/two', 'a/extra', 'x/t'])
    expect(w.explain('go')).toEqual([{ kind: 'point', point: 'phase', on: 'alpha', lacks: 1, of: 1 }])
    w.complete('a/one')
    w.fail('a/extra')
    expect(w.status('go')).toBe('waiting')
    w.complete('a/two')
    expect(w.status('go')).toBe('ready')
    expect(w.status('b/t')).toBe('waiting')
    approve(w)
    expect(w.running()).toEqual(['b/t', 'x/t'])
    expect(w.explain('c/t')).toEqual([{ kind: 'point', point: 'phase', on: 'beta', lacks: 1, of: 2 }])
    w.complete('b/t')
    expect(w.running()).toEqual(['c/t', 'x/t'])
  })

  it('that fails keeps all after it from beginning, each told why', () => {
    const w = phased()
    w.fail('a/one')
    expect(w.events('task.skipped').map(({ task, reason }) => [task, reason.because])).toEqual([
      ['go', 'a/one'],
      ['b/t', 'go'],
      ['c/t', 'go'],
    ])
    expect(w.status('x/t')).toBe('running')
  })

  it('whose gate is refused is not passed', () => {
    const w = phased()
    w.complete('a/one')
    w.complete('a/two')
    w.send({ type: 'refuse', run: 'r', gate: 'go', by: null, note: null })
    expect(w.status('b/t')).toBe('skipped')
    expect(w.status('c/t')).toBe('skipped')
  })

  it('may be waited for by tasks outside: they start when its streams are done', () => {
    const w = world()
    w.worker()
    w.open({
      phases: { p: { gate: 'g' } },
      gates: { g: { kind: 'approval' } },
      streams: { s: { phase: 'p', tasks: { t: {} } } },
      tasks: { after: { dependsOn: ['p'] }, passed: { dependsOn: ['g'] } },
    })
    w.complete('s/t')
    expect(w.running()).toEqual(['after'])
    expect(w.status('passed')).toBe('waiting')
  })
})
