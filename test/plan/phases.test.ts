/** Phases in a plan: the points they become, and what is wrong with some. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'

const told = (plan: unknown): readonly string[] =>
  checkPlan(plan).diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)

describe('a phase', () => {
  const plan = {
    phases: [{ id: 'alpha', title: 'First', gate: 'go' }, { id: 'empty' }, { id: 'beta' }],
    gates: [{ id: 'go', kind: 'approval' }],
    streams: [
      { id: 'a', phase: 'alpha', tasks: [{ id: 't' }] },
      { id: 'b', phase: 'beta', tasks: [{ id: 't', milestones: ['m'] }] },
    ],
    tasks: [{ id: 'after', dependsOn: ['alpha'] }],
  }
  const compiled = checkPlan(plan).compiled!
  const names = [...compiled.taskIds, ...compiled.points.map(({ id }) => id)]
  const waitsFor = (name: string) => {
    const node = names.indexOf(name)
    const { start, targets } = compiled.predecessors
    return [...targets.slice(start[node], start[node + 1])].map((each) => names[each])
  }

  it('is a point that watches its streams and what passes the phase before it', () => {
    expect(waitsFor('alpha')).toEqual(['a'])
    expect(waitsFor('empty')).toEqual(['go'])
    expect(waitsFor('beta')).toEqual(['b', 'empty'])
    const beta = compiled.points.find(({ id }) => id === 'beta')
    expect(beta).toMatchObject({ kind: 'phase', hit: 'done', needed: 2, spare: 0 })
  })

  it('is waited for by its gate, by the streams of the next, and by whoever names it', () => {
    expect(waitsFor('go')).toEqual(['alpha'])
    expect(waitsFor('b/t')).toEqual(['empty'])
    expect(waitsFor('a/t')).toEqual([])
    expect(waitsFor('after')).toEqual(['alpha'])
  })

  it('is listed with its gate and its streams', () => {
    expect(compiled.phases.map(({ id, title, gate, streams }) => ({ id, title, gate, streams }))).toEqual([
      { id: 'alpha', title: 'First', gate: compiled.taskIndex.get('go'), streams: [0] },
      { id: 'empty', title: null, gate: null, streams: [] },
      { id: 'beta', title: null, gate: null, streams: [1] },
    ])
  })
})

describe('what is wrong with phases', () => {
  const streams = { s: { phase: 'alph', tasks: { t: {} } } }

  it('a phase nobody knows, a gate nobody knows, a task as gate, one gate for two', () => {
    const plan = {
      phases: { alpha: { gate: 'go' }, beta: { gate: 'go' }, gamma: { gate: 'x' }, delta: { gate: 'ho' } },
      gates: { go: { kind: 'approval' } },
      streams,
      tasks: { x: {} },
    }
    expect(told(plan)).toEqual([
      'DUPLICATE_ID /phases/beta/gate The gate "go" belongs to phase "alpha" already.',
      'UNKNOWN_ID /phases/delta/gate "ho", the gate of phase "delta", is no gate of this plan.',
      'UNKNOWN_ID /phases/gamma/gate "x", the gate of phase "gamma", is no gate of this plan.',
      'UNKNOWN_ID /streams/s/phase Stream "s" is in phase "alph", which is no phase of this plan.',
    ])
    const hints = checkPlan(plan).diagnostics.map(({ hint }) => hint)
    expect(hints[0]).toBe('Give phase "beta" a gate of its own.')
    expect(hints[3]).toBe('Did you mean "alpha"?')
    expect(checkPlan({ streams }).diagnostics[0]?.hint).toBe('Add it to "phases".')
  })

  it('an id that a stream, a task, a gate or another phase has', () => {
    const plan = {
      phases: [{ id: 's' }, { id: 't' }, { id: 'g' }, { id: 'p' }, { id: 'p' }],
      streams: [{ id: 's', tasks: [{ id: 'x' }] }],
      tasks: [{ id: 't' }],
      gates: [{ id: 'g', kind: 'approval' }],
    }
    expect(told(plan).map((text) => text.split(' The ')[0])).toEqual([
      'DUPLICATE_ID /phases/0',
      'DUPLICATE_ID /phases/1',
      'DUPLICATE_ID /phases/2',
      'DUPLICATE_ID /phases/4',
    ])
  })

  it('a stream of an earlier phase that depends on a later one: a circle, told with the phase', () => {
    const plan = {
      phases: ['one', 'two'].map((id) => ({ id })),
      streams: {
        a: { phase: 'one', tasks: { t: { dependsOn: ['b'] } } },
        b: { phase: 'two', tasks: { u: {} } },
      },
    }
    expect(told(plan)).toEqual([
      'CYCLE /streams/a/tasks/t/dependsOn/0 These wait for each other: "a/t" → stream "b" → "b/u" → phase "one" → stream "a" → "a/t".',
    ])
  })

  it('a phase that depends on its own gate through a stream', () => {
    const plan = {
      phases: { one: { gate: 'g' } },
      gates: { g: { kind: 'approval' } },
      streams: { a: { phase: 'one', dependsOn: ['g'], tasks: { t: {} } } },
    }
    expect(told(plan)[0]).toContain('These wait for each other: "a/t" → "g" → phase "one" → stream "a" → "a/t".')
  })

  it('conditions that phases do not have', () => {
    const on = (dependency: object) => ({
      phases: { p: {} },
      streams: { s: { phase: 'p', tasks: { t: {} } } },
      tasks: { x: { dependsOn: [dependency] } },
    })
    expect(told(on({ on: 'p', when: 'failure' }))).toEqual([
      'BAD_DEPENDENCY /tasks/x/dependsOn/0 Phase "p" cannot fail: it is reached, or it never will be.',
    ])
    expect(told(on({ stream: 'p', progress: 0.5 }))).toEqual([
      'BAD_DEPENDENCY /tasks/x/dependsOn/0/stream "p" is a phase: only streams have a share that is done.',
    ])
    expect(told(on({ on: 'p#m' }))).toEqual(['UNKNOWN_ID /tasks/x/dependsOn/0 "m" is no milestone of phase "p".'])
    expect(told(on({ on: 'p', when: 'finish' }))).toEqual([])
  })

  it('a name that could be a sibling or a phase', () => {
    const plan = {
      phases: { p: {} },
      streams: { s: { tasks: { p: {}, t: { dependsOn: ['p'] } } } },
    }
    expect(told(plan)).toEqual([
      'AMBIGUOUS_ID /streams/s/tasks/t/dependsOn/0 "p" in task "s/t" means both task "s/p" and phase "p".',
    ])
  })
})
