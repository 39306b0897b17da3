/** The tables of moves say what really happens: every move that is seen is in them, and every entry is seen. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { phaseStatus } from '../../src/core/phases.js'
import { ATTEMPT_TRANSITIONS, PHASE_TRANSITIONS, TRANSITIONS, type Transition } from '../../src/core/transitions.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { type Move, type World, world } from './world.js'

const plan: PlanDocument = {
  streams: { s: { tasks: { a: {}, b: { dependsOn: ['a'] } } } },
  tasks: {
    early: { priority: 1 },
    late: { dependsOn: ['early'] },
    retried: { priority: 1, retry: { maxAttempts: 2, initialDelay: 0 } },
    impatient: { timeouts: { scheduleToStart: 50 } },
    timed: { priority: 1, timeouts: { startToClose: 50 } },
  },
}

function open(onFailure: 'continue' | 'drain' = 'continue', slots = 9): World {
  const w = world()
  w.worker('w', { slots })
  w.open({ ...plan, onFailure })
  return w
}

const stories: { readonly [name: string]: () => World } = {
  'all succeed, one on its second try'() {
    const w = open()
    w.fail('retried')
    while (w.state.runs.size > 0) for (const task of w.running()) if (w.running().includes(task)) w.complete(task)
    return w
  },
  'some fail, and what depends on them is skipped'() {
    const w = open()
    w.fail('s/a')
    w.fail('retried')
    w.fail('retried')
    w.wait(50)
    w.confirm('timed')
    return w
  },
  'gates are answered, one by yes and one by no'() {
    const w = world()
    w.open({ gates: { yes: { kind: 'approval' }, no: { kind: 'approval' } } })
    w.send({ type: 'approve', run: 'r', gate: 'yes', by: null, note: null })
    w.send({ type: 'refuse', run: 'r', gate: 'no', by: null, note: null })
    return w
  },
  'the run drains, with tasks waiting and ready'() {
    const w = open('drain', 3)
    w.fail('early')
    return w
  },
  'a task waits too long'() {
    const w = open('continue', 3)
    w.wait(50)
    return w
  },
  'a result is known by its key'() {
    const w = open()
    w.open({ tasks: { a: { idempotencyKey: 'k' }, b: { idempotencyKey: 'k' } } }, 'other')
    w.send({ type: 'complete', ...w.ref('a', 'other'), result: 1 })
    return w
  },
  'the run is cancelled, with tasks waiting, ready and running'() {
    const w = open('continue', 3)
    w.cancel()
    for (const task of w.closing()) w.confirm(task)
    return w
  },
  'the plan is changed'() {
    const w = world()
    w.worker()
    w.open({ tasks: { a: { priority: 1 }, b: {} } })
    w.amend({ change: { b: { dependsOn: ['a'] } } })
    return w
  },
  'everything is done again'() {
    const w = world()
    w.worker('w', { slots: 4 })
    const retry = { maxAttempts: 2, initialDelay: 0 }
    w.open({
      tasks: {
        a: { priority: 1 },
        good: {},
        bad: {},
        dropped: {},
        skipped: { dependsOn: ['bad'] },
        after: { dependsOn: ['a'], priority: 1, retry },
        queued: { dependsOn: ['a'], priority: -1 },
      },
    })
    w.complete('a')
    w.reopen('a')
    w.fail('after')
    w.complete('good')
    w.fail('bad')
    w.cancel('dropped')
    w.confirm('dropped')
    for (const task of ['good', 'bad', 'dropped']) w.reopen(task)
    return w
  },
}

const told = (moves: readonly Move<string>[]): readonly string[] =>
  [...new Set(moves.map(({ from, to, by }) => `${from} → ${to} by ${by}`))].sort()
const listed = (table: readonly Transition<string>[]): readonly string[] =>
  table.map(({ from, to, by }) => `${from} → ${to} by ${by}`).sort()

/** A task becomes ready by the events of others: that is not told apart in the table, nor that one follows at once. */
function derived(moves: readonly Move<string>[]): readonly Move<string>[] {
  return moves.map((move) => {
    if (move.to !== 'ready') return move
    if (move.by === 'task.reopened') return { ...move, to: 'waiting' }
    return move.from === 'waiting' ? { ...move, by: '(derived)' as never } : move
  })
}

it('every move of a task that is seen is in TRANSITIONS, and every entry of TRANSITIONS is seen', () => {
  const seen = Object.values(stories).flatMap((tell) => tell().taskMoves)
  expect(told(derived(seen))).toEqual(listed(TRANSITIONS))
})

it('every move of an attempt that is seen is in ATTEMPT_TRANSITIONS, and every entry is seen', () => {
  const seen = Object.values(stories).flatMap((tell) => tell().attemptMoves)
  expect(told(seen)).toEqual(listed(ATTEMPT_TRANSITIONS))
})

/** Phases `a` to `e`: with streams, or none; with a gate, or none. */
function phased(): World {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open({
    phases: { a: { gate: 'ga' }, b: {}, c: { gate: 'gc' }, d: {}, e: {} },
    gates: { ga: { kind: 'approval' }, gc: { kind: 'approval' } },
    streams: {
      sa: { phase: 'a', tasks: { t: {} } },
      sb: { phase: 'b', tasks: { t: {} } },
      se: { phase: 'e', tasks: { t: {} } },
    },
  })
  return w
}

it('every move of a phase that is seen is in PHASE_TRANSITIONS, and every entry is seen', () => {
  const answer = (type: string, gate: string) => (w: World) => w.send({ type, run: 'r', gate, by: null, note: null })
  const done = (task: string) => (w: World) => w.complete(task)
  const stories = [
    [done('sa/t'), answer('approve', 'ga'), done('sb/t'), answer('approve', 'gc'), done('se/t')],
    [done('sa/t'), answer('refuse', 'ga')],
    [(w: World) => w.fail('sa/t')],
    [done('sa/t'), answer('approve', 'ga'), done('sb/t'), answer('approve', 'gc'), (w: World) => w.fail('se/t')],
  ]
  const seen = new Set<string>()
  for (const story of stories) {
    const w = phased()
    const picture = () => w.run().plan.phases.map((_, index) => phaseStatus(w.run(), index))
    let before = picture()
    for (const step of story) {
      step(w)
      const after = picture()
      after.forEach((to, index) => {
        if (to !== before[index]) seen.add(`${before[index]} → ${to} by (derived)`)
      })
      before = after
    }
  }
  expect([...seen].sort()).toEqual(listed(PHASE_TRANSITIONS))
})

it('no transition leaves an end state but a journaled reopen (S5), and no two entries say the same', () => {
  for (const { from, by } of TRANSITIONS)
    expect(['waiting', 'ready', 'running'].includes(from)).toBe(by !== 'task.reopened' || from === 'ready')
  expect(new Set(listed(TRANSITIONS)).size).toBe(TRANSITIONS.length)
})

/** A state diagram in mermaid: one line per transition, in the order of the table. */
function diagram(initial: string, table: readonly Transition<string>[], ends: readonly string[]): string {
  const label = ({ by, when }: Transition<string>): string =>
    [by, when].filter((part) => part !== undefined && part !== '(derived)').join(', ')
  const moves = table.map((move) => `    ${move.from} --> ${move.to}: ${label(move)}`)
  const last = ends.map((state) => `    ${state} --> [*]`)
  return ['```mermaid', 'stateDiagram-v2', `    [*] --> ${initial}`, ...moves, ...last, '```'].join('\n')
}

it('the pictures in docs/reference/states.md are those of the tables (UPDATE=1 writes them)', () => {
  const file = fileURLToPath(new URL('../../docs/reference/states.md', import.meta.url))
  const pictures = [
    diagram('waiting', TRANSITIONS, ['succeeded', 'failed', 'cancelled', 'skipped']),
    diagram('live', ATTEMPT_TRANSITIONS, ['ended']),
    diagram('waiting', PHASE_TRANSITIONS, ['done', 'failed']),
  ]
  const page = readFileSync(file, 'utf8')
  let next = 0
  const written = page.replaceAll(/```mermaid\n[\s\S]*?\n```/g, () => pictures[next++] ?? 'one picture too many')
  expect(next).toBe(pictures.length)
  if (process.env.UPDATE === '1') writeFileSync(file, written)
  else expect(page).toBe(written)
})
