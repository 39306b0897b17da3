/** Claims made while attempts run: taking turns to integrate, and asking for more. */
import { describe, expect, it } from 'vitest'
import { reduce } from '../../src/core/reduce.js'
import type { RunEvent } from '../../src/core/types.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { START, type World, world } from './world.js'

const HOT = { claims: { integrate: ['hot.ts'] } }

function worldWith(plan: PlanDocument, slots = 4): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

function integrate(w: World, task: string, run = 'r'): readonly string[] {
  return told(w, w.send({ type: 'integrate', ...w.ref(task, run) }))
}

function claim(w: World, task: string, paths: { write?: unknown; read?: unknown }, run = 'r') {
  return w.send({ type: 'claim', ...w.ref(task, run), write: [], read: [], ...paths })
}

/** Event types with their tasks. */
function told(w: World, { events }: { readonly events: readonly RunEvent[] } = w.last): readonly string[] {
  return events.map((event) => ('task' in event ? `${event.type} ${event.task}` : event.type))
}

describe('integrating', () => {
  it('is granted at once where nobody is before, then in the order of asking, however the attempt ends', () => {
    const w = worldWith({ tasks: { a: HOT, b: HOT, c: HOT, d: HOT } })
    expect(w.running()).toEqual(['a', 'b', 'c', 'd'])
    expect(integrate(w, 'c')).toEqual(['integration.asked c', 'integration.granted c'])
    expect(integrate(w, 'a')).toEqual(['integration.asked a'])
    expect(integrate(w, 'd')).toEqual(['integration.asked d'])
    expect(integrate(w, 'b')).toEqual(['integration.asked b'])
    w.complete('c')
    expect(told(w)).toEqual(['attempt.succeeded c', 'integration.granted a'])
    w.fail('a')
    expect(told(w)).toEqual(['attempt.failed a', 'integration.granted d'])
    w.cancel('d')
    // It may still be writing.
    expect(told(w)).toEqual(['attempt.closing d', 'task.cancelled d'])
    w.confirm('d')
    expect(told(w)).toEqual(['attempt.closed d', 'integration.granted b'])
  })

  it('takes all patterns at once; whoever waits holds up later ones that it meets, and no others', () => {
    const takes = (...paths: string[]): TaskDocument => ({ claims: { integrate: paths } })
    const w = worldWith({ tasks: { a: takes('x'), b: takes('x', 'y'), c: takes('y'), d: takes('z') } })
    expect(integrate(w, 'a')).toContain('integration.granted a')
    expect(integrate(w, 'b')).toEqual(['integration.asked b'])
    // y is free, but b is before c.
    expect(integrate(w, 'c')).toEqual(['integration.asked c'])
    expect(integrate(w, 'd')).toContain('integration.granted d')
    w.complete('a')
    expect(told(w)).toEqual(['attempt.succeeded a', 'integration.granted b'])
  })

  it('asked for twice changes nothing, before and after its turn; a task without integrate claims is refused', () => {
    const w = worldWith({ tasks: { a: HOT, b: HOT, c: {} } })
    integrate(w, 'a')
    expect(integrate(w, 'a')).toEqual([])
    integrate(w, 'b')
    expect(integrate(w, 'b')).toEqual([])
    expect(w.last.rejection).toBeNull()
    expect(integrate(w, 'c')).toEqual([])
    expect(w.last.rejection).toMatchObject({
      code: 'NOTHING_TO_INTEGRATE',
      message: 'Task "c" has no integrate claims.',
    })
  })

  it('ends with the wait of an attempt that is stopped: the next one has its turn', () => {
    const w = worldWith({ tasks: { a: HOT, b: HOT, c: HOT } })
    integrate(w, 'a')
    integrate(w, 'b')
    integrate(w, 'c')
    w.cancel('b')
    w.complete('a')
    expect(told(w)).toEqual(['attempt.succeeded a', 'integration.granted c'])
    expect(w.closing()).toEqual(['b'])
  })

  it('of several that end at once lets all go whose way is free', () => {
    const w = worldWith({
      tasks: { a: HOT, b: HOT, c: { claims: { integrate: ['x'] } }, d: { claims: { integrate: ['x'] } } },
    })
    for (const task of ['a', 'b', 'c', 'd']) integrate(w, task)
    const ends = ['a', 'c'].map((task) => ({ type: 'complete', ...w.ref(task), result: null }))
    expect(told(w, w.sendAll(ends))).toEqual([
      'attempt.succeeded a',
      'attempt.succeeded c',
      'integration.granted b',
      'integration.granted d',
    ])
  })

  it('survives a restart of the host: the fold knows who waits, and in which order', () => {
    const w = worldWith({ tasks: { a: HOT, b: HOT, c: HOT } })
    for (const task of ['b', 'c', 'a']) integrate(w, task)
    w.reload()
    w.complete('b')
    expect(told(w)).toEqual(['attempt.succeeded b', 'integration.granted c'])
  })

  it('stops the clock of stall until its turn, and starts it anew then; a lease and a time limit go on', () => {
    const timeouts = { stall: 100, startToClose: 2000 }
    const w = worldWith({ tasks: { a: HOT, b: { ...HOT, timeouts } } })
    integrate(w, 'a')
    w.pass(90)
    integrate(w, 'b')
    w.pass(1000)
    expect(w.running()).toEqual(['a', 'b'])
    w.complete('a')
    w.pass(105)
    expect(w.running()).toEqual(['b'])
    w.pass(10)
    expect(w.failure('b')).toMatchObject({ kind: 'stalled' })

    const limited = worldWith({ tasks: { a: HOT, b: { ...HOT, timeouts: { startToClose: 500 } } } })
    integrate(limited, 'a')
    integrate(limited, 'b')
    limited.pass(500)
    expect(limited.failure('b')).toMatchObject({ kind: 'timeout' })

    const leased = worldWith({ tasks: { a: HOT, b: { ...HOT, timeouts: { heartbeat: 100 } } } })
    integrate(leased, 'a')
    leased.pass(90)
    integrate(leased, 'b')
    // Asking is a sign of life.
    leased.pass(105)
    expect(leased.running()).toEqual(['a', 'b'])
    leased.pass(10)
    expect(leased.failure('b')).toMatchObject({ kind: 'lost' })
  })

  it('is explained: who is before it, holding or waiting, and whether that one was told to stop', () => {
    const w = worldWith({ tasks: { a: HOT, b: HOT, c: { claims: { integrate: ['*.ts'] } } } })
    for (const task of ['a', 'b', 'c']) integrate(w, task)
    w.wait(40)
    const waiting = { kind: 'integration', path: 'hot.ts', sinceMs: 40 }
    expect(w.explain('a')).toMatchObject([{ kind: 'running' }])
    expect(w.explain('c')).toEqual([
      expect.objectContaining({ kind: 'running' }),
      { ...waiting, behind: 'r/a#1', isHeld: true },
      { ...waiting, behind: 'r/b#1', isHeld: false },
    ])
    w.cancel('a')
    expect(w.explain('b')[1]).toEqual({ ...waiting, behind: 'r/a#1', isHeld: true, closing: 'cancelled' })
  })
})

describe('two runs', () => {
  it('take turns at what both integrate', () => {
    const w = worldWith({ tasks: { a: HOT } })
    w.open({ tasks: { b: HOT } }, 'r2')
    integrate(w, 'b', 'r2')
    expect(integrate(w, 'a')).toEqual(['integration.asked a'])
    w.complete('b')
    expect(told(w)).toContain('integration.granted a')
  })

  it('keep a write or read of the one from what the other will integrate, from start to end: so nobody deadlocks', () => {
    const w = worldWith({ tasks: { a: { claims: { write: ['a.ts'], integrate: ['b.ts'] } } } })
    // The other way round: were both to run, each would wait for the other.
    w.open(
      {
        tasks: {
          b: { priority: 1, claims: { write: ['b.ts'], integrate: ['a.ts'] } },
          c: { claims: { read: ['b.ts'] } },
        },
      },
      'r2',
    )
    expect([w.running(), w.running('r2')]).toEqual([['a'], []])
    expect(w.explain('b', 'r2')).toMatchObject([{ kind: 'claim', path: 'b.ts', heldBy: 'r/a#1' }])
    expect(w.explain('c', 'r2')).toMatchObject([{ kind: 'claim', path: 'b.ts', heldBy: 'r/a#1' }])
    expect(integrate(w, 'a')).toContain('integration.granted a')
    w.complete('a')
    expect(w.running('r2')).toEqual(['b'])
  })

  it('keep what the one will integrate from what the other writes or reads', () => {
    const w = worldWith({ tasks: { a: { claims: { read: ['hot.ts'] } } } })
    w.open({ tasks: { b: HOT } }, 'r2')
    expect(w.status('b', 'r2')).toBe('ready')
    w.complete('a')
    expect(w.running('r2')).toEqual(['b'])
  })
})

describe('asking for more', () => {
  it('is granted at once, all or none, and given back once with the rest', () => {
    const w = worldWith({
      tasks: { a: {}, b: { claims: { write: ['b'] } }, c: { dependsOn: ['b'], claims: { write: ['x/1'] } } },
    })
    claim(w, 'a', { write: ['./x//**'], read: ['y', 'y'] })
    expect(w.last.events).toEqual([
      { type: 'claim.extended', at: START, run: 'r', task: 'a', attempt: 1, fence: 2, write: ['x/**'], read: ['y'] },
    ])
    // One of the two is held: neither is granted.
    claim(w, 'a', { write: ['z', 'b/c'] })
    expect(w.last).toMatchObject({ events: [], rejection: { code: 'CLAIM_HELD' } })
    w.complete('b')
    expect(w.explain('c')).toEqual([{ kind: 'claim', path: 'x/**', heldBy: 'r/a#1', sinceMs: 0 }])
    w.complete('a')
    expect(w.running()).toEqual(['c'])
    w.complete('c')
    expect(w.state.claims.index.size).toBe(0)
  })

  it('is refused with a path and whoever holds it', () => {
    const w = worldWith({ tasks: { a: {}, b: { claims: { write: ['src/**'] } }, c: { claims: { read: ['docs'] } } } })
    claim(w, 'a', { read: ['*/x.ts'] })
    expect(w.last.rejection).toEqual({
      code: 'CLAIM_HELD',
      message: '"*/x.ts" cannot be claimed: "src/**" is held by "r/b#1".',
      hint: 'A claim is never queued: go on without it and ask again later, or fail and let the plan claim it.',
      refused: { path: 'src/x.ts', heldBy: 'r/b#1' },
    })
    claim(w, 'a', { write: ['docs/index.md'] })
    expect(w.last.rejection?.refused).toEqual({ path: 'docs/index.md', heldBy: 'r/c#1' })
    // Readers share.
    claim(w, 'a', { read: ['docs/index.md'] })
    expect(w.last.rejection).toBeNull()
  })

  it('needs no event for what the attempt holds already, and lets it write what it alone reads', () => {
    const w = worldWith({ tasks: { a: { claims: { write: ['w'], read: ['r'] } } } })
    claim(w, 'a', { write: ['w', './w'], read: ['r', 'w'] })
    expect(w.last).toMatchObject({ events: [], rejection: null })
    claim(w, 'a', { write: ['r'] })
    expect(w.last.events).toMatchObject([{ type: 'claim.extended', write: ['r'], read: [] }])
    claim(w, 'a', { write: ['r'], read: ['r'] })
    expect(w.last.events).toEqual([])
    w.complete('a')
    expect(w.state.claims.held.size).toBe(0)
  })

  it('is refused where it meets what anybody who runs will integrate, the attempt itself included', () => {
    const w = worldWith({ tasks: { a: HOT, b: {} } })
    for (const task of ['a', 'b']) {
      claim(w, task, { read: ['hot.ts'] })
      expect(w.last.rejection?.refused).toEqual({ path: 'hot.ts', heldBy: 'r/a#1' })
    }
    // And the other way round: what was claimed keeps those who would integrate it from starting.
    w.complete('a')
    claim(w, 'b', { read: ['hot.ts'] })
    w.open({ tasks: { c: HOT } }, 'r2')
    expect(w.status('c', 'r2')).toBe('ready')
    w.complete('b')
    expect(w.running('r2')).toEqual(['c'])
  })

  it('is refused for what is protected, and for writes of what another stream owns', () => {
    const w = worldWith({
      protect: ['legal/**'],
      streams: {
        s: { owns: ['s/**'], tasks: { a: { claims: {} } } },
        t: { owns: ['t/**'], tasks: { done: { claims: {}, priority: -1 } } },
      },
    })
    claim(w, 's/a', { read: ['legal/x'] })
    expect(w.last.rejection).toMatchObject({
      code: 'CLAIM_FORBIDDEN',
      message: '"legal/x" cannot be claimed: "legal/**" is protected (both cover "legal/x").',
      refused: { path: 'legal/x', heldBy: null },
    })
    claim(w, 's/a', { write: ['t/y'] })
    expect(w.last.rejection?.message).toBe('"t/y" cannot be claimed: "t/**" belongs to stream "t" (both cover "t/y").')
    claim(w, 's/a', { write: ['s/y'], read: ['t/y'] })
    expect(w.last.rejection).toBeNull()
  })

  it('is not trusted: what is no list of patterns, and too many of them, are refused', () => {
    const w = worldWith({ tasks: { a: { claims: { write: ['mine'] } } } })
    const refused = { path: '', heldBy: null }
    const cases: readonly [object, object][] = [
      [{ write: 'x' }, { message: 'A claim has lists of path patterns, "write" and "read".', refused }],
      [{ read: null }, { message: 'A claim has lists of path patterns, "write" and "read".', refused }],
      [{ write: [7] }, { message: 'A path pattern is a text.', refused }],
      [{ read: ['../x'] }, { refused: { path: '../x', heldBy: null } }],
      [{ write: Array(65).fill('x') }, { message: 'An attempt claims at most 64 patterns while it runs.' }],
    ]
    for (const [paths, rejection] of cases) {
      claim(w, 'a', paths)
      expect(w.last).toMatchObject({ events: [], rejection: { code: 'CLAIM_INVALID', ...rejection } })
    }
    const many = Array.from({ length: 64 }, (_, i) => `f${i}`)
    claim(w, 'a', { write: many, read: ['mine'] })
    expect(w.last.rejection).toBeNull()
    claim(w, 'a', { write: many })
    expect(w.last).toMatchObject({ events: [], rejection: null })
    claim(w, 'a', { read: ['one/more'] })
    expect(w.last.rejection).toMatchObject({ code: 'CLAIM_INVALID', refused: { path: 'one/more' } })
  })

  it('passes those who wait, and is refused what is reserved for one who was passed too often', () => {
    const w = worldWith({
      tasks: { a: {}, b: { claims: { write: ['x/b'] } }, wide: { priority: -1, claims: { write: ['x'] } } },
    })
    for (let n = 0; n < 32; n += 1) {
      claim(w, 'a', { read: [`x/${n}`] })
      expect(w.last.rejection).toBeNull()
    }
    expect(w.state.claims.reservation()).not.toBeNull()
    claim(w, 'a', { read: ['x/more'] })
    expect(w.last.rejection).toMatchObject({
      code: 'CLAIM_HELD',
      message: '"x/more" cannot be claimed: "x" is reserved for "r/wide".',
      refused: { path: 'x/more', heldBy: null },
    })
  })

  it('is kept by an attempt that was told to stop, until it has', () => {
    const w = worldWith({ tasks: { a: {}, b: { dependsOn: ['c'], claims: { write: ['x'] } }, c: {} } })
    claim(w, 'a', { write: ['x/1'] })
    w.cancel('a')
    w.complete('c')
    expect(w.explain('b')).toMatchObject([{ kind: 'claim', path: 'x/1', heldBy: 'r/a#1', closing: 'cancelled' }])
    w.reload()
    w.confirm('a')
    expect(w.running()).toEqual(['b'])
  })
})

it('a journal that says what cannot be is refused', () => {
  const w = worldWith({ tasks: { a: HOT } })
  const head = { at: START, attempt: 1, ...w.ref('a') }
  const fold = (event: RunEvent) => () => reduce(new Map(), w.state, event)
  const { revision } = w.state
  expect(fold({ type: 'integration.granted', ...head })).toThrow('an integration nobody asked for')
  expect(fold({ type: 'claim.extended', ...head, write: ['../x'], read: [] })).toThrow('which is no pattern')
  w.state.revision = revision
})

it('whoever waits to integrate waits behind those alone that it meets, and stalls only after its turn began', () => {
  const x = { claims: { integrate: ['x'] }, timeouts: { stall: 100 } }
  const w = worldWith({ tasks: { other: HOT, a: x, b: x } })
  for (const task of ['other', 'a', 'b']) integrate(w, task)
  expect(w.explain('b').filter(({ kind }) => kind === 'integration')).toMatchObject([{ behind: 'r/a#1' }])
  w.complete('a')
  w.pass(120)
  expect(w.failure('b')).toMatchObject({ kind: 'stalled' })
})
